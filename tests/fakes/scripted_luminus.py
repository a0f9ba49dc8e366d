"""A LumiNUS that answers as a script says, our client for it, and the answers that it gives."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from multidict import CIMultiDict

from engine import (
    Answer,
    FerryError,
    Pace,
    Rate,
    RetryPolicy,
)
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from pipelines.luminus.answers import judge
from pipelines.luminus.client import Luminus
from pipelines.luminus.model import Members
from pipelines.rest import Rest

BASE = "https://luminus.example.edu/v2/api"
TENANT = "panopto.example.edu"
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE2MDAwMDAwMDB9.c2lnbmF0dXJlLWNhbmFyeQ"
KEY = "0123456789abcdef0123456789abcdef"
MODULE = "11111111-0000-4000-8000-000000000001"
TOOL = "22222222-0000-4000-8000-000000000002"
ITEM = "33333333-0000-4000-8000-000000000003"
SESSION = "44444444-0000-4000-8000-000000000004"

MEMBERS = Members(
    ITEM,
    "Lecture 1 \N{MICROSCOPE}",
    "A. Ong",
    False,
    datetime(2024, 2, 3, 10, tzinfo=timezone(timedelta(hours=8))),
    "",
)
ROW = {
    "id": ITEM,
    "name": "Lecture 1",
    "presenter": "A. Ong",
    "publish": False,
    "lectureStartDate": "2024-02-03T10:00:00+08:00",
    "filename": f"https://{TENANT}/Panopto/Pages/Viewer.aspx?id={SESSION}",
}
THROTTLE = {"status": "fail", "code": 400, "message": "TooManyRequests"}
RATE = json_answer(429, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."})
NO_TOOL = {"parentID": ["No weblecture found for this module."]}
BLANK = {"presenter": ["The presenter field is required."]}


def text(status: int, body: str = "", kind: str = "text/plain") -> Answer:
    """Return an answer that is no JSON."""
    return Answer(status, CIMultiDict({"Content-Type": kind}), body.encode())


PAGE = text(404, "<html><title>Back soon</title></html>", "text/html")


def envelope(rows: list[Any], **more: Any) -> Answer:
    """Return a list as LumiNUS does."""
    return json_answer(
        200, {"status": "success", "code": 200, "total": len(rows), "offset": 0, "data": rows, **more}
    )


class Site:
    """A LumiNUS that answers in turn, the last for ever, and a clock on which waits take no time."""

    def __init__(self, *answers: Answer | FerryError, attempts: int = 4) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self._left = list(answers)
        self.http = ScriptedHttp(self._answer)
        policy = RetryPolicy(attempts=attempts)
        self.pace = Pace((Rate(2, 1.0),), clock=lambda: self.now, sleep=self._sleep)
        rest = Rest(
            self.http,  # type: ignore[arg-type]
            BASE,
            pace=self.pace,
            paced_as="luminus",
            judge=judge,
            policy=policy,
            sleep=self._sleep,
            clock=lambda: self.now,
            chance=lambda: 0.0,
        )
        self.luminus = Luminus(
            rest, token=TOKEN, subscription_key=KEY, tenant=TENANT, policy=policy, sleep=self._sleep
        )

    @property
    def calls(self) -> list[Call]:
        """What was asked."""
        return self.http.calls

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def _answer(self, call: Call) -> Answer:
        answer = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if isinstance(answer, FerryError):
            raise answer
        return answer


ASK: dict[str, Callable[[Luminus], Any]] = {
    "modules": lambda luminus: luminus.modules(),
    "web_lecture": lambda luminus: luminus.web_lecture(MODULE),
    "items": lambda luminus: luminus.items(TOOL),
    "patch": lambda luminus: luminus.patch(MEMBERS),
}
GOOD = {
    "modules": envelope([{"id": MODULE}]),
    "web_lecture": json_answer(200, {"id": TOOL}),
    "items": envelope([ROW]),
    "patch": json_answer(200, ROW),
}
