"""Redirects for Apache: a text map of mod_rewrite, from event to session, and the rules that ask it."""

import re
from collections.abc import Iterable, Iterator

from pipelines.redirects.fit import PLAIN
from pipelines.redirects.forms import PAGES, PLAY, Sites
from pipelines.redirects.moved import Moved

_FILE = "/etc/apache2/ferry.txt"


def lines(moved: Iterable[Moved], sites: Sites, status: int) -> Iterator[str]:
    """Give the map, with the rules as its first comment."""
    yield f"# Apache: keep this file as {_FILE}, readable for its workers, and add this to the\n"
    yield "# VirtualHost of the old player (mod_rewrite). For many events httxt2dbm makes a faster map.\n"
    yield from (f"#     {rule}\n" for rule in rules(status))
    for one in moved:
        yield f"{one.event_id} {sites.new(one.session_id)}\n"


def rules(status: int) -> tuple[str, ...]:
    """Return the rules; an event that the map does not know goes on as before."""
    pages = "|".join(map(re.escape, PAGES))
    known, then = "^(.+)$", f"%1 [R={status},L,NE]"
    return (
        "RewriteEngine On",
        f'RewriteMap ferry "txt:{_FILE}"',
        f"RewriteCond ${{ferry:$1}} {known}",
        f"RewriteRule ^{PLAY}({PLAIN}+)/?$ {then}",
        f"RewriteCond %{{QUERY_STRING}} (?:^|&)id=({PLAIN}+)(?:&|$)",
        f"RewriteCond ${{ferry:%1}} {known}",
        f"RewriteRule ^(?:{pages})$ {then}",
    )
