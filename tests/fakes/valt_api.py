"""A VALT in memory, whose answers can be scripted call by call, and whose token can run out."""

from collections import deque
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio.lowlevel
import orjson
from multidict import CIMultiDict

from engine import Answer
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from pipelines.rest import Rest
from pipelines.valt.client import Valt

BASE = "https://valt.example"
PASSWORD = "pass word"
DATE = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON = 1_795_262_400.0
NO_KEY = json_answer(401, {"error": {"code": 401, "message": "No API key provided"}})
UNKNOWN = json_answer(404, {"error": {"code": 404}})


def schedule_json(identifier: Any = 12, **fields: Any) -> dict[str, Any]:
    """A schedule in the documented shape."""
    return {
        "id": identifier,
        "name": "Heat",
        "template": None,
        "author": {"id": 1, "name": "Ferry"},
        "room": {"id": 39, "name": "Hall 3"},
        "created": 1_796_000_000,
        "start_at": 1_796_636_900,
        "stop_at": 1_796_637_200,
        "duration": 300,
        "status": "pending",
        "recurrence": {"type": "none"},
        "shared": {"users": [], "user_groups": []},
        **fields,
    }


class ValtApi:
    """Logs in, and answers every other call from `answers`: by method and path below /api/v3.

    A list is answered one by one, its last one for ever; an exception is raised as a network would.
    `tokens` are those that hold; `logins` counts the calls that asked for one.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Exception | deque[Answer | Exception]] = {}
        self.login: Answer | Exception | None = None
        self.logins = 0
        self.tokens: set[str] = set()
        self.clock = lambda: NOON - 90.0
        self.slept: list[float] = []
        self.http = ScriptedHttp(self._answer)

    def client(self) -> Valt:
        """A client of this VALT that does not sleep between its tries."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        rest = Rest(self.http, BASE, sleep=sleep)  # type: ignore[arg-type]
        return Valt(rest, "ferry", PASSWORD, clock=self.clock)

    def says(self, call: str, *answers: Answer | Exception) -> None:
        """Answer a call ("GET schedule/12") so, in turn."""
        self.answers[call] = deque(answers)

    def made(self) -> list[str]:
        """The calls that were made, but for logins, in order."""
        return [name for call in self.http.calls if (name := name_of(call)) != "POST login"]

    def bodies(self) -> list[Any]:
        """What the writes sent."""
        return [orjson.loads(one.body) for one in self.http.calls if one.body and "login" not in one.url]

    def expire(self) -> None:
        """Let no token hold any more."""
        self.tokens.clear()

    async def _answer(self, call: Call) -> Answer:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        name = name_of(call)
        if name == "POST login":
            return self._log_in(call)
        given = parse_qs(urlsplit(call.url).query).get("access_token", [""])[0]
        if given not in self.tokens:
            return NO_KEY
        answer = self.answers.get(name, UNKNOWN)
        if isinstance(answer, deque):
            answer = answer.popleft() if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _log_in(self, call: Call) -> Answer:
        self.logins += 1
        if isinstance(self.login, Exception):
            raise self.login
        if self.login is not None:
            return self.login
        if orjson.loads(call.body or b"") != {"username": "ferry", "password": PASSWORD}:
            return json_answer(401, {"data": "Invalid username or password"})
        token = f"{self.logins:032x}"
        self.tokens.add(token)
        body = orjson.dumps({"data": {"access_token": token}})
        return Answer(200, CIMultiDict({"Content-Type": "application/json", "Date": DATE}), body)


def name_of(call: Call) -> str:
    """Return method and path of a call, below /api/v3."""
    return f"{call.method} {urlsplit(call.url).path.removeprefix('/api/v3/')}"


def page(status: int, **headers: str) -> Answer:
    """An answer that is a web page."""
    return Answer(status, CIMultiDict({"Content-Type": "text/html", **headers}), b"<!DOCTYPE html>")
