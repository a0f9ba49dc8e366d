"""A run and its time windows: what a window's end leaves is taken up by the next pass, as after a start."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from fakes.migration_site import Process, Site, lecture
from fakes.virtual_time import virtually

from engine import AccountRefused, Interrupted
from pipelines.config.windows import TimeWindows, parse
from pipelines.migration.passes import Hours, Pass, Passes, WindowEnded
from pipelines.migration.stages import WindowClosed, WindowOpened, WindowShut
from pipelines.panopto.model import State

START = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
NIGHTS = parse("22:00-07:00", UTC)
TO_MORNING = 9 * 3600.0
TO_EVENING = 15 * 3600.0
VERIFIED = {("verified", None)}


def hours(windows: TimeWindows = NIGHTS, *, later: float = 0.0, **more: float | bool) -> Hours:
    """Return hours on a clock that goes with the loop's, and shows so many seconds after 22:00 now."""
    begun = anyio.current_time()
    return Hours(
        lambda: windows,
        nap=10.0,
        now=lambda: START + timedelta(seconds=later + anyio.current_time() - begun),
        **more,  # type: ignore[arg-type]
    )


@dataclass
class OnePass:
    """A pass over the events of a site that are not done, in a process of its own."""

    site: Site
    process: Process

    async def run(self) -> None:
        """Run over what is not done."""
        site = self.site
        await self.process.migration.run(
            [one for one in site.opencast.events if not site.state(one).settled(False)]
        )

    def close(self) -> None:
        """Begin no further item."""
        self.process.migration.close()

    def drain(self) -> None:
        """Begin nothing new."""
        self.process.migration.drain()


@dataclass
class Runs:
    """A run at a site: the passes that were begun, and what was told."""

    site: Site
    slow: tuple[str, ...] = ()
    slow_passes: int = 1
    in_flight: int = 4
    begun: list[Process] = field(default_factory=list)
    told: list[object] = field(default_factory=list)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Pass]:
        """Begin a pass; the files named in `slow` have parts in flight in the first ones."""
        process = self.site.process(in_flight=self.in_flight)
        if len(self.begun) < self.slow_passes:
            process.engine.slow_down(*self.slow)
        self.begun.append(process)
        yield OnePass(self.site, process)

    def release(self) -> None:
        """Let the part in flight of the last pass end."""
        self.begun[-1].engine.release("presenter.mp4")

    def passes(self, when: Hours) -> Passes:
        """Return the run."""
        return Passes(self.begin, when, self.told.append)


async def site_of(*names: str) -> Site:
    """Return a site of lectures, all in the plan."""
    site = Site(*(lecture(name) for name in names))
    await site.planned()
    return site


async def after(seconds: float, do: Callable[[], None]) -> None:
    """Do something later."""
    await anyio.sleep(seconds)
    do()


def test_inside_a_window_it_runs_at_once() -> None:
    """One pass, and nothing is said of windows."""

    async def work() -> None:
        runs = Runs(await site_of("a", "b"))
        await runs.passes(hours()).run()
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert (len(runs.begun), runs.told) == (1, [])

    virtually(work())


def test_outside_a_window_it_waits_for_the_next_and_goes_on() -> None:
    """Nothing is begun before, and it says when it goes on."""

    async def work() -> None:
        runs, began = Runs(await site_of("a")), anyio.current_time()
        await runs.passes(hours(later=TO_MORNING)).run()
        assert anyio.current_time() - began == pytest.approx(TO_EVENING, abs=10)
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert runs.told == [WindowShut("Tue 2026-03-03 22:00"), WindowOpened()]

    virtually(work())


def test_what_ends_within_the_grace_is_ended_and_the_rest_waits_for_the_next_window() -> None:
    """The item under way is not cut off; the one not begun is, and belongs to the next pass."""

    async def work() -> None:
        runs = Runs(await site_of("a", "b"), slow=("presenter.mp4",), in_flight=1)
        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 60, runs.release)
            group.start_soon(after, TO_MORNING + 300, lambda: ended.append(dict(runs.site.outcomes())))
            ended: list[dict[str, tuple[str, str | None]]] = []
            await runs.passes(hours(grace=120.0)).run()
        assert ended == [{"a": ("verified", None), "b": ("waiting", None)}]
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert len(runs.begun) == 2
        assert runs.told == [WindowClosed(120.0), WindowShut("Tue 2026-03-03 22:00"), WindowOpened()]

    virtually(work())


def test_after_the_grace_parts_in_flight_end_and_the_next_pass_goes_on_with_the_same_upload() -> None:
    """An upload that is still open at Panopto is gone on with: what is there is not sent again."""

    async def work() -> None:
        runs = Runs(await site_of("a"), slow=("presenter.mp4",))
        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 125, runs.release)
            await runs.passes(hours(grace=120.0)).run()
        assert runs.begun[0].engine.parts_ended == ["presenter.mp4"]
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert (len(runs.begun), len(runs.site.panopto.uploads)) == (2, 1)

    virtually(work())


@pytest.mark.parametrize(
    "state", [State.UPLOAD_CANCELLED, State.DELETING_FILES, State.DELETED, State.DELETING_ERROR]
)
def test_an_upload_that_timed_out_in_the_pause_starts_anew(state: State) -> None:
    """It is asked for its state before anything goes on, and a dead one is never sent to."""

    async def work() -> None:
        runs = Runs(await site_of("a"), slow=("presenter.mp4",))
        uploads = runs.site.panopto.uploads

        def time_out() -> None:
            uploads["u1"].state = state

        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 125, runs.release)
            group.start_soon(after, TO_MORNING + 3600, time_out)
            await runs.passes(hours(grace=120.0)).run()
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert [upload.state for upload in uploads.values()] == [state, State.COMPLETE]
        assert runs.site.panopto.submits["u1"] == 0

    virtually(work())


def test_it_goes_on_in_as_many_windows_as_it_needs() -> None:
    """What has parts in flight at every window's end is taken up each time, until it is done."""

    async def work() -> None:
        runs = Runs(await site_of("a"), slow=("presenter.mp4",), slow_passes=3)
        async with anyio.create_task_group() as group:
            for night in range(3):
                group.start_soon(after, night * 86400 + TO_MORNING + 125, runs.release)
            await runs.passes(hours(grace=120.0)).run()
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert (len(runs.begun), len(runs.site.panopto.uploads)) == (4, 1)
        assert [type(fact) for fact in runs.told] == [WindowClosed, WindowShut, WindowOpened] * 3

    virtually(work())


def test_told_to_stop_it_ends_with_the_window() -> None:
    """It says when the next one opens, and what it left is taken up by the next run."""

    async def work() -> None:
        runs = Runs(await site_of("a", "b"), slow=("presenter.mp4",), in_flight=1)
        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 60, runs.release)
            with pytest.raises(WindowEnded, match="opens Tue 2026-03-03 22:00"):
                await runs.passes(hours(stop=True)).run()
        assert runs.site.outcomes() == {"a": ("verified", None), "b": ("waiting", None)}

    virtually(work())


def test_told_to_stop_it_does_not_begin_outside_a_window() -> None:
    """There is nothing to wait for."""

    async def work() -> None:
        runs = Runs(await site_of("a"))
        with pytest.raises(WindowEnded):
            await runs.passes(hours(later=TO_MORNING, stop=True)).run()
        assert not runs.begun

    virtually(work())


def test_all_that_ends_within_the_grace_is_the_end_of_the_run() -> None:
    """Where nothing is left there is nothing to wait for, whether or not it was to stop."""

    async def work() -> None:
        runs = Runs(await site_of("a"), slow=("presenter.mp4",))
        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 60, runs.release)
            await runs.passes(hours(stop=True)).run()
        assert set(runs.site.outcomes().values()) == VERIFIED
        assert len(runs.begun) == 1

    virtually(work())


@pytest.mark.parametrize("when", [TO_MORNING - 60, TO_MORNING + 60, TO_MORNING + 3600])
def test_drained_it_stops_wherever_it_is(when: float) -> None:
    """In a window, in the grace and in the pause: it is interrupted then, and begins no pass any more."""

    async def work() -> None:
        runs, began = Runs(await site_of("a"), slow=("presenter.mp4",)), anyio.current_time()
        passes = runs.passes(hours())

        def drain() -> None:
            passes.drain()
            runs.release()

        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 125, runs.release)
            group.start_soon(after, when, drain)
            with pytest.raises(Interrupted):
                await passes.run()
            assert anyio.current_time() - began == pytest.approx(when, abs=1)
        assert len(runs.begun) == 1

    virtually(work())


def test_what_stops_the_whole_run_is_not_waited_out() -> None:
    """An account that is refused within the grace ends the run at once."""

    async def work() -> None:
        runs = Runs(await site_of("a", "b"), slow=("presenter.mp4",), in_flight=1)
        runs.site.panopto.fault = lambda call, _: AccountRefused("no") if call == "submit" else None
        async with anyio.create_task_group() as group:
            group.start_soon(after, TO_MORNING + 60, runs.release)
            with pytest.raises(AccountRefused):
                await runs.passes(hours()).run()

    virtually(work())
