"""Holds what a session is to be against what it has: what would be narrowed, widened, granted, taken away."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.access.decide import May, Wanted
from pipelines.access.roles import Who
from pipelines.panopto.aspects import Access, Level, Permission, Principal

SUFFICE: Mapping[str, frozenset[str]] = {
    "Viewer": frozenset({"Viewer", "Creator", "Publisher"}),
    "Creator": frozenset({"Creator"}),
}
"""Which of Panopto's own roles let somebody do what another one does."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """A role of a user or group, by GUID; the name is for people."""

    role: str
    kind: str
    id: str
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        """The same in words."""
        return f"{self.role} {self.kind.lower()} {self.name or self.id}"


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """A user or group that the table names and Panopto does not have, or more than once; and which."""

    who: Who
    reason: str
    why: str


People = Mapping[Who, Principal | Missing]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `remove` is only what this checkpoint granted; `others` is not wanted, and left.

    `inherits_wider` is the level of the folder where that is wider than wanted: no session can be narrower
    than its folder, so a person must look.
    """

    narrow: Level | None = None
    widen: Level | None = None
    inherits_wider: Level | None = None
    grant: tuple[Right, ...] = ()
    remove: tuple[Right, ...] = ()
    others: tuple[Permission, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def to_do(self) -> bool:
        """Whether anything can be done about it."""
        return bool(self.narrow or self.widen or self.grant or self.remove)

    @property
    def level(self) -> Level | None:
        """The level to set."""
        return self.narrow or self.widen


def still_there(rights: Iterable[Right], permissions: Iterable[Permission]) -> list[Right]:
    """Return the rights that a session has of its own."""
    own = {(one.role, one.principal_id) for one in permissions if not one.inherited}
    return sorted(one for one in rights if (one.role, one.id) in own)


def difference(
    wanted: Wanted,
    access: Access,
    permissions: Sequence[Permission],
    ours: Collection[Right],
    people: People,
) -> Difference:
    """Compare. `ours` is what this checkpoint granted; `people` has everybody that is wanted."""
    rights, missing = _resolved(wanted.grants, people)
    keep = {(one.role, one.id) for one in rights}
    unwanted = [one for one in permissions if (one.role, one.principal_id) not in keep]
    remove = tuple(still_there(ours, unwanted))
    removed = {(one.role, one.id) for one in remove}
    others = (one for one in unwanted if one.inherited or (one.role, one.principal_id) not in removed)
    wider, narrower = access.level.is_wider(wanted.level), wanted.level.is_wider(access.level)
    return Difference(
        narrow=wanted.level if wider and not access.inherited else None,
        widen=wanted.level if narrower else None,
        inherits_wider=access.level if wider and access.inherited else None,
        grant=tuple(one for one in _needed(rights) if not _has(one, permissions, removed)),
        remove=remove,
        others=tuple(others),
        missing=missing,
    )


def _resolved(grants: Iterable[May], people: People) -> tuple[list[Right], tuple[Missing, ...]]:
    """Return the rights that are wanted, each once, and who is not there."""
    rights: dict[Right, None] = {}
    missing: dict[Missing, None] = {}
    for one in grants:
        found = people[one.who]
        if isinstance(found, Missing):
            missing[found] = None
        else:
            rights[Right(one.role, found.kind, found.id, found.name)] = None
    return sorted(rights), tuple(sorted(missing))


def _needed(rights: Collection[Right]) -> list[Right]:
    """Leave out that somebody views who is to edit."""
    editors = {one.id for one in rights if one.role == "Creator"}
    return [one for one in rights if one.role == "Creator" or one.id not in editors]


def _has(right: Right, permissions: Iterable[Permission], removed: Collection[tuple[str, str]]) -> bool:
    """Whether somebody may do what a right says, also once what is to go is gone."""
    return any(
        one.principal_id == right.id
        and one.role in SUFFICE[right.role]
        and (one.inherited or (one.role, one.principal_id) not in removed)
        for one in permissions
    )
