"""How Panopto's REST calls answer: JSON in PascalCase, two shapes of errors, two statuses for a dead token.

PublicAPI/REST answers 403 to an expired or missing token (upload-python-sample ucs_uploader.py), /api/v1
answers 401 (panopto-api-python-examples). The body of a PublicAPI error is not established.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web

from pipelines.sandbox.panopto.oauth import Principal, Tokens

PUBLIC_API = "Panopto/PublicAPI/REST"
API = "Panopto/api/v1"
COOKIE = ".ASPXAUTH"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Refused(Exception):
    """A call that is answered with an error; `source` names what caused it."""

    def __init__(self, status: int, message: str, source: str = "Request") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.source = source


def route(base: str, tail: str = "") -> str:
    """A route whose fixed part is matched as IIS does, in any case."""
    return f"/{{base:(?i:{base})}}{tail}"


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    body = orjson.dumps(document)
    return web.Response(
        body=body, status=status, headers=headers, content_type="application/json", charset="utf-8"
    )


def refusal(refused: Refused, legacy: bool) -> web.Response:
    """The answer to a refused call: APIError on /api/v1, a bare message on PublicAPI/REST."""
    if legacy:
        return answer({"Message": refused.message}, refused.status)
    error = {"ErrorCode": str(refused.status), "Message": refused.message}
    document = {"Error": {**error, "Success": False, "ErrorSource": refused.source}}
    return (
        answer(document, refused.status)
        if refused.status not in {401, 403}
        else web.Response(status=refused.status)
    )


def moment(time: datetime) -> str:
    """A time as .NET writes one in UTC: the fraction is left out or loses its zeros."""
    fraction = f"{time.microsecond:06}".rstrip("0")
    return time.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def is_legacy(request: web.Request) -> bool:
    """Whether a request is one to PublicAPI/REST."""
    return request.path.lower().startswith(f"/{PUBLIC_API}/".lower())


def principal(request: web.Request, tokens: Tokens) -> Principal | None:
    """Whom a request speaks for: by its Bearer token, or by the legacy cookie on PublicAPI/REST."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return tokens.bearer(token.strip())
    cookie = request.cookies.get(COOKIE)
    return tokens.cookie(cookie) if cookie is not None and is_legacy(request) else None


def caller(request: web.Request, tokens: Tokens) -> Principal:
    """Whom a request speaks for. Raises Refused: 403 on PublicAPI/REST, 401 on /api/v1."""
    found = principal(request, tokens)
    if found is None:
        raise Refused(403 if is_legacy(request) else 401, "No valid authorization.")
    return found


def user(request: web.Request, tokens: Tokens) -> str:
    """The user of a request. Raises Refused, with 403 where the token has none (client credentials)."""
    found = caller(request, tokens)
    if found.user is None:
        raise Refused(403, "The token belongs to no user.")
    return found.user


def checked_guid(text: object, name: str) -> str:
    """A GUID in lower case. Raises Refused (400)."""
    if not isinstance(text, str) or not GUID.fullmatch(text):
        raise Refused(400, f"{name} is no GUID.", name)
    return text.lower()


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object that a request carries. Raises Refused (400)."""
    try:
        read = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise Refused(400, "The request is no JSON.") from error
    if not isinstance(read, dict):
        raise Refused(400, "The request is no JSON object.")
    return read
