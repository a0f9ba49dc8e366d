"""A file becomes another one while it is moved: the two are not mixed, and a later run moves the new one."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import read
from fakes.processes import Stand, ferry, standing

MIB = 1024 * 1024
QUICK: Mapping[str, Any] = {
    "largest": 12 * MIB,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}


PLAYED, FILM = "/engage-player/", "/presenter_720p.mp4"
"""What is in the address of the file that is moved."""


def at_source(action: str, nth: int, **arguments: Any) -> Mapping[str, Any]:
    """Return a fault of the file server; its first request is the probe."""
    return {"operation": "files.get_file", "action": action, "nth": nth, "arguments": arguments}


def published(stand: Stand) -> str:
    """Return the SHA-256 of the file that is moved, as the file server has it now."""
    (found,) = (
        one["sha256"] for one in stand.audit("sources") if PLAYED in one["url"] and FILM in one["url"]
    )
    return str(found)


BETWEEN_PARTS = (at_source("short", 2, bytes=6 * MIB), at_source("change", 3))
BEFORE_COMPLETE = (at_source("change", 3),)


@pytest.mark.slow
@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("faults", "parts"), [(BETWEEN_PARTS, 1), (BEFORE_COMPLETE, 3)], ids=["between parts", "before Complete"]
)
def test_a_file_that_changes_while_it_is_moved_is_moved_by_the_next_run(
    tmp_path: Path, faults: Sequence[Mapping[str, Any]], parts: int, record_property: Any
) -> None:
    """The upload is aborted, the outcome says `changed`, no session is made; then the new one is whole."""
    with standing(tmp_path, events=1, faults=list(faults), **QUICK) as stand:
        settings = stand.settings(
            tmp_path, {"transfer.part_size_mib": 5, "transfer.parts_in_flight": 1, "luminus": None}
        )
        old = published(stand)
        ran = ferry("run", "-c", settings, "--json")
        books = read(stand)
        new = published(stand)
        assert new != old
        assert ran.code == 4, ran.talk
        assert ran.document["outcomes"]["permanent"] == 1
        assert "reason=changed" in ran.talk
        assert not books.sessions
        assert not stand.audit("multipart-uploads")
        done = [row["call"] for row in stand.audit("log") if row["service"] == "panopto" and row["status"]]
        assert done.count("upload_part") == parts
        assert done.count("abort_multipart_upload") == 1
        assert "complete_multipart_upload" not in done
        approve([*findings(books), *dishonest(books, ran.document, ran.code, planned=1)])
        again = ferry("run", "-c", settings, "--json")
        assert again.code == 0, again.talk
        books = read(stand)
        assert new in {one.sha256 for one in books.objects}
        approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    record_property("injected", 1)
    record_property(
        "happened", f"{parts} parts of the old file given up; the next run moved the new one whole"
    )
