"""What happened, as frozen facts; who listens; and a picture of the whole folded from them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from engine.model import Tally


@dataclass(frozen=True, slots=True)
class TransferStarted:
    """A file's size is known and its parts begin, or go on: `present` bytes are at the target already."""

    subject: str
    name: str
    size: int
    present: int
    parts: int
    parts_present: int


@dataclass(frozen=True, slots=True)
class BytesFlowed:
    """Bytes were handed on to the target, whether or not their part will count."""

    bytes: int


@dataclass(frozen=True, slots=True)
class PartSettled:
    """A part counts: its receipt is durable. So many of its bytes had been sent before (`again`)."""

    subject: str
    name: str
    number: int
    bytes: int
    again: int


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part does not count and will be sent again, or its transfer fails.

    `bytes` had been handed on before it failed; so many of them not for the first time (`again`).
    """

    subject: str
    name: str
    number: int
    bytes: int
    reason: str
    again: int = 0


@dataclass(frozen=True, slots=True)
class TransferFinished:
    """A file is whole at the target."""

    subject: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class OrphansLeft:
    """Multipart uploads of a file are, or may be, open at the target that nobody will complete."""

    subject: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """A file is given up for this run."""

    subject: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call waits `seconds` before it is made again, holding no slot."""

    where: str
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class LevelFell:
    """The target's ETags say nothing, so parts are no longer compared with them."""

    where: str
    level: str


@dataclass(frozen=True, slots=True)
class RelayFell:
    """A host's bytes go through aiohttp, at about twice the CPU: our protocols do not speak what it needs."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class HostRests:
    """A host stopped answering: nobody goes on there but one who tries now and then. Tells nothing twice."""

    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClockDiffers:
    """Our clock is so many seconds ahead of a host's, or behind it where that is negative."""

    host: str
    ahead: float


@dataclass(frozen=True, slots=True)
class HostAnswers:
    """A host that rested answers again, after so many seconds."""

    host: str
    seconds: float


class Observer(Protocol):
    """Somebody who is told every fact, on the loop, and must return at once."""

    def __call__(self, fact: object) -> None:
        """Take one fact."""
        ...


def silence(fact: object) -> None:
    """An observer for those who do not look."""


class Audience:
    """One observer made of several; each is told in turn."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)

    def __call__(self, fact: object) -> None:
        """Pass the fact on."""
        for observer in self._observers:
            observer(fact)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The facts folded to one picture: what this process has sent, what is under way, what it waits for.

    `bytes` count what was handed on for parts that were settled, those that failed among them; `parts` count
    receipts. `under_way` holds subject and name of each file that was started and has not ended.
    """

    bytes: Tally = field(default_factory=Tally)
    parts: Tally = field(default_factory=Tally)
    flowed: int = 0
    under_way: frozenset[tuple[str, str]] = frozenset()
    transfers_finished: int = 0
    transfers_failed: int = 0
    parts_failed: int = 0
    waits: int = 0
    orphan_uploads: int = 0

    @property
    def transfers_open(self) -> int:
        """How many files are under way."""
        return len(self.under_way)

    def after(self, fact: object) -> "Snapshot":
        """Return the picture with one more fact in it; a kind it does not know changes nothing."""
        match fact:
            case TransferStarted(subject=subject, name=name, present=present, parts_present=parts):
                return replace(
                    self,
                    bytes=self.bytes + Tally(skipped=present),
                    parts=self.parts + Tally(skipped=parts),
                    under_way=self.under_way | {(subject, name)},
                )
            case BytesFlowed(bytes=count):
                return replace(self, flowed=self.flowed + count)
            case PartSettled(bytes=count, again=again):
                part = Tally(sent_again=1) if again else Tally(sent=1)
                return replace(self, bytes=self.bytes + Tally(count - again, again), parts=self.parts + part)
            case PartFailed(bytes=count, again=again):
                return replace(
                    self, bytes=self.bytes + Tally(count - again, again), parts_failed=self.parts_failed + 1
                )
            case TransferFinished(subject=subject, name=name):
                return replace(
                    self,
                    under_way=self.under_way - {(subject, name)},
                    transfers_finished=self.transfers_finished + 1,
                )
            case TransferFailed(subject=subject, name=name):
                return replace(
                    self,
                    under_way=self.under_way - {(subject, name)},
                    transfers_failed=self.transfers_failed + 1,
                )
            case OrphansLeft(count=count):
                return replace(self, orphan_uploads=self.orphan_uploads + count)
            case Waiting():
                return replace(self, waits=self.waits + 1)
            case _:
                return self
