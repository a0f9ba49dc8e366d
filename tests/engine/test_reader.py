"""A source kept readable: where it is, when it is asked for anew, and that it is still the one it was."""

from collections.abc import Collection
from contextlib import nullcontext
from typing import Any

import anyio
import pytest
from fakes.carrying import DATA, SOURCE, Carrying
from fakes.memory_site import Break, File, MemoryFiles
from fakes.virtual_time import virtually
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Changed, LocationExpired, LocationRefused, ServerFault, Unreadable
from engine.integrity import checksum_text, crc32
from engine.limits import Slots
from engine.model import Blob, ByteRange, Location, Source, Validator
from engine.reader import BlobReader, Refusals, RemoteReader, renewal
from engine.wire import Head, Probe, RangedGet, Request

SPAN = ByteRange(1000, 3000)
KNOWN = Validator(len(DATA), "1")


class Redirected(MemoryFiles):
    """Files whose addresses lead somewhere else, where they are found."""

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Tell where it was found."""
        found = await super().probe(source, Location(location.url.replace("front/", "")), deadline)
        return Probe(found.validator, found.ranged, Location(f"{found.location.url}", location.expires))

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Tell the address in front."""
        found = await super().locate(source, refused)
        return Location(found.url.replace("memory://", "memory://front/"), found.expires)


def remote(files: MemoryFiles, now: list[float] | None = None) -> RemoteReader:
    """Return a reader of the one file."""
    clock = now or [0.0]
    return RemoteReader(SOURCE, files, files, now=lambda: clock[0])


def one(**how: object) -> MemoryFiles:
    """Return a site of one file."""
    return MemoryFiles({SOURCE: File(DATA, **how)})


def test_a_read_after_the_measure_locates_nothing() -> None:
    """One address serves for all reads."""
    files = one()
    reader = remote(files)

    async def reads() -> None:
        assert await reader.measure() == KNOWN
        for _ in range(5):
            get = await reader.get(SPAN, KNOWN)
            assert get.span == SPAN

    virtually(reads())
    assert (files.located, files.probes) == (1, 1)


@pytest.mark.parametrize("measured", [True, False])
def test_many_reads_at_once_locate_once(measured: bool) -> None:
    """Whether nothing is known yet, or all were refused at the same moment."""
    files = one()
    reader = remote(files)
    gets: list[RangedGet] = []

    async def read() -> None:
        gets.append(await reader.get(SPAN, KNOWN))

    async def reads() -> None:
        if measured:
            await reader.measure()
            await read()
            files.files[SOURCE].version += 1
            for _ in range(8):
                reader.refused(gets[0])
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(read)

    virtually(reads())
    assert files.located == 1 + measured
    assert {get.request.url[-2:] for get in gets[-8:]} == {f"?{int(measured)}"}


def test_a_late_refusal_of_an_old_address_forgets_no_new_one() -> None:
    """A lane that began before the others located anew is refused after them."""
    files = one()
    reader = remote(files)

    async def reads() -> None:
        await reader.measure()
        old = await reader.get(SPAN, KNOWN)
        reader.refused(old)
        files.files[SOURCE].version += 1
        await reader.get(SPAN, KNOWN)
        reader.refused(old)
        await reader.get(SPAN, KNOWN)

    virtually(reads())
    assert files.located == 2


def test_the_locator_is_told_of_the_address_that_it_gave() -> None:
    """Not of where that one led: it would not know it, and give the old one again."""
    files = Redirected({SOURCE: File(DATA)})
    reader = remote(files)

    async def reads() -> None:
        await reader.measure()
        reader.refused(await reader.get(SPAN, KNOWN))
        await reader.get(SPAN, KNOWN)

    virtually(reads())
    assert files.refused[1] is not None
    assert files.refused[1].url.startswith("memory://front/")


def test_a_probe_that_is_refused_locates_anew_the_next_time() -> None:
    """The error may pass; what was refused is told to the locator."""
    files = one()
    reader = remote(files)

    async def reads() -> None:
        await reader.measure()
        files.files[SOURCE].version += 1
        with pytest.raises(LocationExpired):
            await reader.measure()
        await reader.measure()

    virtually(reads())
    assert files.located == 2
    assert files.refused[1] == Location("memory://event/presenter.mp4?0")


def test_an_address_is_asked_for_anew_before_it_expires() -> None:
    """A quarter of its lifetime before, at most a minute; for reads and for measures."""
    now = [0.0]
    files = one(lifetime=100.0)
    reader = remote(files, now)

    async def reads() -> None:
        await reader.measure()
        now[0] = 74.9
        await reader.get(SPAN, KNOWN)
        await reader.measure()
        assert files.located == 1
        now[0] = 75.0
        files.files[SOURCE].lifetime = 200.0
        await reader.get(SPAN, KNOWN)
        assert (files.located, files.probes) == (2, 3)
        now[0] = 180.0
        await reader.measure()
        assert files.located == 3

    virtually(reads())


def test_an_address_that_is_given_expired_is_used_as_it_is() -> None:
    """A clock that is wrong costs a question for each read, and no endless loop."""
    files = one(lifetime=-5.0)
    reader = remote(files)

    async def reads() -> None:
        await reader.measure()
        await reader.get(SPAN, KNOWN)
        await reader.get(SPAN, KNOWN)

    virtually(reads())
    assert files.located == 3


@pytest.mark.parametrize("other", [Validator(len(DATA), "2"), Validator(len(DATA) + 1, "1")])
def test_a_source_that_is_found_again_as_another_one_is_changed(other: Validator) -> None:
    """Before a byte of it is read."""
    reader = remote(one())
    with pytest.raises(Changed):
        virtually(reader.get(SPAN, other))


def test_a_server_without_ranges_is_read_whole() -> None:
    """Whatever span was asked for; whoever asks knows that by `ranged`."""
    files = one(ranged=False)
    reader = remote(files)

    async def read() -> RangedGet:
        await reader.measure()
        return await reader.get(SPAN, KNOWN)

    assert virtually(read()).span == ByteRange(0, len(DATA))
    assert not reader.ranged


def test_a_server_that_loses_its_ranges_gives_no_read() -> None:
    """The whole file is never handed to who asked for a span of it."""
    files = one()
    reader = remote(files)

    async def read() -> None:
        await reader.measure()
        reader.refused(await reader.get(SPAN, KNOWN))
        files.files[SOURCE].ranged = False
        for _ in range(3):
            with pytest.raises(ServerFault):
                await reader.get(SPAN, KNOWN)
            reader._location = None
        assert reader.ranged

    virtually(read())


def test_what_was_measured_first_stays_known() -> None:
    """A later measure tells what is so now, and `known` what was so then."""
    files = one()
    reader = remote(files)

    async def measures() -> Validator:
        await reader.measure()
        files.files[SOURCE].etag = "2"
        return await reader.measure()

    assert virtually(measures()).etag == "2"
    assert reader.known == KNOWN


@given(data=st.binary(min_size=1, max_size=50), ends=st.tuples(st.integers(0, 50), st.integers(0, 50)))
def test_bytes_in_memory_are_read_by_span(data: bytes, ends: tuple[int, int]) -> None:
    """Their checksum tells them from other bytes."""
    start, stop = sorted(min(end, len(data)) for end in ends)
    reader = BlobReader(Blob(data))
    assert virtually(reader.get(ByteRange(start, stop), reader.known)).data == data[start:stop]
    assert virtually(reader.measure()) == Validator(len(data), checksum_text(crc32(data)))


@given(expires=st.floats(0, 1e9), now=st.floats(0, 1e9))
def test_an_address_is_renewed_before_it_expires_and_never_long_before(expires: float, now: float) -> None:
    """At most a minute, at most a quarter of what is left."""
    found = renewal(Location("u", expires), now)
    assert found is not None
    assert expires - 60.0 <= found <= expires
    assert found == expires or expires - found <= (expires - now) / 4 * 1.0001 + 1e-6


def test_an_address_that_does_not_expire_is_not_renewed() -> None:
    """There is no moment for it."""
    assert renewal(Location("u"), 5.0) is None


class Refusing(MemoryFiles):
    """Files whose server refuses the first addresses that are shown to it, so many of them."""

    left = 0

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Refuse, or tell."""
        if self.left:
            self.left -= 1
            self.probes += 1
            raise LocationRefused("may not be read (HTTP 403)", where=source.group)
        return await super().probe(source, location, deadline)


@pytest.mark.fault(11, 13)
@pytest.mark.parametrize(
    ("refusals", "error"), [(0, None), (1, LocationRefused), (2, Unreadable), (9, Unreadable)]
)
def test_a_refused_address_is_followed_by_one_fresh_one(refusals: int, error: type[Exception] | None) -> None:
    """403 once may be an old signature; twice in a row it is final, and nobody asks a third time."""
    files = Refusing({SOURCE: File(DATA)})
    files.left = refusals
    reader = remote(files)

    async def reads() -> type[Exception] | None:
        last: type[Exception] | None = None
        for _ in range(2):
            try:
                await reader.measure()
            except (LocationRefused, Unreadable) as caught:
                last = type(caught)
            else:
                return last
        return last

    assert virtually(reads()) is error
    assert files.probes <= 2
    assert files.located == min(refusals + 1, 2)


@pytest.mark.fault(11)
def test_a_refusal_long_ago_does_not_count() -> None:
    """An address that worked meanwhile was a good one."""
    files = Refusing({SOURCE: File(DATA)})
    reader = remote(files)

    async def reads() -> None:
        for _ in range(3):
            files.left = 1
            with pytest.raises(LocationRefused):
                await reader.measure()
            assert await reader.measure() == KNOWN

    virtually(reads())


class Closing(MemoryFiles):
    """Files whose server answers every probe, and refuses the GETs of the numbers in `refuses` (from 1)."""

    refuses: Collection[int] = ()

    async def get(self, request: Request) -> tuple[Head, Any]:
        """Answer a GET, or refuse it."""
        if self.gets + 1 in self.refuses:
            self.breaks = [Break(status=403)]
        return await super().get(request)


@pytest.mark.fault(11, 13)
@pytest.mark.parametrize("ranged", [True, False])
def test_reads_that_are_refused_are_final_after_one_fresh_address(ranged: bool) -> None:
    """Though every probe goes well: two GETs, two addresses, and the upload is given up."""
    files = Closing({SOURCE: File(DATA, ranged=ranged)})
    files.refuses = range(1, 100)
    found = Carrying(files, slots=Slots(1, 1, 1))
    with pytest.raises(Unreadable):
        found.carry()
    assert (files.gets, files.located) == (2, 2)
    assert len(found.target.aborted) == 1


@pytest.mark.fault(11)
def test_a_probe_that_is_refused_after_a_read_was_is_final() -> None:
    """The address that was refused to it is the fresh one already."""
    files = Closing({SOURCE: File(DATA)})
    files.refuses = range(1, 100)
    found = Carrying(files, slots=Slots(1, 1, 1))
    probe = files.probe

    async def refusing(source: Source, location: Location, deadline: float) -> Probe:
        if files.gets:
            raise LocationRefused("may not be read (HTTP 403)", where=source.group)
        return await probe(source, location, deadline)

    files.probe = refusing  # type: ignore[method-assign]
    with pytest.raises(Unreadable):
        found.carry()
    assert (files.gets, files.located) == (1, 2)


@pytest.mark.fault(11)
def test_lanes_that_are_refused_at_once_are_given_one_fresh_address() -> None:
    """Four lanes hear 403 of the first address, and whoever hears it of a fresh one ends the transfer."""
    files = Closing({SOURCE: File(DATA)})
    files.refuses = range(1, 100)
    found = Carrying(files)
    with pytest.raises(Unreadable):
        found.carry()
    assert files.gets <= 8
    assert found.free


@pytest.mark.fault(11)
def test_addresses_that_run_out_with_403_are_renewed_as_often_as_they_have_served() -> None:
    """Some servers say 403 of an old signature: every second GET, far more often than there are tries."""
    files = Closing({SOURCE: File(DATA)})
    files.refuses = range(2, 100, 2)
    found = Carrying(files, slots=Slots(1, 1, 1), part=100)
    found.carry()
    assert found.object == DATA
    assert files.located == files.gets // 2 + 1 > 6


@given(verdicts=st.lists(st.booleans(), max_size=30))
def test_final_is_what_was_refused_right_after_a_refusal(verdicts: list[bool]) -> None:
    """One reader after another, each with a location of its own unless the one before had served."""
    refusals = Refusals()
    number, before = 1, True
    for serves in verdicts:
        judge = refusals.judging(number, lambda _: None) if serves else refusals.judging(number, refuse)
        with nullcontext() if serves else pytest.raises(LocationRefused if before else Unreadable):
            judge(Head(200 if serves else 403, {}))
        number += not serves
        before = serves


def refuse(head: Head) -> None:
    """Judge that a source may not be read."""
    raise LocationRefused("may not be read (HTTP 403)", where="here")
