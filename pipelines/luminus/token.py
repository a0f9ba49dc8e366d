"""How long a LumiNUS token lasts, read from the token itself.

It is a JSON Web Token that lives eight hours and cannot be renewed (indocomsoft/fluminus 049c4fb). Nothing
is verified: LumiNUS does that.
"""

import base64
import re
from datetime import UTC, datetime

import orjson

_CLAIMS = re.compile(r"[\w-]+\.([\w-]+)\.[\w-]*", re.ASCII)


def expiry_of(token: str) -> datetime | None:
    """Return the end of a token by its `exp` (RFC 7519, 4.1.4) in UTC, or None where it tells none."""
    found = _CLAIMS.fullmatch(token.strip())
    if found is None:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)))
        seconds = claims.get("exp") if isinstance(claims, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return None
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
