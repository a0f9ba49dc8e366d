"""The end of a demo by the sandbox's own audit: what arrived is held against what was to arrive.

Each object is held against its source, by SHA-256, and each lecture item against the members it was to have.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipelines.items import ItemState
from pipelines.panopto.manifest import event_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a demo: what became of it, and whether what arrived is what was sent.

    `shown` says whether students see its lecture items; `carried` whether those are as they were to be.
    """

    event_id: str
    title: str
    outcome: str
    reason: str
    files: int
    bytes: int
    identical: bool | None
    shown: str = ""
    carried: bool | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All events of a demo. `strays` are sessions that belong to no event of it."""

    lines: tuple[Line, ...]
    strays: int = 0

    @property
    def wrong(self) -> bool:
        """Whether anything arrived that is not its source, twice, or from nowhere."""
        return self.strays > 0 or any(line.identical is False or line.carried is False for line in self.lines)


@dataclass(slots=True)
class Books:
    """The audit's lists, joined by what they have in common."""

    hashes: dict[str, Counter[str]] = field(default_factory=dict)
    objects: dict[str, dict[str, Row]] = field(default_factory=dict)
    sessions: dict[str, list[Row]] = field(default_factory=dict)
    lecture_items: dict[str, list[Row]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        sources: Iterable[Row],
        objects: Iterable[Row],
        sessions: Iterable[Row],
        lecture_items: Iterable[Row] = (),
    ) -> "Books":
        """Join sources by event, objects by session upload, sessions by the marker of their description.

        Lecture items are joined by session.
        """
        books = cls()
        for item in lecture_items:
            books.lecture_items.setdefault(item["session_id"], []).append(item)
        for source in sources:
            books.hashes.setdefault(source["event_id"], Counter())[source["sha256"]] += 1
        for one in objects:
            books.objects.setdefault(one["session_upload_id"], {})[one["key"]] = one
        for session in sessions:
            books.sessions.setdefault(event_of(session["description"]) or "", []).append(session)
        return books


def compared(states: Mapping[str, ItemState], books: Books) -> Comparison:
    """Hold what arrived against what was there to be sent."""
    lines = [line(event_id, state, books) for event_id, state in states.items()]
    strays = sum(len(found) for event_id, found in books.sessions.items() if event_id not in states)
    return Comparison(tuple(sorted(lines, key=lambda one: (one.outcome != "verified", -one.bytes))), strays)


def line(event_id: str, state: ItemState, books: Books) -> Line:
    """Tell of one event. One with a session must have exactly one, and each file its own source."""
    sessions = books.sessions.get(event_id, [])
    files = [
        books.objects.get(session["session_upload_id"], {}).get(name)
        for session in sessions
        for name in session["files"]
    ]
    arrived = Counter(one["sha256"] for one in files if one is not None and not is_converted(one["key"]))
    true = arrived.total() > 0 and arrived <= books.hashes.get(event_id, Counter())
    whole = len(sessions) == 1 and None not in files and true
    due = bool(sessions) or state.outcome == "verified"
    there = books.lecture_items.get(state.session_id or "", [])
    return Line(
        event_id=event_id,
        title=sessions[0]["title"] if sessions else "",
        outcome=state.outcome.value,
        reason=state.reason or "",
        files=len(files),
        bytes=sum(one["size"] for one in files if one),
        identical=whole if due else None,
        shown=", ".join("published" if one["publish"] else "hidden" for one in there),
        carried=as_carried(state, there) if there or state.carried else None,
    )


def is_converted(key: str) -> bool:
    """Tell whether an object is no copy of its source: captions are written anew, whatever they came as."""
    return key.endswith(".vtt")


def as_carried(state: ItemState, there: Iterable[Row]) -> bool:
    """Tell whether the lecture items of an item are those that it was carried to, and as they were to be."""
    found = {row["lecture_item_id"]: row for row in there}
    return found.keys() == state.carried.keys() and all(
        is_as(row, state.carried[name]["members"]) for name, row in found.items()
    )


def is_as(row: Row, members: Row) -> bool:
    """Tell whether a lecture item has these members; a start is an instant, whatever its offset."""
    start, meant = (datetime.fromisoformat(one) for one in (row["start_date"], members["startDate"]))
    same = all((row[name] or "") == members[name] for name in ("name", "presenter", "description"))
    return same and row["publish"] is members["publish"] and abs(start - meant) <= timedelta(seconds=1)


def as_booked(row: Row, schedules: Iterable[Row]) -> bool:
    """Tell whether VALT's own books have a schedule as a row of the bookings says that it was made."""
    found = next((one for one in schedules if str(one["schedule_id"]) == row["schedule_id"]), None)
    if found is None or row["start"] is None:
        return False
    when = datetime.fromisoformat(row["start"]).timestamp()
    rooms = [str(one) for one in found["room_ids"]]
    named = (row["after"] or {}).get("name", found["name"]) == found["name"]
    return (found["start_at"], found["duration"], rooms) == (
        when,
        row["duration"],
        [row["room_id"]],
    ) and named
