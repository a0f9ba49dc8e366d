"""The command `ferry`: its table of verbs, and the one place where an error becomes a sentence and an exit code."""

from pipelines.cli.verbs import main

__all__ = ["main"]
