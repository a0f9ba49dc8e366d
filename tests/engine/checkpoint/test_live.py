"""What holds of the records that are still alive."""

from sys import getsizeof

from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoint.line import Entry
from engine.checkpoint.live import Live, Place

entries = st.lists(
    st.builds(Entry, st.sampled_from("abc"), st.booleans(), st.binary(min_size=1, max_size=9)), max_size=40
)


def places(count: int) -> list[Place]:
    """Give each record a place that tells which it is."""
    return [Place(number * 100, 30) for number in range(count)]


def folded(records: list[Entry]) -> Live:
    """Add all records."""
    live = Live()
    for entry, place in zip(records, places(len(records)), strict=True):
        live.add(entry, place)
    return live


def by_the_book(records: list[Entry]) -> dict[str, list[Place]]:
    """Do the same as slowly and plainly as can be."""
    alive: dict[str, list[Place]] = {}
    for entry, place in zip(records, places(len(records)), strict=True):
        if entry.closes:
            alive[entry.subject] = [place._replace(closes=True)]
        else:
            alive.setdefault(entry.subject, []).append(place)
    return alive


@given(entries)
def test_a_closing_record_replaces_what_came_before(records: list[Entry]) -> None:
    """Each subject keeps its last closing record and all that came after it."""
    live, expected = folded(records), by_the_book(records)
    assert {subject: live.kept(subject) for subject in live.subjects()} == expected
    assert live.records == sum(len(kept) for kept in expected.values())
    assert live.kept("never heard of") == []


@given(entries)
def test_what_it_gives_makes_the_same_again(records: list[Entry]) -> None:
    """Adding the live records in their order to nothing makes an equal fold: that is a rewrite."""
    live, again = folded(records), Live()
    for subject, kept in live:
        again.add(Entry(subject, kept.closes, b""), kept)
    assert list(again) == list(live)
    assert (again.open_subjects, again.closed_subjects) == (live.open_subjects, live.closed_subjects)
    assert (again.records, again.bytes) == (live.records, live.bytes)


def test_a_closed_subject_costs_a_place() -> None:
    """However much was said of it, one place stays."""
    live = folded([*[Entry("a", False, b"x" * 1000)] * 50, Entry("a", True, b"done")])
    assert live.closing("a") == Place(5000, 30, closes=True)
    assert (live.open_subjects, live.closed_subjects, live.bytes) == (0, 1, 30)


def memory(live: Live) -> int:
    """Return the bytes that the places take."""
    return getsizeof(live._places) + sum(getsizeof(one) for one in live._places.values())


def test_memory_does_not_grow_with_what_is_done() -> None:
    """A subject that closes takes no more than it did when it was new."""
    live = folded([Entry(str(number), False, b"planned") for number in range(1000)])
    planned = memory(live)
    for number in range(1000):
        for _ in range(20):
            live.add(Entry(str(number), False, b"part"), Place(number, 100))
        live.add(Entry(str(number), True, b"done"), Place(number, 100))
    assert live.closed_subjects == 1000
    assert memory(live) <= planned


def test_an_open_record_costs_some_bytes_however_long_it_is() -> None:
    """No body is kept: an item that waits for another run takes no room for what it said."""
    live = folded([Entry("a", False, b"x" * 100_000)] * 50)
    assert memory(live) < 2000
    assert live.kept("a") == places(50)
    assert live.bytes == 50 * 30


@given(st.integers(0, 2**62), st.integers(1, 2**40), st.booleans())
def test_a_place_comes_back_as_it_was(offset: int, length: int, closes: bool) -> None:
    """Whatever the size of the file."""
    live = Live()
    live.add(Entry("a", closes, b""), Place(offset, length))
    live.add(Entry("a", False, b""), Place(7, 8))
    assert live.kept("a") == [Place(offset, length, closes), Place(7, 8)]
