"""Whether a session at Panopto is what was meant: a comparison field by field, without a call.

State 4 says that Panopto is done, not that the session is right (faults.md F25), so what it stores is held
against what the manifest said.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import checksum_text, crc32
from pipelines.panopto.manifest import event_of, legal
from pipelines.panopto.model import Session

DURATION_TOLERANCE = 1.0
"""Seconds by which a session may be longer or shorter than its longest stream."""

_QUOTED = frozenset({"title", "marker"})
"""Fields that are words of people: a sentence quotes them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the session of an event must be.

    `title` is as the manifest says it. `duration` is that of the longest stream in seconds, None where
    nobody knows. `files` are the names in the manifest.
    """

    event_id: str
    session_id: str
    title: str
    date: datetime
    folder_id: str
    duration: float | None = None
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as it must be, and a sentence that says so."""

    field: str
    expected: str
    found: str

    @property
    def sentence(self) -> str:
        """For a person."""
        found, expected = self._shown(self.found), self._shown(self.expected)
        return f"{self.field} is {found or 'missing'} where {expected} was expected"

    def _shown(self, value: str) -> str:
        return repr(value) if value and self.field in _QUOTED else value


def differences(
    expected: Expected, session: Session | None, files: Collection[str]
) -> tuple[Difference, ...]:
    """Return where a session differs, or nothing. `session` is None where Panopto knows none by that id.

    `files` are the names of the files that are whole at Panopto by our own receipts; it lists none itself.
    """
    if session is None:
        return (Difference("session", expected.session_id, ""),)
    found = (
        _identity(expected, session),
        _title(expected, session),
        _date(expected, session),
        _folder(expected, session),
        _duration(expected, session),
        _marker(expected, session),
        _files(expected, files),
    )
    return tuple(difference for difference in found if difference is not None)


def fingerprint(text: str) -> str:
    """Return a sum of the words of a text: whether somebody changed it shows without keeping it."""
    return checksum_text(crc32(" ".join(legal(text).split()).encode()))


def _identity(expected: Expected, session: Session) -> Difference | None:
    return _unless(_same(session.id, expected.session_id), "session", expected.session_id, session.id)


def _title(expected: Expected, session: Session) -> Difference | None:
    """Compare as text on one line: white space is not what a title says."""
    wanted, stored = " ".join(legal(expected.title).split()), " ".join(session.name.split())
    return _unless(wanted == stored, "title", wanted, stored)


def _date(expected: Expected, session: Session) -> Difference | None:
    wanted, stored = expected.date, session.start_time
    if stored is None:
        return Difference("date", wanted.isoformat(), "")
    near = abs(stored.replace(microsecond=0) - wanted.replace(microsecond=0)) < timedelta(seconds=1)
    return _unless(near, "date", wanted.isoformat(), stored.isoformat())


def _folder(expected: Expected, session: Session) -> Difference | None:
    same = _same(session.folder_id, expected.folder_id)
    return _unless(same, "folder", expected.folder_id, session.folder_id)


def _duration(expected: Expected, session: Session) -> Difference | None:
    if expected.duration is None:
        return None
    near = session.duration is not None and abs(session.duration - expected.duration) <= DURATION_TOLERANCE
    found = "" if session.duration is None else f"{session.duration:.1f} s"
    return _unless(near, "duration", f"{expected.duration:.1f} s", found)


def _marker(expected: Expected, session: Session) -> Difference | None:
    stored = event_of(session.description)
    return _unless(stored == expected.event_id, "marker", expected.event_id, stored or "")


def _files(expected: Expected, files: Collection[str]) -> Difference | None:
    wanted, there = sorted(expected.files), sorted(set(files))
    return _unless(wanted == there, "files", ", ".join(wanted), ", ".join(there))


def _same(one: str, other: str) -> bool:
    """Whether two GUIDs are one; their letters come in either case."""
    return one.lower() == other.lower()


def _unless(holds: bool, field: str, expected: str, found: str) -> Difference | None:
    return None if holds else Difference(field, expected, found)
