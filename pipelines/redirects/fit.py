"""Which ids can stand in a server's map: those that are the same in an address, a map and a pattern.

They are made of what an address never escapes (RFC 3986, unreserved), so none of them can end a line or a
word, be taken for a variable, a comment or a directive, or be written in two ways by two browsers.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from pipelines.redirects.moved import Moved

PLAIN = "[A-Za-z0-9._~-]"
"""One character of such an id, as a pattern of any server."""

LONGEST = 255
"""Characters of an id. Apache cuts a line of its map at 1024."""

_PLAIN = re.compile(rf"{PLAIN}{{1,{LONGEST}}}")
_STEPS = frozenset({".", ".."})
"""Steps in a path, which no client sends as they are."""

Parted = tuple[tuple[Moved, ...], tuple[Moved, ...]]
"""What fits and what does not."""


def fits(name: str) -> bool:
    """Tell whether an id can stand in a server's map."""
    return _PLAIN.fullmatch(name) is not None and name not in _STEPS


def in_addresses(moved: Iterable[Moved]) -> Parted:
    """Part events by whether they have an address at all."""
    return _parted(moved, lambda one: one.event_id not in _STEPS)


def in_maps(moved: Iterable[Moved]) -> Parted:
    """Part events by whether they can stand in a map."""
    return _parted(moved, lambda one: fits(one.event_id) and fits(one.session_id))


def in_caseless_maps(moved: Iterable[Moved]) -> Parted:
    """Part events for a map to which capitals are small letters: ids that differ by no more do not fit."""
    fit, unfit = in_maps(moved)
    seen = Counter(one.event_id.lower() for one in fit)
    alone, alike = _parted(fit, lambda one: seen[one.event_id.lower()] == 1)
    return alone, (*unfit, *alike)


def _parted(moved: Iterable[Moved], fit: Callable[[Moved], bool]) -> Parted:
    both: tuple[list[Moved], list[Moved]] = ([], [])
    for one in moved:
        both[not fit(one)].append(one)
    return tuple(both[0]), tuple(both[1])
