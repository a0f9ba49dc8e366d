"""Records of items as runs leave them in a checkpoint, step by step."""

from datetime import UTC, datetime
from typing import Any

from engine import Record
from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.ends import known

WHEN = datetime(2024, 7, 1, 7, 15, tzinfo=UTC)
SECRET = "https://panopto.example.org/Panopto/Upload/canary"
MEANT: dict[str, Any] = {
    "title": "Analysis I",
    "date": WHEN.isoformat(),
    "duration": 2700.0,
    "files": ["presenter.mp4"],
    "bytes": 3000,
    "parts": 3,
    "checked": 2,
    "level": "spot",
    "taken": ["title", "1 stream"],
    "left": ["captions"],
}
MEMBERS: dict[str, Any] = {
    "id": "l-1",
    "name": "Analysis I",
    "presenter": "Ada, ... (+1)",
    "publish": True,
    "startDate": WHEN.isoformat(),
    "description": "Limits.",
}
CARRIED: dict[str, Any] = {
    "members": MEMBERS,
    "before": None,
    "presenter_from": "the event's presenters",
    "publish_why": "published in engage-player",
    "cut": {"presenter": "Ada, Bo"},
}


def steps(event_id: str, lecture_item: str = "l-1", **meant: Any) -> list[Record]:
    """Return what is kept of one item from its plan to a lecture item, without an end."""
    files = [{"name": "presenter.mp4", "track": "t", "role": "Primary", "duration_ms": 2_700_000}]
    return [
        items.planned(event_id, estimate=9, series="s-1", folder_id="f-1"),
        items.upload(event_id, "f-1"),
        items.uploading(event_id, upload_id=f"u-{event_id}", folder_id="f-1", target=SECRET, files=files),
        Record(event_id, "transfer.completed", {"name": "1/presenter.mp4"}),
        items.submit(event_id, {**MEANT, **meant}),
        items.submitted(event_id),
        items.session(event_id, f"s-{event_id}"),
        items.right(event_id, f"s-{event_id}", WHEN.isoformat()),
        items.patch(event_id, lecture_item, {}, MEMBERS),
        items.carried(event_id, lecture_item, {**CARRIED, "members": {**MEMBERS, "id": lecture_item}}),
    ]


def finished(event_id: str, steps: list[Record], outcome: Outcome = Outcome.VERIFIED) -> Record:
    """Return the end of an item after these steps."""
    return items.ended(event_id, outcome, **known(items.fold(steps)))
