"""Where log lines go, and what they look like."""

import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from pipelines.cli.text import plain


def log_to_stderr() -> None:
    """Have log lines written plainly to stderr, with their time and zone: stdout is for data."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
            _clean,
            structlog.dev.ConsoleRenderer(colors=False, sort_keys=False, pad_event_to=0),
        ],
    )


def _clean(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Keep what others wrote from reaching the terminal as anything but text."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in event.items()}
