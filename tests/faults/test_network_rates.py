"""A service that asks for fewer calls: its endpoint is left alone for as long, and the rest goes on."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying import DATA, SOURCE, Carrying
from fakes.memory_site import File, MemoryFiles, pieces
from fakes.processes import ferry, standing
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from fakes.virtual_time import virtually
from multidict import CIMultiDict

from engine import Answer, Breaker, Patience, RetryPolicy, Waiting
from engine.engine import Engine
from engine.wire import Head, Request
from pipelines.cli.screen import Lines, Picture
from pipelines.rest import Rest

QUICK: Mapping[str, Any] = {
    "largest": 12 * 1024 * 1024,
    "typical": 12 * 1024 * 1024,
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
ASKED = 5
ON_ITS_WAY = 2
"""Seconds, however loaded the machine, after which a call cannot have left before the 429 was read."""


def most_in_a_second(moments: Sequence[float]) -> int:
    """Return how many calls arrived in the busiest second."""
    return max(sum(at <= one < at + 1.0 for one in moments) for at in moments)


@pytest.mark.slow
@pytest.mark.fault(8)
def test_a_throttled_endpoint_is_left_alone_by_everybody(tmp_path: Path, record_property: Any) -> None:
    """No call there before its time, however many items wait; files are read meanwhile, and no second sees
    more calls than Panopto takes. It is told on the terminal, as there is no page yet."""
    asking = {"status": 429, "headers": {"Retry-After": str(ASKED)}}
    fault = {
        "operation": "panopto.create_session_upload",
        "action": "status",
        "nth": 3,
        "arguments": asking,
    }
    with standing(tmp_path, events=8, bandwidth=8, faults=[fault], **QUICK) as stand:
        settings = stand.settings(tmp_path, {"transfer.part_size_mib": 5, "transfer.items_in_flight": 8})
        ran = ferry("run", "-c", settings, "--json", seconds=100)
        assert ran.code == 0, ran.talk
        assert "throttled" in ran.talk
        log = stand.audit("log")
        opened = [row for row in log if row["call"] == "create_session_upload"]
        (struck,) = [row["at"] for row in opened if row["status"] == 429]
        assert not [row for row in opened if struck + ON_ITS_WAY < row["at"] < struck + ASKED]
        assert [row for row in log if row["service"] == "files" and struck < row["at"] < struck + ASKED]
        for call in {row["call"] for row in log if row["service"] == "panopto"} - {"upload_part"}:
            rest = [row["at"] for row in log if row["call"] == call and "/Upload/" not in row["path"]]
            assert not rest or most_in_a_second(rest) <= 5, call
    record_property("injected", 1)
    record_property("happened", f"nobody called the endpoint for {ASKED} s; the bytes of two items went on")


@pytest.mark.slow
@pytest.mark.fault(8)
def test_a_date_in_retry_after_is_waited_for(tmp_path: Path, record_property: Any) -> None:
    """An HTTP date some seconds ahead, over a real connection: nobody calls the endpoint before it."""
    moment = int(time.time()) + 15
    asking = {"status": 503, "headers": {"Retry-After": formatdate(moment, usegmt=True)}}
    fault = {"operation": "panopto.create_session_upload", "action": "status", "arguments": asking}
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        alone = {"luminus": None, "transfer.items_in_flight": 1}  # no call is on its way when the 503 comes
        ran = ferry("run", "-c", stand.settings(tmp_path, alone), "--json", seconds=100)
        assert ran.code == 0, ran.talk
        assert time.time() >= moment
        assert "reason=throttled" in ran.talk
        opened = [row for row in stand.audit("log") if row["call"] == "create_session_upload"]
        began = time.time() - max(row["at"] + row["seconds"] for row in stand.audit("log"))
        assert opened[0]["status"] == 503
        assert min(row["at"] for row in opened[1:]) + began >= moment - 1
    record_property("injected", 1)
    record_property("happened", "a date 15 s ahead was kept to, and told")


def a_while() -> str:
    """Return a date ten minutes ahead."""
    return formatdate(time.time() + 600, usegmt=True)


ASKS = (
    pytest.param("1000000000", RetryPolicy().longest_asked, id="30 years"),
    pytest.param("Sun, 09 Sep 2091 01:46:30 GMT", RetryPolicy().longest_asked, id="a date in 2091"),
    pytest.param("", 600.0, id="a date in ten minutes"),
)
"""What is asked for ("" for `a_while`), and the seconds that are waited. No setting leads to the bound,
so that it is seen in virtual time."""


class Log:
    """Keeps what a person would read."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def info(self, event: str, **more: Any) -> None:
        """Keep a line."""
        self.told.append({"event": event, **more})

    warning = info


def told_of_waits(facts: Sequence[object]) -> list[float]:
    """Return the waits for a throttle that the lines of a run tell, in seconds."""
    log = Log()
    lines = Lines(Picture(), log, lambda: 0.0)
    for fact in facts:
        lines(fact)
    return [one["seconds"] for one in log.told if one["event"] == "waits" and one["reason"] == "throttled"]


class Asking(MemoryFiles):
    """Files whose server answers the second GET with 503 and a Retry-After."""

    def __init__(self, asked: str) -> None:
        super().__init__({SOURCE: File(DATA)})
        self.moments: list[float] = []
        self._asked = asked

    async def get(self, request: Request) -> tuple[Head, Any]:
        """Answer a GET."""
        self.moments.append(asyncio.get_running_loop().time())
        if len(self.moments) == 2:
            return Head(503, CIMultiDict({"Retry-After": self._asked})), pieces(b"")
        await asyncio.sleep(1)
        return await super().get(request)


@pytest.mark.fault(8)
@pytest.mark.parametrize(("asked", "kept"), ASKS)
def test_a_source_that_asks_for_anything_is_left_alone_up_to_a_bound(asked: str, kept: float) -> None:
    """No lane asks it before, the file is whole a minute later at most, and the wait stands in the log."""
    files = Asking(asked or a_while())
    found = Carrying(files)
    breaker = Breaker(Patience(), clock=lambda: asyncio.get_running_loop().time())
    found.ports = replace(found.ports, breaker=breaker)
    found.engine = Engine(found.ports, files, files)
    found.carry()
    assert found.object == DATA
    second = files.moments[1]
    later = [one - second for one in files.moments if one - second > 2]
    assert kept - 5 <= min(later) <= kept + 60
    (wait,) = told_of_waits(found.facts)
    assert kept - 5 <= wait <= kept + 60


@pytest.mark.fault(8)
@pytest.mark.parametrize(("asked", "kept"), ASKS)
def test_an_api_that_asks_for_anything_is_left_alone_up_to_a_bound(asked: str, kept: float) -> None:
    """The same of a call to a service."""
    facts: list[object] = []
    moments: list[float] = []

    async def script(call: Call) -> Answer:
        moments.append(asyncio.get_running_loop().time())
        if len(moments) == 1:
            return Answer(429, CIMultiDict({"Retry-After": asked or a_while()}), b"")
        return json_answer(200, {})

    http: Any = ScriptedHttp(script)
    service = Rest(http, "https://api.example.org", observer=facts.append)
    virtually(service.call("GET", "/x", endpoint="GET x"))
    assert kept - 5 <= moments[1] - moments[0] <= kept + 60
    (wait,) = told_of_waits(facts)
    assert kept - 5 <= wait <= kept + 60
    assert [type(one) for one in facts] == [Waiting]
