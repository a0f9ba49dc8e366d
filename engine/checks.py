"""How much of what is sent is compared with the target's ETags: one object for a run, handed down."""

import time
from collections.abc import Callable
from dataclasses import replace

from engine.errors import PartDiffers, TargetDiffers
from engine.integrity import EtagRule, EtagStep, Level, Spot
from engine.progress import LevelFell, Observer, silence
from engine.wire import PartReceipt


class Checks:
    """The level of a run and what its target's ETags have told so far.

    `whole` tells whether whole files are held against their sources' checksums; that never falls.
    """

    def __init__(
        self,
        level: Level = Level.SPOT,
        spot: Spot | None = None,
        *,
        observer: Observer = silence,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.level = level
        self.whole = level is Level.SOURCE
        self._spot = spot or Spot()
        self._rule = EtagRule()
        self._observer = observer
        self._clock = clock

    def wants(self, number: int, parts: int) -> bool:
        """Tell whether a part that starts now is to be hashed."""
        match self.level:
            case Level.CRC:
                return False
            case Level.SPOT:
                return self._spot.wants(number, parts, self._clock())
            case Level.ETAG | Level.SOURCE:
                return True

    def level_of(self, md5: str | None) -> Level:
        """Return the level that holds for a file, whose MD5 is None where no checksum was compared."""
        return Level.ETAG if self.level is Level.SOURCE and md5 is None else self.level

    def spent(self, seconds_of_cpu: float) -> None:
        """Take note of what hashing has cost."""
        self._spot.spent(seconds_of_cpu, self._clock())

    def judge(self, part: object, receipt: PartReceipt, where: str) -> PartReceipt:
        """Return the receipt that counts; its `md5` stays only where the ETag agreed with it.

        Raises PartDiffers (send it again) or TargetDiffers (the target stores something else: stop).
        """
        if receipt.md5 is None or self.level is Level.CRC:
            return replace(receipt, md5=None)
        self._rule, step = self._rule.after(part, receipt.etag, receipt.md5)
        match step:
            case EtagStep.KEEP:
                return receipt
            case EtagStep.RESEND:
                raise PartDiffers(
                    f"part {receipt.number} arrived with another ETag than its MD5", where=where
                )
            case EtagStep.STOP:
                raise TargetDiffers(
                    f"part {receipt.number} was stored twice with the same wrong ETag",
                    where=where,
                    advice="the target stores something else than what is sent; nothing more is sent there",
                )
            case EtagStep.FALL_TO_CRC:
                self.level = Level.CRC
                self._observer(LevelFell(where, self.level))
                return replace(receipt, md5=None)
