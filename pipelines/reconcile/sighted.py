"""Brings together the sessions of an event that were found by its marker and by its external id: no call.

A session that has the one of an event and the other of another event is for a person: nothing tells which of
the two is wrong.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.migration.found import AGAINST, BY_ID
from pipelines.panopto.manifest import event_of
from pipelines.panopto.model import Session


@dataclass(frozen=True, slots=True)
class Sighted:
    """The sessions of an event. `by_id` are those, in lower case, that have its id as their external id.

    `against` says why a person has to look; it is empty where nobody has to.
    """

    sessions: tuple[Session, ...] = ()
    by_id: frozenset[str] = field(default_factory=frozenset)
    against: str = ""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is kept of it beside what the session is meant to be (`items.found`)."""
        facts: dict[str, Any] = {AGAINST: self.against} if self.against else {}
        return facts | ({BY_ID: True} if len(self.sessions) == 1 and self.by_id else {})


def owners_of(by_id: Mapping[str, Sequence[Session]]) -> Mapping[str, str]:
    """Return the external id of each session, by its id in lower case."""
    return {one.id.lower(): event_id for event_id, there in by_id.items() for one in there}


def sighted(
    event_id: str,
    marked: Iterable[Session],
    known: Iterable[Session],
    owners: Mapping[str, str],
    earlier: Collection[str] = (),
) -> Sighted:
    """Join what was found of an event: the sessions that its marker is in, and those `known` by external id.

    `owners` are the external ids of all sessions that were found so. A session of the item's `earlier` ones,
    whose place another one took, is none of them.
    """
    past = {one.lower() for one in earlier}
    there = {one.id.lower(): one for one in (*known, *marked) if one.id.lower() not in past}
    by_id = frozenset(one for one in there if owners.get(one) == event_id)
    against = (_against(event_id, one, owners.get(key)) for key, one in there.items())
    return Sighted(tuple(there.values()), by_id, next(filter(None, against), ""))


def _against(event_id: str, session: Session, owner: str | None) -> str:
    marker = event_of(session.description)
    if owner == event_id and marker not in {None, event_id}:
        return f"session {session.id} has the external id of this event, and the marker of {marker}"
    if owner not in {None, event_id}:
        return f"session {session.id} has the marker of this event, and the external id of {owner}"
    return ""


def unseen(session_id: str) -> str:
    """Say that the two APIs contradict each other."""
    return (
        f"session {session_id} has the external id of this event, and Panopto does not show it: "
        "look in its recycle bin"
    )
