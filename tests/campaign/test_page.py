"""The score page says what ran: no more, and nothing kinder."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from campaign.page import Results, page, read, score
from campaign.shared import Played
from campaign.table import FAULTS


def written(tmp_path: Path, *lines: dict[str, Any]) -> Results:
    """Return results as they are read from a file of lines."""
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read(path)


def line_of(*numbers: int, **said: Any) -> dict[str, Any]:
    """Return the line of a test that passed, unless it says otherwise."""
    return {"test": f"{numbers}", "faults": list(numbers), "outcome": "passed", "seconds": 1.0, **said}


def batch(**changes: Any) -> dict[str, Any]:
    """Return the line of a random batch."""
    none = dict.fromkeys(("corrupt", "duplicate", "missing"), 0)
    return {"at_random": {**none, "items": 500, "bytes": 10, "found": [], "struck": {"cut": 3}, **changes}}


def test_everything_survived(tmp_path: Path) -> None:
    """All numbers have a test that passed, and nothing was found."""
    results = written(tmp_path, line_of(*FAULTS, injected=7, happened="nothing lost"), batch(), batch())
    assert results.sound
    assert (
        score(results)
        == "faults 43/43 · crash points 7 · 0 corrupt / 0 duplicate / 0 missing in 1,000 items under faults"
    )
    assert "survived; nothing lost" in page(results, "here")


def test_a_failure_is_told(tmp_path: Path) -> None:
    """One failed test of a fault is enough, whatever others say."""
    results = written(tmp_path, line_of(*FAULTS), line_of(3, outcome="failed"))
    assert not results.sound
    assert score(results).startswith("faults 42/43")
    assert "**1 failed**" in page(results, "here")


def test_what_did_not_run_is_told(tmp_path: Path) -> None:
    """A fault without a test was not shown."""
    results = written(tmp_path, line_of(*list(FAULTS)[1:]))
    assert not results.sound
    assert page(results, "here").count("**not shown**") == 1


def test_what_was_found_is_told(tmp_path: Path) -> None:
    """A corrupt object among thousands spoils the score."""
    results = written(tmp_path, line_of(*FAULTS), batch(), batch(corrupt=1, found=["I1: x"]))
    assert not results.sound
    assert "1 corrupt" in score(results)


def test_other_movers_are_counted_by_scene(tmp_path: Path) -> None:
    """A scene counts where every turn of it ended whole."""
    turns = [
        {"shared": asdict(Played(4, "flip", mover, turn, 0, right, 5 + turn, 0, 1, 1.0))}
        for mover, ends in (("lecture-ferry", (True, True)), ("boto3", (True, False)))
        for turn, right in enumerate(ends)
    ]
    results = written(tmp_path, line_of(*FAULTS), *turns)
    assert "lecture-ferry 1/1" in score(results)
    assert "boto3 0/1" in score(results)
    assert "| whole (5 to 6 parts) |" in page(results, "here")
    assert "whole 1x, CORRUPT 1x" in page(results, "here")


def test_the_last_run_of_a_test_counts(tmp_path: Path) -> None:
    """A test that was run again after a mend is told as it is now."""
    failed = line_of(*FAULTS)
    again = {**failed}
    results = written(tmp_path, {**failed, "outcome": "failed"}, again)
    assert results.sound
