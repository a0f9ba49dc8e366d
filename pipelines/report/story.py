"""All that a checkpoint tells of one event: its row, its files, its history, and its booking at VALT."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine import Record
from pipelines import items
from pipelines.items import FOLDERS, RUNS, SCHEDULES, STREAMS, ItemState
from pipelines.report.added import AddedLine, added_lines
from pipelines.report.advice import next_step
from pipelines.report.bookings import BookingRow, booking_row
from pipelines.report.files import FileLine, file_lines
from pipelines.report.history import Step, starts, steps
from pipelines.report.rows import Row, row

VERSION = 1

Subjects = Iterable[tuple[str, Sequence[Record]]]


@dataclass(frozen=True, slots=True)
class Story:
    """One event. `item` is None where only its booking is on record, `booking` where there is none.

    `stage` tells how far an item is that has no end; `anew` why it was begun anew, each time; `shortened`
    that the history begins with an end, which replaced all records before it; `added` are streams that were
    added to its session later.
    """

    event_id: str
    item: Row | None = None
    stage: str = ""
    advice: str = ""
    anew: tuple[str, ...] = ()
    shortened: bool = False
    files: tuple[FileLine, ...] = ()
    history: tuple[Step, ...] = ()
    booking: BookingRow | None = None
    added: tuple[AddedLine, ...] = ()

    @property
    def document(self) -> Mapping[str, Any]:
        """Return it as one JSON document."""
        return {"version": VERSION, **asdict(self)}


def story_of(
    event_id: str, item: Sequence[Record], schedule: Sequence[Record], streams: Sequence[Record] = ()
) -> Story:
    """Return the story of an event from the records of its item, its schedule and the streams added to it.

    Any of them may be none.
    """
    booking = booking_row(event_id, schedule) if schedule else None
    if not item:
        return Story(event_id, booking=booking, added=added_lines(streams))
    state = items.fold(item)
    return Story(
        event_id,
        item=row(event_id, state),
        stage="" if state.ended else state.stage,
        advice=next_step(state),
        anew=tuple(starts(item)),
        shortened=item[0].closes,
        files=tuple(file_lines(state, item)),
        history=tuple(steps(item)),
        booking=booking,
        added=added_lines(streams),
    )


def named(wanted: str, subjects: Subjects) -> list[str]:
    """Return the events that a name may mean: of a session the one that has it, else by how ids begin."""
    begun: dict[str, None] = {}
    of_session: dict[str, None] = {}
    for subject, records in subjects:
        if subject.startswith((FOLDERS, RUNS)):
            continue
        event_id = subject.removeprefix(SCHEDULES).removeprefix(STREAMS)
        if event_id.startswith(wanted):
            begun[event_id] = None
        if items.is_item(subject) and wanted in sessions(items.fold(records)):
            of_session[event_id] = None
    return list(of_session or begun)


def sessions(state: ItemState) -> Iterator[str]:
    """Give the ids of the sessions of an item."""
    yield from (state.found or {}).get("session_ids", ())
    if state.session_id:
        yield state.session_id
    yield from state.earlier_sessions
