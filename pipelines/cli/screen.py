"""What a person sees of a run, on stderr: a live picture on a terminal, plain lines elsewhere."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from engine import (
    BytesFlowed,
    ClockDiffers,
    HostAnswers,
    HostRests,
    LevelFell,
    PartFailed,
    PartSettled,
    RelayFell,
    Snapshot,
    TransferFailed,
    TransferFinished,
    TransferStarted,
    Waiting,
    about_clock,
)
from pipelines.cli.text import plain, size
from pipelines.items import Outcome
from pipelines.migration import stages

EVERY = 10.0
"""Seconds between two plain lines of progress."""

LONGEST = 8
"""Files that the live picture shows at once."""


class Picture:
    """What has been told so far, folded: an observer that only counts."""

    def __init__(self) -> None:
        self.snapshot = Snapshot()
        self.items = 0
        self.bytes = 0
        self.processing: set[str] = set()
        self.carrying: set[str] = set()
        self.set = 0
        self.set_again = 0
        self.unheard = 0
        self.compared = stages.Compared()
        self.outcomes: Counter[Outcome] = Counter()

    def __call__(self, fact: object) -> None:
        """Take one fact in."""
        self.snapshot = self.snapshot.after(fact)
        match fact:
            case stages.Planned(items=items, bytes=estimate):
                self.items, self.bytes = items, estimate
            case stages.WindowOpened():
                self._begin_pass()
            case stages.ItemBegan(event_id=event_id):
                self.processing.discard(event_id)
            case stages.ItemProcessing(event_id=event_id):
                self.processing.add(event_id)
            case stages.ItemCarrying(event_id=event_id):
                self.processing.discard(event_id)
                self.carrying.add(event_id)
            case stages.Compared():
                self.compared = fact
            case stages.SessionUploadUnheard():
                self.unheard += 1
            case stages.LectureItemSet(again=again):
                self.set += 1
                self.set_again += again
            case stages.ItemEnded(event_id=event_id, outcome=outcome):
                self.processing.discard(event_id)
                self.carrying.discard(event_id)
                self.outcomes[outcome] += 1

    def _begin_pass(self) -> None:
        """Forget what came to no end in the pass before: it is taken up again."""
        self.processing.clear()
        self.carrying.clear()
        for outcome in (Outcome.WAITING, Outcome.RETRYABLE):
            del self.outcomes[outcome]

    @property
    def exit_code(self) -> int:
        """3 where an item came to no end in this process, whatever the checkpoint says of it from before."""
        return 3 if self.outcomes[Outcome.WAITING] or self.outcomes[Outcome.RETRYABLE] else 0

    @property
    def line(self) -> str:
        """The whole in one line."""
        done = ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))
        parts = [f"{self.items} items to move", done or "none ended yet"]
        if self.processing:
            parts.append(f"{len(self.processing)} at Panopto")
        if self.carrying:
            parts.append(f"{len(self.carrying)} wait for LumiNUS")
        return f"{', '.join(parts)}; {size(self.snapshot.flowed)} under way or sent"


class Lines:
    """An observer that writes a plain line for each thing worth knowing, and one of progress now and then."""

    def __init__(self, picture: Picture, log: Any, clock: Any = time.monotonic) -> None:
        self._picture = picture
        self._log = log
        self._clock = clock
        self._next = clock() + EVERY
        self._parked: str | None = None

    def __call__(self, fact: object) -> None:
        """Say what happened."""
        match fact:
            case stages.CheckpointMended(bytes=count):
                self._log.warning("the checkpoint's torn end was cut off", bytes=count)
            case stages.SeriesUnmet(series=series):
                self._log.warning("select.series names what no event is of", series=", ".join(series))
            case stages.CarryParked(sentence=sentence):
                self._parked = sentence
                self._log.warning("nothing more goes to LumiNUS in this run", why=sentence)
            case stages.LectureItemSet(event_id=item, lecture_item=one, members=members, again=True):
                self._log.warning("set again", item=item, lecture_item=one, changed=", ".join(members))
            case stages.Planned(items=items, bytes=estimate):
                self._log.info("planned", items=items, about=size(estimate))
            case stages.ItemEnded(event_id=event_id, outcome=outcome, reason=reason, why=why):
                tell = self._log.warning if outcome in _BAD else self._log.info
                why = "" if why == self._parked else why
                tell("ended", item=event_id, outcome=outcome.value, **_given(reason=reason, why=why))
            case _ if isinstance(fact, OfTheRun):
                self._log.info(about_run(fact))
            case stages.LimitsRead():
                self._log.info(about_limits(fact))
            case stages.LimitsKept(sentence=sentence):
                self._log.warning("the limits stay as they were", why=sentence)
            case _:
                self._tell_transfer(fact)
        self.go_on()

    def _tell_transfer(self, fact: object) -> None:
        """Say what happened to the bytes."""
        match fact:
            case Waiting(where=where, seconds=seconds, reason=reason):
                self._log.info("waits", where=where, seconds=round(seconds, 1), reason=reason)
            case PartFailed(subject=item, name=name, number=number, reason=reason):
                self._log.info("part failed", item=item, file=name, part=number, reason=reason)
            case LevelFell(where=where, level=level):
                self._log.warning("ETags say nothing here; integrity falls", where=where, to=level)
            case RelayFell(where=where, reason=reason):
                self._log.info("goes through aiohttp, at more CPU", where=where, reason=reason)

    def go_on(self) -> None:
        """Say how far it is, if that was not said for a while."""
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY
            self._log.info("goes on", so_far=self._picture.line)


_BAD = {Outcome.PERMANENT, Outcome.DIFFERS, Outcome.RETRYABLE}


OfTheRun = (
    stages.WindowShut
    | stages.WindowOpened
    | stages.WindowClosed
    | stages.ExternalIdsUnasked
    | stages.CarryRests
    | HostRests
    | HostAnswers
    | ClockDiffers
)


def about_run(fact: OfTheRun) -> str:
    """Say what concerns the whole run: its time windows, a host that does not answer, a clock."""
    match fact:
        case stages.CarryRests(waiting=waiting, seconds=seconds):
            return f"{waiting} items wait for LumiNUS; looks again in {seconds / 60:.0f} min"
        case stages.ExternalIdsUnasked(sentence=sentence):
            return f"sessions are found by their markers alone, not by their external ids: {sentence}"
        case ClockDiffers(host=host, ahead=ahead):
            return about_clock(host, ahead)
        case HostRests(host=host, reason=reason):
            return f"{host} does not answer ({reason}); waits, and tries it now and then"
        case HostAnswers(host=host, seconds=seconds):
            return f"{host} answers again after {seconds:.0f} s; goes on"
        case stages.WindowShut(until=until):
            return f"outside the time windows; goes on at {until}"
        case stages.WindowOpened():
            return "a time window has opened; goes on"
        case stages.WindowClosed(grace=grace):
            return f"the time window has ended; items under way have {grace:.0f} s to end"


def about_limits(fact: stages.LimitsRead) -> str:
    """Say which limits hold since their file was read again."""
    rate = f"{size(int(fact.bytes_a_second))} a second" if fact.bytes_a_second else "no limit of bytes"
    return f"the limits were read again: {fact.parts_in_flight} parts in flight, {rate}"


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


class Board:
    """An observer that keeps the live picture: a bar a file under way, one for all, and a line of words."""

    def __init__(self, picture: Picture, console: Console) -> None:
        self._picture = picture
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[amount]:>10}"),
            console=console,
        )
        self._whole = Progress(
            TextColumn("all"),
            BarColumn(bar_width=40),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            console=console,
        )
        self._total = self._whole.add_task("all", total=None, amount="")
        self._rows: dict[tuple[str, str], TaskID] = {}

    def __call__(self, fact: object) -> None:
        """Move the bars, and say what must not be missed."""
        match fact:
            case stages.Planned(bytes=estimate):
                self._whole.update(self._total, total=estimate or None)
            case TransferStarted(subject=item, name=name, size=total, present=present):
                self._begin((item, name), total, present)
            case PartSettled(subject=item, name=name, bytes=count):
                self._move((item, name), count)
            case TransferFinished(subject=item, name=name) | TransferFailed(subject=item, name=name):
                self._end((item, name))
            case BytesFlowed():
                self._flow()
            case _:
                self._say(fact)

    def go_on(self) -> None:
        """Need no telling that time passes: the picture is drawn anew by itself."""

    def __rich__(self) -> Group:
        """Draw it."""
        return Group(self._bars, self._whole, Text(self._picture.line))

    def _say(self, fact: object) -> None:
        match fact:
            case stages.ItemEnded(event_id=item, outcome=outcome, why=why) if outcome in _BAD:
                words = f"{outcome.value}: {item}: {why}"
            case stages.CheckpointMended(bytes=count):
                words = f"the checkpoint's torn end was cut off ({count} bytes)"
            case _ if isinstance(fact, OfTheRun):
                words = about_run(fact)
            case stages.LimitsRead():
                words = about_limits(fact)
            case stages.LimitsKept(sentence=sentence):
                words = f"the limits stay as they were: {sentence}"
            case stages.SeriesUnmet(series=series):
                words = f"select.series names what no event is of: {', '.join(series)}"
            case stages.LectureItemSet(event_id=item, lecture_item=one, members=members, again=True):
                words = f"{item}: lecture item {one} was changed since and is set again: {', '.join(members)}"
            case stages.CarryParked(sentence=sentence):
                words = f"nothing more goes to LumiNUS in this run: {sentence}"
            case LevelFell(where=where, level=level):
                words = f"{where}: its ETags say nothing, so integrity falls to {level}"
            case _:
                return
        self._console.print(Text(plain(words)))

    def _begin(self, key: tuple[str, str], total: int, present: int) -> None:
        """Show a file's bar; one that begins anew takes the place of its old one."""
        self._end(key)
        label = plain(f"{key[0][:24]} {key[1].rpartition('/')[2]}")
        self._rows[key] = self._bars.add_task(
            label, total=total, completed=present, amount=size(total), visible=len(self._rows) < LONGEST
        )

    def _move(self, key: tuple[str, str], count: int) -> None:
        if (row := self._rows.get(key)) is not None:
            self._bars.advance(row, count)

    def _end(self, key: tuple[str, str]) -> None:
        if (row := self._rows.pop(key, None)) is None:
            return
        self._bars.remove_task(row)
        for waiting in list(self._rows.values())[:LONGEST]:
            self._bars.update(waiting, visible=True)

    def _flow(self) -> None:
        done = self._picture.snapshot.flowed + self._picture.snapshot.bytes.skipped
        self._whole.update(self._total, completed=done, amount=size(done))


@contextmanager
def shown(picture: Picture) -> Iterator[Any]:
    """Show a run: yields the observer that draws or writes it."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        board = Board(picture, console)
        with Live(board, console=console, refresh_per_second=4, transient=True):
            yield board
    else:
        yield Lines(picture, structlog.get_logger())
