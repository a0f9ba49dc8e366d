"""What holds of places granted and waited for, in whatever order things happen."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from engine.limits import SlotBook, Ticket

HOSTS = ("opencast.example", "panopto.example", "other.example")


class SlotBookMachine(RuleBasedStateMachine):
    """Anything may happen to a book of places in any order; a model counts beside it."""

    tickets: Bundle[Ticket] = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.book = SlotBook(total=4, per_host=3, per_transfer=2)
        self.alive: list[Ticket] = []
        self.lowered = False

    @rule(
        target=tickets,
        host=st.sampled_from(HOSTS),
        transfer=st.sampled_from("abcd"),
        want=st.integers(1, 4),
        spare=st.booleans(),
    )
    def ask(self, host: str, transfer: str, want: int, spare: bool) -> Ticket:
        """Somebody asks."""
        ticket = Ticket(host, transfer, want, spare)
        self.book.ask(ticket)
        self.alive.append(ticket)
        self.assign()
        return ticket

    @rule(ticket=consumes(tickets))
    def leave(self, ticket: Ticket) -> None:
        """Somebody gives places back, or stops waiting."""
        self.book.leave(ticket)
        self.alive.remove(ticket)
        self.assign()

    @rule(ticket=tickets, count=st.integers(0, 3))
    def keep(self, ticket: Ticket, count: int) -> None:
        """Somebody gives some back, and wants no more."""
        if ticket.granted:
            self.book.keep(ticket, min(count, ticket.granted))
            self.assign()

    @rule(total=st.integers(1, 8), per_host=st.integers(1, 6), own=st.integers(1, 6))
    def move_ceilings(self, total: int, per_host: int, own: int) -> None:
        """The operator moves the ceilings."""
        self.lowered = True
        self.book.total, self.book.per_host = total, per_host
        self.book.host_ceilings[HOSTS[0]] = own
        self.assign()

    def assign(self) -> None:
        """Grant to those who wait, to each once, and spare places when nobody else can go."""
        before = {ticket: (ticket.granted, ticket.ahead) for ticket in self.alive}
        lucky = self.book.assign()
        assert len(set(lucky)) == len(lucky)
        assert {one for one in self.alive if (one.granted, one.ahead) != before[one]} == set(lucky)
        granted = [one.spare for one in lucky if one.granted]
        assert granted == sorted(granted)

    def taken(self) -> tuple[int, Counter[str], Counter[str]]:
        """Count what is granted, from the tickets alone."""
        hosts, transfers = Counter[str](), Counter[str]()
        for ticket in self.alive:
            hosts[ticket.host] += ticket.granted
            transfers[ticket.transfer] += ticket.granted
        return hosts.total(), hosts, transfers

    @invariant()
    def no_ceiling_is_passed(self) -> None:
        """Grants stay under every ceiling, unless it was lowered under them."""
        total, hosts, transfers = self.taken()
        assert all(count <= self.book.per_transfer for count in transfers.values())
        if not self.lowered:
            assert total <= 4
            assert all(count <= 3 for count in hosts.values())

    @invariant()
    def nobody_waits_who_could_go(self) -> None:
        """Who waits is stopped by a full run, host or transfer."""
        total, hosts, transfers = self.taken()
        for ticket in self.alive:
            if ticket.want and not ticket.granted:
                ceiling = self.book.host_ceilings.get(ticket.host, self.book.per_host)
                assert (
                    total >= self.book.total
                    or hosts[ticket.host] >= ceiling
                    or transfers[ticket.transfer] >= self.book.per_transfer
                )

    @invariant()
    def what_comes_soon_is_counted_right(self) -> None:
        """It is what each of them will have, and who waits is ahead unless nothing more comes for him."""
        soon = self.book._soon
        assert soon.total == sum(ticket.soon for ticket in self.alive)
        assert soon.hosts.total() == soon.transfers.total() == soon.total
        for ticket in self.alive:
            if not (ticket.spare or ticket.ending or ticket.ahead or ticket.granted):
                ceiling = self.book.host_ceilings.get(ticket.host, self.book.per_host)
                full = soon.total >= self.book.total or soon.hosts[ticket.host] >= ceiling
                assert full or soon.transfers[ticket.transfer] >= self.book.per_transfer

    @invariant()
    def the_books_agree(self) -> None:
        """Statistics tell what the tickets tell."""
        total, hosts, _ = self.taken()
        statistics = self.book.statistics()
        assert statistics.total.taken == total
        assert {host: use.taken for host, use in statistics.hosts.items()} == dict(+hosts)
        assert statistics.waiting == sum(1 for one in self.alive if one.want and not one.granted)


TestSlotBook = SlotBookMachine.TestCase
TestSlotBook.settings = settings(max_examples=50)


def asked(book: SlotBook, transfer: str, want: int = 2) -> Ticket:
    """Let somebody ask, and grant what can be granted."""
    ticket = Ticket("panopto.example", transfer, want)
    book.ask(ticket)
    book.assign()
    return ticket


def test_who_will_have_places_soon_is_told_so() -> None:
    """One for each place of who is ending, in their order; places are theirs when they are free."""
    book = SlotBook(3, 4, 4)
    first, second = asked(book, "1"), asked(book, "2")
    waiting = [asked(book, "3"), asked(book, "4"), asked(book, "5"), asked(book, "6")]
    assert not any(one.ahead for one in waiting)
    book.keep(first, 2)
    assert book.assign() == waiting[:2]
    book.keep(second, 1)
    assert book.assign() == [waiting[2]]
    assert [(one.ahead, one.granted) for one in waiting] == [(True, 0)] * 3 + [(False, 0)]
    book.keep(second, 0)
    assert book.assign() == [waiting[0]]
    assert waiting[0].granted == 1


def test_nobody_makes_ready_for_a_place_of_a_transfer_or_host_that_stays_full() -> None:
    """Places that will be free elsewhere are none for him."""
    book = SlotBook(6, 4, 2)
    ending, staying = asked(book, "1"), asked(book, "2")
    same, other = asked(book, "2"), asked(book, "1")
    book.keep(ending, 2)
    book.assign()
    assert (same.ahead, other.ahead) == (False, True)
    assert staying.granted == 2


def test_nobody_waits_for_a_second_place() -> None:
    """Where parts flow for longer than they are answered, it would lie idle; so another lane has it."""
    book = SlotBook(3, 3, 3)
    first, second, third = asked(book, "1"), asked(book, "2"), asked(book, "3")
    assert (first.granted, second.granted, third.granted) == (2, 1, 0)
    book.keep(first, 1)
    book.assign()
    assert (second.granted, third.granted) == (1, 1)


@given(
    total=st.integers(1, 5),
    asking=st.lists(st.sampled_from(HOSTS), min_size=1, max_size=30),
    leaving=st.lists(st.integers(0, 4), min_size=60, max_size=60),
)
def test_hosts_are_served_in_turn(total: int, asking: list[str], leaving: list[int]) -> None:
    """While a host waits, no other is served twice; within one host, in the order of asking."""
    book, tickets = SlotBook(total, total, total), [Ticket(host, "t", 1) for host in asking]
    for ticket in tickets:
        book.ask(ticket)
    waiting, holding, served = Counter(asking), list[Ticket](), list[Ticket]()
    since = {host: Counter[str]() for host in HOSTS}
    for turn in leaving:
        for ticket in book.assign():
            served.append(ticket)
            holding.append(ticket)
            waiting[ticket.host] -= 1
            for other in HOSTS:
                since[other][ticket.host] += 1
                assert not waiting[other] or other == ticket.host or since[other][ticket.host] <= 1
            since[ticket.host].clear()
        if holding:
            book.leave(holding.pop(turn % len(holding)))
    assert len(served) == len(tickets)
    for host in HOSTS:
        assert [one for one in served if one.host == host] == [one for one in tickets if one.host == host]


@given(most=st.integers(2, 9), leaving=st.lists(st.integers(0, 1), min_size=20, max_size=20))
def test_two_hosts_that_always_wait_alternate(most: int, leaving: list[int]) -> None:
    """Also where one of them had asked for much before the other came."""
    book = SlotBook(2, 2, 99)
    for host in (*HOSTS[:1] * most, *HOSTS[1:2] * 2):
        book.ask(Ticket(host, "t", 1))
    holding = book.assign()
    served = [ticket.host for ticket in holding]
    for turn in leaving:
        book.ask(Ticket(served[-1], "t", 1))
        book.leave(holding.pop(turn))
        lucky = book.assign()
        holding += lucky
        served += [ticket.host for ticket in lucky]
    assert len(served) == 2 + len(leaving)
    assert all(one != other for one, other in pairwise(served))


def test_who_was_passed_over_keeps_the_place() -> None:
    """A host that is full is not served in its turn, and is the first when it is full no more."""
    book = SlotBook(2, 1, 9)
    full, over, other = Ticket("a", "1", 1), Ticket("a", "2", 1), Ticket("b", "3", 1)
    for ticket in (full, over, other, Ticket("b", "4", 1)):
        book.ask(ticket)
    assert book.assign() == [full, other]
    book.leave(full)
    assert book.assign() == [over]


def test_a_host_that_is_full_is_passed_over_as_a_whole() -> None:
    """However many wait there, none of them is looked at."""
    looks = []

    class Looked(Ticket):
        def __getattribute__(self, name: str) -> object:
            looks.append(name)
            return super().__getattribute__(name)

    book = SlotBook(3, 1, 9)
    for _ in range(100):
        book.ask(Looked("a", "1", 1))
    book.assign()
    looks.clear()
    other = Ticket("b", "2", 1)
    book.ask(other)
    assert (book.assign(), looks) == ([other], [])


def test_spare_places_are_what_the_others_leave() -> None:
    """Who asked for them first still comes last, and gets one where two were wanted."""
    book = SlotBook(3, 3, 3)
    spare, other = Ticket("a", "1", 2, spare=True), Ticket("b", "2", 2)
    book.ask(spare)
    book.ask(other)
    assert book.assign() == [other, spare]
    assert (other.granted, spare.granted) == (2, 1)
    late = Ticket("a", "3", 1)
    book.ask(late)
    assert book.assign() == []
    book.leave(spare)
    assert book.assign() == [late]


def test_lanes_are_shared_among_the_transfers_that_want_places() -> None:
    """Alone a transfer may have all places in pairs, among others its share, waiting ones counted."""
    book = SlotBook(total=16, per_host=16, per_transfer=12)
    assert book.lanes_each == 6
    for number in range(10):
        book.ask(Ticket("host", f"transfer-{number}", 2))
        book.assign()
        assert book.lanes_each == max(min(16 // (number + 1), 12) // 2, 1)
    book.ask(Ticket("host", "spare", 2, spare=True))
    assert book.lanes_each == 1
