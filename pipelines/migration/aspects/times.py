"""Times as MPEG-7 and SMIL write them, as whole milliseconds.

`T00:00:01:41F1000` is 1 s and 41/1000: the fraction is an unpadded integer over the number behind the F,
which may be 25. What is left of a millisecond is dropped, as Opencast does.
Source: opencast/opencast, modules/mpeg7, MediaRelTimePointImpl and MediaDurationImpl; SMIL 3.0, clock values.
"""

import re
from decimal import Decimal

from pipelines.migration.aspects.refusals import BadTimes

_POINT = re.compile(
    r"T(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5]?[0-9]):(?P<seconds>[0-5]?[0-9])"
    r"(?:[:,](?P<count>[0-9]{1,9})F(?P<rate>[0-9]{1,9}))?"
)
_DURATION = re.compile(
    r"P(?:(?P<days>[0-9]{1,6})D)?(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9})S)?(?:(?P<count>[0-9]{1,9})N(?:(?P<rate>[0-9]{1,9})F)?)?)?"
)
_CLIP = re.compile(r"(?:npt=)?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|min|h)?")
_CLOCK = re.compile(
    r"(?:npt=)?(?:(?P<hours>[0-9]{1,6}):)?(?P<minutes>[0-5]?[0-9]):(?P<seconds>[0-5]?[0-9](?:\.[0-9]{1,9})?)"
)
_MILLISECONDS = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000}
_UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}


def media_time(text: str) -> int:
    """Return a point such as T00:00:01:41F1000 in milliseconds. Raises BadTimes."""
    return _sum(_POINT.fullmatch(text.strip()), text)


def media_duration(text: str) -> int:
    """Return a length such as PT04S818N1000F or PT01H30M in milliseconds. Raises BadTimes."""
    found = _DURATION.fullmatch(text.strip())
    return _sum(found if found and any(found.groupdict().values()) else None, text)


def clip_time(text: str) -> int:
    """Return SMIL's 217751ms, npt=12.5s, 12.5 (seconds) or 01:02:03.5 in milliseconds. Raises BadTimes."""
    if found := _CLIP.fullmatch(text.strip()):
        return int(Decimal(found["number"]) * _UNITS[found["unit"] or "s"])
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise _bad(text)
    whole = int(found["hours"] or 0) * 3600 + int(found["minutes"]) * 60
    return int((whole + Decimal(found["seconds"])) * 1000)


def _sum(found: re.Match[str] | None, text: str) -> int:
    if found is None:
        raise _bad(text)
    told = found.groupdict()
    whole = sum(int(told.get(unit) or 0) * worth for unit, worth in _MILLISECONDS.items())
    count, rate = int(told["count"] or 0), int(told["rate"] or 0)
    if count and not rate:
        raise _bad(text)
    return whole + (count * 1000 // rate if count else 0)


def _bad(text: str) -> BadTimes:
    return BadTimes(f"{text[:40]!r} is no time")
