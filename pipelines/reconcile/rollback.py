"""Decides whether a session that a run made may be deleted: no call.

What goes is one session only: the one that Panopto itself says came of the session upload on record, and that
is to the word what this checkpoint meant it to be. Where somebody changed it since, or where it is all that
is left of its recording, a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine import Record
from pipelines import items, sources
from pipelines.items import AspectOutcome, ItemState
from pipelines.migration import added
from pipelines.migration.ends import known
from pipelines.migration.verify import Expected, differences, fingerprint
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.release import OVER
from pipelines.runs import BEFORE

ROLLED_BACK = "rolled_back"
"""Why an item begins anew whose run was rolled back."""

MEANT = ("title", "date", "folder_id")
"""What must be on record of a session before it can be told that nobody changed it."""


class Fate(StrEnum):
    """What becomes of a session that a run made, and of its item."""

    TO_DELETE = "to delete"
    DELETED = "deleted"
    GONE = "gone"
    UNDECIDED = "undecided"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Undone:
    """What becomes of one item of a run, and why; `session_id` is its session, where one is known."""

    event_id: str
    fate: Fate
    why: str = ""
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """An item that a run made a session of, or was about to: what is on record of it.

    `retracted` tells that its event was deleted at Opencast, or is about to be; `streams` are the names of
    those that were added to its session later.
    """

    event_id: str
    state: ItemState
    retracted: bool = False
    streams: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def run_of(state: ItemState) -> str | None:
    """Return the run that told Panopto that an item is complete; None where no run of this checkpoint did."""
    facts = known(state)
    if not facts.get("upload_id") or not (state.session_id or "files" in facts):
        return None
    run = facts.get("run")
    return run if isinstance(run, str) else BEFORE


def made(event_id: str, history: Sequence[Record], streams: Sequence[Record]) -> Made:
    """Return what is on record of an item; `streams` are the records of those that were added to it."""
    state, source = items.fold(history), sources.fold(history)
    names = dict.fromkeys(str(one.facts["stream"]) for one in streams if one.kind == added.SUBMIT)
    return Made(event_id, state, source.retract or source.retracted, tuple(names), known(state))


def undo(one: Made, upload: SessionUpload | None, session: Session | None) -> Undone:
    """Decide by what Panopto shows now: the session upload on record, None where it knows it no more, and the
    session that this names, None where it is not there."""
    if not one.facts.get("folder_id"):
        return _by_hand(one, "its folder is not on record, so that nobody knows where to look")
    if one.retracted:
        return _by_hand(one, "its event was deleted at Opencast, so that this session is all that there is")
    if upload is None:
        return _by_hand(one, "Panopto does not know its session upload any more: look, and delete it there")
    if upload.state not in OVER:
        return Undone(one.event_id, Fate.UNDECIDED, "Panopto has not finished it: ask again later")
    if upload.session_id is None:
        return _unnamed(one, upload)
    if one.state.session_id not in {None, upload.session_id}:
        why = f"Panopto says that its session upload became session {upload.session_id}"
        return _by_hand(one, f"{why}, and another one is on record")
    if session is None:
        return _not_there(one, upload.session_id)
    if why := changed(one, upload, session):
        return _by_hand(one, why)
    return Undone(one.event_id, Fate.TO_DELETE, f"session {session.id}", session.id)


def changed(one: Made, upload: SessionUpload, session: Session) -> str:
    """Say where a session is not what it was meant to be; nothing where it is."""
    if lacking := [name for name in MEANT if not one.facts.get(name)]:
        return f"its {', '.join(lacking)} is not on record, so that nobody knows whether somebody changed it"
    if one.streams:
        return f"streams were added to its session since ({', '.join(one.streams)})"
    whole = upload.state == State.COMPLETE
    expected = Expected(
        event_id=one.event_id,
        session_id=upload.session_id or "",
        title=one.facts["title"],
        date=datetime.fromisoformat(one.facts["date"]),
        folder_id=one.facts["folder_id"],
        duration=one.facts.get("duration") if whole else None,
    )
    found = [each.sentence for each in differences(expected, session, ())]
    described = one.facts.get("described")
    if described is not None and fingerprint(session.description) != described:
        found.append("description is not what was sent")
    return f"somebody changed it: {', '.join(found)}" if found else ""


def _not_there(one: Made, session_id: str) -> Undone:
    """Decide about a session that is not shown: who has given one away may not be let in any more."""
    why = f"session {session_id} is not there any more"
    owner = one.state.aspects.get("owner", {})
    if owner.get("outcome") == AspectOutcome.CARRIED and one.state.deleting is None:
        return _by_hand(one, f"{why}, or is not shown to this account, which has given it to another owner")
    return Undone(one.event_id, Fate.GONE, why, session_id)


def _unnamed(one: Made, upload: SessionUpload) -> Undone:
    """Decide about an upload that is over and names no session; a failed one may never have had any."""
    if upload.state == State.COMPLETE or one.state.session_id is not None:
        return _by_hand(one, "Panopto does not say which session its session upload became")
    return Undone(one.event_id, Fate.GONE, "no session came of its session upload")


def _by_hand(one: Made, why: str) -> Undone:
    return Undone(one.event_id, Fate.BY_HAND, why, one.state.session_id)
