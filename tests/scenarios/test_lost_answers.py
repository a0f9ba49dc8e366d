"""An answer that is lost is never guessed at: nothing arrives twice, and nothing is missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings, miscounted
from campaign.books import read
from fakes.processes import Stand, ferry, standing

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
LARGEST = 12 * MIB
QUICK = {"largest": LARGEST, "typical": 1_000_000, "seconds_to_processing": 0.05, "seconds_to_complete": 0.05}
Fault = Mapping[str, Any]


def lost(call: str, match: str = "", **more: Any) -> Fault:
    """Return the fault that applies a call and loses its answer, once."""
    return {"operation": f"panopto.{call}", "action": "lose_answer", "match": match, **more}


def verified(stand: Stand, again: int = 0) -> Stand:
    """Run a migration, and assert that each event became exactly one session, whole, and is told so.

    `again` is how many bytes of parts may be sent a second time.
    """
    settings = stand.settings(stand.folder, {"transfer.part_size_mib": 5})
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    books = read(stand)
    events = {one.event_id for one in books.sources}
    assert len(books.sessions) == len(events) == 2
    approve(findings(books, Bounds(events=events, again=again)))
    approve([*dishonest(books, ran.document, ran.code, planned=2), *miscounted(books, [ran.document])])
    return stand


def sent_again(stand: Stand) -> int:
    """Return the bytes of parts beyond those of the objects."""
    return read(stand).sent_again()


@pytest.mark.fault(15)
def test_lost_answer_to_a_part(tmp_path: Path) -> None:
    """The part is sent again, and no other."""
    with standing(tmp_path, events=2, faults=[lost("upload_part", "presenter.mp4")], **QUICK) as stand:
        assert sent_again(verified(stand, again=5 * MIB)) > 0


@pytest.mark.fault(17)
def test_lost_answer_to_create(tmp_path: Path) -> None:
    """Another multipart upload is opened; nothing is sent twice."""
    with standing(
        tmp_path, events=2, faults=[lost("create_multipart_upload", "presenter.mp4")], **QUICK
    ) as stand:
        verified(stand)


@pytest.mark.fault(18)
@pytest.mark.parametrize("queries", ["off", "on"])
def test_lost_answer_to_complete(queries: str, tmp_path: Path) -> None:
    """Where the target tells of objects nothing is sent again; where it does not, that one file is."""
    fault = lost("complete_multipart_upload", "presenter.mp4", nth=1)
    with standing(tmp_path, events=1, faults=[fault], object_queries=queries, **QUICK) as stand:
        settings = stand.settings(tmp_path, {"transfer.part_size_mib": 5})
        ran = ferry("run", "-c", settings, "--json")
        assert ran.code == 0, ran.talk
        assert len(stand.audit("sessions")) == 1
        assert sent_again(stand) == (0 if queries == "on" else LARGEST)
        assert ran.document["bytes"]["sent_again"] == (0 if queries == "on" else LARGEST)


@pytest.mark.fault(23)
def test_lost_answer_to_opening_a_session_upload(tmp_path: Path) -> None:
    """Another session upload is opened; the lost one never becomes a session."""
    with standing(tmp_path, events=2, faults=[lost("create_session_upload")], **QUICK) as stand:
        verified(stand)
        assert len(stand.audit("session-uploads")) == 3


@pytest.mark.fault(24)
def test_lost_answer_to_the_completing_put(tmp_path: Path) -> None:
    """The state is looked at, and the upload is not completed a second time."""
    with standing(tmp_path, events=2, faults=[lost("put_session_upload")], **QUICK) as stand:
        verified(stand)
        assert [row["completions"] for row in stand.audit("session-uploads")] == [1, 1]


@pytest.mark.fault(24)
def test_an_upload_that_panopto_denies_after_it_was_completed(tmp_path: Path) -> None:
    """While Panopto says 404 nothing is sent a second time, however often it is asked."""
    denied = {
        "operation": "panopto.get_session_upload",
        "action": "status",
        "arguments": {"status": 404},
        "nth": 2,
        "times": 40,
    }
    with standing(tmp_path, events=1, faults=[denied], **{**QUICK, "seconds_to_processing": 30}) as stand:
        settings = stand.settings(tmp_path, {"finish.limit_minutes": 0.1})
        ran = ferry("run", "-c", settings, "--json")
        assert (ran.code, ran.document["reasons"]) == (3, {"upload_gone": 1})
        assert len(stand.audit("session-uploads")) == 1
        assert sent_again(stand) == 0


@pytest.mark.fault(24)
def test_an_upload_that_panopto_knows_again_is_not_released(tmp_path: Path) -> None:
    """Panopto denies it for three looks, and lists no session yet: reconciling asks for it, and holds it."""
    denied = {
        "operation": "panopto.get_session_upload",
        "action": "status",
        "arguments": {"status": 404},
        "nth": 2,
        "times": 3,
    }
    with standing(tmp_path, events=1, faults=[denied], **{**QUICK, "seconds_to_processing": 60}) as stand:
        settings = stand.settings(tmp_path, {"finish.limit_minutes": 0.1})
        assert ferry("run", "-c", settings, "--json").document["reasons"] == {"upload_gone": 1}
        held = ferry("reconcile", "-c", settings, "--json")
        assert (held.code, held.document["events"]["held"]) == (3, 1)
        assert ferry("run", "-c", settings, "--json").code == 3
        assert len(stand.audit("session-uploads")) == 1
        assert sent_again(stand) == 0


@pytest.mark.fault(24)
def test_a_session_that_is_there_is_not_sent_again_whatever_its_upload_says(tmp_path: Path) -> None:
    """Panopto calls the upload deleted, and shows its session: that one is compared, and none is made."""
    fault = {"operation": "panopto.process", "action": "state", "arguments": {"state": 7}}
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = ferry("run", "-c", stand.settings(tmp_path, {"luminus": None}), "--json")
        assert ran.code == 0, ran.talk
        assert (len(stand.audit("session-uploads")), len(stand.audit("sessions"))) == (1, 1)
        assert sent_again(stand) == 0
