"""Bounded places: how much may go on at once in the run, at one host, for one transfer; and memory for it.

Who gets what is decided by plain functions that return whom to wake; waiting is done around them.
"""

from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio

from engine.parts import KIB, MIB


@dataclass(eq=False, slots=True)
class Ticket:
    """Somebody who wants places, and how many have been granted: none while waiting."""

    host: str
    transfer: str
    want: int
    granted: int = 0
    ready: anyio.Event = field(default_factory=anyio.Event)


@dataclass(frozen=True, slots=True)
class Use:
    """Places taken, and the ceiling they are under."""

    taken: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class SlotStatistics:
    """How full the slots are, whole and per host with places taken, and how many wait for one."""

    total: Use
    hosts: Mapping[str, Use]
    transfers: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The places at a host that asks for fewer calls: half of those taken at once, then one more a round.

    A round is as many parts as there are places, all of which went well. `deaf` are parts that were in flight
    when it last fell: that they are throttled too is no news.
    """

    places: int
    least: int
    most: int
    well: int = 0
    deaf: int = 0

    def after_part(self) -> "Ceiling":
        """Return the ceiling after a part that went well."""
        well, deaf = self.well + 1, max(self.deaf - 1, 0)
        if well < self.places:
            return replace(self, well=well, deaf=deaf)
        return replace(self, places=min(self.places + 1, self.most), well=0, deaf=deaf)

    def after_throttle(self, in_flight: int) -> "Ceiling":
        """Return the ceiling after a part that was throttled, with so many in flight, itself among them."""
        if self.deaf:
            return replace(self, well=0, deaf=self.deaf - 1)
        places = max(min(self.places, in_flight) // 2, self.least)
        return replace(self, places=places, well=0, deaf=max(in_flight - 1, 0))

    def within(self, most: int) -> "Ceiling":
        """Return the ceiling under another upper bound."""
        return replace(self, places=min(self.places, most), least=min(self.least, most), most=most)


class SlotBook:
    """Who holds places and who waits for them: the decisions of Slots, without the waiting.

    First come, first served; who may not go yet because a host or a transfer is full is passed over by the
    next that may, and keeps his place in the queue.
    """

    def __init__(self, total: int, per_host: int, per_transfer: int) -> None:
        self.total = total
        self.per_host = per_host
        self.per_transfer = per_transfer
        self.host_ceilings: dict[str, int] = {}
        self._taken = 0
        self._hosts: Counter[str] = Counter()
        self._transfers: Counter[str] = Counter()
        self._queue: list[Ticket] = []

    def ask(self, ticket: Ticket) -> None:
        """Put somebody at the end of the queue."""
        self._queue.append(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Take back what somebody holds, or the place in the queue."""
        if not ticket.granted:
            self._queue.remove(ticket)
        self._count(ticket, -ticket.granted)
        ticket.granted = 0

    def assign(self) -> list[Ticket]:
        """Grant what can be granted now, and return those who got something."""
        lucky = []
        for ticket in self._queue:
            if self._taken >= self.total:
                break
            ticket.granted = max(0, min(ticket.want, self._room(ticket)))
            if ticket.granted:
                self._count(ticket, ticket.granted)
                lucky.append(ticket)
        if lucky:
            self._queue = [ticket for ticket in self._queue if not ticket.granted]
        return lucky

    def taken_at(self, host: str) -> int:
        """Return how many places are taken at a host."""
        return self._hosts[host]

    def statistics(self) -> SlotStatistics:
        """Return how full it is."""
        hosts = {host: Use(taken, self._host_ceiling(host)) for host, taken in self._hosts.items()}
        return SlotStatistics(Use(self._taken, self.total), hosts, len(self._transfers), len(self._queue))

    def _room(self, ticket: Ticket) -> int:
        return min(
            self.total - self._taken,
            self._host_ceiling(ticket.host) - self._hosts[ticket.host],
            self.per_transfer - self._transfers[ticket.transfer],
        )

    def _host_ceiling(self, host: str) -> int:
        return self.host_ceilings.get(host, self.per_host)

    def _count(self, ticket: Ticket, change: int) -> None:
        self._taken += change
        for counter, key in ((self._hosts, ticket.host), (self._transfers, ticket.transfer)):
            counter[key] += change
            if not counter[key]:
                del counter[key]


class Slots:
    """Places for parts in flight. Ceilings may be set at any time: nobody is thrown out, some wait longer.

    A host that asks for fewer calls finds its own level, from `least` to `per_host` places.
    """

    def __init__(self, total: int, per_host: int, per_transfer: int, least: int = 1) -> None:
        self._book = SlotBook(total, per_host, per_transfer)
        self._least = least
        self._ceilings: dict[str, Ceiling] = {}

    @asynccontextmanager
    async def hold(self, host: str, transfer: str, want: int = 2) -> AsyncIterator[int]:
        """Wait for a first place, take up to `want` if they are free too, and tell how many were granted."""
        if want < 1:
            raise ValueError(f"no places: {want}")
        ticket = Ticket(host, transfer, want)
        self._book.ask(ticket)
        self._wake()
        try:
            await ticket.ready.wait()
            yield ticket.granted
        finally:
            self._book.leave(ticket)
            self._wake()

    @property
    def total(self) -> int:
        """The most places in the whole run."""
        return self._book.total

    @total.setter
    def total(self, ceiling: int) -> None:
        self._book.total = ceiling
        self._wake()

    @property
    def per_host(self) -> int:
        """The most places at a host that has no ceiling of its own."""
        return self._book.per_host

    @per_host.setter
    def per_host(self, ceiling: int) -> None:
        self._book.per_host = ceiling
        for host, one in list(self._ceilings.items()):
            self._set(host, one.within(min(ceiling, self.total)))
        self._wake()

    @property
    def per_transfer(self) -> int:
        """The most places of one transfer."""
        return self._book.per_transfer

    @per_transfer.setter
    def per_transfer(self, ceiling: int) -> None:
        self._book.per_transfer = ceiling
        self._wake()

    def set_host(self, host: str, ceiling: int) -> None:
        """Give one host a ceiling of its own."""
        self._book.host_ceilings[host] = ceiling
        self._wake()

    def throttled(self, host: str) -> None:
        """Hear that a part was throttled at a host."""
        most = min(self._book.per_host, self._book.total)
        least = min(self._least, most)
        ceiling = self._ceilings.get(host) or Ceiling(most, least, most)
        self._set(host, ceiling.after_throttle(self._book.taken_at(host)))

    def went_well(self, host: str) -> None:
        """Hear that a part arrived at a host; one that is back at its bound is as one that never asked."""
        if host in self._ceilings:
            self._set(host, self._ceilings[host].after_part())
            self._wake()

    def statistics(self) -> SlotStatistics:
        """Return how full it is."""
        return self._book.statistics()

    def _set(self, host: str, ceiling: Ceiling) -> None:
        if ceiling.places < ceiling.most or ceiling.deaf:
            self._ceilings[host] = ceiling
            self._book.host_ceilings[host] = ceiling.places
        else:
            self._ceilings.pop(host, None)
            self._book.host_ceilings.pop(host, None)

    def _wake(self) -> None:
        for ticket in self._book.assign():
            ticket.ready.set()


def window_size(budget: int, in_flight: int) -> int:
    """Return the bytes of one window: two for each part in flight fit the budget, from 256 KiB to 1 MiB."""
    return min(max(budget // (2 * in_flight), 256 * KIB), MIB)


@dataclass(frozen=True, slots=True)
class WindowStatistics:
    """How many windows of how many bytes there are, how many are leased, and how many callers wait."""

    size: int
    total: int
    leased: int
    waiting: int


@dataclass(eq=False, slots=True)
class _Lease:
    count: int
    granted: bool = False
    ready: anyio.Event = field(default_factory=anyio.Event)


class Windows:
    """The memory that bytes pass through, counted in windows of one size; no bytes are kept here.

    A caller that waits for windows stops reading: that is the backpressure. Ask once for all that is needed:
    who holds some while asking for more may wait for himself.
    """

    def __init__(self, budget: int, in_flight: int) -> None:
        self.size = window_size(budget, in_flight)
        self.total = budget // self.size
        if self.total < 1:
            raise ValueError(f"{budget} bytes hold no window of {self.size}")
        self._free = self.total
        self._queue: deque[_Lease] = deque()

    @asynccontextmanager
    async def lease(self, count: int = 1) -> AsyncIterator[int]:
        """Wait for `count` windows, in the order of asking; tell how many bytes they hold together."""
        if not 1 <= count <= self.total:
            raise ValueError(f"{count} windows of {self.total}")
        lease = _Lease(count)
        self._queue.append(lease)
        self._wake()
        try:
            await lease.ready.wait()
            yield count * self.size
        finally:
            self._end(lease)
            self._wake()

    def statistics(self) -> WindowStatistics:
        """Return how much of the memory is in use."""
        return WindowStatistics(self.size, self.total, self.total - self._free, len(self._queue))

    def _end(self, lease: _Lease) -> None:
        if lease.granted:
            self._free += lease.count
        else:
            self._queue.remove(lease)

    def _assign(self) -> list[_Lease]:
        lucky = []
        while self._queue and self._queue[0].count <= self._free:
            lease = self._queue.popleft()
            lease.granted = True
            self._free -= lease.count
            lucky.append(lease)
        return lucky

    def _wake(self) -> None:
        for lease in self._assign():
            lease.ready.set()
