"""What goes wrong at the S3 target (F16 to F20), over whole runs; the auditor has the last word."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import Books, read
from fakes.processes import Ran, Stand, ferry, standing

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
PART = 5 * MIB
LARGEST = 12 * MIB
QUICK: Mapping[str, Any] = {
    "largest": LARGEST,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
SETTINGS: Mapping[str, Any] = {
    "transfer.part_size_mib": 5,
    "transfer.parts_in_flight": 2,
    "transfer.integrity": "etag",
    "luminus": None,
}

Property = Any


def struck(call: str, action: str, **more: Any) -> dict[str, Any]:
    """Return a fault of Panopto's."""
    return {"operation": f"panopto.{call}", "action": action, **more}


def moved(stand: Stand, **changes: Any) -> Ran:
    """Run the migration and audit it; `changes` are settings of transfer."""
    given = {**SETTINGS, **{f"transfer.{name}": value for name, value in changes.items()}}
    ran = ferry("run", "-c", stand.settings(stand.folder, given), "--json", seconds=100)
    books = read(stand)
    approve([*findings(books), *dishonest(books, ran.document, ran.code)])
    return ran


def all_is_well(stand: Stand, ran: Ran) -> Books:
    """Assert that each event has its one session, and return the books."""
    assert ran.code == 0, ran.talk
    books = read(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    return books


@pytest.mark.fault(16)
@pytest.mark.parametrize("action", ["no_etag", "wrong_etag"])
def test_a_part_without_its_etag_is_sent_again(
    action: str, tmp_path: Path, record_property: Property
) -> None:
    """No ETag, or another one than its MD5: that part alone goes again, and is in Complete once."""
    fault = struck("upload_part", action, match="partNumber=2&")
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        books = all_is_well(stand, moved(stand))
        assert books.struck() == [action]
        assert books.sent_again() == PART
        record_property("injected", 1)
        record_property("happened", "one part was sent again")


@pytest.mark.fault(17)
def test_a_lost_create_leaves_no_orphan_where_uploads_are_listed(
    tmp_path: Path, record_property: Property
) -> None:
    """Each file's first Create is answered to nobody: its upload is found and aborted, and none is left."""
    fault = struck("create_multipart_upload", "lose_answer", times=2)
    with standing(tmp_path, events=2, faults=[fault], object_queries="on", **QUICK) as stand:
        ran = moved(stand)
        books = all_is_well(stand, ran)
        assert books.multipart_uploads == []
        assert books.calls("abort_multipart_upload") == 2
        assert ran.document["orphan_uploads"] == 0
        record_property("injected", 2)
        record_property("happened", "both orphans were found and aborted")


@pytest.mark.fault(17)
def test_a_lost_create_is_told_where_uploads_are_not_listed(tmp_path: Path) -> None:
    """As at Panopto, which drops them with the session upload: the figure says that one may be there."""
    fault = struck("create_multipart_upload", "lose_answer")
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        books = all_is_well(stand, ran)
        assert len(books.multipart_uploads) == ran.document["orphan_uploads"] == 1


@pytest.mark.fault(17)
def test_an_abort_that_is_lost_is_not_the_last(tmp_path: Path) -> None:
    """An abort of an orphan whose answer is lost is told as an orphan that may be left; it is gone."""
    faults = [
        struck("create_multipart_upload", "lose_answer"),
        struck("abort_multipart_upload", "lose_answer"),
    ]
    with standing(tmp_path, events=1, faults=faults, object_queries="on", **QUICK) as stand:
        ran = moved(stand)
        books = all_is_well(stand, ran)
        assert books.multipart_uploads == []
        assert ran.document["orphan_uploads"] == 1


@pytest.mark.fault(19)
@pytest.mark.parametrize("action", ["empty", "error_in_200"])
@pytest.mark.parametrize("queries", ["off", "on"])
def test_complete_counts_by_key_and_etag_alone(
    action: str, queries: str, tmp_path: Path, record_property: Property
) -> None:
    """200 with nothing, or with an error: never taken for success; one session, and the bytes are right."""
    fault = struck("complete_multipart_upload", action, match="presenter.mp4")
    with standing(tmp_path, events=1, faults=[fault], object_queries=queries, **QUICK) as stand:
        ran = moved(stand)
        books = all_is_well(stand, ran)
        again = LARGEST if (action, queries) == ("empty", "off") else 0
        assert books.sent_again() == ran.document["bytes"]["sent_again"] == again
        record_property("injected", 1)
        record_property("happened", "asked for again" if not again else "the file was sent again")


@pytest.mark.fault(20)
def test_an_upload_whose_id_vanishes_begins_anew(tmp_path: Path, record_property: Property) -> None:
    """NoSuchUpload in the middle of a file: another upload, the old id on record, one whole object."""
    body = "<Error><Code>NoSuchUpload</Code></Error>"
    fault = struck("upload_part", "status", nth=2, arguments={"status": 404, "body": body})
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        books = all_is_well(stand, moved(stand))
        assert books.calls("create_multipart_upload") == 4  # the film twice, its thumbnail, the manifest
        assert books.multipart_uploads == []
        checkpoint = (tmp_path / "migration.checkpoint").read_text()
        assert checkpoint.count('"k":"transfer.abandoned"') == checkpoint.count('"k":"transfer.aborted"') == 1
        record_property("injected", 1)
        record_property("happened", "the file began anew under another id")
