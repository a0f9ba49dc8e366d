"""Signed URLs as Opencast makes and checks them: a policy, the key's name, and an HMAC over the policy.

Source: opencast/opencast, modules/urlsigning-common; the statuses were measured with the real filter and
verifier. The form reproduces the signature in the developer guide's security page.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

POLICY, KEY, SIGNATURE = "policy", "keyId", "signature"
MALFORMED, REFUSED, EXPIRED = 400, 403, 410


@dataclass(frozen=True, slots=True)
class Signer:
    """One signing key."""

    key_id: str
    secret: bytes

    def sign(self, url: str, until: int, *, since: int | None = None, address: str | None = None) -> str:
        """The URL with its signature appended; `until` and `since` in milliseconds since 1970."""
        policy = _policy(url, until, since, address)
        encoded = base64.urlsafe_b64encode(policy).decode().rstrip("=")
        joint = "&" if "?" in url else "?"
        return f"{url}{joint}{POLICY}={encoded}&{KEY}={self.key_id}&{SIGNATURE}={self._digest(policy)}"

    def check(self, url: str, query: str, now: int, address: str) -> int | None:
        """Why a request is refused, as an HTTP status, or None where it may pass.

        `url` is what was asked for without its query, `now` in milliseconds. 400: a parameter is missing or
        unreadable; 403: unknown key, wrong signature, another resource or address; 410: outside its time.
        """
        given = dict(parse_qsl(query))
        if not all(given.get(name) for name in (POLICY, KEY, SIGNATURE)):
            return MALFORMED
        policy = _decoded(given[POLICY])
        statement = _statement(policy)
        if statement is None:
            return MALFORMED
        genuine = hmac.compare_digest(self._digest(policy), given[SIGNATURE].lower())
        if given[KEY] != self.key_id or not genuine or statement["Resource"].partition("?")[0] != url:
            return REFUSED
        return _within(statement["Condition"], now, address)

    def _digest(self, policy: bytes) -> str:
        return hmac.new(self.secret, policy, hashlib.sha256).hexdigest()


def _policy(url: str, until: int, since: int | None, address: str | None) -> bytes:
    condition: dict[str, Any] = {"DateLessThan": until}
    if since is not None:
        condition["DateGreaterThan"] = since
    if address is not None:
        condition["IpAddress"] = address
    statement = {"Statement": {"Condition": condition, "Resource": url}}
    return orjson.dumps(statement).replace(b"/", b"\\/")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _statement(policy: bytes) -> dict[str, Any] | None:
    try:
        statement = orjson.loads(policy)["Statement"]
        readable = isinstance(statement["Resource"], str) and "DateLessThan" in statement["Condition"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return statement if readable else None


def _within(condition: Mapping[str, Any], now: int, address: str) -> int | None:
    if condition.get("IpAddress", address) != address:
        return REFUSED
    if not condition.get("DateGreaterThan", 0) <= now < condition["DateLessThan"]:
        return EXPIRED
    return None
