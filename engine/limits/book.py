"""Who holds places and who waits for them: decisions alone, without the waiting."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import anyio


@dataclass(eq=False, slots=True)
class Ticket:
    """Somebody who wants places, and how many have been granted: none while waiting.

    `spare` asks only for places that nobody else could use.
    """

    host: str
    transfer: str
    want: int
    spare: bool = False
    granted: int = 0
    ready: anyio.Event = field(default_factory=anyio.Event)


@dataclass(frozen=True, slots=True)
class Use:
    """Places taken, and the ceiling they are under."""

    taken: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class SlotStatistics:
    """How full the slots are, whole and per host with places taken, and how many wait for one.

    Those who wait for spare ones are among these.
    """

    total: Use
    hosts: Mapping[str, Use]
    transfers: int
    waiting: int


class Turns:
    """Who waits: hosts take turns, and within one host who came first goes first.

    A host that was served goes behind the others, and one that comes anew does too.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, dict[Ticket, None]] = {}

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._hosts.values())

    def __iter__(self) -> Iterator[Ticket]:
        return chain.from_iterable(self._hosts.values())

    def join(self, ticket: Ticket) -> None:
        """Put somebody at the end of his host's queue."""
        self._hosts.setdefault(ticket.host, {})[ticket] = None

    def leave(self, ticket: Ticket) -> None:
        """Take somebody out."""
        queue = self._hosts[ticket.host]
        del queue[ticket]
        if not queue:
            del self._hosts[ticket.host]

    def serve(self, ticket: Ticket) -> None:
        """Take somebody out whose turn it was."""
        self.leave(ticket)
        if ticket.host in self._hosts:
            self._hosts[ticket.host] = self._hosts.pop(ticket.host)


class SlotBook:
    """Who holds places and who waits for them: the decisions of Slots, without the waiting.

    Who may not go yet because a host or a transfer is full is passed over by the next that may, and keeps his
    place in the queue. Spare places are what is left when nobody else waits who may go.
    """

    def __init__(self, total: int, per_host: int, per_transfer: int) -> None:
        self.total = total
        self.per_host = per_host
        self.per_transfer = per_transfer
        self.host_ceilings: dict[str, int] = {}
        self._taken = 0
        self._hosts: Counter[str] = Counter()
        self._transfers: Counter[str] = Counter()
        self._ordinary = Turns()
        self._spare = Turns()

    def ask(self, ticket: Ticket) -> None:
        """Let somebody wait."""
        self._turns(ticket).join(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Take back what somebody holds, or the place in the queue."""
        if not ticket.granted:
            self._turns(ticket).leave(ticket)
        self._count(ticket, -ticket.granted)
        ticket.granted = 0

    def assign(self) -> list[Ticket]:
        """Grant what can be granted now, and return those who got something."""
        lucky = []
        while (ticket := self._next()) is not None:
            ticket.granted = min(ticket.want, self._room(ticket))
            self._count(ticket, ticket.granted)
            self._turns(ticket).serve(ticket)
            lucky.append(ticket)
        return lucky

    def _next(self) -> Ticket | None:
        if self._taken >= self.total:
            return None
        return next((one for one in chain(self._ordinary, self._spare) if self._room(one) > 0), None)

    def _turns(self, ticket: Ticket) -> Turns:
        return self._spare if ticket.spare else self._ordinary

    def taken_at(self, host: str) -> int:
        """Return how many places are taken at a host."""
        return self._hosts[host]

    @property
    def lanes_each(self) -> int:
        """Return how many lanes of two places a transfer may have beside others that have or want some."""
        transfers = self._transfers.keys() | {ticket.transfer for ticket in self._ordinary}
        return max(min(self.total // max(len(transfers), 1), self.per_transfer) // 2, 1)

    def statistics(self) -> SlotStatistics:
        """Return how full it is."""
        hosts = {host: Use(taken, self._host_ceiling(host)) for host, taken in self._hosts.items()}
        waiting = len(self._ordinary) + len(self._spare)
        return SlotStatistics(Use(self._taken, self.total), hosts, len(self._transfers), waiting)

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
