"""Makes of an event's scheduling the booking that VALT is to have, or says why there can be none.

Moments are true epochs in seconds, whatever the zone: VALT compares `start_at` with its own epoch
(IntelligentVideoSolutions/RoomControl 4ea6407), and a shift by the room's zone would be wrong twice a year.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pipelines.opencast.model import Event, Scheduling
from pipelines.valt.model import LONGEST_NAME, Booking

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

FIELDS = ("title", "series", "presenter")
"""What a pattern may ask for, in braces."""

_FIELD = re.compile(r"\{(\w*)\}")
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Unbookable:
    """An event that cannot be booked as it is, and a sentence that says why."""

    reason: Literal["bad_duration", "bad_name"]
    why: str


def convert(
    event: Event, scheduling: Scheduling, room_id: str, *, pattern: str, longest_hours: float
) -> Booking | Unbookable:
    """Return what VALT is to have of a scheduling whose times are aware. Raises ValueError for naive ones."""
    duration = seconds_between(scheduling.start, scheduling.end)
    if duration <= 0:
        return Unbookable("bad_duration", "its scheduling ends before it begins")
    if duration > longest_hours * 3600:
        return Unbookable(
            "bad_duration",
            f"it is scheduled for {duration / 3600:.1f} hours, more than valt.longest_hours allows",
        )
    name = name_of(event, pattern)
    if not name:
        return Unbookable("bad_name", f"it has nothing of what valt.name asks for ({pattern})")
    return Booking(name, room_id, epoch(scheduling.start), duration)


def epoch(moment: datetime) -> int:
    """Return the whole seconds since 1970 that have passed at an aware moment."""
    return (_utc(moment) - EPOCH) // SECOND


def seconds_between(start: datetime, end: datetime) -> int:
    """Return the seconds from one aware moment to another, a begun one counted whole."""
    # Two moments of one zone would be subtracted by their wall clocks, an hour off over a change of time.
    return -((_utc(start) - _utc(end)) // SECOND)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone is none")
    return moment.astimezone(UTC)


def name_of(event: Event, pattern: str) -> str:
    """Return what a schedule is called: one line of at most 255 characters; empty where nothing is known."""
    known = {
        "title": event.title,
        "series": event.series_title,
        "presenter": ", ".join(one for one in event.presenters if one.strip()),
    }
    asked = [name for name in _FIELD.findall(pattern) if name in known]
    if asked and not any(_line(known[name]) for name in asked):
        return ""
    filled = _FIELD.sub(lambda found: known.get(found[1], found[0]), pattern)
    return cut(_line(filled), LONGEST_NAME).rstrip()


def line_of(text: str, longest: int) -> str:
    """Return a text on one line of at most so many UTF-16 units, which is how VALT's pages count."""
    line = _line(text)
    fitting = line.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")
    return cut(line, len(fitting)).rstrip() if fitting != line else line


def text_of(text: str) -> str:
    """Return a text of any length without control characters, its lines kept."""
    lines = ("".join(one for one in line if _is_written(one)).rstrip() for line in text.splitlines())
    return "\n".join(lines).strip()


def unknown_fields(pattern: str) -> list[str]:
    """Return what stands in braces in a pattern and means nothing."""
    return [name for name in _FIELD.findall(pattern) if name not in FIELDS]


def _line(text: str) -> str:
    """Return a text on one line, without control characters and space around it."""
    lines = (line.strip() for line in text.replace("\t", " ").splitlines())
    joined = " ".join(line for line in lines if line)
    return "".join(one for one in joined if _is_written(one)).strip()


def _is_written(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}


def cut(text: str, longest: int) -> str:
    """Cut a text to `longest` characters, and not between a letter and what is combined with it."""
    if len(text) <= longest:
        return text
    end = longest
    while end > 0 and (_goes_on(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[: end or longest]


def _goes_on(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return (
        unicodedata.category(character).startswith("M")
        or character == _JOINER
        or ord(character) in _SKIN_TONES
    )
