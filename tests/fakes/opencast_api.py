"""An External API in memory, whose list can be changed between two calls and broken by an event."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import anyio.lowlevel
from multidict import CIMultiDict

from engine import Answer, Observer, silence
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from pipelines.opencast.client import Opencast
from pipelines.rest import Rest

BASE = "https://opencast.example"
VERSIONS = {"versions": ["v1.0.0", "v1.9.0", "v1.12.0", "v1.11.0"], "default": "v1.12.0"}


def event_json(identifier: str, **fields: Any) -> dict[str, Any]:
    """An event with one film."""
    film = {
        "id": f"film-{identifier}",
        "url": f"https://files.example/{identifier}.mp4",
        "mediatype": "video/mp4",
        "flavor": "presenter/delivery",
        "has_video": True,
        "has_audio": True,
    }
    return {
        "identifier": identifier,
        "title": f"Lecture {identifier}",
        "start": "2020-01-01T09:00:00Z",
        "status": "EVENTS.EVENTS.STATUS.PROCESSED",
        "publications": [{"id": "p", "channel": "engage-player", "media": [film]}],
        **fields,
    }


def page(status: int, body: bytes = b"<!DOCTYPE html>", **headers: str) -> Answer:
    """An answer that is a web page."""
    return Answer(status, CIMultiDict({"Content-Type": "text/html;charset=utf-8", **headers}), body)


class OpencastApi:
    """Answers calls from `events`, in their order.

    `broken` events fail what shows their publications, `hidden` ones every list. `before` is told of each
    call before it is answered.
    """

    def __init__(self, *events: dict[str, Any]) -> None:
        self.events = list(events)
        self.broken: set[str] = set()
        self.hidden: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self.before: Callable[[Call], None] = lambda _: None
        self.http = ScriptedHttp(self._answer)

    def client(self, observer: Observer = silence) -> Opencast:
        """A client of this API that does not sleep between its tries."""

        async def at_once(_: float) -> None: ...

        rest = Rest(self.http, BASE, sleep=at_once, observer=observer)  # type: ignore[arg-type]
        return Opencast(rest, "ferry", "pass word")

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [urlsplit(call.url).path for call in self.http.calls]

    async def _answer(self, call: Call) -> Answer:
        self.before(call)
        await anyio.lowlevel.checkpoint()
        address = urlsplit(call.url)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if address.path in self.answers:
            return self.answers[address.path]
        match [unquote(step) for step in address.path.split("/")[2:]]:
            case ["version"]:
                return json_answer(200, VERSIONS)
            case ["info", "me"]:
                return json_answer(200, {"username": "ferry"})
            case ["info", "me", "roles"]:
                return json_answer(200, ["ROLE_API"])
            case ["events"]:
                return self._listed(query)
            case ["events", identifier]:
                return self._one(identifier, query)
            case _:
                return Answer(404, CIMultiDict({"Content-Type": "text/plain"}), b"nothing here")

    def _listed(self, query: dict[str, str]) -> Answer:
        wanted = [one.split(":", 1) for one in query.get("filter", "").split(",") if one]
        named = {value for name, value in wanted if name == "identifier"}
        series = {value for name, value in wanted if name == "series"}
        found = [
            one
            for one in self.events
            if (not named or one["identifier"] in named) and (not series or one.get("is_part_of") in series)
        ]
        offset, limit = int(query.get("offset", 0)), int(query["limit"])
        shown = found[offset : offset + limit]
        names = {one["identifier"] for one in shown}
        if names & self.hidden or ("withpublications" in query and names & self.broken):
            return page(500)
        return json_answer(200, [self._render(one, query) for one in shown])

    def _one(self, identifier: str, query: dict[str, str]) -> Answer:
        for one in self.events:
            if one["identifier"] == identifier:
                return page(500) if identifier in self.broken else json_answer(200, self._render(one, query))
        return Answer(404, CIMultiDict({"Content-Type": "text/plain"}), b"Cannot find an event")

    def _render(self, event: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        if "withpublications" in query:
            return event
        return {name: value for name, value in event.items() if name != "publications"}
