"""Opencast's search service: what is published to engage-player, in one of two shapes.

Source: opencast/opencast, SearchRestService.java and SearchResult.java; mh_default_org.xml, by which anybody
may ask, and is told what an access control list lets them read. Up to Opencast 15 the reply is XML put into
JSON by rule, so that one hit is an object, more are an array, and none is nothing at all; later it is a list.
"""

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.opencast.accounts import Door
from pipelines.sandbox.opencast.holdings import Holdings
from pipelines.sandbox.opencast.listing import date
from pipelines.sandbox.opencast.mediapackage import Shown, package, to_json, to_xml
from pipelines.sandbox.opencast.render import ORGANISATION, static_path
from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.recordings import Event, Publication

PLAYER = "engage-player"
LISTS = Version(1, 11)
"""From Opencast 16 on, which speaks this version, the reply has a list."""

LIMIT = 20
Json = dict[str, Any]


class Search:
    """The handler; `encode` makes a reply of a value."""

    def __init__(
        self, holdings: Holdings, door: Door, newest: Version, encode: Callable[[Any, str], web.Response]
    ) -> None:
        self._holdings = holdings
        self._door = door
        self._newest = newest
        self._encode = encode
        self._files = ""

    def bind(self, files: str) -> None:
        """Take note of the file server's origin. The service signs nothing."""
        self._files = files

    async def episodes(self, request: web.Request) -> web.Response:
        """The episodes of an identifier or of a series, or all of them, so many a page."""
        query = request.query
        front.concerns(request, query.get("id", ""))
        known = self._door.known(request) is True
        found = [one for one in self._holdings.events if _fits(one, query) and self._reads(one, known)]
        limit, offset = _number(query, "limit") or LIMIT, _number(query, "offset")
        shown = found[offset : offset + limit]
        for event in shown:
            await self._holdings.inspect(event.files)
        paging = {"offset": offset, "limit": limit, "total": len(found)}
        results = [self._result(one) for one in shown]
        if self._newest >= LISTS:
            return self._encode({**paging, "result": results}, "application/json")
        reply: Json = {name: str(value) for name, value in paging.items()}
        reply |= {"searchTime": "7", "query": "*:*"} | _as_xml(results)
        return self._encode({"search-results": reply}, "application/json")

    def _reads(self, event: Event, known: bool) -> bool:
        return "ROLE_ANONYMOUS" in event.readers or (known and self._door.account.reads(event.readers))

    def _result(self, event: Event) -> Json:
        made = _published(event)
        elements = made.elements if made else ()

        def address(element: Any) -> str:
            if element.media is None:
                return str(element.url if "://" in element.url else self._files + element.url)
            return self._files + static_path(event.identifier, PLAYER, element)

        shown = package(event, Shown(elements, address, self._holdings.checksum))
        if self._newest >= LISTS:
            return {
                "mediapackage": to_json(shown),
                "mediapackage_xml": to_xml(shown).decode(),
                "org": ORGANISATION,
                "modified": date(event.created),
                "dc": {"identifier": [event.identifier], "title": [event.title]},
                "acl": {"read": list(event.readers)},
            }
        return {
            "id": event.identifier,
            "org": ORGANISATION,
            "mediapackage": to_json(shown),
            "dcTitle": event.title,
            "dcExtent": to_json(shown)["duration"],
            "ocMediapackage": to_xml(shown).decode(),
            "mediaType": "AudioVisual",
            "modified": date(event.created),
            "score": 1.5,
        }


def _published(event: Event) -> Publication | None:
    return next((one for one in event.publications if one.channel == PLAYER), None)


def _fits(event: Event, query: Mapping[str, str]) -> bool:
    """Whether an event is published to the player, and is the one or of the series that is asked for."""
    made = _published(event)
    if made is None or not made.elements:
        return False
    series = event.series.identifier if event.series else ""
    return query.get("id") in {None, "", event.identifier} and query.get("sid") in {None, "", series}


def _as_xml(results: list[Json]) -> Json:
    match results:
        case []:
            return {}
        case [one]:
            return {"result": one}
        case _:
            return {"result": results}


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else 0
