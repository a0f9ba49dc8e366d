"""Holds sessions against what they were meant to be: existence, state, title, date, duration, folder, marker.

Panopto's REST API tells no streams of a session (its Swagger, GET /sessions/{id}); they are taken from our
own receipts. Sessions come from the lists of their folders. A list may lag behind, so only what Panopto says
of the session itself is told as a difference. Its state is that of the session upload: 4 is its last one, and
was seen before an item could be right, so it is asked for only where an item never was, or is not now. Asked
for every item, at 100 calls a minute, it would take hours.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine import FerryError, Record, Refused, Stopping
from pipelines import items
from pipelines.migration.ends import known
from pipelines.migration.receipts import FileReceipt, kept_in, receipts
from pipelines.migration.refused_folder import own_place
from pipelines.migration.sending import moved_files
from pipelines.migration.verify import Difference, Expected, differences
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.recheck.each import each
from pipelines.recheck.found import Finding, Found, Unread, Waiting

FEW = 2
"""So many sessions of one folder are read one by one: its list is at least two calls."""

UNTOLD = "1970-01-01T00:00:00+00:00"
"""Stands for a date that is not on record."""

GIVEN_UP = 20
"""After so many items in a row that could not be read nobody asks Panopto for the others."""

NOT_YET = frozenset({State.UPLOADING, State.UPLOAD_COMPLETE, State.PROCESSING})


class Sessions(Protocol):
    """What is read of Panopto."""

    async def get(self, upload_id: str) -> SessionUpload | None:
        """Return a session upload; None where Panopto knows none by that id."""
        ...

    async def session(self, session_id: str) -> Session | None:
        """Return a session; None where Panopto knows none by that id."""
        ...

    def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """Yield the sessions of a folder."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An item that has a session: what is known of it, and whether it was ever what was meant.

    `others` are further sessions of it that were found at Panopto, as long as none of them was right.
    `files` are those that are whole at Panopto by our receipts; `receipts` say how, as far as that is on
    record.
    """

    event_id: str
    session_id: str
    facts: Mapping[str, Any]
    was_right: bool
    files: frozenset[str]
    receipts: tuple[FileReceipt, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def folder_id(self) -> str:
        """The folder that it went to, or nothing."""
        return self.facts.get("folder_id") or ""

    def home_of(self, session: Session) -> str:
        """The folder that a session is to be in: where it went to, or its own, where somebody put it since.

        Its own may be known by its path alone; it is compared once a run has moved it there.
        """
        own = own_place(self.facts)
        there = session.folder_id.lower() == own.folder_id.lower() and not own.path
        return session.folder_id if there or not self.folder_id else self.folder_id


def kept(event_id: str, history: Sequence[Record]) -> Kept | None:
    """Return an item by its records; None where Panopto has no session of it."""
    state = items.fold(history)
    if not state.session_id:
        return None
    facts = known(state)
    # Where its end is all that is left of an item, it has the files whose receipts were compared before.
    files = moved_files(history, state.generation) or set(facts.get("files") or ())
    sent = kept_in(facts) or receipts(history, state.generation, (state.upload or {}).get("files", ()))
    others = state.found["session_ids"][1:] if state.found and state.right is None else ()
    was_right = state.right is not None
    return Kept(event_id, state.session_id, facts, was_right, frozenset(files), sent, tuple(others))


async def recheck_sessions(found: Sequence[Kept], panopto: Sessions) -> Found:
    """Compare items with their sessions. Raises Stopping errors: without Panopto nothing is verified."""
    look = _Look(panopto)
    await each(_folders(found).items(), look.list)
    await each(found, look.compare)
    return look.found


def _folders(found: Iterable[Kept]) -> Mapping[str, frozenset[str]]:
    """Return by folder the sessions that are looked for in its list."""
    sessions: dict[str, set[str]] = {}
    for one in found:
        sessions.setdefault(one.folder_id, set()).add(one.session_id.lower())
    return {name: frozenset(ids) for name, ids in sessions.items() if name and len(ids) > FEW}


class _Look:
    """One look at the sessions of items."""

    def __init__(self, panopto: Sessions) -> None:
        self.found = Found()
        self._panopto = panopto
        self._listed: dict[str, Session] = {}
        self._unlisted: dict[str, FerryError] = {}
        self._in_a_row: list[FerryError] = []

    async def list(self, folder: tuple[str, frozenset[str]]) -> None:
        """Read the list of a folder as far as it is needed. Raises Stopping errors."""
        folder_id, missing = folder[0], set(folder[1])
        try:
            async for session in self._panopto.sessions_of(folder_id):
                if session.id.lower() in missing:
                    missing.discard(session.id.lower())
                    self._listed[session.id.lower()] = session
                if not missing:
                    break
        except Stopping:
            raise
        except Refused:
            return  # The folder may be gone and its sessions elsewhere: each is asked for by itself.
        except FerryError as error:
            self._unlisted[folder_id] = error

    async def compare(self, item: Kept) -> None:
        """Compare one item. Raises Stopping errors."""
        try:
            if len(self._in_a_row) >= GIVEN_UP:
                raise self._in_a_row[-1]
            found = await self._compared(item)
            self._in_a_row.clear()
        except Stopping:
            raise
        except FerryError as error:
            self._in_a_row.append(error)
            found = Found(unread=(Unread(f"event {item.event_id}", str(error)),))
        # Only now: others have added theirs meanwhile.
        self.found += found

    async def _compared(self, item: Kept) -> Found:
        if (error := self._unlisted.get(item.folder_id)) is not None:
            raise error
        unlike = [*await self._session(item), *await self._others(item)]
        if item.was_right and not unlike:
            return Found(items=1)
        upload_id = item.facts.get("upload_id")
        upload = await self._panopto.get(upload_id) if upload_id else None
        if upload is not None and upload.state in NOT_YET and not item.was_right:
            return Found(waiting=(Waiting(item.event_id, "Panopto has not finished it"),))
        unlike = [*state_of(upload), *unlike]
        if not unlike:
            # No run has seen it so: what comes after, as its lecture item, is not done either.
            return Found(items=1, waiting=(Waiting(item.event_id, "its session is right now; run again"),))
        found = (Finding(item.event_id, one.field, one.expected, one.found) for one in unlike)
        return Found(differences=tuple(found))

    async def _session(self, item: Kept) -> Sequence[Difference]:
        """Compare with what the list has and, where that is not enough, with the session itself."""
        listed = self._listed.get(item.session_id.lower())
        if listed is not None and not compared(item, listed):
            return ()
        return compared(item, await self._panopto.session(item.session_id))

    async def _others(self, item: Kept) -> Sequence[Difference]:
        """Return whether Panopto has another session of the same event: a person says which stays."""
        there = [one for one in item.others if await self._panopto.session(one) is not None]
        return [Difference("another session", "none", ", ".join(there))] if there else []


def state_of(upload: SessionUpload | None) -> Sequence[Difference]:
    """Return whether a session upload is not complete. Panopto may forget one that is done."""
    if upload is None or upload.state == State.COMPLETE:
        return ()
    name = upload.state.name.lower() if isinstance(upload.state, State) else "unknown"
    return (Difference("state", "4 (complete)", f"{int(upload.state)} ({name})"),)


def compared(item: Kept, session: Session | None) -> Sequence[Difference]:
    """Return where a session is not what its item was meant to be.

    What an older version did not put on record cannot differ.
    """
    if session is None:
        return (Difference("session", item.session_id, ""),)
    facts = item.facts
    expected = Expected(
        event_id=item.event_id,
        session_id=item.session_id,
        title=facts.get("title", ""),
        date=datetime.fromisoformat(facts.get("date", UNTOLD)),
        folder_id=item.home_of(session),
        duration=facts.get("duration"),
        files=frozenset(facts.get("files") or item.files),
    )
    untold = {"title", "date"} - facts.keys()
    return [one for one in differences(expected, session, item.files) if one.field not in untold]
