"""`ferry demo` and the default world: every shape arrives whole, or is skipped for its reason."""

from pathlib import Path

import pytest
from fakes.processes import Stand, ferry, standing

from pipelines.panopto.manifest import event_of

REASONS = {"live": 1, "no_media": 1, "not_ready": 3, "nothing_published": 2, "playlist_only": 1}
ASPECTS = {
    "captions": {"carried": 1},
    "chapters": {"carried": 1},
    "slides": {"carried": 1},
    "thumbnail": {"carried": 10},
    "tags": {"carried": 5},
    "external_id": {"carried": 10},
}


@pytest.mark.slow
def test_demo_ends_well(tmp_path: Path) -> None:
    """The demo moves its world, a file of more than 200 MB in it, and finds every object the same.

    It updates two schedules, and finds lecture items and schedules as they were to be.
    """
    ran = ferry("demo", "--json", "--work", tmp_path / "demo", seconds=110)
    assert ran.code == 0, ran.talk
    assert ran.document == {
        "version": 1,
        "exit": 0,
        "outcomes": {
            "verified": 10,
            "skipped": 8,
            "waiting": 0,
            "retryable": 0,
            "permanent": 0,
            "differs": 0,
        },
        "reasons": REASONS,
        "aspects": ASPECTS,
        "bytes": {"sent": ran.document["bytes"]["sent"], "sent_again": 0, "skipped": 0},
        "parts": {"sent": ran.document["parts"]["sent"], "sent_again": 0, "skipped": 0},
        "orphan_uploads": 0,
        "orphan_session_uploads": 0,
        "bookings": ran.document["bookings"],
    }
    assert ran.document["bookings"]["exit"] == 0
    assert {word: count for word, count in ran.document["bookings"]["verdicts"].items() if count} == {
        "verified": 2
    }
    assert ran.document["bytes"]["sent"] > 200_000_000


def sources_by_event(stand: Stand) -> dict[str, set[str]]:
    """Return the hashes of all files that the source serves of each event."""
    found: dict[str, set[str]] = {}
    for row in stand.audit("sources"):
        found.setdefault(row["event_id"], set()).add(row["sha256"])
    return found


@pytest.mark.slow
def test_every_object_is_its_source_and_nothing_is_moved_twice(tmp_path: Path) -> None:
    """By the audit alone: one session an event, each object but captions a file of it; nothing goes twice."""
    with standing(tmp_path, events=28, largest=30_000_000, typical=2_000_000) as stand:
        settings = stand.settings(tmp_path, {"transfer.integrity": "etag"})
        first = ferry("run", "-c", settings, "--json", seconds=100)
        assert first.code == 0, first.talk
        sources = sources_by_event(stand)
        event_of_upload = {
            row["session_upload_id"]: event_of(row["description"]) for row in stand.audit("sessions")
        }
        assert len(set(event_of_upload.values())) == len(event_of_upload)
        assert len(event_of_upload) == first.document["outcomes"]["verified"]
        media = [row for row in stand.audit("objects") if not row["key"].endswith((".xml", ".vtt"))]
        assert len(media) > len(event_of_upload)
        for row in media:
            assert row["sha256"] in sources[event_of_upload[row["session_upload_id"]] or ""]

        before = stand.audit("requests")
        second = ferry("run", "-c", settings, "--json", seconds=60)
        assert second.code == 0, second.talk
        assert second.document["outcomes"] == first.document["outcomes"]
        assert second.document["bytes"] == {"sent": 0, "sent_again": 0, "skipped": 0}
        target = [row for row in stand.audit("requests") if row["service"] == "panopto"]
        assert target == [row for row in before if row["service"] == "panopto"]


@pytest.mark.slow
def test_persons_own_files(tmp_path: Path) -> None:
    """`--media` serves a folder's own films, and they arrive byte for byte."""
    films = tmp_path / "films"
    films.mkdir()
    (tmp_path / "world").mkdir()
    with standing(tmp_path / "world", events=3, largest=300_000, typical=200_000) as stand:
        urls = [row["url"] for row in stand.audit("sources")]
        open_to_all = [url for url in urls if "/engage-player/" in url and url.endswith(".mp4")]
        for number, url in enumerate(open_to_all[:2]):
            (films / f"film {number}.mp4").write_bytes(stand.fetch(url))
    ran = ferry("demo", "--json", "--media", films, "--work", tmp_path / "demo", seconds=60)
    assert ran.code == 0, ran.talk
    assert ran.document["outcomes"]["verified"] == 2
