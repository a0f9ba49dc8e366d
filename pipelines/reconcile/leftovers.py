"""Finds the session uploads on record that no run goes on with: no call.

Those that an item gave up, and the last one of an item that was skipped or failed for good.
An item that a run would go on with keeps its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine import Record
from pipelines import items
from pipelines.items import ItemState, Outcome

ENDED = frozenset({Outcome.PERMANENT, Outcome.SKIPPED})
"""Ends after which a run that looks again begins with another session upload."""


class Fate(StrEnum):
    """What becomes of a session upload."""

    TO_CANCEL = "to cancel"
    CANCELLED = "cancelled"
    OVER = "over"
    KEPT = "kept"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A session upload that may be open: of which item, by its id, and the item's multipart uploads in it.

    `live` tells that a run would go on with it; `names` are the files, as the engine calls them, that have
    records in the checkpoint.
    """

    event_id: str
    upload_id: str
    live: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a session upload, and why; so many multipart uploads in it were aborted, are left."""

    event_id: str
    upload_id: str
    fate: Fate
    why: str = ""
    aborted: int = 0
    left: int = 0


def leftovers(event_id: str, history: Sequence[Record]) -> Iterator[Leftover]:
    """Give the session uploads of an item that may be open, by its records.

    One that Panopto was told is complete is none of them.
    """
    state = items.fold(history)
    generations = _generations(history)
    for upload_id in state.uploads:
        last = upload_id == state.uploads[-1] and not _begun_anew(state)
        if last and (state.submitted or state.session_id is not None or state.right is not None):
            continue
        live = last and state.upload is not None and state.outcome not in ENDED
        yield Leftover(event_id, upload_id, live, _names(history, generations.get(upload_id)))


def unheard(history: Sequence[Record]) -> int:
    """Count the session uploads that were about to be opened, and of which no id was heard."""
    kinds = [one.kind for one in history]
    return max(kinds.count(items.UPLOAD) - kinds.count(items.UPLOADING), 0)


def _begun_anew(state: ItemState) -> bool:
    """Tell whether an item has given all of its session uploads up, and has no other yet."""
    return state.upload is None and not (state.ended or state.earlier).get("upload_id")


def _generations(history: Sequence[Record]) -> dict[str, int]:
    """Return which start of an item each session upload is of, as far as it is on record."""
    found: dict[str, int] = {}
    generation = 1
    for record in history:
        if record.kind == items.ANEW:
            generation += 1
        elif record.kind == items.UPLOADING:
            found[record.facts["id"]] = generation
    return found


def _names(history: Sequence[Record], generation: int | None) -> tuple[str, ...]:
    """Return the files of one start of an item, as the engine calls them."""
    told = (one.facts["name"] for one in history if one.kind.startswith("transfer."))
    return tuple(dict.fromkeys(name for name in told if name.partition("/")[0] == str(generation)))
