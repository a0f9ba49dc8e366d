"""How VALT answers: `data` around what is there, and two envelopes around what is wrong.

Sources: IVS wiki, API_Update_Schedule (404 without a message, 500), API_List_Rooms (401), API_Create_Room
(400 with fields), API_Stop_Recording (404 with a message), API_Authentication (401 at login).
Not established and chosen here: the messages of a dead token and of a missing right, and the envelope of 500.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

FieldErrors = Sequence[tuple[str, str]]
"""The name of a member and what is wrong with it."""


class Refused(Exception):
    """A call that is answered with an error: the status and the whole body."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer with exactly this body."""
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/json", charset="utf-8"
    )


def error(status: int, message: str = "") -> Refused:
    """The envelope `error`, with or without a message."""
    told = {"message": message} if message else {}
    return Refused(status, {"error": {"code": status, **told}})


def invalid(wrong: FieldErrors) -> Refused:
    """A 400 that names the members that are wrong."""
    listed = [{"name": name, "message": message} for name, message in wrong]
    return Refused(400, {"data": {"message": "Validation Error", "fields": listed}, "code": 400})


def impossible(message: str) -> Refused:
    """A 400 of a call that is well formed and makes no sense now."""
    return Refused(400, {"data": {"message": message}, "code": 400})


def missing(message: str) -> Refused:
    """A 404 in the envelope `data`."""
    return Refused(404, {"data": {"message": message, "status": False}, "code": 404})


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object that a request carries. Raises Refused: anything else is a 500."""
    try:
        read = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise error(500, "JSON Body Formatted Incorrectly")
    return read
