"""`python -m benchmarks`: runs, keeps, goes on, and tells."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.alone import alone_with
from benchmarks.discard.process import ROOT
from benchmarks.source import why_no_source


def benchmarks(*options: str) -> "subprocess.CompletedProcess[str]":
    """Run it."""
    command = [sys.executable, "-m", "benchmarks", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.slow
def test_a_second_call_goes_on_with_the_first(tmp_path: Path) -> None:
    """What is in the raw file is not run again; a second turn is, and the page tells of both."""
    if reason := why_no_source():
        pytest.skip(reason)
    raw, results = tmp_path / "raw.jsonl", tmp_path / "RESULTS.md"
    paths = ("--folder", str(tmp_path), "--raw", str(raw), "--results", str(results))
    call = ("tiny-plain", "--peers", "ferry spot", "raw relay", *paths)
    for turns, lines in (("1", 1 + 2), ("1", 1 + 2), ("2", 1 + 4)):
        done = benchmarks(*call, "--turns", turns)
        assert done.returncode == 0, done.stderr
        assert len(raw.read_text().splitlines()) == lines
    _, *runs = (json.loads(line) for line in raw.read_text().splitlines())
    assert [(run["client"], run["turn"]) for run in runs] == [
        ("ferry spot", 0),
        ("raw relay", 0),
        ("raw relay", 1),
        ("ferry spot", 1),
    ]
    assert {run["bytes_checked"] for run in runs} == {2 * 17 * 1024 * 1024}
    text = results.read_text()
    assert "## tiny-plain: 2 x 17 MiB, plain, 16 in flight" in text
    assert "spot: MD5 of" in text


def test_no_time_is_said(tmp_path: Path) -> None:
    """It begins nothing, and says how to go on."""
    if reason := why_no_source():
        pytest.skip(reason)
    paths = (tmp_path / "raw.jsonl", tmp_path / "RESULTS.md")
    options = ("--folder", str(tmp_path), "--raw", str(paths[0]), "--results", str(paths[1]))
    done = benchmarks("tiny-plain", "--minutes", "-1", *options)
    assert done.returncode == 0, done.stderr
    assert "the same command goes on" in done.stdout


def test_a_second_call_is_refused(tmp_path: Path) -> None:
    """It would slow the first, and count the same turns: it begins nothing, and says why."""
    if reason := why_no_source():
        pytest.skip(reason)
    raw = tmp_path / "raw.jsonl"
    paths = ("--folder", str(tmp_path / "f"), "--raw", str(raw), "--results", str(tmp_path / "page"))
    with alone_with(tmp_path):
        done = benchmarks("tiny-plain", "--minutes", "-1", *paths)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"{tmp_path} is in use: another call measures"]
    assert not raw.exists()


def test_what_the_machine_refuses_is_one_sentence(tmp_path: Path) -> None:
    """A disk without room, here a limit on the length of files."""
    if reason := why_no_source():
        pytest.skip(reason)
    paths = ("--folder", str(tmp_path), "--raw", str(tmp_path / "raw"), "--results", str(tmp_path / "page"))
    command = shlex.join([sys.executable, "-m", "benchmarks", "tiny-plain", "--peers", "raw relay", *paths])
    limited = ["sh", "-c", f"ulimit -f 8192; exec {command}"]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "stopped, and the same command goes on"
    ]


def test_who_does_not_take_part_is_said(tmp_path: Path) -> None:
    """A cell that none of the named peers runs; folders that are not there yet are made."""
    if reason := why_no_source():
        pytest.skip(reason)
    folder = tmp_path / "new"
    paths = (
        "--folder",
        str(folder),
        "--raw",
        str(folder / "raw"),
        "--results",
        str(folder / "page" / "x.md"),
    )
    done = benchmarks("b-plain", "--peers", "obstore", *paths)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "b-plain: nobody takes part"


def test_no_turn_is_refused() -> None:
    """It would measure nothing."""
    done = benchmarks("tiny-plain", "--turns", "0")
    assert done.returncode == 2
    assert "--turns is at least 1" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Ended in the middle of a run, as by a terminal, it ends source, target and client, and says nothing."""
    if reason := why_no_source():
        pytest.skip(reason)
    paths = ("--folder", str(tmp_path), "--raw", str(tmp_path / "raw"), "--results", str(tmp_path / "page"))
    command = [sys.executable, "-m", "benchmarks", "tiny-plain", "--peers", "ferry spot", *paths]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        running: list[psutil.Process] = []
        while not any("benchmarks.clients.ferry" in words(one) for one in running):
            running = [one for one in psutil.Process(process.pid).children(recursive=True) if words(one)]
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=30)
    assert said == b""
    assert process.returncode == 128 + number
    _, left = psutil.wait_procs(running, timeout=10)
    assert left == []


def words(process: psutil.Process) -> list[str]:
    """Return the command line of a process; nothing of one that has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_an_unknown_cell_is_refused() -> None:
    """One sentence that names it."""
    done = benchmarks("no-such-cell")
    assert done.returncode == 2
    assert "'no-such-cell' is none of" in done.stderr


def test_what_a_replay_costs() -> None:
    """A small checkpoint: each item is there, one in ten still open."""
    command = [sys.executable, "-m", "benchmarks.replay", "--records", "2000", "--open", "10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    said = json.loads(done.stdout)
    assert (said["records"], said["open_items"], said["closed_items"]) == (2000, 20, 180)
    assert said["replay_s"] >= 0
    assert said["peak_rss_mib"] > 10


def test_what_appends_cost() -> None:
    """A figure for each number of writers."""
    command = [sys.executable, "-m", "benchmarks.appends", "--records", "50", "--writers", "1", "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert set(json.loads(done.stdout)) == {"appends_a_second_by_1", "appends_a_second_by_4"}
