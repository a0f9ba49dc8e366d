"""Redirects for nginx: two maps, from an address to an event and from an event to its session.

The first one reads the id out of the path or the query by patterns, so the second one has a line an event.
Its keys begin with a slash: a word such as `default` or `include` would be nginx's own. Capitals are small
letters to it (ngx_http_map_module).
"""

import re
from collections.abc import Iterator, Sequence

from pipelines.redirects.fit import LONGEST, PLAIN
from pipelines.redirects.forms import PAGES, PLAY, Sites
from pipelines.redirects.moved import Moved

_IN_A_BUCKET = 8
"""Events of one hash value that a bucket has room for."""
_OF_EACH = 32
"""Bytes that nginx keeps besides the key, and fills up to whole words, at most."""


def lines(moved: Sequence[Moved], sites: Sites, status: int) -> Iterator[str]:
    """Give the file, which belongs at the level of `http`, beside the servers."""
    yield "# nginx: include this file in the http block (as conf.d/ferry.conf), and add this to the server\n"
    yield "# block of the old player:\n"
    yield f"#     if ($ferry_viewer) {{ return {status} $ferry_viewer; }}\n"
    yield "# Where the http block sets the next two already, keep the greater ones.\n"
    yield f"map_hash_max_size {max(2048, 2 * len(moved))};\n"
    yield f"map_hash_bucket_size {bucket(moved)};\n"
    yield from _events()
    yield "map $ferry_event $ferry_viewer {\n"
    yield '    default "";\n'
    for one in moved:
        yield f'    "/{one.event_id}" "{sites.new(one.session_id)}";\n'
    yield "}\n"


def bucket(moved: Sequence[Moved]) -> int:
    """Return the bytes of a bucket in which the longest key has room: a power of two."""
    longest = max((len(one.event_id) for one in moved), default=0)
    return 1 << (_IN_A_BUCKET * (longest + _OF_EACH)).bit_length()


def _events() -> Iterator[str]:
    pages = "|".join(map(re.escape, PAGES))
    yield 'map "$uri?$arg_id" $ferry_event {\n'
    yield '    default "";\n'
    yield f'    "~^{PLAY}(?<ferry_play>{PLAIN}{{1,{LONGEST}}})/?[?]" "/$ferry_play";\n'
    yield f'    "~^(?:{pages})[?](?<ferry_id>{PLAIN}{{1,{LONGEST}}})$" "/$ferry_id";\n'
    yield "}\n"
