"""LumiNUS and VALT cannot be reached for ten minutes: nothing is parked, and nothing is set twice."""

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from fakes.carry_site import CarrySite
from fakes.migration_site import WHEN
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from fakes.scripted_luminus import SESSION, envelope
from fakes.virtual_time import virtually

from engine import Answer, Breaker, Drain, HostAnswers, HostRests, Patience, Unreachable, host_of
from pipelines import items
from pipelines.app.services import Ways
from pipelines.config import Settings

PANOPTO = "panopto.example.org"
SETTINGS = Settings.model_validate(
    {
        "opencast": {"url": "https://opencast.example.org", "username": "u", "password": "p"},
        "panopto": {
            "url": f"https://{PANOPTO}",
            "client_id": "c",
            "client_secret": "s",
            "username": "u",
            "password": "p",
        },
        "luminus": {
            "url": "https://luminus.example.org",
            "token": "t",
            "subscription_key": "k",
            "modules": "modules.csv",
            "calls_per_second": 100,
        },
        "valt": {
            "url": "https://valt.example.org",
            "username": "u",
            "password": "p",
            "rooms": "rooms.csv",
            "timezone": "UTC",
            "calls_per_second": 100,
        },
    }
)
OUTAGE = 600.0


class Network:
    """Lets calls through, but for ten minutes from the call of number `down_at` on; with `lost` that one is
    done, and its answer lost."""

    def __init__(self, down_at: int, *, lost: bool = False) -> None:
        self.http = ScriptedHttp(self._call)
        self.applied: Counter[str] = Counter()
        self.struck = 0
        self._down_at = down_at
        self._lost = lost
        self._until: float | None = None
        self._row: dict[str, Any] = {}

    async def _call(self, call: Call) -> Answer:
        """Answer as LumiNUS, or not at all."""
        now = asyncio.get_running_loop().time()
        if len(self.http.calls) == self._down_at:
            self._until = now + OUTAGE
            if self._lost:
                self._answer(call)
        if self._until is not None and now < self._until:
            self.struck += 1
            raise Unreachable("the connection failed", where=host_of(call.url))
        return self._answer(call)

    def _answer(self, call: Call) -> Answer:
        address = urlsplit(call.url)
        match call.method, address.path.rstrip("/"):
            case "GET", "/module":
                return envelope([{"id": "m1", "name": "M1", "access": {"access_Update": True}}])
            case "GET", "/weblecture":
                return json_answer(200, {"id": "w1", "parentID": parse_qs(address.query)["ParentID"][0]})
            case "GET", _:
                return envelope([self._row])
            case _:
                body = orjson.loads(call.body or b"{}")
                self._row |= {name: one for name, one in body.items() if name in self._row}
                self._row["lectureStartDate"] = body.get("startDate")
                self.applied[call.method] += 1
                return json_answer(200, self._row)

    def item(self, session_id: str) -> None:
        """Have a lecture item of a session."""
        link = f"https://{PANOPTO}/Panopto/Pages/Viewer.aspx?id={session_id}"
        self._row = {"id": "i1", "name": "Imported", "presenter": "", "publish": False, "filename": link}
        self._row |= {"lectureStartDate": None, "description": ""}


def breaker(told: list[object], drain: Drain) -> Breaker:
    """Return what lets hosts rest, on the loop's clock."""
    return Breaker(
        Patience(),
        clock=lambda: asyncio.get_running_loop().time(),
        sleep=drain.before_another_try,
        observer=told.append,
    )


@pytest.mark.fault(14, 27)
@pytest.mark.parametrize(("down_at", "lost"), [(2, False), (3, False), (4, False), (4, True)])
def test_ten_minutes_without_luminus_are_ridden_out(down_at: int, lost: bool, record_property: Any) -> None:
    """While its lists are read, and around the one PATCH: the item ends verified, set once, told once."""
    network = Network(down_at, lost=lost)
    site = CarrySite()
    told: list[object] = []

    async def scene() -> float:
        drain = Drain()
        client = Ways(SETTINGS, told.append, drain, breaker(told, drain)).luminus(network.http)  # type: ignore[arg-type]
        site.luminus = client  # type: ignore[assignment]
        await site.right("e1")
        await site.journal.append(items.right("e1", SESSION.upper(), WHEN.isoformat()))
        network.item(SESSION)
        begun = asyncio.get_running_loop().time()
        await site.run("e1", wait=3600.0)
        return asyncio.get_running_loop().time() - begun

    site.modules = {"s1": "m1"}
    seconds = virtually(scene())
    assert site.outcomes() == {"e1": ("verified", None)}
    assert network.applied["PATCH"] == 1
    assert network.http.calls[3].method == ("PATCH" if down_at == 4 else "GET")
    assert OUTAGE <= seconds <= OUTAGE + 90
    kinds = [type(one) for one in told if isinstance(one, HostRests | HostAnswers)]
    assert kinds == [HostRests, HostAnswers]
    record_property("injected", network.struck)
    record_property("happened", f"{network.struck} calls without an answer over ten minutes, set once")


@pytest.mark.fault(14, 28)
def test_ten_minutes_without_valt_are_ridden_out(record_property: Any) -> None:
    """A list of rooms that is asked for meanwhile comes afterwards; its login is not sent again and again."""
    network = Network(2)
    told: list[object] = []

    async def scene() -> float:
        drain = Drain()
        client = Ways(SETTINGS, told.append, drain, breaker(told, drain)).valt(network.http)  # type: ignore[arg-type]
        begun = asyncio.get_running_loop().time()
        await client.rooms()
        return asyncio.get_running_loop().time() - begun

    def answer(call: Call) -> Answer:
        if call.url.endswith("login"):
            return json_answer(200, {"data": {"access_token": "t"}})
        return json_answer(200, {"data": []})

    network._answer = answer  # type: ignore[method-assign]
    assert OUTAGE <= virtually(scene()) <= OUTAGE + 40
    assert [type(one) for one in told if isinstance(one, HostRests | HostAnswers)] == [HostRests, HostAnswers]
    assert sum(call.url.endswith("login") for call in network.http.calls) == 1
    record_property("injected", network.struck)
    record_property("happened", "the list came after ten minutes, by one login")
