"""Tells films that are others from films that only look so: by their sums, or else by their sizes. No call.

What an event tells of the same film may change: a publication that is made again has other keys, an inspector
comes to know its sum or its size, a publication is preferred that was not. Whoever believed that would move
every lecture once more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.migration.receipts import FileReceipt
from pipelines.migration.select import Stream


def sums_of(streams: Sequence[Stream]) -> list[str | None]:
    """Return the MD5 sums of films as Opencast tells them, None where it does not."""
    return [one.md5 for one in streams]


def by_sums(seen: Mapping[str, Any], streams: Sequence[Stream]) -> bool | None:
    """Tell whether films are others than those that were seen; None where not every sum was and is known."""
    before, now = seen.get("sums") or [None], sums_of(streams)
    if None in before or None in now:
        return None
    return sorted(before) != sorted(one for one in now if one is not None)


def by_sizes(sent: Sequence[FileReceipt], sizes: Sequence[int]) -> bool:
    """Tell whether files of these sizes are others than those sent: no two films are of one size."""
    return sorted(one.size for one in sent) != sorted(sizes)
