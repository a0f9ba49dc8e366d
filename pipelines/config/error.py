"""What is raised where the settings, or a table that they name, cannot be used."""

from pathlib import Path

from engine import Stopping


class SettingsError(Stopping):
    """The settings, or a table that they name, cannot be used (exit code 2): no item could be moved."""

    code = "settings"


def no_file(file: Path, name: str, where: str) -> SettingsError:
    """Say that a file which a setting names is not there; `where` is where the setting was given."""
    return SettingsError(
        f"{name}: there is no file {file}", where=where, advice="paths are relative to the settings file"
    )


def variable(*steps: str) -> str:
    """Return the name of a setting in the environment."""
    return "FERRY_" + "__".join(steps).upper()
