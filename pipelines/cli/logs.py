"""Where log lines go, and what they look like: one event a line, whoever logs it, without secrets.

Ours come by structlog; those of libraries and of asyncio by the standard library's logging, as do Python's
warnings, and what a thread or a destructor fails of. All of them end in the same processors.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

from pipelines.cli.text import plain
from pipelines.secrecy import redacted

Event = MutableMapping[str, Any]


@contextmanager
def logged_to_stderr() -> Iterator[None]:
    """Have log lines written plainly to stderr, with their time and zone: stdout is for data."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr), processors=[*_BEFORE, *_LAST]
    )
    root, handler, hooks = logging.getLogger(), _Handler(), (threading.excepthook, sys.unraisablehook)
    root.addHandler(handler)
    logging.captureWarnings(True)
    threading.excepthook = sys.unraisablehook = _lost
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(False)
        root.removeHandler(handler)


class _Handler(logging.StreamHandler[Any]):
    """Writes what others log from WARNING on, as our own lines are written."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)
        self.setLevel(logging.WARNING)
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=_BEFORE,
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_LAST],
            )
        )


def traced(error: BaseException) -> str:
    """Return Python's traceback of an error, its lines indented and clean: none of them looks like ours."""
    told = "".join(traceback.format_exception(error)).splitlines()
    return "\n".join(f"  {plain(redacted(line))}" for line in told)


def _lost(failed: Any) -> None:
    """Log what nobody can catch: the error of a thread, or of a destructor."""
    if failed.exc_value is not None:
        logging.getLogger(__name__).error("failed where nobody listens", exc_info=failed.exc_value)


def _error(_: Any, __: str, event: Event) -> Event:
    """Tell an exception in one line, and its traceback only where it is asked for."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = f"{type(error).__name__}: {error}"
        if os.environ.get("FERRY_TRACEBACK"):
            event["exception"] = traced(error)
    return event


def _clean(_: Any, __: str, event: Event) -> Mapping[str, Any]:
    """Keep what others wrote from reaching the terminal as anything but text, and on one line."""
    return {name: value if name == "exception" else _shown(value) for name, value in event.items()}


def _shown(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | None) else plain(str(value))


def _redact(_: Any, __: str, line: str) -> str:
    """Take secrets out of the line as it is going to be written: nothing is added after this."""
    return redacted(line)


_BEFORE: list[Any] = [
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
    _error,
]
_LAST: list[Any] = [
    _clean,
    structlog.dev.ConsoleRenderer(
        colors=False, sort_keys=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    ),
    _redact,
]
