"""The command `ferry`: its verbs, and where an error becomes a sentence and an exit code."""

import signal
from importlib import import_module

from pipelines.cli import streams


def main() -> None:
    """Run the command line.

    While modules load there is nothing to end well, so Ctrl-C ends the process without Python's traceback;
    a run listens for itself later.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    streams.fill()
    with streams.unbreakable():
        import_module("pipelines.cli.verbs").main()
