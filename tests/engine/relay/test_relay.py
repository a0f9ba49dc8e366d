"""What holds of every relay: the conformance suite of lanes, over sockets, over TLS and in memory."""

import asyncio
import hashlib
import threading
import traceback
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Protocol

import anyio
import psutil
import pytest
from fakes.relay_worlds import Journey, World, until, world
from fakes.scripts import Taking

from engine.errors import (
    Changed,
    FerryError,
    Gone,
    LocationExpired,
    Refused,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Transient,
    Unreachable,
    UploadGone,
)
from engine.limits import Windows
from engine.model import ByteRange, Part
from engine.parts import MIB, cut
from engine.whole import FileSum
from engine.wire import BytesGet

DATA = Random(7).randbytes(500_000)
PART = 110_000
SOCKETS = ["plain", "tls", "streams plain", "streams tls"]
KINDS = ["memory", *SOCKETS]


class Make(Protocol):
    """Makes a world of the kind under test."""

    def __call__(self, data: bytes = DATA, **relay: Any) -> AbstractAsyncContextManager[World]:
        """Make it with some bytes at its source."""
        ...


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Give a maker of worlds of each kind."""
    return maker(request.param, tmp_path)


@pytest.fixture(params=SOCKETS)
def make_sockets(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Give a maker of worlds with sockets."""
    return maker(request.param, tmp_path)


def maker(kind: str, folder: Path) -> Make:
    """Make worlds of one kind, and see that each of them ends idle."""

    @asynccontextmanager
    async def made(data: bytes = DATA, **relay: Any) -> AsyncIterator[World]:
        async with world(kind, data, folder, **relay) as place:
            yield place
            if place.windows is not None:
                assert place.windows.statistics().leased == 0

    return made


def parts(count: int, size: int = PART) -> list[Part]:
    """Cut the first parts of DATA."""
    return list(cut(len(DATA), size))[:count]


def spanning(journey: Journey) -> ByteRange:
    """Return the bytes of all of a journey's parts."""
    return ByteRange(journey.parts[0].span.start, journey.parts[-1].span.stop)


def bytes_of(part: Part) -> bytes:
    """Return the bytes of a part."""
    return DATA[part.span.start : part.span.stop]


def assert_right(journey: Journey, numbers: list[int]) -> None:
    """Assert that exactly these parts count, and that receipt and target agree with the source."""
    assert sorted(journey.receipts) == numbers
    for part in journey.parts:
        receipt = journey.receipts.get(part.number)
        if receipt is None:
            assert journey.world.taken.get(part.number) is None
            continue
        data = bytes_of(part)
        assert journey.world.taken[part.number] == data
        assert (receipt.bytes, receipt.crc32, receipt.etag) == (len(data), zlib.crc32(data), '"etag"')
        assert receipt.md5 == (hashlib.md5(data).hexdigest() if journey.hashed else None)


@pytest.mark.parametrize("abreast", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 5])
async def test_bytes_arrive_exactly_and_in_order(make: Make, count: int, abreast: int) -> None:
    """Each part is what its span says, its checksums are right, and one GET has fed them all."""
    async with make() as place:
        journey = Journey(place, parts(count), abreast, hashed=count != 2)
        await journey.run(place.get(spanning(journey)))
        assert_right(journey, list(range(1, count + 1)))
        assert journey.asked == place.begun == list(range(1, count + 1))
        assert place.serving.asked == 1


async def test_a_file_is_summed_as_its_parts_flow_by(make: Make) -> None:
    """Its MD5 is that of all its bytes in order, also over two lanes, and with parts' own MD5s beside it."""
    for hashed in (True, False):
        async with make() as place:
            whole = FileSum()
            first = Journey(place, parts(5)[:2], hashed=hashed, file=whole)
            second = Journey(place, parts(5)[2:], hashed=hashed, file=whole)
            for journey in (first, second):
                await journey.run(place.get(spanning(journey)))
            receipts = [one for journey in (first, second) for _, one in sorted(journey.receipts.items())]
            assert whole.md5(receipts) == hashlib.md5(DATA[: 5 * PART]).hexdigest()


async def test_a_lane_may_begin_and_end_anywhere(make: Make) -> None:
    """Parts from the middle of a file to its end, which is smaller."""
    async with make() as place:
        journey = Journey(place, parts(5)[2:])
        await journey.run(place.get(spanning(journey)))
        assert_right(journey, [3, 4, 5])
        assert journey.receipts[5].bytes == 60_000


@pytest.mark.fault(1, 2, 3)
@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize("stop", [0, 1, PART - 1, PART, PART + 1, 3 * PART - 1, len(DATA) - 1])
async def test_a_short_body_never_becomes_a_part(make: Make, stop: int, then: str, told: bool) -> None:
    """However the source ends early, with a length or without, the part it cut has no receipt. One
    before it may be lost with it, where its last bytes were still unread."""
    async with make() as place:
        place.serving.stop, place.serving.told = stop, told
        place.serving.then = "close" if then == "close" else "reset"
        journey = await Journey(place, parts(5)).run()
        assert_right(journey, list(range(1, len(journey.receipts) + 1)))
        assert len(journey.receipts) <= stop // PART
        (failure,) = journey.failures.values()
        assert isinstance(failure.error, ShortBody | Unreachable)
        assert failure.bytes < PART


async def test_a_body_that_goes_on_never_becomes_the_last_part(make: Make) -> None:
    """More bytes than the range has mean that something is wrong with all of it: no last part counts."""
    async with make() as place:
        place.serving.told, place.serving.extra = False, b"and more"
        journey = await Journey(place, parts(5)).run()
        (failure,) = journey.failures.values()
        assert isinstance(failure.error, ShortBody)
        assert_right(journey, list(range(1, failure.number)))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, ServerFault),
        (403, Refused),
        (503, ServerFault),
        (429, Throttled),
        (302, Refused),
        (500, ServerFault),
    ],
)
@pytest.mark.parametrize("stop", [0, 50_000])
async def test_an_early_answer_fails_its_part(
    make: Make, stop: int, status: int, error: type[FerryError]
) -> None:
    """Whatever it says, even 200 with an ETag: the GET is stopped and nothing more is asked for."""
    data = DATA * 40
    async with make(data) as place:
        place.taking[2] = Taking(stop, status=status)
        span = len(data) // 2
        spans = [Part(1, ByteRange(0, PART)), Part(2, ByteRange(PART, PART + span))]
        journey = await Journey(place, [*spans, Part(3, ByteRange(PART + span, len(data)))]).run()
        assert list(journey.receipts) == [1]
        assert type(journey.failures[2].error) is error
        assert 0 < journey.failures[2].bytes < span
        assert journey.asked == [1, 2]
        assert place.serving.sent < len(data)
        assert 2 not in place.taken


@pytest.mark.parametrize("then", ["reset", "close"])
@pytest.mark.parametrize("stop", [0, 50_000, None])
async def test_a_target_that_breaks_off_fails_the_part(make: Make, stop: int | None, then: str) -> None:
    """Before, in or after the bytes of a part: it can be sent again, and the lane has ended."""
    async with make() as place:
        place.taking[2] = Taking(stop, "reset" if then == "reset" else "close")
        journey = await Journey(place, parts(5), abreast=1).run()
        assert list(journey.receipts) == [1]
        assert isinstance(journey.failures[2].error, Unreachable)
        assert journey.asked == [1, 2]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        (Taking(status=500), ServerFault),
        (Taking(status=403), Refused),
        (Taking(status=404, body=b"<Error><Code>NoSuchUpload</Code></Error>"), Transient),
        (Taking(etag=None), ServerFault),
        (Taking(status=500, body=b"x" * 1_000_000), ServerFault),
    ],
)
async def test_a_part_that_is_refused_after_its_last_byte_ends_the_lane(
    make: Make, how: Taking, error: type[FerryError]
) -> None:
    """The part that flows meanwhile goes on to its end, as its bytes are good; none is asked for after it."""
    async with make() as place:
        place.taking[1] = how
        how.gate = asyncio.Event()
        place.taking[2] = Taking(gate=asyncio.Event())
        journey = Journey(place, parts(5))
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(lambda: 2 in place.taken)
            how.gate.set()
            await until(lambda: journey.settled)
            assert place.taking[2].gate is not None
            place.taking[2].gate.set()
        assert isinstance(journey.failures[1].error, error)
        assert sorted(journey.receipts) == [2]
        assert journey.asked == [1, 2]


@pytest.mark.fault(6)
@pytest.mark.parametrize("fault", ["source stalls", "source trickles", "target stalls", "target is mute"])
async def test_silence_on_either_side_ends_at_the_deadline(make: Make, fault: str) -> None:
    """A source that sends nothing or a byte now and then, a target that reads nothing or answers nothing."""
    data = DATA * 40
    async with make(data) as place:
        if fault.startswith("source"):
            place.serving.stop, place.serving.then = 5000, "stall" if fault.endswith("stalls") else "trickle"
        elif fault == "target stalls":
            place.taking[1] = Taking(5000, "stall")
        else:
            place.taking[1] = Taking(None, "stall")
        journey = Journey(place, [Part(1, ByteRange(0, len(data)))], deadline=0.4)
        before = anyio.current_time()
        await journey.run()
        assert anyio.current_time() - before < 15
        assert isinstance(journey.failures[1].error, TimedOut)
        await place.idle()


async def test_waiting_for_windows_takes_nothing_of_a_parts_time(make_sockets: Make) -> None:
    """As long as others have them no part is asked for, so its deadline has not begun; nor has the GET."""
    windows = Windows(MIB, 1)
    async with make_sockets(windows=windows) as place, anyio.create_task_group() as group:
        journey = Journey(place, parts(2))
        async with windows.lease(windows.total):
            group.start_soon(journey.run, place.get(spanning(journey)))
            await until(lambda: windows.statistics().waiting)
            await asyncio.sleep(0.02)
            assert (journey.asked, place.serving.asked) == ([], 0)
        await until(lambda: len(journey.settled) == 2)
        assert_right(journey, [1, 2])


@pytest.mark.parametrize("hashed", [False, True])
async def test_windows_are_free_when_the_last_byte_is_handed_on(make_sockets: Make, hashed: bool) -> None:
    """Another lane may have them while the answers are awaited, and fill them: what was sent stays right."""
    windows = Windows(MIB, 1)
    async with make_sockets(windows=windows) as place, anyio.create_task_group() as group:
        gate = asyncio.Event()
        place.taking |= {1: Taking(gate=gate), 2: Taking(gate=gate)}
        first = Journey(place, parts(2), hashed=hashed)
        group.start_soon(first.run, place.get(spanning(first)))
        await until(lambda: first.places.ended and windows.statistics().leased == 0)
        second = Journey(place, parts(4)[2:], hashed=hashed)
        await second.run(place.get(spanning(second)))
        assert_right(second, [3, 4])
        assert first.settled == []
        gate.set()
        await until(lambda: len(first.settled) == 2)
        assert_right(first, [1, 2])


async def test_a_lane_with_no_part_sends_nothing(make: Make) -> None:
    """Its GET is closed again; the target never hears of it."""
    async with make() as place:
        journey = await Journey(place, parts(5), ask=0).run()
        assert (journey.settled, place.begun) == ([], [])
        await place.idle()


async def test_no_part_is_asked_for_beyond_the_get(make: Make) -> None:
    """A GET of two parts feeds two, although more would be handed out."""
    async with make() as place:
        journey = Journey(place, parts(5))
        await journey.run(place.get(ByteRange(0, 2 * PART)))
        assert_right(journey, [1, 2])
        assert journey.asked == [1, 2]


async def test_a_lane_ends_where_no_part_follows(make: Make) -> None:
    """None after the second part: what is left of the GET is not drained."""
    data = DATA * 40
    async with make(data) as place:
        journey = await Journey(place, parts(5), ask=2).run()
        assert_right(journey, [1, 2])
        assert place.serving.sent < len(data)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, Gone),
        (410, LocationExpired),
        (429, Throttled),
        (500, ServerFault),
        (200, Changed),
        (416, Changed),
    ],
)
async def test_a_get_that_fails_at_its_head_fails_one_part(
    make: Make, status: int, error: type[FerryError]
) -> None:
    """The error reaches the one part that was asked for; no PUT is begun."""
    async with make() as place:
        place.serving.status = status
        journey = Journey(place, parts(5)[1:])
        await journey.run(place.get(spanning(journey)))
        assert type(journey.failures[2].error) is error
        assert (journey.asked, place.begun, journey.failures[2].bytes) == ([2], [], 0)


async def test_the_next_part_starts_while_an_answer_is_awaited(make: Make) -> None:
    """With two abreast the second part is whole at the target before the first is answered; the third is
    not asked for until one of them is settled."""
    async with make() as place:
        gates = [asyncio.Event(), asyncio.Event()]
        place.taking |= {1: Taking(gate=gates[0]), 2: Taking(gate=gates[1])}
        journey = Journey(place, parts(5), abreast=2)
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(lambda: 2 in place.taken)
            await asyncio.sleep(0.02)
            assert (journey.asked, journey.settled) == ([1, 2], [])
            gates[1].set()
            await until(lambda: 3 in place.taken)
            assert 2 in journey.receipts
            assert 1 not in journey.receipts
            gates[0].set()
        assert_right(journey, [1, 2, 3, 4, 5])


async def test_no_place_is_taken_after_the_last_byte(make: Make) -> None:
    """Another lane may have those that are free, while the last answers are awaited."""
    async with make() as place:
        gate = asyncio.Event()
        place.taking |= {1: Taking(gate=gate), 2: Taking(gate=gate)}
        journey = Journey(place, parts(2), abreast=2)
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run, place.get(spanning(journey)))
            await until(lambda: 1 in place.taken)
            assert journey.places.ended or 2 not in place.taken
            await until(lambda: journey.places.ended)
            assert journey.settled == []
            gate.set()
        assert_right(journey, [1, 2])


async def test_the_get_comes_before_a_place(make_sockets: Make) -> None:
    """It is answered while every place is another's; the first part is asked for when there is one."""
    async with make_sockets() as place:
        journey = Journey(place, parts(5), abreast=0)
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(lambda: place.serving.asked)
            await asyncio.sleep(0.02)
            assert (journey.asked, place.begun) == ([], [])
            journey.places.give()
        assert_right(journey, [1, 2, 3, 4, 5])


async def test_one_abreast_waits_for_each_answer(make: Make) -> None:
    """The second part is not asked for before the first is settled."""
    async with make() as place:
        gate = asyncio.Event()
        place.taking[1] = Taking(gate=gate)
        journey = Journey(place, parts(2), abreast=1)
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run, place.get(spanning(journey)))
            await until(lambda: 1 in place.taken)
            await asyncio.sleep(0.02)
            assert journey.asked == [1]
            gate.set()
        assert_right(journey, [1, 2])


async def test_a_part_keeps_its_place_until_it_is_settled(make: Make) -> None:
    """A receipt that is not durable yet is a part in flight: nothing follows it meanwhile."""
    async with make() as place:
        journey = Journey(place, parts(3), abreast=1, hold=asyncio.Event())
        assert journey.hold is not None
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run, place.get(spanning(journey)))
            await until(lambda: 1 in place.taken)
            await asyncio.sleep(0.02)
            assert journey.asked == [1]
            journey.hold.set()
        assert_right(journey, [1, 2, 3])


async def test_bytes_in_memory_are_fed_like_a_get(make: Make) -> None:
    """A manifest as one part, and larger bytes as several; the source hears nothing."""
    async with make() as place:
        one = Part(1, ByteRange(0, len(DATA)))
        for pieces in ([one], parts(5)):
            place.taken.clear()
            journey = await Journey(place, pieces, hashed=True).run(BytesGet(DATA))
            assert_right(journey, [part.number for part in pieces])
        assert place.serving.asked == 0


async def test_bytes_in_memory_that_are_too_few_are_short(make: Make) -> None:
    """A part that needs more than there is fails, like any short body."""
    async with make() as place:
        journey = await Journey(place, parts(1)).run(BytesGet(DATA[:1000]))
        assert isinstance(journey.failures[1].error, ShortBody)
        assert place.taken == {}


@pytest.mark.parametrize("moment", ["head", "flow", "answer", "settle"])
async def test_cancellation_leaves_nothing_behind(make: Make, moment: str) -> None:
    """Wherever a lane is cancelled: no task, no connection and no window is left, and nothing is settled
    after it."""
    data = DATA * 40
    async with make(data) as place:
        journey = Journey(place, [Part(1, ByteRange(0, len(data)))])
        reached: dict[str, Callable[[], object]] = {
            "head": lambda: place.serving.asked,
            "flow": lambda: place.begun and place.serving.sent > 100_000,
            "answer": lambda: 1 in place.taken,
            "settle": lambda: 1 in place.taken,
        }
        if moment == "flow":
            place.taking[1] = Taking(slow=0.01)
        if moment == "answer":
            place.taking[1] = Taking(then="stall")
        if moment == "settle":
            journey.hold = asyncio.Event()
        before = our_tasks()
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(reached[moment])
            await asyncio.sleep(0.01 if moment == "settle" else 0)
            group.cancel_scope.cancel()
        settled = list(journey.settled)
        await asyncio.sleep(0.02)
        assert journey.settled == settled == []
        await place.idle()
        assert our_tasks() <= before


def our_tasks() -> set["asyncio.Task[Any]"]:
    """Return the tasks that run but those of the servers."""
    return {task for task in asyncio.all_tasks() if "raw_server" not in repr(task.get_coro())}


async def test_connections_are_used_again(make_sockets: Make) -> None:
    """Five parts go through one PUT connection one abreast, through two at most two abreast; a second lane
    needs no new ones."""
    async with make_sockets() as place:
        source, target = place.servers
        for _ in range(2):
            await Journey(place, parts(5), abreast=1).run()
        assert (source.opened, target.opened) == (1, 1)
        for _ in range(2):
            await Journey(place, parts(5), abreast=2).run()
        assert source.opened == 1
        assert target.opened <= 2


async def test_a_failed_part_takes_its_connection_along(make_sockets: Make) -> None:
    """After an early answer or a cut nothing is sent on that connection again, and the GET's is closed."""
    async with make_sockets(DATA * 40) as place:
        place.taking[1] = Taking(1000, status=503)
        size = len(place.serving.data)
        await Journey(place, [Part(1, ByteRange(0, size))]).run()
        await place.idle()
        assert place.kept() == 0


async def test_an_early_answer_stops_the_bytes_while_it_explains(make_sockets: Make) -> None:
    """From the head of an early answer on nothing is handed on, however long its body takes."""
    data = DATA * 40
    async with make_sockets(data) as place:
        opened = asyncio.Event()
        error = b"<Error><Code>NoSuchUpload</Code></Error>"
        place.taking[1] = Taking(1000, status=404, body=error, open=opened)
        journey = Journey(place, [Part(1, ByteRange(0, len(data)))])
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(lambda: place.cut)
            await asyncio.sleep(0.3)
            opened.set()
        assert isinstance(journey.failures[1].error, UploadGone)
        await place.idle()
        assert place.after[1] < len(data) - 1000
        assert place.serving.sent < len(data)


@pytest.mark.fault(6)
async def test_a_connection_that_the_target_does_not_read_is_cut(make_sockets: Make) -> None:
    """After the deadline no socket to the target is left, although bytes for it were still buffered."""
    data = DATA * 40
    async with make_sockets(data) as place:
        place.taking[1] = Taking(1000, "stall")
        await Journey(place, [Part(1, ByteRange(0, len(data)))], deadline=0.3).run()
        await until(lambda: not sockets_to(place.servers[1].port))
        assert not place.over.is_set()


def sockets_to(port: int) -> list[object]:
    """Return this process's sockets whose peer listens at a port."""
    found = psutil.Process().net_connections("tcp")
    return [one for one in found if one.raddr and one.raddr.port == port and one.status != "CLOSE_WAIT"]


async def test_a_slow_target_pauses_the_source(make_sockets: Make) -> None:
    """Of 64 MiB at the source only what windows and sockets hold is read while the target takes nothing."""
    data = bytes(64 * MIB)
    async with make_sockets(data, windows=Windows(MIB, 1)) as place:
        place.taking[1] = Taking(100_000, "stall")
        journey = Journey(place, [Part(1, ByteRange(0, len(data)))], deadline=1.5)
        await journey.run()
        assert isinstance(journey.failures[1].error, TimedOut)
        assert 100_000 < journey.failures[1].bytes < 16 * MIB
        assert place.serving.sent < 24 * MIB
        await place.idle()


@pytest.mark.fault(6)
async def test_what_stalls_is_named(make_sockets: Make) -> None:
    """A deadline that passes while the source is waited for names the source, else the target."""
    async with make_sockets() as place:
        source, target = (server.url.partition("//")[2] for server in place.servers)
        place.serving.stop, place.serving.then = 1000, "stall"
        journey = await Journey(place, parts(1), deadline=0.2).run()
        assert journey.failures[1].error.where == source
        place.serving.stop, place.serving.then = None, "go on"
        place.taking[1] = Taking(then="stall")
        journey = await Journey(place, parts(1), deadline=1.5).run()
        assert journey.failures[1].error.where == target


async def test_a_lane_that_cannot_move_ends_at_its_parts_end(make_sockets: Make) -> None:
    """Where no place abreast gets free in time, the GET is closed instead of lying idle; nothing failed."""
    async with make_sockets(idle=0.05) as place:
        gate = asyncio.Event()
        place.taking[1] = Taking(gate=gate)
        journey = Journey(place, parts(5), abreast=1)
        async with anyio.create_task_group() as group:
            group.start_soon(journey.run)
            await until(lambda: 1 in place.taken)
            await asyncio.sleep(0.2)
            gate.set()
        assert_right(journey, [1])
        assert (journey.asked, journey.failures) == ([1], {})


async def test_a_lane_that_gets_no_place_at_all_ends_with_nothing_asked_for(make_sockets: Make) -> None:
    """Its GET is closed, and nothing failed."""
    async with make_sockets(idle=0.05) as place:
        journey = await Journey(place, parts(5), abreast=0).run()
        assert (journey.asked, journey.settled, place.begun) == ([], [], [])
        assert not journey.places.ended
        await place.idle()


async def test_bytes_and_seconds_are_told(make_sockets: Make) -> None:
    """Every byte handed on is counted once, and what hashing costs is measured; unhashed parts cost none."""
    async with make_sockets() as place:
        await Journey(place, parts(5)).run()
        assert sum(place.flowed) == len(DATA)
        assert place.spent == []
        await Journey(place, parts(5), hashed=True).run()
        assert sum(place.flowed) == 2 * len(DATA)
        assert len(place.spent) >= 5
        assert all(seconds >= 0 for seconds in place.spent)


async def test_no_secret_of_an_address_is_in_an_error(make_sockets: Make) -> None:
    """Upload targets and signed queries stay out of messages and tracebacks, whatever breaks."""
    async with make_sockets() as place:
        for how in (Taking(0, "reset"), Taking(1000, "close"), Taking(None, "reset"), Taking(0, status=403)):
            place.taking[1] = how
            journey = await Journey(place, parts(1)).run()
            text = "".join(traceback.format_exception(journey.failures[1].error))
            assert "file?partNumber" not in text


async def test_two_lanes_at_once_keep_their_bytes_apart(make_sockets: Make) -> None:
    """Lanes side by side over one pool of windows: every part is what its span says."""
    async with make_sockets() as place:
        first, second = Journey(place, parts(5)[:2], hashed=True), Journey(place, parts(5)[2:], hashed=True)
        async with anyio.create_task_group() as group:
            for journey in (first, second):
                group.start_soon(journey.run, place.get(spanning(journey)))
        assert_right(first, [1, 2])
        assert_right(second, [3, 4, 5])


async def test_hashing_is_done_beside_the_loop(tmp_path: Path) -> None:
    """MD5 runs in threads of the relay's own, which end with it; the loop's default threads stay free."""
    async with world("plain", DATA, tmp_path) as place:
        await Journey(place, parts(5), hashed=True).run()
        names = {thread.name.partition("_")[0] for thread in threading.enumerate()}
        assert "md5" in names
        assert "asyncio" not in names
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("md5")]
