"""What a role of Opencast may at Panopto, by the operator's table: columns role, grant and principal.

A role of the table may be a pattern as in `carry.student_roles` (`*_Learner`). Rows that name a role in full
hold for it alone; patterns are for the roles without such rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import reduce
from pathlib import Path

from pipelines.config import SettingsError
from pipelines.panopto.aspects import Kind, Level
from pipelines.tables import read_rows

KINDS: Mapping[str, Kind] = {"user": "User", "group": "Group"}
GRANTS = ("level", "viewer", "creator", "nothing")
PATTERN = frozenset("*?[")


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """A user or group of Panopto, by the name that it has there."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        """The same in words."""
        return f"{self.kind.lower()} {self.name}"


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role stands for: whom it lets see a session by level, and who sees it or may edit it by name."""

    level: Level = Level.RESTRICTED
    viewers: frozenset[Who] = frozenset()
    creators: frozenset[Who] = frozenset()

    @property
    def people(self) -> frozenset[Who]:
        """All that are named."""
        return self.viewers | self.creators

    def narrowed(self, other: "Rights") -> "Rights":
        """Return what both allow."""
        level = other.level if self.level.is_wider(other.level) else self.level
        return Rights(level, self.viewers & other.viewers, self.creators & other.creators)


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The rights of roles, and of patterns of roles."""

    roles: Mapping[str, Rights] = field(default_factory=dict)
    patterns: Mapping[str, Rights] = field(default_factory=dict)

    def of(self, role: str) -> tuple[Rights, ...]:
        """Return its own rights, or else those of each pattern that it fits; nothing without a row."""
        if role in self.roles:
            return (self.roles[role],)
        return tuple(rights for pattern, rights in self.patterns.items() if fnmatchcase(role, pattern))


def all_allow(rights: tuple[Rights, ...]) -> Rights:
    """Return what every one of them allows."""
    return reduce(Rights.narrowed, rights)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the table, and where it stands."""

    role: str
    grant: str
    principal: str
    where: str

    def fault(self, what: str, advice: str) -> SettingsError:
        """Return what is wrong with it, in one sentence."""
        return SettingsError(what, where=self.where, advice=advice)


def read_roles(path: Path) -> RoleTable:
    """Read the table.

    `grant` is level, viewer, creator or nothing; `principal` a level of Panopto's, or `user:NAME` or
    `group:NAME`. Several rows of one role add up. Raises SettingsError, which names the line.
    """
    rights: dict[str, Rights] = {}
    said: dict[str, set[tuple[str, str]]] = {}
    names: dict[tuple[Kind, str], Who] = {}
    for number, cells in read_rows(path, ("role", "grant"), optional=("principal",)):
        line = _Line(cells["role"], cells["grant"], cells.get("principal", ""), f"{path}, line {number}")
        before = said.setdefault(line.role, set())
        _once(line, before)
        before.add((line.grant, line.principal))
        rights[line.role] = _with(rights.get(line.role, Rights()), line, names)
    patterns = {role for role in rights if PATTERN & set(role)}
    return RoleTable(
        {role: one for role, one in rights.items() if role not in patterns},
        {role: one for role, one in rights.items() if role in patterns},
    )


def _once(line: _Line, before: set[tuple[str, str]]) -> None:
    """Refuse what an earlier row of the role says already, or otherwise."""
    if (line.grant, line.principal) in before:
        raise line.fault(f"says the same of {line.role} as an earlier line", "take one of them out")
    grants = {grant for grant, _ in before}
    if line.grant == "level" and "level" in grants:
        raise line.fault(f"gives {line.role} another level", "leave one of them")
    if before and ("nothing" in grants or line.grant == "nothing"):
        raise line.fault(f"gives {line.role} nothing, and something", "leave one of them")


def _with(rights: Rights, line: _Line, names: dict[tuple[Kind, str], Who]) -> Rights:
    """Return rights with those of one more line."""
    match line.grant:
        case "level":
            return Rights(_level(line), rights.viewers, rights.creators)
        case "viewer":
            return Rights(rights.level, rights.viewers | {_who(line, names)}, rights.creators)
        case "creator":
            if PATTERN & set(line.role):
                raise line.fault(
                    f"lets whoever fits {line.role} edit", "name each role that may edit in full"
                )
            return Rights(rights.level, rights.viewers, rights.creators | {_who(line, names)})
        case "nothing":
            if line.principal:
                raise line.fault(f"gives nothing to {line.principal}", "leave the principal out")
            return rights
        case _:
            raise line.fault(f"has {line.grant!r} as grant", f"a grant is one of {', '.join(GRANTS)}")


def _level(line: _Line) -> Level:
    try:
        return Level(line.principal)
    except ValueError:
        raise line.fault(
            f"has {line.principal!r} as level", f"a level is one of {', '.join(Level)}"
        ) from None


def _who(line: _Line, names: dict[tuple[Kind, str], Who]) -> Who:
    """Return whom a line names; a name in another case is the same one."""
    word, _, name = line.principal.partition(":")
    kind = KINDS.get(word)
    if kind is None or not name.strip():
        raise line.fault(f"has {line.principal!r} as principal", "write user:NAME or group:NAME")
    return names.setdefault((kind, name.strip().casefold()), Who(kind, name.strip()))
