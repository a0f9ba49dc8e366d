"""Joins one event with the sessions that are its own, against what the checkpoint says of it: no call.

A checkpoint that was lost says nothing of it, an older copy says less than there was; what it does say of a
session that is right stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine import Record, Refused
from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.ends import End, end_record
from pipelines.migration.found import AGAINST, TWO, judged, right
from pipelines.migration.planning import Row, planned
from pipelines.migration.refused_folder import FOLDER, aside
from pipelines.migration.select import Selected
from pipelines.panopto.manifest import title_of
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.release import HELD_BACK

Facts = Mapping[str, Any]


class Verdict(StrEnum):
    """What reconciling makes of an event."""

    KNOWN = "known"
    ADOPTED = "adopted"
    PROCESSING = "processing"
    DIFFERS = "differs"
    TWICE = "twice"
    HELD = "held"
    RELEASED = "released"
    MISSING = "missing"
    TO_MOVE = "to move"


@dataclass(frozen=True, slots=True)
class Joined:
    """What was found of an event, why, and the records that say so; none where the checkpoint knows it."""

    event_id: str
    verdict: Verdict
    session_ids: tuple[str, ...] = ()
    why: str = ""
    records: tuple[Record, ...] = ()


def meant(selected: Selected, folder_id: str) -> dict[str, Any]:
    """Return what the session of an event is to be, as its manifest would say it now.

    Where a manifest would cut the films, only `longest`, the length without cuts, is known: nobody reads the
    list of cuts here.
    """
    event = selected.event
    durations = [one.duration_ms for one in selected.streams if one.duration_ms]
    longest = max(durations) / 1000 if durations else None
    length = {"duration": longest} if selected.cuts_from is None else {"duration": None, "longest": longest}
    return {
        "folder_id": folder_id,
        "title": title_of(event.title, event.identifier),
        "date": event.recorded.isoformat() if event.recorded else None,
        **length,
    }


def joined(
    row: Row,
    facts: Mapping[str, Any],
    state: ItemState,
    sessions: Sequence[Session],
    *,
    lost: bool = False,
    carries: bool = False,
    refused_folder: str | None = None,
) -> Joined:
    """Join an event of the plan. `facts` are what its session is `meant` to be.

    A session that lies in the `refused_folder` is right there, but for its aspect `folder`.
    `lost` tells that every folder was listed, and that Panopto does not know the item's session upload;
    `carries` that the event goes on to LumiNUS, so that a session that is right is not its end.
    """
    ids = tuple(one.id for one in sessions)
    if state.right is not None:
        return _known(row.event_id, ids, facts, sessions)
    if not sessions:
        return _nowhere(row.event_id, state, lost=lost)
    if "longest" in facts and state.meant is not None:
        facts = {**facts, "duration": state.meant["duration"]}
    told = _aside(row, facts, sessions, refused_folder)
    facts = {**facts, "folder_id": told["lies_in"]} if told else facts
    end = judged(row.event_id, facts, sessions)
    records = _records(row, facts, state, sessions, end, carries, told)
    return Joined(row.event_id, _verdict(end), ids, end.why, records)


def is_failed(state: ItemState, upload: SessionUpload | None, sessions: Sequence[Session]) -> bool:
    """Tell whether all that is there is the session that Panopto could not process.

    The REST API tells no state, so that such a session may look right; `upload` is the item's session upload
    as it is now, None where Panopto knows it no more.
    """
    if state.reason != HELD_BACK or len(sessions) != 1:
        return False
    if upload is None:
        return sessions[0].id == state.session_id
    return upload.state != State.COMPLETE and sessions[0].id in {state.session_id, upload.session_id}


def failed(event_id: str, sessions: Sequence[Session]) -> Joined:
    """Leave an item as it is on record: Panopto could not process it."""
    why = "Panopto could not process it, and that is on record: `ferry retry` lets it begin anew"
    return Joined(event_id, Verdict.KNOWN, tuple(one.id for one in sessions), why)


def _known(
    event_id: str, ids: tuple[str, ...], facts: Mapping[str, Any], sessions: Sequence[Session]
) -> Joined:
    """Leave what is on record as right; a second session is told, and nothing is chosen."""
    if len(ids) > 1:
        return Joined(event_id, Verdict.TWICE, ids, judged(event_id, facts, sessions).why)
    if facts.get(AGAINST):
        return Joined(event_id, Verdict.DIFFERS, ids, facts[AGAINST])
    return Joined(event_id, Verdict.KNOWN, ids)


def _nowhere(event_id: str, state: ItemState, *, lost: bool) -> Joined:
    """Decide about an event without a session: what was told to be complete and is lost is begun anew."""
    if state.reason == "upload_gone" and state.meant is not None and not lost:
        why = (
            "its session upload may still become a session: nothing is sent again, and each run looks for it"
        )
        return Joined(event_id, Verdict.HELD, (), why)
    if state.reason == "upload_gone" and state.meant is not None:
        why = "Panopto knows neither its session upload nor a session of it: the next run moves it again"
        return Joined(event_id, Verdict.RELEASED, (), why, (items.anew(event_id, "reconciled"),))
    if state.found is not None:
        why = "the session that was found of it is gone: look in Panopto's recycle bin"
        return Joined(event_id, Verdict.MISSING, tuple(state.found["session_ids"]), why)
    return Joined(event_id, Verdict.TO_MOVE)


def _verdict(end: End) -> Verdict:
    match end.outcome:
        case Outcome.VERIFIED:
            return Verdict.ADOPTED
        case Outcome.WAITING:
            return Verdict.PROCESSING
        case _:
            return Verdict.TWICE if end.reason == TWO else Verdict.DIFFERS


def _aside(row: Row, facts: Facts, sessions: Sequence[Session], refused_folder: str | None) -> Facts:
    """Tell of the one session that is in the operator's folder for what its own does not take, or nothing."""
    if refused_folder is None or len(sessions) != 1:
        return {}
    there, own = sessions[0].folder_id.lower(), facts["folder_id"].lower()
    if there != refused_folder.lower() or there == own:
        return {}
    what = f"session {sessions[0].id} was found in the folder for what its own does not take"
    return aside(row.place, refused_folder, Refused(what))


def _records(
    row: Row,
    facts: Facts,
    state: ItemState,
    sessions: Sequence[Session],
    end: End,
    carries: bool,
    folder: Facts,
) -> tuple[Record, ...]:
    """Return what the checkpoint is told: as a run would have left it, so that the next one carries on.

    `folder` is the aspect of a session that is not in its own folder.
    """
    told = [
        planned(row, "" if folder else facts["folder_id"]),
        items.found(row.event_id, [one.id for one in sessions], facts),
        *([items.aspects(row.event_id, {FOLDER: folder})] if folder else []),
    ]
    if end.outcome is Outcome.VERIFIED:
        told.append(right(row.event_id, sessions[0]))
        if carries:
            return tuple(told)
    for record in told:
        state = state.after(record)
    return (*told, end_record(row.event_id, state, end))
