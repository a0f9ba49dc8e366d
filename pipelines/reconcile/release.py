"""Decides whether an item that Panopto received and could not process may begin anew: no call.

A second session that can be seen must never come of it. So what may be deleted is one session only: the one
that Panopto itself says came of the session upload on record, which has failed, and that carries the item's
marker. Where anything else is there, a person decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine import Record
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.refused_folder import own_place
from pipelines.panopto.manifest import event_of
from pipelines.panopto.model import Session, SessionUpload, State

HELD_BACK = "processing_error"
"""The one reason for which no run takes an item up by itself."""

RETRIED = "retried"
"""Why such an item begins anew."""

OVER = frozenset(
    {
        State.COMPLETE,
        State.PROCESSING_ERROR,
        State.UPLOAD_CANCELLED,
        State.DELETING_FILES,
        State.DELETED,
        State.DELETING_ERROR,
    }
)
"""States of a session upload of which nothing further comes."""


class Fate(StrEnum):
    """What becomes of an item that failed."""

    RELEASED = "released"
    LEFT = "left"
    THERE = "there"
    UNDECIDED = "undecided"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Released:
    """What becomes of an item, and why; `delete` is the failed session that has to go first."""

    event_id: str
    reason: str
    fate: Fate
    why: str = ""
    delete: str | None = None


def release(
    event_id: str, upload: SessionUpload | None, sessions: Sequence[Session], *, reason: str = HELD_BACK
) -> Released:
    """Decide by what Panopto shows now: the session upload on record, None where it knows it no more, and
    every session that is the item's by that upload, by the record or by its marker."""
    named = ", ".join(one.id for one in sessions)
    if upload is not None and upload.state not in OVER:
        why = "Panopto has not decided about its session upload: ask again later"
        return Released(event_id, reason, Fate.UNDECIDED, why)
    if upload is not None and upload.state == State.COMPLETE:
        return _complete(event_id, reason, named)
    if not sessions:
        return Released(event_id, reason, Fate.RELEASED, "no session of it is at Panopto")
    if upload is not None and _failed(event_id, upload, sessions):
        return Released(event_id, reason, Fate.RELEASED, f"its failed session {named}", sessions[0].id)
    why = f"Panopto has session {named} of it, and it is not sure that only this checkpoint's upload made it"
    return Released(event_id, reason, Fate.BY_HAND, f"{why}: look, and delete what is broken")


def _complete(event_id: str, reason: str, named: str) -> Released:
    if named:
        why = f"Panopto has processed it after all (session {named}): `ferry reconcile` takes it in"
        return Released(event_id, reason, Fate.THERE, why)
    why = "Panopto says that it is complete, and its session is not there: look in Panopto's recycle bin"
    return Released(event_id, reason, Fate.BY_HAND, why)


def _failed(event_id: str, upload: SessionUpload, sessions: Sequence[Session]) -> bool:
    """Tell whether all that is there is the failed session of that upload."""
    if upload.state != State.PROCESSING_ERROR or len(sessions) != 1:
        return False
    return sessions[0].id == upload.session_id and event_of(sessions[0].description) == event_id


def begun_anew(
    event_id: str, state: ItemState, facts: Mapping[str, Any], reason: str = RETRIED
) -> Iterator[Record]:
    """Give the records by which an item begins anew; `facts` are those of its end, which are gone then."""
    place = own_place(facts)
    yield items.anew(event_id, reason)
    yield items.planned(
        event_id,
        estimate=facts.get("bytes"),
        series=state.series or "",
        folder_id="" if place.path else place.folder_id,
        path=(place.folder_id, *place.path) if place.path else (),
        title=facts.get("title") or "",
        date=facts.get("date") or "",
    )
