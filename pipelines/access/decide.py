"""Decides who is to see a session, from the event's access list and the table of roles.

The most private reading wins. What is wanted is never more than what a role that may read stands for. Panopto
cannot deny, so a denial takes away whatever might reach who is denied. Nothing here asks any service.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.access.roles import Rights, RoleTable, Who, all_allow
from pipelines.opencast.model import Grant
from pipelines.panopto.aspects import Level

READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True, order=True)
class May:
    """A role of Panopto's that somebody is to have."""

    role: Literal["Creator", "Viewer"]
    who: Who

    def __str__(self) -> str:
        """The same in words."""
        return f"{self.role} {self.who}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session is to be; `unmapped` are roles without a row, `why` sentences of what was narrowed."""

    level: Level = Level.RESTRICTED
    grants: tuple[May, ...] = ()
    unmapped: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Denial:
    """What the denials of a list take away.

    `names` are those whom no grant may name, `editors` those who may not edit. `levels` is whether any level
    could reach somebody who is denied, `groups` whether any group could.
    """

    names: frozenset[Who]
    editors: frozenset[Who]
    levels: bool
    groups: bool

    def spares(self, may: May) -> bool:
        """Whether a grant stays."""
        if self.groups and may.who.kind == "Group":
            return False
        return may.who not in (self.names | self.editors if may.role == "Creator" else self.names)


def decide(acl: Sequence[Grant] | None, table: RoleTable) -> Wanted | None:
    """Return what is wanted; None where the list is not known: then nothing is changed.

    The level is the widest that a role which may read stands for, else Restricted. Only a role that may read
    and write makes a creator. A role that fits several patterns stands for what all of them say.
    """
    if acl is None:
        return None
    denied = _roles(acl, READ, allow=False)
    readers = [one for one in _roles(acl, READ, allow=True) if one not in denied]
    kept_from_writing = _roles(acl, WRITE, allow=False)
    writers = {one for one in _roles(acl, WRITE, allow=True) if one not in kept_from_writing}
    rights = {role: all_allow(found) for role in readers if (found := table.of(role))}
    denial = _denial(denied, kept_from_writing, table)
    level = _widest(one.level for one in rights.values())
    grants = set(_grants(rights.items(), writers))
    kept = {one for one in grants if denial.spares(one)}
    return Wanted(
        Level.RESTRICTED if denial.levels else level,
        tuple(sorted(kept)),
        tuple(role for role in (*readers, *denied) if not table.of(role)),
        (*_overlaps(readers, table), *_narrowed(denied, denial, level, sorted(grants - kept))),
    )


def _roles(acl: Iterable[Grant], action: str, *, allow: bool) -> list[str]:
    """Return the roles that an action is allowed or denied, each once."""
    return list(dict.fromkeys(one.role for one in acl if one.action == action and one.allow is allow))


def _widest(levels: Iterable[Level]) -> Level:
    return max(levels, key=list(Level).index, default=Level.RESTRICTED)


def _grants(rights: Iterable[tuple[str, Rights]], writers: set[str]) -> Iterator[May]:
    for role, one in rights:
        yield from (May("Viewer", who) for who in one.viewers)
        if role in writers:
            yield from (May("Creator", who) for who in one.creators)


def _denial(denied: Sequence[str], kept_from_writing: Sequence[str], table: RoleTable) -> _Denial:
    """Read denials as widely as the table can be read: by every pattern that a role fits."""
    found = [one for role in denied for one in table.of(role)]
    unknown = any(not table.of(role) for role in denied)
    names = frozenset(who for one in found for who in one.people)
    editors = frozenset(who for role in kept_from_writing for one in table.of(role) for who in one.creators)
    by_level = any(one.level is not Level.RESTRICTED for one in found)
    return _Denial(names, editors, unknown or by_level or bool(names), unknown or bool(names))


def _overlaps(readers: Iterable[str], table: RoleTable) -> Iterator[str]:
    for role in readers:
        if len(set(table.of(role))) > 1:
            yield f"{role} fits several patterns of the table: what all of them say counts"


def _narrowed(denied: Sequence[str], denial: _Denial, level: Level, lost: Sequence[May]) -> Iterator[str]:
    roles = ", ".join(denied)
    if denial.levels and level is not Level.RESTRICTED:
        yield f"Restricted, not {level}: Panopto cannot keep it from {roles}, who may not read"
    if lost:
        yield f"not granted, as it could reach who is denied: {', '.join(map(str, lost))}"
