"""Lists as /api/v1 tells them: in pages of 25 without a total, sorted by a field, searched by words.

Source: Panopto's Swagger 2.0. An empty page is the end; unknown parameters (maxNumberResults, pageSize,
startDate, endDate) are ignored.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from aiohttp import web

from pipelines.sandbox.panopto.answers import Refused, answer

PAGE = 25

Item = TypeVar("Item")
Key = Callable[[Item], Any]


def page(request: web.Request, ordered: Iterable[dict[str, Any]]) -> web.Response:
    """The page that a request asks for. Raises Refused (400)."""
    text = request.query.get("pageNumber", "0")
    if not text.isdecimal():
        raise Refused(400, "pageNumber is no page number.", "pageNumber")
    start = int(text) * PAGE
    return answer({"Results": list(ordered)[start : start + PAGE]})


def ordered(
    request: web.Request, found: Iterable[Item], fields: Mapping[str, Key[Item]], default: str
) -> list[Item]:
    """What was found, by the `sortField` and `sortOrder` of a request. Raises Refused (400)."""
    by, order = request.query.get("sortField", default), request.query.get("sortOrder", "Asc")
    if by not in fields:
        raise Refused(400, f"sortField is none of {', '.join(fields)}.", "sortField")
    if order not in {"Asc", "Desc"}:
        raise Refused(400, "sortOrder is neither Asc nor Desc.", "sortOrder")
    return sorted(found, key=fields[by], reverse=order == "Desc")


def wanted(request: web.Request) -> Callable[[str], bool]:
    """Whether a text is searched for: each word of the query begins one of its own; * is any.

    Raises Refused (400) where the query is empty.
    """
    query = request.query.get("searchQuery", "").strip()
    if not query:
        raise Refused(400, "The query cannot be empty.", "searchQuery")
    if query == "*":
        return lambda _: True
    asked = _words(query)
    return lambda text: all(any(word.startswith(one) for word in _words(text)) for one in asked)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
