"""The settings: one TOML file, then the environment (`FERRY_PANOPTO__URL=...`), checked whole before a run.

Paths are relative to the settings file. A secret comes from the environment, from a file, or from a command
that prints it; never from the command line, and never into a message.
"""

from pipelines.config.error import SettingsError
from pipelines.config.load import load
from pipelines.config.secrets import for_children
from pipelines.config.settings import Settings

__all__ = ["Settings", "SettingsError", "for_children", "load"]
