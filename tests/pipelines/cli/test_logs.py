"""Log lines: one event a line, without secrets and escapes, whoever logs it."""

import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog

from pipelines.cli.logs import logged_to_stderr, traced

SECRET = "c0ffee5555555555"
HOSTILE = f"\x1b[2J\r\n2026-01-01T00:00:00Z [info] forged https://a.example/x?signature={SECRET}"

pytestmark = [pytest.mark.fault(36), pytest.mark.fault(40)]


@pytest.fixture
def err(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Log to a stderr in memory."""
    told = io.StringIO()
    monkeypatch.setattr(sys, "stderr", told)
    monkeypatch.delenv("FERRY_TRACEBACK", raising=False)
    with logged_to_stderr():
        yield told
    structlog.reset_defaults()


def only_line(err: io.StringIO) -> str:
    """Return what was written, which is one line of text."""
    told = err.getvalue()
    assert told.count("\n") == 1
    assert "\x1b" not in told
    assert "\r" not in told
    assert SECRET not in told
    return told


def broken() -> None:
    """Fail with a hostile sentence."""
    raise ValueError(HOSTILE)


@pytest.mark.parametrize("value", [HOSTILE, [HOSTILE], {HOSTILE: HOSTILE}, ValueError(HOSTILE)])
def test_our_own_lines(err: io.StringIO, value: object) -> None:
    """Whatever a field holds, text or not, is on its line, and blanked by the last processor."""
    structlog.get_logger().info("said", field=value)
    assert "***" in only_line(err)


def test_lines_of_others(err: io.StringIO) -> None:
    """aiohttp, asyncio and whoever else logs by the standard library goes the same way."""
    logging.getLogger("aiohttp.client").warning("failed: %s", HOSTILE)
    assert "***" in only_line(err)


def test_what_is_below_a_warning_is_not_told(err: io.StringIO) -> None:
    """Debugging of libraries is not written at all: there is no verbosity that would."""
    logging.getLogger("asyncio").info(HOSTILE)
    logging.getLogger("aiohttp.client").debug(HOSTILE)
    assert err.getvalue() == ""


def test_a_task_that_failed(err: io.StringIO) -> None:
    """asyncio logs an error with its traceback: here it is the error's name and words."""
    try:
        broken()
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved\nfuture: %s", HOSTILE)
    assert "error=" in only_line(err)


def test_a_traceback_that_is_asked_for(err: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lines are indented, so that none is taken for a line of the log, and they are as clean."""
    monkeypatch.setenv("FERRY_TRACEBACK", "1")
    try:
        broken()
    except ValueError:
        structlog.get_logger().exception("failed")
    first, *more = err.getvalue().splitlines()
    assert "failed" in first
    assert "Traceback" in more[0]
    assert all(line.startswith("  ") for line in more)
    assert SECRET not in err.getvalue()
    assert "\x1b" not in err.getvalue()


def test_warnings(err: io.StringIO) -> None:
    """Python's warnings are log lines like any other."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        # As Python itself does it, and pytest's own catching of warnings does not.
        logging._showwarning(HOSTILE, UserWarning, "x.py", 1)  # type: ignore[attr-defined]
    assert "***" in only_line(err)


def test_a_thread_that_failed(err: io.StringIO) -> None:
    """It is told, in a line, and nothing goes to stderr past us."""
    thread = threading.Thread(target=broken)
    hook = threading.excepthook
    thread.start()
    thread.join()
    assert hook is threading.excepthook
    assert "failed where nobody listens" in only_line(err)


def test_a_traceback_holds_no_secret() -> None:
    """Nor an escape, and none of its lines begins at the margin."""
    try:
        broken()
    except ValueError as error:
        told = traced(error)
    assert SECRET not in told
    assert "\x1b" not in told
    assert all(line.startswith("  ") for line in told.split("\n"))
