"""Places for parts in flight: waiting for what the book grants."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from engine.limits.book import SlotBook, SlotStatistics, Ticket
from engine.limits.ceiling import Ceiling


class Slots:
    """Places for parts in flight. Ceilings may be set at any time: nobody is thrown out, some wait longer.

    A host that asks for fewer calls finds its own level, from `least` to `per_host` places.
    """

    def __init__(self, total: int, per_host: int, per_transfer: int, least: int = 1) -> None:
        self._book = SlotBook(total, per_host, per_transfer)
        self._least = least
        self._ceilings: dict[str, Ceiling] = {}

    @asynccontextmanager
    async def hold(
        self, host: str, transfer: str, want: int = 2, *, spare: bool = False, early: bool = False
    ) -> AsyncIterator["Held"]:
        """Wait for a place, and take up to `want` if they are free then.

        `spare` waits for places that nobody else could use, and takes no more than those. `early` waits only
        until a place will be free soon: whoever asks so takes each place before he uses it.
        """
        if want < 1:
            raise ValueError(f"no places: {want}")
        ticket = Ticket(host, transfer, want, spare)
        held = Held(ticket, self._book, self._wake)
        self._book.ask(ticket)
        self._wake()
        try:
            await held.come(early=early)
            yield held
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

    @property
    def lanes_each(self) -> int:
        """How many lanes of two places a transfer may have beside the others that have or want some."""
        return self._book.lanes_each

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


class Held:
    """The places that somebody holds, as `engine.wire.Places` promises: none until his turn comes.

    Once none is taken any more, each goes to who waits as soon as no part has it.
    """

    def __init__(self, ticket: Ticket, book: SlotBook, wake: Callable[[], None]) -> None:
        self._ticket = ticket
        self._book = book
        self._wake = wake
        self._taken = 0
        self._ended = False

    @property
    def granted(self) -> int:
        """How many there are now."""
        return self._ticket.granted

    async def come(self, *, early: bool = False) -> None:
        """Wait for a first place; where that is `early`, only until there will be one soon."""
        while not (self._ticket.granted or (early and self._ticket.ahead)):
            await self._news()

    async def take(self) -> None:
        """Wait for a place that nothing has."""
        while self._taken >= self._ticket.granted:
            await self._news()
        self._taken += 1

    def give(self) -> None:
        """Take a place back."""
        self._taken -= 1
        self._ticket.ready.set()
        self._keep()

    def end(self) -> None:
        """Give back what nothing has, and from now on whatever is given."""
        self._ended = True
        self._keep()

    async def _news(self) -> None:
        self._ticket.ready = anyio.Event()
        await self._ticket.ready.wait()

    def _keep(self) -> None:
        if self._ended:
            self._book.keep(self._ticket, self._taken)
            self._wake()
