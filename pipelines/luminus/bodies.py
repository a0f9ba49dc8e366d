"""What the body of a refusal says, in one short sentence for a person.

The portal calls every error body a string. What comes is the gateway's object with a statusCode, ASP.NET
Core's errors by field with or without problem details around them, LumiNUS's envelope with a message, a text
with or without quotes, or somebody's web page. Nothing here assumes JSON.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

LONGEST = 200
"""Characters of a sentence."""

_LOOKED_AT = 20_000
_MESSAGES = ("message", "Message", "error_description", "error", "detail", "title")
_NOTHING_SAID = frozenset({"", "null", "bad request", "one or more validation errors occurred"})

_TITLE = re.compile(r"<title\b[^>]*>([^<]*)", re.IGNORECASE)
_UNSEEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>?")
_QUERY = re.compile(r"(://[^\s?]*)\?\S*")
_SECRET = re.compile(r"[\w.~+/=-]{40,}|(?<!\w)[0-9a-f]{32}(?!\w)", re.ASCII | re.IGNORECASE)


def sentence_of(body: bytes) -> str:
    """Return what a body says: one line of at most LONGEST characters, empty where it says nothing.

    What looks like a token or a key is left out, and so is the query of an address.
    """
    json = json_of(body)
    if json is None:
        text = body[:_LOOKED_AT].decode("utf-8-sig", "replace")
        return _one_line(_page_text(text) if is_page(body) else text)
    return _one_line("; ".join(_said(json)))


def is_explained(body: bytes) -> bool:
    """Whether a body gives a reason: not nothing, not a page, and not only the name of its status."""
    return not is_page(body) and sentence_of(body).rstrip(".").lower() not in _NOTHING_SAID


def fields_of(body: bytes) -> Mapping[str, str]:
    """Return what a validation says by field (SerializableError, or the errors of problem details)."""
    json = json_of(body)
    return _fields(json) if isinstance(json, Mapping) else {}


def gateway_message(body: bytes) -> str | None:
    """Return what Azure API Management itself says, or None where the body is not its own."""
    json = json_of(body)
    if not isinstance(json, Mapping) or "statusCode" not in json:
        return None
    return _text(json.get("message"))


def json_of(body: bytes) -> Any:
    """Return a body's JSON, or None where it is something else."""
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None


def is_page(body: bytes) -> bool:
    """Whether a body is a web page or XML."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _said(json: Any) -> Iterator[str]:
    if isinstance(json, str):
        yield json
    elif isinstance(json, list):
        yield from (one for one in json if isinstance(one, str))
    elif isinstance(json, Mapping):
        fields = _fields(json)
        yield from (f"{name}: {text}" if name else text for name, text in fields.items())
        if not fields:
            yield next(filter(None, (_text(json.get(name)) for name in _MESSAGES)), "")


def _fields(json: Mapping[str, Any]) -> Mapping[str, str]:
    errors = json.get("errors")
    found: Mapping[str, Any] = errors if isinstance(errors, Mapping) else json
    if not all(isinstance(value, list) for value in found.values()):
        return {}
    texts = {name: " ".join(map(_text, value)).strip() for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _page_text(page: str) -> str:
    title = _TITLE.search(page)
    shown = title[1] if title and title[1].strip() else _TAG.sub(" ", _UNSEEN.sub(" ", page))
    return html.unescape(shown)


def _one_line(text: str) -> str:
    """Bring a text to one printable line without secrets, and cut it where it is long."""
    printable = "".join(one if one.isprintable() else " " for one in text[:_LOOKED_AT])
    line = " ".join(_SECRET.sub("...", _QUERY.sub(r"\1", printable)).split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rstrip() + "..."
