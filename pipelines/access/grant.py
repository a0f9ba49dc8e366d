"""Does to one session what a report says: narrows first, then takes away, then widens, then grants.

Before that the session and its access list are looked at again, and afterwards once more: what counts is what
Panopto tells in the end. The intent of each permission is durable before it is granted, so that a command
which was killed knows what is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Protocol

from engine import Final, Journal, Refused, Stopping, Transient
from pipelines import items
from pipelines.access import records
from pipelines.access.decide import Wanted
from pipelines.access.difference import Difference, People, Right, still_there
from pipelines.access.look import Look
from pipelines.access.records import Verified
from pipelines.access.report import Line, changed
from pipelines.items import AspectOutcome
from pipelines.migration.furnish.furnisher import carried, left
from pipelines.panopto.aspects import Level, Principal


class Writes(Protocol):
    """What is changed at Panopto (pipelines.panopto.aspects.Aspects)."""

    async def set_access(self, session_id: str, level: Level) -> None:
        """Say who may see a session."""
        ...

    async def grant(self, session_id: str, role: str, principal: Principal) -> None:
        """Give a user or group a role."""
        ...

    async def revoke(self, session_id: str, role: str, principal: Principal) -> None:
        """Take a role away."""
        ...


class Fate(StrEnum):
    """What becomes of a session."""

    DONE = "done"
    ALREADY = "already"
    IN_PART = "in part"
    CHANGED = "changed"
    BY_HAND = "by hand"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one session, and why."""

    event_id: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a session is not all that it is to be, in one word and in a sentence."""

    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Granter:
    """Changes sessions, and keeps what they are then."""

    look: Look
    panopto: Writes
    journal: Journal

    async def do(self, said: Line, item: Verified, wanted: Wanted | None, people: People) -> Told:
        """Do what is said of one session. Raises Stopping errors; any other is told."""
        now = await self.look.line(item, wanted, people)
        if not now.known:
            left_alone = Fate.UNDECIDED if now.passing else Fate.LEFT
            return Told(item.event_id, left_alone, now.unread)
        if what := changed(said, now):
            return Told(item.event_id, Fate.CHANGED, f"{what}: look again")
        granted, refused = set(item.granted), None
        try:
            await self._do(item, now.difference, granted)
        except Stopping:
            raise
        except Transient as error:
            return Told(item.event_id, Fate.UNDECIDED, str(error))
        except Final as error:
            refused = error
        after = await self.look.line(item, wanted, people) if now.difference.to_do else now
        if not after.known:
            return Told(item.event_id, Fate.UNDECIDED, after.unread)
        faults = faults_of(after, refused)
        ours = [asdict(one) for one in still_there(granted, after.permissions)]
        await self._keep(item, {**outcome(after, faults), "granted": ours})
        return Told(item.event_id, fate(after, faults, did=now.difference.to_do), sentence(faults))

    async def _do(self, item: Verified, what: Difference, granted: set[Right]) -> None:
        """Do it, and note in `granted` what is. One that is refused a grant keeps no other from theirs."""
        refused: list[Refused] = []
        if what.narrow is not None:
            await self.panopto.set_access(item.session_id, what.narrow)
        for right in what.remove:
            await self.panopto.revoke(item.session_id, right.role, _principal(right))
            granted.discard(right)
        if what.widen is not None:
            await self.panopto.set_access(item.session_id, what.widen)
        for right in what.grant:
            await self.journal.append(records.grant(item.event_id, right))
            try:
                await self.panopto.grant(item.session_id, right.role, _principal(right))
                granted.add(right)
            except Refused as error:
                refused.append(error)
        if refused:
            raise refused[0]

    async def _keep(self, item: Verified, aspect: Mapping[str, Any]) -> None:
        """Record how the access of a session stands, where that is new."""
        if aspect != item.aspect:
            await self.journal.append(items.aspects(item.event_id, {"access": aspect}))


def _principal(right: Right) -> Principal:
    return Principal(right.id, right.name, "Group" if right.kind == "Group" else "User")


def faults_of(line: Line, refused: Final | None = None) -> list[Fault]:
    """Return why a session is not all that it is to be, from the last look at it."""
    what, wanted = line.difference, line.wanted
    found = []
    if what.inherits_wider is not None and wanted is not None:
        why = f"its folder shows it as {what.inherits_wider}, and it is to be {wanted.level}"
        found.append(Fault("inherits_wider", why))
    if refused is not None:
        found.append(Fault(refused.code, str(refused)))
    elif what.to_do:
        found.append(Fault("not_kept", "Panopto took what was asked, and tells otherwise"))
    found += [Fault(one.reason, one.why) for one in what.missing]
    if wanted is not None and wanted.unmapped:
        found.append(Fault("no_row", f"the table of roles has no row for {', '.join(wanted.unmapped)}"))
    return found


def sentence(faults: Sequence[Fault]) -> str:
    """Say them all."""
    return "; ".join(one.why for one in faults)


def outcome(line: Line, faults: Sequence[Fault]) -> dict[str, Any]:
    """Return how the access of a session stands, as the aspect tells it."""
    level = {"level": line.access.level.value} if line.access else {}
    if not faults:
        return carried(level)
    return left(AspectOutcome.PERMANENT, faults[0].reason, sentence(faults)) | level


def fate(line: Line, faults: Sequence[Fault], *, did: bool) -> Fate:
    """Return what became of a session; `did` is whether anything was asked of Panopto."""
    reasons = {one.reason for one in faults}
    if reasons & {"inherits_wider", "not_kept"}:
        return Fate.BY_HAND
    if line.difference.to_do:
        return Fate.REFUSED
    if faults:
        return Fate.IN_PART
    return Fate.DONE if did else Fate.ALREADY
