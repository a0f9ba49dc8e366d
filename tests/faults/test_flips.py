"""Flipped bytes (F4), at each level and at each place: what finds them, and what is said of the rest.

Our CRC-32 is taken over the bytes that we read. So a flip before us is in it; it is found by the level
source, against Opencast's own checksum, and by `ferry verify --level full`, which reads the source again.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Stand, ferry, standing

PART = 5 * 1024 * 1024
QUICK: Mapping[str, Any] = {
    "largest": 12 * 1024 * 1024,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
AT_SOURCE = {"operation": "files.get_file", "action": "flip", "nth": 2}
"""In the first GET after a probe."""
AT_TARGET = {"operation": "panopto.upload_part", "action": "flip"}

pytestmark = [pytest.mark.fault(4), pytest.mark.slow]


def settings_at(stand: Stand, level: str) -> Path:
    """Return settings with a level of integrity, one file after the other."""
    changes = {
        "transfer.part_size_mib": 5,
        "transfer.parts_in_flight": 2,
        "transfer.items_in_flight": 1,
        "transfer.integrity": level,
    }
    return stand.settings(stand.folder, changes)


def spoilt(stand: Stand) -> list[tuple[str, str]]:
    """Return the objects that are no source's bytes: their session uploads, and their files' names."""
    sources = {row["sha256"] for row in stand.audit("sources")}
    objects = [row for row in stand.audit("objects") if not row["key"].endswith(".xml")]
    wrong = [row for row in objects if row["sha256"] not in sources]
    return [(row["session_upload_id"], row["key"].rpartition("/")[2]) for row in wrong]


def struck(stand: Stand) -> int:
    """Return how many faults did strike."""
    return sum(1 for row in stand.audit("log") if row["fault"])


def test_a_flip_before_us_is_found_by_reading_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """At level etag it goes through; a full verification reads the source again and names the file."""
    with standing(tmp_path, events=3, faults=[AT_SOURCE], **QUICK) as stand:
        settings = settings_at(stand, "etag")
        assert ferry("run", "-c", settings).code == 0
        assert len(spoilt(stand)) == struck(stand) == 1
        assert ferry("verify", "-c", settings, "--json").document["differences"] == []
        full = ferry("verify", "-c", settings, "--level", "full", "--json")
        (one,) = full.document["differences"]
        assert (full.code, full.document["unread"], full.document["changed"]) == (5, [], [])
        assert one["field"] == f"file {spoilt(stand)[0][1]}"
        assert ferry("verify", "-c", settings, "--sample", "100%", "--json").document["differences"] == [one]
        told = ferry("verify", "-c", settings, "--level", "full").output
        assert f"{one['event_id']}: {one['field']} is " in told
    record_property("injected", 1)
    record_property("happened", "a flip before us passes level etag; verify --level full names its file (5)")


@pytest.mark.parametrize("level", ["etag", "source"])
def test_a_flip_on_the_way_to_the_target_is_sent_again(
    tmp_path: Path, level: str, record_property: Callable[[str, object], None]
) -> None:
    """The part is sent again, and the object is the source."""
    faults = [{**AT_TARGET, "nth": number} for number in (1, 6)]
    with standing(tmp_path, events=3, faults=faults, **QUICK) as stand:
        settings = settings_at(stand, level)
        ran = ferry("run", "-c", settings, "--json")
        assert (ran.code, spoilt(stand), struck(stand)) == (0, [], 2)
        assert ran.document["parts"]["sent_again"] == 2
    record_property("injected", 2)
    record_property("happened", f"at level {level} each part that was stored wrong was sent again")


@pytest.mark.parametrize("level", ["crc", "spot", "etag", "source"])
def test_no_flip_passes_unsaid(
    tmp_path: Path, level: str, record_property: Callable[[str, object], None]
) -> None:
    """Flips on both ways: whatever object is spoilt, its row says that it was not compared there."""
    faults = [{**AT_SOURCE, "nth": number} for number in (2, 5, 9, 13, 17)]
    faults += [{**AT_TARGET, "nth": number} for number in (2, 9)]
    with standing(tmp_path, events=8, faults=faults, **QUICK) as stand:
        settings = settings_at(stand, level)
        # Panopto checks the manifest's own checksums: what is flipped behind us at crc is no session there.
        assert ferry("run", "-c", settings, seconds=90).code in ({0, 4} if level == "crc" else {0})
        wrong = spoilt(stand)
        report = ferry("report", "-c", settings, "--format", "json").document
        injected = struck(stand)
    rows = {row["upload_id"]: row for row in report["items"]}
    assert injected >= 5
    for upload_id, name in wrong:
        row = rows[upload_id]
        said = "; ".join(row["unchecked"])
        assert f"at the source: {name}" in said or f", {name}" in said, (row, name)
        assert level != "crc" or "not compared with the target" in said
    assert (report["totals"]["proven"] > 0) == (level == "source")
    record_property("injected", injected)
    record_property(
        "happened", f"level {level}: {len(wrong)} objects spoilt, each named as not compared there"
    )
