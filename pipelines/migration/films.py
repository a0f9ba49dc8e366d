"""Tells films that are others from films that only look so: by their sums, or else by their sizes. No call.

What an event tells of the same film may change: a publication that is made again has other keys, an inspector
comes to know its sum or its size, a publication is preferred that was not. Whoever believed that would move
every lecture once more.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pipelines.migration.receipts import FileReceipt
from pipelines.migration.select import Stream


class Films(StrEnum):
    """What films are to those that were sent; `fewer` are some of them and nothing else."""

    SAME = "same"
    FEWER = "fewer"
    OTHERS = "others"


def sums_of(streams: Sequence[Stream]) -> list[str | None]:
    """Return the MD5 sums of films as Opencast tells them, None where it does not."""
    return [one.md5 for one in streams]


def by_sums(seen: Mapping[str, Any], streams: Sequence[Stream]) -> Films | None:
    """Compare with the sums that were told of what was sent; None where not every sum was and is known."""
    before, now = seen.get("sums") or [None], sums_of(streams)
    return None if None in before or None in now else _compared(before, now)


def by_sizes(sent: Sequence[FileReceipt], sizes: Sequence[int]) -> Films:
    """Compare by the sizes of files: no two films are of one size."""
    return _compared([one.size for one in sent], sizes)


def _compared(before: Sequence[Any], now: Sequence[Any]) -> Films:
    """Compare without regard to order: another film comes first where another one has the sound."""
    if Counter(now) - Counter(before):
        return Films.OTHERS
    return Films.FEWER if Counter(before) - Counter(now) else Films.SAME
