"""A checkpoint that is lost, or older than what was done: nothing is sent again, nothing is there twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import QUICK, assert_all_right, carried, patches, settings
from fakes.processes import Ran, Stand, ferry, standing

pytestmark = [pytest.mark.fault(35), pytest.mark.slow]

Json = Any
EVENTS = 4


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A sandbox of four events, three of which go on to LumiNUS."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as found:
        yield found


def reconciled(file: Path, *options: str) -> Ran:
    """Reconcile for its document, and check what holds always."""
    ran = ferry("reconcile", "-c", file, "--json", *options)
    assert "Traceback" not in ran.talk, ran.talk
    assert ran.document["exit"] == ran.code
    return ran


def events(ran: Ran) -> dict[str, int]:
    """Return the verdicts that some event has."""
    return {name: count for name, count in ran.document["events"].items() if count}


def sent(stand: Stand) -> int:
    """Return how many calls put something to Panopto."""
    calls = {"create_session_upload", "put_session_upload", "create_multipart_upload", "upload_part"}
    return sum(row["count"] for row in stand.audit("requests") if row["call"] in calls)


def test_a_lost_checkpoint_is_made_anew_before_anything_is_sent(stand: Stand, tmp_path: Path) -> None:
    """Plan and run refuse to move what is there, reconcile takes it in, and the next run finds all done."""
    home = tmp_path / "run"
    file = settings(home, stand)
    assert carried(home, stand).code == 0
    (home / "migration.checkpoint").unlink()
    before, sets = sent(stand), patches(stand)
    planned = ferry("plan", "-c", file, "--json")
    assert (planned.code, planned.document["retryable"]) == (3, {"unrecorded_session": EVENTS})
    assert "ferry reconcile" in planned.output
    refused = ferry("run", "-c", file, "--json")
    assert (refused.code, refused.document["reasons"]) == (3, {"unrecorded_session": EVENTS})
    assert "begun anew, although the run with pid" in refused.talk
    assert "`ferry reconcile` takes it in" in refused.talk
    (home / "migration.checkpoint").unlink()
    dry = reconciled(file, "--dry-run")
    assert (dry.code, events(dry)) == (0, {"adopted": EVENTS})
    assert not (home / "migration.checkpoint").exists()
    assert events(reconciled(file)) == {"adopted": EVENTS}
    assert events(reconciled(file)) == {"known": EVENTS}
    ran = carried(home, stand)
    assert (ran.code, ran.document["outcomes"]["verified"]) == (0, EVENTS)
    assert (sent(stand), patches(stand)) == (before, sets)
    assert ferry("verify", "-c", file, "--json").code == 0
    assert_all_right(stand)


def test_an_older_backup_is_completed(stand: Stand, tmp_path: Path) -> None:
    """It knew two of four, one with its upload open: the rest is taken in, and LumiNUS gets what it lacks."""
    home = tmp_path / "run"
    checkpoint = home / "migration.checkpoint"
    assert carried(home, stand, {"select.limit": 1, "luminus": None, "carry": None}).code == 0
    file = settings(home, stand, {"luminus": None, "carry": None})
    backup = checkpoint.read_bytes()
    assert ferry("run", "-c", file, "--json").code == 0
    whole = checkpoint.read_bytes().splitlines(keepends=True)
    open_upload = next(
        n for n, line in enumerate(whole) if b'"item.uploading"' in line and n > backup.count(b"\n")
    )
    checkpoint.write_bytes(b"".join(whole[: open_upload + 1]))
    before = sent(stand)
    file = settings(home, stand)
    ran = reconciled(file)
    assert (ran.code, events(ran)) == (0, {"known": 1, "adopted": EVENTS - 1})
    assert carried(home, stand).code == 0
    assert sent(stand) == before
    assert_all_right(stand)


def test_a_lost_checkpoint_while_lectures_were_half_carried(stand: Stand, tmp_path: Path) -> None:
    """One lecture item was set before: the others are, and no one of them twice."""
    home = tmp_path / "run"
    limited = carried(home, stand, {"select.limit": 2})
    assert limited.code == 0
    file = settings(home, stand)
    assert carried(home, stand, {"luminus": None, "carry": None}).code == 0
    (home / "migration.checkpoint").unlink()
    before = sent(stand)
    assert events(reconciled(settings(home, stand))) == {"adopted": EVENTS}
    assert carried(home, stand).code == 0
    assert sent(stand) == before
    assert file.exists()
    assert_all_right(stand)


def test_a_checkpoint_that_was_emptied_is_refused(stand: Stand, tmp_path: Path) -> None:
    """Ten, before anything is asked of anybody, however often: it is not begun from nothing."""
    home = tmp_path / "run"
    file = settings(home, stand)
    assert carried(home, stand).code == 0
    calls = len(stand.audit("log"))
    for content in (b"", bytes(4096), b""):
        (home / "migration.checkpoint").write_bytes(content)
        ran = ferry("run", "-c", file, "--json")
        assert (ran.code, ran.document["exit"]) == (10, 10)
        assert "line 1 is not there" in ran.talk
        assert "ferry reconcile" in ran.talk
        assert "Traceback" not in ran.talk
    assert len(stand.audit("log")) == calls
    (home / "migration.checkpoint").unlink()
    assert reconciled(file).code == 0
    assert carried(home, stand).code == 0
    assert_all_right(stand)
