"""How LumiNUS and the gateway before it answer: envelopes, bare objects, and errors of many shapes.

Sources: fluminus 049c4fb and fluminus.dart 53d3200 (envelope); the LumiNUS portal, PatchSession (an error's
body is a string); the ASP.NET Core docs (SerializableError, ValidationProblemDetails); Azure's
api-management-error-handling-policies.md (`statusCode`).
"""

import secrets
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import orjson
from aiohttp import web

Json = dict[str, Any]
Errors = Mapping[str, Sequence[str]]
"""What is wrong with each field; "" is the whole body."""


class Refused(Exception):
    """A call that LumiNUS refuses with a status and one sentence, which is sent as a JSON string."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Invalid(Exception):
    """A call that does not validate, and why."""

    def __init__(self, errors: Errors) -> None:
        super().__init__("One or more validation errors occurred.")
        self.errors = errors


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        body=orjson.dumps(document),
        status=status,
        headers=headers,
        content_type="application/json",
        charset="utf-8",
    )


def gateway(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer of the gateway's own, known by its `statusCode`."""
    return answer({"statusCode": status, "message": message}, status, headers)


def envelope(entries: Sequence[Json], total: int, offset: int, limit: int | None) -> web.Response:
    """One page of a list; `limit` is told only where it was asked for."""
    document: Json = {"status": "success", "code": 200, "total": total, "offset": offset}
    if limit is not None:
        document["limit"] = limit
    return answer(document | {"data": list(entries)})


class Refusals:
    """The answers to what is refused; validation errors take both of ASP.NET's shapes in turn."""

    def __init__(self) -> None:
        self._with_details = cycle((False, True))

    def refused(self, refused: Refused) -> web.Response:
        """A status and a JSON string."""
        return answer(refused.message, refused.status)

    def invalid(self, invalid: Invalid) -> web.Response:
        """A 400 with lists of sentences by field, bare or within problem details."""
        errors = {name: list(sentences) for name, sentences in invalid.errors.items()}
        return (
            problem(400, str(invalid), {"errors": errors})
            if next(self._with_details)
            else answer(errors, 400)
        )


def problem(status: int, title: str, more: Json) -> web.Response:
    """Problem details as ASP.NET Core writes them."""
    trace = f"0HM{secrets.token_hex(5).upper()}:00000001"
    document = {
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5",
        "title": title,
        "status": status,
        "traceId": trace,
        **more,
    }
    return web.Response(
        body=orjson.dumps(document), status=status, content_type="application/problem+json", charset="utf-8"
    )
