"""Redirects for HAProxy: a map from an event to its session, and the rules that ask it."""

from collections.abc import Iterable, Iterator

from pipelines.redirects.forms import PAGES, PLAY, Sites
from pipelines.redirects.moved import Moved

_FILE = "/etc/haproxy/ferry.map"


def lines(moved: Iterable[Moved], sites: Sites, status: int) -> Iterator[str]:
    """Give the map, with the rules as its first comment."""
    yield f"# HAProxy: keep this file as {_FILE}, and add this to the old player's frontend.\n"
    yield from (f"#     {rule}\n" for rule in rules(status))
    for one in moved:
        yield f"{one.event_id} {sites.new(one.session_id)}\n"


def rules(status: int) -> tuple[str, ...]:
    """Return the rules; an event that the map does not know goes on as before."""
    return (
        f"http-request set-var(txn.event) path,field(3,/) if {{ path_beg {PLAY} }}",
        f"http-request set-var(txn.event) urlp(id) if {{ path {' '.join(PAGES)} }}",
        f"http-request set-var(txn.viewer) var(txn.event),map({_FILE}) if {{ var(txn.event) -m found }}",
        f"http-request redirect location %[var(txn.viewer)] code {status} if {{ var(txn.viewer) -m found }}",
    )
