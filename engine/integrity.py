"""Whether bytes are whole: CRC-32 by part and combined, MD5 against ETags, and how much of it to check."""

import hashlib
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from isal import isal_zlib

from engine.wire import PartReceipt


class Level(StrEnum):
    """How much of a transfer is checked. Each level promises all that the one above it does."""

    CRC = "crc"
    """Byte counts, and the CRC-32 of what was sent, part by part and combined to the file's."""
    SPOT = "spot"
    """The MD5 of some parts compared with their ETags: the first of every file of several parts, and as many
    others as a share of one core can hash."""
    ETAG = "etag"
    """The MD5 of every part compared with its ETag, whatever it costs."""
    SOURCE = "source"
    """The MD5 of the whole file compared with the source's own checksum, where it has one."""


def crc32(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """Return the CRC-32 of zlib and PNG, going on from `start`; a MiB takes some 20 microseconds."""
    return isal_zlib.crc32(data, start)


def combine(receipts: Iterable[PartReceipt]) -> int:
    """Return the CRC-32 of the whole file from the receipts of its parts, in the order of their numbers.

    Raises ValueError where a part is missing or out of place.
    """
    crc = 0
    for expected, receipt in enumerate(receipts, start=1):
        if receipt.number != expected:
            raise ValueError(f"part {receipt.number} where part {expected} should be")
        crc = isal_zlib.crc32_combine(crc, receipt.crc32, receipt.bytes)
    return crc


def checksum_text(crc: int) -> str:
    """Return a CRC-32 as eight hex digits, the type CRC32 of Panopto's Universal Capture schema."""
    return f"{crc:08x}"


class Verdict(Enum):
    """What an ETag says of the bytes that were sent."""

    SAME = "same"
    DIFFERS = "differs"
    OPAQUE = "opaque"


_MD5 = re.compile(r"[0-9a-f]{32}")


def bare_etag(etag: str) -> str:
    """Return an ETag without weak prefix and quotes, in lower case, to compare it with a digest."""
    return etag.strip().removeprefix("W/").strip('"').lower()


def judge(etag: str, md5: str) -> Verdict:
    """Compare the ETag of a part with the MD5 (hex) of its bytes.

    DIFFERS means damage or a GUID, which has 32 hex digits too: EtagRule tells them apart.
    """
    bare = bare_etag(etag)
    if bare == md5.lower():
        return Verdict.SAME
    return Verdict.DIFFERS if _MD5.fullmatch(bare) else Verdict.OPAQUE


class EtagStep(Enum):
    """What follows from the ETag of a part."""

    KEEP = "keep"
    """The part counts."""
    RESEND = "resend"
    """The part is sent again from its first byte."""
    FALL_TO_CRC = "fall_to_crc"
    """ETags say nothing at this target: the part counts, and the level falls to crc."""
    STOP = "stop"
    """The target stores something else than what is sent: the run stops (TargetDiffers)."""


@dataclass(frozen=True, slots=True)
class EtagRule:
    """What the ETags of one target have told so far. `part` is whatever tells one part from another.

    The same wrong ETag twice for a part means that the target stores something else. Two different ones mean
    that ETags are no digests there, unless one has been the MD5 of its part before (`proven`): then
    bytes were damaged twice, and the part is sent once more.
    """

    proven: bool = False
    wrong: Mapping[object, frozenset[str]] = field(default_factory=dict)

    def after(self, part: object, etag: str, md5: str) -> tuple["EtagRule", EtagStep]:
        """Take the ETag that a part was answered with, and the MD5 of what was sent; tell what to do."""
        match judge(etag, md5):
            case Verdict.SAME:
                return EtagRule(True, self._without(part)), EtagStep.KEEP
            case Verdict.OPAQUE:
                return self, EtagStep.RESEND if self.proven else EtagStep.FALL_TO_CRC
            case Verdict.DIFFERS:
                return self._after_difference(part, bare_etag(etag))

    def _after_difference(self, part: object, bare: str) -> tuple["EtagRule", EtagStep]:
        before = self.wrong.get(part, frozenset())
        if bare in before:
            return self, EtagStep.STOP
        rule = EtagRule(self.proven, {**self.wrong, part: before | {bare}})
        return rule, EtagStep.FALL_TO_CRC if before and not self.proven else EtagStep.RESEND

    def _without(self, part: object) -> Mapping[object, frozenset[str]]:
        return {one: wrong for one, wrong in self.wrong.items() if one != part}


def composite_etag(digests: Iterable[str]) -> str:
    """Return the bare ETag of S3's multipart objects: the MD5 of the parts' MD5s (hex), and their number."""
    parts = [bytes.fromhex(digest) for digest in digests]
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def expected_etag(receipts: Sequence[PartReceipt]) -> str | None:
    """Return the ETag that S3 gives an object of these parts; None where their ETags are no MD5s."""
    digests = [bare_etag(one.etag) for one in receipts]
    return composite_etag(digests) if all(_MD5.fullmatch(one) for one in digests) else None


class Spot:
    """Which parts are hashed at level spot.

    The first part of every file of several parts always; any other that starts while hashing has used less
    than `share` of one core over the last `span` seconds, or over a run's first ones: a short run has no more
    to spend than a long one. `now` is any clock that never goes back.
    """

    def __init__(self, share: float = 0.2, span: float = 10.0) -> None:
        self._share = share
        self._span = span
        self._begun: float | None = None
        self._spent: deque[tuple[float, float]] = deque()
        self._used = 0.0

    def wants(self, part_number: int, parts: int, now: float) -> bool:
        """Tell whether a part that starts now is to be hashed."""
        self._forget(now)
        return (part_number == 1 and parts > 1) or self._used < self._budget(now)

    def spent(self, seconds_of_cpu: float, now: float) -> None:
        """Take note of what hashing has cost."""
        self._forget(now)
        self._spent.append((now, seconds_of_cpu))
        self._used += seconds_of_cpu

    def _budget(self, now: float) -> float:
        """Return the seconds that hashing may have cost by now: those of a second at the very start."""
        self._begun = now if self._begun is None else self._begun
        return self._share * min(max(now - self._begun, 1.0), self._span)

    def _forget(self, now: float) -> None:
        while self._spent and self._spent[0][0] <= now - self._span:
            self._used -= self._spent.popleft()[1]
        if not self._spent:
            self._used = 0.0
