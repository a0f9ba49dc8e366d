"""Redirects as CSV: a line an old address, every one of them with its new one.

Addresses hold neither a control character nor a formula's beginning, whatever the ids are.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from pipelines.redirects.forms import Sites
from pipelines.redirects.moved import Moved


def lines(moved: Iterable[Moved], sites: Sites) -> Iterator[str]:
    """Give the lines; the first one names the columns."""
    yield _line(("old_url", "new_url"))
    for one in moved:
        new = sites.new(one.session_id)
        for old in sites.old(one.event_id):
            yield _line((old, new))


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()
