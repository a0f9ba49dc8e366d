"""The difference report: what each session is to be, what it has, and what `--grant` would do.

A report is a file that anybody may have kept too long or changed: by its digest it is known to be as it was
written, and what it found is looked at again before anything is done.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from pipelines.access.decide import May, Wanted
from pipelines.access.difference import Difference, Right
from pipelines.config import SettingsError
from pipelines.panopto.aspects import Access, Level, Permission

VERSION = 1
ADVICE = "name a file that `ferry access --format json --output FILE` wrote"


@dataclass(frozen=True, slots=True)
class Line:
    """One session. `wanted` is None where Opencast does not tell the access list.

    `access` and `permissions` are what was found; where that could not be read `unread` says why, and
    `passing` whether it may be read later.
    """

    event_id: str
    session_id: str
    wanted: Wanted | None = None
    access: Access | None = None
    permissions: tuple[Permission, ...] = ()
    difference: Difference = field(default_factory=Difference)
    unread: str = ""
    passing: bool = False

    @property
    def known(self) -> bool:
        """Whether both sides are known."""
        return self.wanted is not None and self.access is not None

    @property
    def differs(self) -> bool:
        """Whether somebody, we or a person, has to change something at Panopto."""
        return self.difference.to_do or self.difference.inherits_wider is not None

    @property
    def lacks(self) -> bool:
        """Whether something cannot be told or given as things are."""
        unmapped = self.wanted is not None and bool(self.wanted.unmapped)
        return unmapped or bool(self.difference.missing) or (not self.known and not self.passing)


@dataclass(frozen=True, slots=True)
class AccessReport:
    """Every verified session of a checkpoint, which `checkpoint` tells by the services that it is of."""

    checkpoint: Mapping[str, str]
    lines: tuple[Line, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hex: the same for two looks at the same."""
        return _digest(self._told)

    @property
    def document(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        return {"version": VERSION, "digest": self.digest, **self._told}

    @property
    def _told(self) -> dict[str, Any]:
        return {"checkpoint": dict(self.checkpoint), "items": _LINES.dump_python(self.lines, mode="json")}


_LINES = TypeAdapter(tuple[Line, ...])


def report_in(data: bytes, where: str) -> AccessReport:
    """Read a report back. Raises SettingsError where it is none, or is not as it was written."""
    try:
        document = orjson.loads(data)
        told = {name: document[name] for name in ("checkpoint", "items")}
        if document["digest"] != _digest(told):
            advice = "it may not be edited: look again, or narrow the table of roles"
            raise SettingsError("is not as it was written", where=where, advice=advice)
        return AccessReport(told["checkpoint"], _LINES.validate_python(told["items"]))
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise SettingsError("is no report of access", where=where, advice=ADVICE) from error


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def changed(said: Line, now: Line) -> str:
    """Say what is otherwise than a report says; nothing where it is as found, or nearer to what is wanted.

    What was done of it already, by a command that was killed, is no change.
    """
    if said.session_id != now.session_id:
        return "its session is another one"
    if said.wanted is None or now.wanted is None or said.access is None or now.access is None:
        return "" if said.known == now.known else "what is known of it is otherwise"
    if _asked(said.wanted) != _asked(now.wanted):
        return "its access list, or the table of roles, asks for something else"
    if now.access.level not in {said.access.level, said.difference.level}:
        return f"its level is {now.access.level}, and was {said.access.level}"
    if said.difference.missing != now.difference.missing or not _within(now.difference, said.difference):
        return "somebody who is to have a permission is another one, or there only now"
    return _changed_permissions(said, now)


def _within(now: Difference, said: Difference) -> bool:
    """Whether nothing would be granted or taken away that was not said."""
    return _set(now.grant) <= _set(said.grant) and _set(now.remove) <= _set(said.remove)


def _asked(wanted: Wanted) -> tuple[Level, tuple[May, ...]]:
    return wanted.level, wanted.grants


def _changed_permissions(said: Line, now: Line) -> str:
    before, after = _held(said.permissions), _held(now.permissions)
    given, taken = _set(said.difference.grant), _set(said.difference.remove)
    if more := after - before - {(*one, False) for one in given}:
        return f"it has {len(more)} permissions more"
    if fewer := before - after - {(*one, False) for one in taken}:
        return f"it has {len(fewer)} permissions fewer"
    return ""


def _held(permissions: Collection[Permission]) -> set[tuple[str, str, bool]]:
    return {(one.role, one.principal_id, one.inherited) for one in permissions}


def _set(rights: Collection[Right]) -> set[tuple[str, str]]:
    return {(one.role, one.id) for one in rights}
