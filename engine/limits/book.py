"""Who holds places and who waits for them: decisions alone, without the waiting."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import anyio


@dataclass(eq=False, slots=True)
class Ticket:
    """Somebody who wants places, and how many have been granted so far.

    He goes with as many as are free when his turn comes. Who is `ahead` will have one soon, when those who
    are `ending` have given back what they have. `spare` asks only for places that nobody else could use.
    """

    host: str
    transfer: str
    want: int
    spare: bool = False
    ahead: bool = False
    ending: bool = False
    granted: int = 0
    ready: anyio.Event = field(default_factory=anyio.Event)

    @property
    def soon(self) -> int:
        """How many places he will have soon."""
        return 0 if self.ending else max(self.granted, self.ahead)


@dataclass(frozen=True, slots=True)
class Use:
    """Places taken, and the ceiling they are under."""

    taken: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class SlotStatistics:
    """How full the slots are, whole and per host with places taken, and how many wait.

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

    def __iter__(self) -> Iterator[Ticket]:
        return chain.from_iterable(self._hosts.values())

    def at_hosts(self, fits: Callable[[str], bool]) -> Iterator[Ticket]:
        """Go through those who wait at hosts that fit, in turn; nobody is looked at who waits elsewhere."""
        return chain.from_iterable(queue for host, queue in self._hosts.items() if fits(host))

    def join(self, ticket: Ticket) -> None:
        """Put somebody at the end of his host's queue."""
        self._hosts.setdefault(ticket.host, {})[ticket] = None

    def leave(self, ticket: Ticket) -> None:
        """Take somebody out, if he waits."""
        queue = self._hosts.get(ticket.host, {})
        queue.pop(ticket, None)
        if not queue:
            self._hosts.pop(ticket.host, None)

    def serve(self, ticket: Ticket) -> None:
        """Take somebody out whose turn it was."""
        self.leave(ticket)
        if ticket.host in self._hosts:
            self._hosts[ticket.host] = self._hosts.pop(ticket.host)


class Account:
    """How many places are taken: in all, at each host, and by each transfer."""

    def __init__(self) -> None:
        self.total = 0
        self.hosts: Counter[str] = Counter()
        self.transfers: Counter[str] = Counter()

    def count(self, ticket: Ticket, change: int) -> None:
        """Take note of somebody who has so many more or, below zero, fewer."""
        self.total += change
        for counter, key in ((self.hosts, ticket.host), (self.transfers, ticket.transfer)):
            counter[key] += change
            if not counter[key]:
                del counter[key]


class SlotBook:
    """Who holds places and who waits for them: the decisions of Slots, without the waiting.

    Who may not go yet because a host or a transfer is full is passed over by the next that may, and keeps his
    place in the queue. Spare places are what is left when nobody else waits who may go.

    Two accounts are kept: what is taken now, and what will be taken soon, when those who are ending have left
    and those who are ahead have a place. By the second one it is decided who may be ahead.
    """

    def __init__(self, total: int, per_host: int, per_transfer: int) -> None:
        self.total = total
        self.per_host = per_host
        self.per_transfer = per_transfer
        self.host_ceilings: dict[str, int] = {}
        self._now = Account()
        self._soon = Account()
        self._ordinary = Turns()
        self._spare = Turns()

    def ask(self, ticket: Ticket) -> None:
        """Let somebody wait."""
        self._turns(ticket).join(ticket)

    def leave(self, ticket: Ticket) -> None:
        """Take back what somebody holds, and the turn that he waits for."""
        self.keep(ticket, 0)

    def keep(self, ticket: Ticket, count: int) -> None:
        """Leave somebody so many of his places, which he will give back soon; grant no more."""
        before = ticket.soon
        self._now.count(ticket, count - ticket.granted)
        ticket.want = ticket.granted = count
        ticket.ending = True
        self._soon.count(ticket, ticket.soon - before)
        self._turns(ticket).leave(ticket)

    def assign(self) -> list[Ticket]:
        """Grant what can be granted now and what will be free soon, and return all who got either."""
        lucky = []
        while (ticket := self._next()) is not None:
            before = ticket.soon
            ticket.granted = min(ticket.want, self._room(ticket))
            self._now.count(ticket, ticket.granted)
            self._soon.count(ticket, ticket.soon - before)
            self._turns(ticket).serve(ticket)
            lucky.append(ticket)
        while (ticket := self._next_ahead()) is not None:
            ticket.ahead = True
            self._soon.count(ticket, 1)
            lucky.append(ticket)
        return lucky

    def _next(self) -> Ticket | None:
        ordinary, spare = (self._fitting(turns, self._now) for turns in (self._ordinary, self._spare))
        return next(chain(ordinary, spare), None)

    def _next_ahead(self) -> Ticket | None:
        fitting = self._fitting(self._ordinary, self._soon)
        return next((one for one in fitting if not one.ahead), None)

    def _fitting(self, turns: Turns, taken: Account) -> Iterator[Ticket]:
        """Go through those who wait and could have a place by an account, in turn."""
        if taken.total >= self.total:
            return iter(())
        at_hosts = turns.at_hosts(lambda host: taken.hosts[host] < self._host_ceiling(host))
        return (one for one in at_hosts if taken.transfers[one.transfer] < self.per_transfer)

    def _turns(self, ticket: Ticket) -> Turns:
        return self._spare if ticket.spare else self._ordinary

    def taken_at(self, host: str) -> int:
        """Return how many places are taken at a host."""
        return self._now.hosts[host]

    @property
    def lanes_each(self) -> int:
        """Return how many lanes of two places a transfer may have beside others that have or want some."""
        transfers = self._now.transfers.keys() | {ticket.transfer for ticket in self._ordinary}
        return max(min(self.total // max(len(transfers), 1), self.per_transfer) // 2, 1)

    def statistics(self) -> SlotStatistics:
        """Return how full it is."""
        now = self._now
        hosts = {host: Use(taken, self._host_ceiling(host)) for host, taken in now.hosts.items()}
        waiting = sum(1 for _ in chain(self._ordinary, self._spare))
        return SlotStatistics(Use(now.total, self.total), hosts, len(now.transfers), waiting)

    def _room(self, ticket: Ticket) -> int:
        return min(
            self.total - self._now.total,
            self._host_ceiling(ticket.host) - self._now.hosts[ticket.host],
            self.per_transfer - self._now.transfers[ticket.transfer],
        )

    def _host_ceiling(self, host: str) -> int:
        return self.host_ceilings.get(host, self.per_host)
