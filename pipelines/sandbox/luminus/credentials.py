"""Who may call LumiNUS: a subscription key that the gateway looks at, and a bearer that LumiNUS looks at.

Sources: fluminurs 63a1b07 src/lib.rs (both on every call); fluminus 049c4fb ("valid for 8 hours and is
non-renewable"); source-academy/backend luminus.ex (`exp` and `samAccountName` in the JWT); for the gateway's
messages Azure's api-management-error-handling-policies.md. Not established and chosen here: the text of
LumiNUS's own 401 and its WWW-Authenticate, which are ASP.NET's.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from pipelines.sandbox.luminus.answers import gateway

KEY = "Ocp-Apim-Subscription-Key"
MISSING = (
    "Access denied due to missing subscription key. Make sure to include subscription key when making "
    "requests to an API."
)
INVALID = (
    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active "
    "subscription."
)
SIGNATURE_BYTES = 256


@dataclass(frozen=True, slots=True)
class Account:
    """One user's ready token, which ends at `expires` (epoch seconds), and the key of a subscription."""

    username: str
    token: str = field(repr=False)
    subscription_key: str = field(repr=False)
    expires: float

    @classmethod
    def issued(cls, username: str, life: float, now: float) -> "Account":
        """A fresh account whose token lives so many seconds from now on, `exp` in whole ones."""
        expires = int(now + life)
        return cls(username, _token(username, int(now), expires), secrets.token_hex(16), expires)


def refused_key(headers: Mapping[str, str], account: Account) -> web.Response | None:
    """The gateway's 401 to a call without the right key."""
    given = headers.get(KEY)
    if given is not None and _equal(given, account.subscription_key):
        return None
    challenge = (
        'AzureApiManagementKey realm="https://luminus.sandbox.invalid/",name="' + KEY + '",type="header"'
    )
    return gateway(401, MISSING if given is None else INVALID, {"WWW-Authenticate": challenge})


def refused_bearer(headers: Mapping[str, str], account: Account, now: float) -> web.Response | None:
    """LumiNUS's plain 401 to a call without a bearer, with an unknown one, or with one that has ended."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    known = scheme.lower() == "bearer" and _equal(given.strip(), account.token)
    if known and now < account.expires:
        return None
    if known:
        challenge = 'Bearer error="invalid_token", error_description="The token is expired"'
    else:
        challenge = 'Bearer error="invalid_token"' if given else "Bearer"
    return web.Response(status=401, text="401 Unauthorized", headers={"WWW-Authenticate": challenge})


def _equal(given: str, secret: str) -> bool:
    """Whether a header holds that secret; aiohttp tells bytes that are no UTF-8 as surrogates."""
    return secrets.compare_digest(given.encode(errors="surrogateescape"), secret.encode())


def _token(username: str, now: int, expires: int) -> str:
    """A JWT as NUS's ADFS makes them; nobody can check its signature, which is chance."""
    head = {"typ": "JWT", "alg": "RS256", "x5t": _base64(secrets.token_bytes(20))}
    claims = {
        "aud": "sg_edu_nus_oauth",
        "iss": "http://adfs.sandbox.invalid/adfs/services/trust",
        "iat": now,
        "exp": expires,
        "samAccountName": username,
        "apptype": "Confidential",
        "authmethod": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        "ver": "1.0",
    }
    signature = _base64(secrets.token_bytes(SIGNATURE_BYTES))
    return ".".join((_base64(orjson.dumps(head)), _base64(orjson.dumps(claims)), signature))


def _base64(content: bytes) -> str:
    """Base64 for URLs, without its padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
