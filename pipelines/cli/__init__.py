"""The command `ferry`: its verbs, and where an error becomes a sentence and an exit code."""

from pipelines.cli.verbs import main

__all__ = ["main"]
