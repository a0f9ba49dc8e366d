"""Chooses the version of the External API that both sides know.

Opencast looks for a version anywhere in the Accept header and takes its newest where the header also has
`application/json` (ApiMediaType.java), so exactly one media type is sent.
"""

import re
from typing import Any

from engine import Unreadable

Version = tuple[int, int, int]

NEWEST: Version = (1, 11, 0)
"""The newest version whose answers are known: Opencast 16 and 17."""

WITH_SCHEDULING: Version = (1, 1, 0)
"""The first version that tells what is scheduled: Opencast 6."""

_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


def choose(offered: Any, where: str) -> Version:
    """Return the highest version, up to NEWEST, of the answer to GET /api/version.

    Raises Unreadable where there is none.
    """
    versions = offered.get("versions") if isinstance(offered, dict) else None
    found = [_VERSION.fullmatch(str(one)) for one in versions] if isinstance(versions, list) else []
    known = [version for match in found if match and (version := _numbers(match)) <= NEWEST]
    if not known:
        raise Unreadable(f"offers no version of its API up to {media_type(NEWEST)}", where=where)
    return max(known)


def media_type(version: Version) -> str:
    """Return the media type by which a version is asked for."""
    return "application/v{}.{}.{}+json".format(*version)


def _numbers(match: re.Match[str]) -> Version:
    return int(match[1]), int(match[2]), int(match[3])
