"""Redirects as one JSON document: an event an entry, with all of its old addresses and its new one."""

import json
from collections.abc import Iterable, Iterator

from pipelines.redirects.forms import Sites
from pipelines.redirects.moved import Moved

VERSION = 1


def lines(moved: Iterable[Moved], sites: Sites) -> Iterator[str]:
    """Give the document line by line, so that no more than one event is in memory; it is ASCII."""
    yield f'{{"version": {VERSION}, "redirects": ['
    before = "\n"
    for one in moved:
        yield f"{before}{entry(one, sites)}"
        before = ",\n"
    yield "\n]}\n"


def entry(one: Moved, sites: Sites) -> str:
    """Return an event's entry."""
    old, new = sites.old(one.event_id), sites.new(one.session_id)
    return json.dumps(
        {"event_id": one.event_id, "session_id": one.session_id, "old_urls": old, "new_url": new}
    )
