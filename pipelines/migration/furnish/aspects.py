"""The aspects that are set by one call each: external id, tags, owner, availability.

Each is set whole, so that setting it again after a lost answer does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine import Final, Refused
from pipelines.items import AspectOutcome
from pipelines.migration.furnish.furnisher import Before, Told, carried
from pipelines.migration.furnish.wants import Wants
from pipelines.panopto.manifest import spelled
from pipelines.panopto.model import Session


class NoRow(Final):
    """The operator's table does not say what an aspect is to be; nothing is guessed."""

    code = "no_row"


class IdTaken(Final):
    """Another session has the external id already."""

    code = "id_taken"


class Tags(Protocol):
    """The calls about tags (pipelines.panopto.aspects.Aspects)."""

    async def tags(self, session_id: str) -> tuple[str, ...]:
        """Return a session's tags."""
        ...

    async def set_tags(self, session_id: str, tags: tuple[str, ...]) -> None:
        """Make these the tags of a session."""
        ...


class Sessions(Protocol):
    """The calls that set the rest (pipelines.panopto.session_management.SessionManagement)."""

    async def set_owner(self, session_id: str, user_key: str) -> None:
        """Give a session to a user."""
        ...

    async def set_availability(self, session_id: str, start: datetime | None, end: datetime | None) -> None:
        """Open a session at `start` and close it at `end`."""
        ...

    async def set_external_id(self, session_id: str, external_id: str) -> None:
        """Let a session be found by an id of ours."""
        ...

    async def by_external_id(self, external_id: str) -> tuple[Session, ...]:
        """Return the sessions that have an external id."""
        ...


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The event's id, by which a session is found again whatever becomes of the checkpoint."""

    sessions: Sessions
    name: str = "external_id"

    def wanted(self, wants: Wants) -> bool:
        """Whether there is an id: always."""
        return bool(wants.event_id)

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:
        """Set it, and take it from earlier sessions first, as no two may have it.

        Raises IdTaken where Panopto refuses, and another session has it.
        """
        for earlier in before.sessions:
            await self._take_from(earlier)
        try:
            await self.sessions.set_external_id(session_id, spelled(wants.event_id))
        except Refused:
            others = [one.id for one in await self.sessions.by_external_id(spelled(wants.event_id))]
            if (taken := [one for one in others if one.lower() != session_id.lower()]) != []:
                raise IdTaken(
                    f"the external id is that of session {taken[0]}",
                    advice="look which of the two is to stay",
                ) from None
            raise
        return carried()

    async def _take_from(self, session_id: str) -> None:
        try:
            await self.sessions.set_external_id(session_id, "")
        except Refused:
            return  # Somebody deleted it; where it has the id all the same, that is told.


@dataclass(frozen=True, slots=True)
class SubjectTags:
    """The event's subjects, as tags."""

    panopto: Tags
    name: str = "tags"

    def wanted(self, wants: Wants) -> bool:
        """Whether it has any."""
        return bool(wants.tags or wants.unread)

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:
        """Set them. Where that was tried before, tags that people gave the session meanwhile stay.

        Where subjects could not be read for now nothing is set: what the session has stays until they can.
        """
        if wants.unread.get("outcome") == AspectOutcome.RETRYABLE:
            return {**before.told, **wants.unread}
        others = await self._others(session_id, wants, before) if before.told else ()
        await self.panopto.set_tags(session_id, (*wants.tags, *others))
        return {**(wants.unread or carried()), "value": list(wants.tags)}

    async def _others(self, session_id: str, wants: Wants, before: Before) -> tuple[str, ...]:
        ours = {one.casefold() for one in (*wants.tags, *before.told.get("value", ()))}
        return tuple(one for one in await self.panopto.tags(session_id) if one.casefold() not in ours)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who gave the lecture, by the operator's table from presenters to users of Panopto."""

    sessions: Sessions
    owners: Mapping[str, str]
    name: str = "owner"

    def wanted(self, wants: Wants) -> bool:
        """Whether somebody is named."""
        return bool(wants.presenters)

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:  # noqa: ARG002
        """Give the session to the first presenter of the table. Raises NoRow where none is there."""
        user = next((self.owners[one] for one in wants.presenters if one in self.owners), None)
        if user is None:
            raise NoRow(
                f"the table of owners has no row for {' or '.join(wants.presenters)}",
                advice="the session stays with the account that moved it",
            )
        await self.sessions.set_owner(session_id, user)
        return carried({"value": user})


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when a session is seen; None is at once, and for ever."""

    opens: datetime | None
    closes: datetime | None


@dataclass(frozen=True, slots=True)
class Availability:
    """When those who may see a session see it, by the operator's table of series; no row is no window."""

    sessions: Sessions
    windows: Mapping[str, Window]
    name: str = "availability"

    def wanted(self, wants: Wants) -> bool:
        """Whether the table has a row for its series."""
        return wants.series in self.windows

    async def set(self, session_id: str, wants: Wants, before: Before) -> Told:  # noqa: ARG002
        """Set it."""
        window = self.windows[wants.series]
        await self.sessions.set_availability(session_id, window.opens, window.closes)
        return carried({"opens": _text(window.opens), "closes": _text(window.closes)})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
