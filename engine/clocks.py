"""Whether our clock and the peers' agree: their answers carry a Date.

A wrong clock misjudges signatures, tokens and bookings. Deadlines do not hang on it: they are by monotonic
clocks.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from engine.progress import ClockDiffers, Observer, silence

MOST = 60.0
"""Seconds from which on a difference is told (faults.md F29)."""


def http_date(text: str) -> float | None:
    """Read a date of a header, in seconds since the epoch; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


class Clocks:
    """The clocks of hosts, as their first answers told them; a difference is told once a host.

    `clock` is ours, in seconds since the epoch.
    """

    def __init__(self, observer: Observer = silence, *, clock: Callable[[], float] = time.time) -> None:
        self._observer = observer
        self._clock = clock
        self._ahead: dict[str, float] = {}

    def note(self, host: str, date: str | None) -> None:
        """Take note of the Date of an answer that has just come."""
        if host in self._ahead or (theirs := http_date(date or "")) is None:
            return
        self._ahead[host] = self._clock() - theirs
        if host in self.differing:
            self._observer(ClockDiffers(host, self._ahead[host]))

    @property
    def differing(self) -> dict[str, float]:
        """By how many seconds ours is ahead of a host's (behind it where negative), where that is much."""
        return {host: seconds for host, seconds in self._ahead.items() if abs(seconds) >= MOST}


def about_clock(host: str, ahead: float) -> str:
    """Say by how much our clock differs from a host's."""
    way = "ahead of" if ahead > 0 else "behind"
    return f"this machine's clock is {abs(ahead):.0f} s {way} that of {host}; set it right by NTP"
