"""What was done at the source to an event: the records that are kept of it, and the state they fold to.

They stand under the event's own subject, beside those of its item (pipelines.items), which they leave as it
is. Once an answer is on record the item is closed again, and what was done stays in its end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine import Record

MARK = "source.mark"
MARKED = "source.marked"
UNMARK = "source.unmark"
UNMARKED = "source.unmarked"
RETRACT = "source.retract"
RETRACTED = "source.retracted"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What the checkpoint says was done at the source of an event.

    `marks` are those that were meant to be set there and not taken away since; `open` is the kind of an
    intent without its answer. `retract` is that its deletion was begun, `retracted` that it is gone.
    `archive_version` is that which our last mark made.
    """

    marks: tuple[Mapping[str, str], ...] = ()
    open: str = ""
    retract: bool = False
    retracted: bool = False
    archive_version: int | None = None

    def after(self, record: Record) -> "SourceState":
        """Return the state with one more record in it; a kind it does not know changes nothing."""
        match record.kind:
            case "source.mark":
                marks = (*(one for one in self.marks if one != record.facts), record.facts)
                return replace(self, marks=marks, open=record.kind)
            case "source.unmark":
                return replace(self, open=record.kind)
            case "source.unmarked":
                marks = tuple(one for one in self.marks if one != record.facts["mark"])
                return replace(self, marks=marks, open="", archive_version=record.facts["archive_version"])
            case "source.retract":
                return replace(self, retract=True, open=record.kind)
            case "source.retracted":
                return replace(self, retracted=True, open="")
            case "source.marked":
                return replace(self, open="", archive_version=record.facts["archive_version"])
            case "item.ended":
                return kept_in(record.facts)
            case _:
                return self

    @property
    def facts(self) -> dict[str, Any]:
        """The same as the end of an item keeps it."""
        return {
            "marks": [dict(one) for one in self.marks],
            "open": self.open,
            "retract": self.retract,
            "retracted": self.retracted,
            "archive_version": self.archive_version,
        }


def kept_in(facts: Mapping[str, Any]) -> SourceState:
    """Return what the end of an item says of its source."""
    told = facts.get("source") or {}
    return SourceState(
        marks=tuple(told.get("marks") or ()),
        open=told.get("open") or "",
        retract=bool(told.get("retract")),
        retracted=bool(told.get("retracted")),
        archive_version=told.get("archive_version"),
    )


def fold(records: Iterable[Record]) -> SourceState:
    """Return what was done at the source of an event, from its records, oldest first."""
    state = SourceState()
    for record in records:
        state = state.after(record)
    return state


def mark(event_id: str, facts: Mapping[str, str]) -> Record:
    """Say that a mark is about to be set: `facts` are role and action, or field and value."""
    return Record(event_id, MARK, facts)


def marked(event_id: str, facts: Mapping[str, str], archive_version: int | None) -> Record:
    """Keep that it was seen there, in that version of the event."""
    return Record(event_id, MARKED, {"mark": facts, "archive_version": archive_version})


def unmark(event_id: str, facts: Mapping[str, str]) -> Record:
    """Say that a mark is about to be taken away."""
    return Record(event_id, UNMARK, facts)


def unmarked(event_id: str, facts: Mapping[str, str], archive_version: int | None) -> Record:
    """Keep that it was seen to be gone, in that version of the event."""
    return Record(event_id, UNMARKED, {"mark": facts, "archive_version": archive_version})


def retract(event_id: str, session_id: str) -> Record:
    """Say that an event is about to be deleted, of which that session was right a moment ago."""
    return Record(event_id, RETRACT, {"session_id": session_id})


def retracted(event_id: str, session_id: str) -> Record:
    """Keep that it is gone from the source."""
    return Record(event_id, RETRACTED, {"session_id": session_id})
