"""Signals: what drains a run, what stops it at once, and a terminal that goes away."""

import os
import pty
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import pytest

from pipelines.cli.exits import Exit
from pipelines.cli.loop import Signals, let_go_of_lost_terminals


@pytest.fixture(autouse=True)
def heeded() -> Iterator[None]:
    """Have SIGHUP end this process, as it does outside of tests, and leave it as it was."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@dataclass
class Run:
    """A run that is sent signals one after the other: what it made of them, and whether it ended itself."""

    reads: bool = False
    log: list[str] = field(default_factory=list)
    exit: Exit | None = None
    ended: bool = False

    async def sent(self, *numbers: signal.Signals) -> "Run":
        """Send them; it ends by itself where none of them stops it."""
        heard = anyio.Event()

        def hear(word: str) -> None:
            self.log.append(word.partition(":")[0])
            if word in {"drain", "read again"}:
                heard.set()

        async def main() -> None:
            nonlocal heard
            await anyio.lowlevel.checkpoint()  # so that somebody listens
            for number in numbers:
                heard = anyio.Event()
                os.kill(os.getpid(), number)
                with anyio.fail_after(10):
                    await heard.wait()
            self.ended = True

        read = (lambda: hear("read again")) if self.reads else None
        signals = Signals(lambda: hear("drain"), hear, read)
        await signals.guard(main)
        self.exit = signals.exit
        return self


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
async def test_the_first_signal_drains_and_a_second_stops_at_once(number: signal.Signals, code: int) -> None:
    """That a terminal is gone is a signal like the others."""
    once = await Run().sent(number)
    assert (once.log, once.exit, once.ended) == (["stopping", "drain"], code, True)
    twice = await Run().sent(number, signal.SIGTERM)
    assert (twice.log, twice.exit, twice.ended) == (["stopping", "drain"], code, False)


@pytest.mark.fault(34)
async def test_where_there_is_something_to_read_again_a_hang_up_asks_for_that() -> None:
    """As often as it comes, and the run goes on."""
    run = await Run(reads=True).sent(signal.SIGHUP, signal.SIGHUP)
    assert (run.log, run.exit, run.ended) == (["read again", "read again"], None, True)


@pytest.mark.fault(34)
async def test_a_hang_up_that_is_ignored_stays_so() -> None:
    """Under nohup a run is to outlive its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    seen: list[object] = []

    async def main() -> None:
        await anyio.lowlevel.checkpoint()  # so that somebody listens
        seen.append(signal.getsignal(signal.SIGHUP))

    await Signals(lambda: None, print).guard(main)
    assert seen == [signal.SIG_IGN]


@pytest.mark.fault(34)
def test_what_is_written_to_a_terminal_that_is_gone_goes_nowhere() -> None:
    """It would fail; a terminal that is there, and a file, stay what they are."""
    lost, there = pty.openpty(), pty.openpty()
    read, write = os.pipe()
    os.close(lost[0])
    with pytest.raises(OSError, match="Input/output error"):
        os.write(lost[1], b"x")
    let_go_of_lost_terminals((lost[1], there[1], write))
    assert [os.write(one, b"said") for one in (lost[1], there[1], write)] == [4, 4, 4]
    assert (os.read(there[0], 9), os.read(read, 9)) == (b"said", b"said")
    for descriptor in (lost[1], *there, read, write):
        os.close(descriptor)
