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
    """A part counts: its receipt is durable. `again` tells that its bytes had been sent before."""

    subject: str
    name: str
    number: int
    bytes: int
    again: bool


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part does not count and will be sent again, or its transfer fails."""

    subject: str
    name: str
    number: int
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class TransferFinished:
    """A file is whole at the target."""

    subject: str
    name: str
    size: int


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
    """The facts folded to one picture: what this process has sent, what is under way, what it waits for."""

    bytes: Tally = field(default_factory=Tally)
    parts: Tally = field(default_factory=Tally)
    flowed: int = 0
    transfers_open: int = 0
    transfers_finished: int = 0
    transfers_failed: int = 0
    parts_failed: int = 0
    waits: int = 0

    def after(self, fact: object) -> "Snapshot":
        """Return the picture with one more fact in it; a kind it does not know changes nothing."""
        match fact:
            case TransferStarted(present=present, parts_present=parts):
                return replace(
                    self,
                    bytes=self.bytes + Tally(skipped=present),
                    parts=self.parts + Tally(skipped=parts),
                    transfers_open=self.transfers_open + 1,
                )
            case BytesFlowed(bytes=count):
                return replace(self, flowed=self.flowed + count)
            case PartSettled(bytes=count, again=True):
                return replace(
                    self, bytes=self.bytes + Tally(sent_again=count), parts=self.parts + Tally(sent_again=1)
                )
            case PartSettled(bytes=count):
                return replace(self, bytes=self.bytes + Tally(sent=count), parts=self.parts + Tally(sent=1))
            case PartFailed():
                return replace(self, parts_failed=self.parts_failed + 1)
            case TransferFinished():
                return replace(
                    self,
                    transfers_open=self.transfers_open - 1,
                    transfers_finished=self.transfers_finished + 1,
                )
            case TransferFailed():
                return replace(
                    self,
                    transfers_open=self.transfers_open - 1,
                    transfers_failed=self.transfers_failed + 1,
                )
            case Waiting():
                return replace(self, waits=self.waits + 1)
            case _:
                return self
