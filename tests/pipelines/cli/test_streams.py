"""Streams that are closed, or that nobody reads: a verb ends as it would have, without a word of them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.processes import COMMAND, ROOT

CLOSED = """
import os, sys
for number in {numbers}:
    os.close(number)
os.execv(sys.executable, [sys.executable, *{command}])
"""


def unread() -> int:
    """Return the writing end of a pipe whose reader is gone."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def lone(folder: Path) -> Path:
    """Write settings under which every service is out of reach; their checkpoint holds nothing."""
    for name in ("one", "two", "three"):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text("secret")
    path = folder / "migration.toml"
    path.write_text(
        """
        opencast = {url = "http://127.0.0.1:9", username = "a", password_file = "one"}
        panopto = {url = "http://127.0.0.1:9", username = "a", password_file = "two", client_id = "b",
                   client_secret_file = "three"}
        transfer = {attempts = 1}
        """.replace("\n                   ", " ")
    )
    return path


@pytest.mark.parametrize("numbers", [(0,), (1,), (2,), (0, 1, 2)])
def test_closed_streams(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    """A run whose stdin, stdout or stderr is closed ends with its own code, on the event loop too."""
    command = [*COMMAND[1:], "run", "-c", str(lone(tmp_path)), "--json"]
    script = CLOSED.format(numbers=numbers, command=command)
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert (ran.stdout == "") is (1 in numbers)
    assert (ran.stderr == "") is (2 in numbers)


@pytest.mark.parametrize("option", [["--json"], []])
@pytest.mark.parametrize("verb", ["plan", "run", "status"])
def test_a_reader_that_has_gone(tmp_path: Path, verb: str, option: list[str]) -> None:
    """What is piped to a program that does not read it leaves the code and stderr as they were."""
    (tmp_path / "read").mkdir()
    (tmp_path / "unread").mkdir()
    read = _ran(verb, lone(tmp_path / "read"), option, lambda: subprocess.DEVNULL)
    gone = _ran(verb, lone(tmp_path / "unread"), option, unread)
    assert (gone.returncode, gone.stderr.count("\n")) == (read.returncode, read.stderr.count("\n"))
    assert "roken" not in gone.stderr
    assert gone.returncode in {2, 3}


def test_a_reader_of_help_that_has_gone() -> None:
    """Help that nobody reads is no error."""
    writing = unread()
    done = subprocess.run(
        [*COMMAND, "--help"], cwd=ROOT, stdout=writing, stderr=writing, check=False, timeout=60
    )
    os.close(writing)
    assert done.returncode == 0


def _ran(
    verb: str, settings: Path, option: list[str], stdout: Callable[[], int]
) -> "subprocess.CompletedProcess[str]":
    writing = stdout()
    try:
        return subprocess.run(
            [*COMMAND, verb, "-c", str(settings), *option],
            cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        if writing >= 0:
            os.close(writing)
