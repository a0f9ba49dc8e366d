"""LumiNUS's dates: Singapore's time, with 0 to 7 digits of fraction; .NET counts in ticks of 100 ns.

Sources: pyfluminus e9c4a18 (captured answers); .NET's round-trip format. A date without a zone is read in
the server's own, which is not established and chosen here.
"""

import re
from datetime import datetime, timedelta, timezone

SINGAPORE = timezone(timedelta(hours=8))
NEVER = datetime.min.replace(tzinfo=SINGAPORE)
"""What .NET takes a date for that is not there."""
TICKS = 7
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)?)?", re.IGNORECASE)


def shown(date: datetime, digits: int = 0, tick: int = 0) -> str:
    """A date as LumiNUS writes it, with at least so many digits of fraction, and 0 to 9 odd ticks in it.

    It is the same instant to a microsecond.
    """
    ticks = date.microsecond * 10 + (tick if digits == TICKS else 0)
    fraction = f"{ticks:07d}".rstrip("0").ljust(digits, "0")
    local = date.astimezone(SINGAPORE).replace(tzinfo=None)
    return f"{local.isoformat(timespec='seconds')}{'.' if fraction else ''}{fraction}+08:00"


def read(text: str) -> datetime | None:
    """A date as .NET reads it, in Singapore's time; None where it is none."""
    if not DATE.fullmatch(text.strip()):
        return None
    try:
        date = datetime.fromisoformat(text.strip())
        return (date if date.tzinfo else date.replace(tzinfo=SINGAPORE)).astimezone(SINGAPORE)
    except (ValueError, OverflowError):
        return None
