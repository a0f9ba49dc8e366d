"""What surrounds a run: memory (I5), secrets in what it wrote (I7), what a source could choose (I8)."""

import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from campaign.books import Books
from campaign.finding import Finding

KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""The names under which files may lie at a target: ours, whatever they are called at the source."""


def too_much_memory(peaks: Iterable[int], budget: int) -> Iterator[Finding]:
    """I5: tell each peak of resident memory, in bytes, beyond a budget."""
    for one in peaks:
        if one > budget:
            yield Finding(5, f"{one} bytes resident, where {budget} are allowed")


def growing(samples: Sequence[tuple[float, int]], most: float) -> Iterator[Finding]:
    """I5: tell where memory grows with the work: bytes over items (or seconds), by least squares.

    The first third is left out: caches fill, and pools reach their size.
    """
    grown = slope(samples[len(samples) // 3 :])
    if grown > most:
        yield Finding(5, f"memory grows by {grown:.1f} bytes an item, where {most} are allowed")


def slope(samples: Sequence[tuple[float, int]]) -> float:
    """Return by how much the second number grows with the first, by least squares."""
    xs, ys = [x for x, _ in samples], [float(y) for _, y in samples]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    shared = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True))
    return shared / spread if spread else 0.0


def leaked(
    written: Mapping[str, bytes], secrets: Mapping[str, str], allowed: Collection[tuple[str, str]] = ()
) -> Iterator[Finding]:
    """I7: tell each secret that stands in what was written, as it is, quoted for a URL, or in base64.

    Both are by name, which is all that is told of them; `allowed` are pairs of (text, secret): the upload
    target in the checkpoint.
    """
    for text, content in written.items():
        for name, secret in secrets.items():
            if (text, name) not in allowed and any(form in content for form in _forms(secret)):
                yield Finding(7, f"the {name} stands in {text}")


def _forms(secret: str) -> set[bytes]:
    plain = secret.encode()
    return {plain, quote(secret, safe="").encode(), b64encode(plain).rstrip(b"=")}


def chosen_by_source(books: Books, hosts: Collection[str]) -> Iterator[Finding]:
    """I8: tell each name at the target, and each host that was called, which is not one of ours.

    `hosts` are the Host headers that may reach the sandbox.
    """
    for one in books.objects:
        if not KEY.fullmatch(one.key):
            yield Finding(8, f"an object is called {one.key!r}")
    for request in books.log:
        host = next((value for name, value in request.headers.items() if name.lower() == "host"), "")
        if host not in hosts:
            yield Finding(8, f"request {request.number} went to {host!r}")


def strange_files(
    before: Collection[str], after: Collection[str], ours: Collection[str]
) -> Iterator[Finding]:
    """I8: tell each file of a folder that is new and not one that a run writes."""
    for name in sorted(set(after) - set(before) - set(ours)):
        yield Finding(8, f"the file {name!r} was written")
