"""A transfer that ends at any moment, whatever went wrong before, and is taken up by the next process."""

from collections import Counter
from random import Random

import pytest
from fakes.carrying import DATA, PART, SOURCE, TARGET, Carrying
from fakes.memory_journal import Killed
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import journal
from engine.errors import FerryError, ServerFault, Throttled, Unreachable, UploadGone
from engine.limits import Slots

TICKS = 52
"""Rounds of the loop that a transfer of ten parts takes; a few more are tried than there are."""

KINDS = [
    journal.PROBED,
    journal.CREATE,
    journal.CREATED,
    *[journal.PART] * 10,
    journal.COMPLETE,
    journal.COMPLETED,
]


def site(offers: str) -> MemoryTarget:
    """Return a target with or without ListParts and HeadObject."""
    return MemoryTarget(lists=offers != "nothing", heads=offers != "nothing")


def whole(later: Carrying, *, offers: str = "nothing", slots: int = 4) -> None:
    """Carry on, and assert that all is as without the kill, and no more sent again than was in flight."""
    state = later.state
    uncertain = state.complete_intended and state.completed is None and offers == "nothing"
    there = {number for upload in later.target.uploads.values() for number in upload.parts}
    done = later.object is not None
    later.carry()
    assert later.object == DATA
    assert list(later.target.objects) == [TARGET.key]
    assert later.free
    assert state.upload not in later.target.aborted
    assert offers == "nothing" or later.target.uploads == {}
    if uncertain and done:
        assert sorted(later.target.puts) == list(range(1, 11))
        return
    assert not set(later.target.puts) & set(state.parts)
    assert max(Counter(later.target.puts).values(), default=1) == 1
    assert len(there & set(later.target.puts)) <= slots


@pytest.mark.parametrize("offers", ["nothing", "list and head"])
@pytest.mark.parametrize("tick", range(TICKS + 4))
def test_killed_at_every_moment(tick: int, offers: str) -> None:
    """The next process ends whole, and sends nothing that has a durable receipt."""
    whole(Carrying(target=site(offers)).killed(tick), offers=offers)


@pytest.mark.parametrize("offers", ["nothing", "list and head"])
@pytest.mark.parametrize("tick", range(TICKS + 4))
def test_cancelled_at_every_moment(tick: int, offers: str) -> None:
    """Being cancelled gives nothing up, frees every place, and is resumed like a kill."""
    first = Carrying(target=site(offers))
    later = first.cancelled(tick)
    assert first.free
    assert first.target.calls["abort"] == 0
    assert journal.ABANDONED not in first.journal.kinds("event")
    whole(later, offers=offers)


@pytest.mark.parametrize("kept", [True, False], ids=["durable", "lost"])
@pytest.mark.parametrize("number", range(1, len(KINDS) + 1))
def test_killed_at_every_record(number: int, kept: bool) -> None:
    """Whether the record became durable or not."""
    first = Carrying()
    first.journal.end_at(number, kept=kept)
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - alone, or in groups of the task groups
        first.carry()
    assert is_killed(caught.value)
    assert first.free
    assert len(first.journal.log) == number - (not kept)
    whole(first.again())


def is_killed(error: BaseException) -> bool:
    """Tell whether an error is a kill and nothing else."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_killed(one) for one in error.exceptions)
    return isinstance(error, Killed)


@pytest.mark.parametrize("tick", range(0, 120, 3))
def test_killed_while_an_unranged_source_is_read_again(tick: int) -> None:
    """Receipts of two readings lie under one upload, and still the object is the source."""
    first = Carrying(MemoryFiles({SOURCE: File(DATA, ranged=False)}))
    first.files.breaks = [Break(after=6500)]
    later = first.killed(tick)
    later.carry()
    assert later.object == DATA


@pytest.mark.parametrize("tick", range(0, 60, 2))
def test_killed_while_it_is_given_up(tick: int) -> None:
    """Either nothing is given up, or the upload is an orphan on record until it is known to be gone."""
    first = Carrying(attempts=1)
    first.files.before = {2: lambda: setattr(first.files.files[SOURCE], "gone", True)}
    later = first.killed(tick)
    state = later.state
    if state.upload is None and later.target.uploads:
        assert set(later.target.uploads) <= {*state.orphans, "upload-1"}
        assert state.orphans or state.create_intended
    first.files.files[SOURCE].gone = False
    later.carry()
    assert later.object == DATA


def test_killed_again_and_again() -> None:
    """A process that lives for some rounds only comes to an end all the same."""
    carrying = Carrying()
    for _ in range(40):
        carrying = carrying.killed(18)
    assert carrying.object == DATA


CALLS = st.sampled_from(["create", "part", "put", "complete", "list", "head"])
FAULTS = st.sampled_from(
    [
        Unreachable("reset"),
        ServerFault("500"),
        Throttled("429", retry_after=40.0),
        UploadGone("NoSuchUpload"),
        LOST,
    ]
)
BREAKS = st.one_of(
    st.none(),
    st.builds(Break, status=st.sampled_from([500, 503, 429, 408])),
    st.builds(Break, after=st.integers(0, 3000), told=st.booleans()),
)


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(1, 6000),
    part=st.integers(300, 2500),
    slots=st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6)),
    ranged=st.booleans(),
    offers=st.booleans(),
    put_object=st.booleans(),
    faults=st.dictionaries(st.tuples(CALLS, st.integers(1, 12)), FAULTS, max_size=6),
    breaks=st.lists(BREAKS, max_size=6),
    flips=st.sets(st.integers(1, 8), max_size=1),
    kills=st.lists(st.integers(0, 90), max_size=3),
)
def test_whatever_goes_wrong_the_object_is_the_source(
    size: int,
    part: int,
    slots: tuple[int, int, int],
    ranged: bool,
    offers: bool,
    put_object: bool,
    faults: dict[tuple[str, int], FerryError | str],
    breaks: list[Break | None],
    flips: set[int],
    kills: list[int],
) -> None:
    """Object or error; every place free at the end; nothing that has a receipt is sent again."""
    data = Random(size).randbytes(size)
    site = MemoryTarget(lists=offers, heads=offers, put_object=put_object)
    carrying = Carrying(
        MemoryFiles({SOURCE: File(data, ranged=ranged)}), site, slots=Slots(*slots), part=part
    )
    carrying.files.breaks, site.faults, site.flips = list(breaks), faults, flips
    for tick in kills:
        carrying = carrying.killed(tick)
        carrying.files.breaks, carrying.target.faults = list(breaks), faults
    kept, site = carrying.state, carrying.target
    try:
        carrying.carry()
    except FerryError:
        assert kept.completed is None
    assert carrying.free
    assert carrying.object in {None, data}
    first = [number for number, to in zip(site.puts, site.put_to, strict=True) if to == kept.upload]
    if kills and ranged and kept.completed is None:
        assert not set(kept.parts) & set(first)
    last = carrying.again()
    last.carry()
    assert last.object == data


@settings(max_examples=60, deadline=None)
@given(tick=st.integers(0, 60), slots=st.integers(1, 6), size=st.integers(1, 9500))
def test_what_is_sent_again_after_a_kill_was_in_flight(tick: int, slots: int, size: int) -> None:
    """At most as many parts as there were places, where Complete is not in doubt."""
    data = DATA[:size]
    first = Carrying(MemoryFiles({SOURCE: File(data)}), site("all"), slots=Slots(slots, 9, 9))
    later = first.killed(tick)
    there = {number for upload in later.target.uploads.values() for number in upload.parts}
    later.carry()
    again = there & set(later.target.puts)
    assert len(again) <= slots
    assert later.snapshot.bytes.sent + later.snapshot.bytes.skipped == size
    assert sum(min(PART, size - (number - 1) * PART) for number in again) <= slots * PART
