"""Addresses that run out or are refused: each part goes on where it was, or the file is unreadable."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from campaign.auditor import approve, dishonest, findings
from campaign.books import read
from fakes.carrying import SOURCE, Carrying
from fakes.memory_site import File, MemoryFiles, pieces
from fakes.processes import ferry, standing
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine.errors import LocationExpired
from engine.limits import Slots
from engine.model import Location, Source
from engine.wire import Head, Probe, Request

LIFE = 2.0
DATA = Random(5).randbytes(50_000)


class SignedFiles(MemoryFiles):
    """Files whose addresses hold for two seconds from when they were given; a GET takes a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__({SOURCE: File(DATA)})
        self.seconds = seconds
        self.expired = 0

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Sign an address."""
        await super().locate(source, refused)
        now = asyncio.get_running_loop().time()
        return Location(f"memory://{source.group}/{source.name}?{now}")

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Tell size and validator."""
        if self._ran_out(location.url):
            raise LocationExpired("not any more", where=source.group)
        return await super().probe(source, location, deadline)

    async def get(self, request: Request) -> tuple[Head, Any]:
        """Answer a GET after a while; whether its address holds is judged when it begins."""
        if self._ran_out(request.url):
            return Head(410, CIMultiDict()), pieces(b"")
        await asyncio.sleep(self.seconds)
        return await super().get(request)

    def _ran_out(self, url: str) -> bool:
        ended = asyncio.get_running_loop().time() - float(url.partition("?")[2]) >= LIFE
        self.expired += ended
        return ended

    def _refusal(self, file: File, url: str) -> int | None:
        return None


@pytest.mark.fault(11)
@pytest.mark.parametrize("seconds", [0.3, 1.1])
def test_fifty_parts_outlive_many_signatures(seconds: float, record_property: Any) -> None:
    """No part is sent twice, none is skipped, and a new address is asked for once each time one runs out."""
    files = SignedFiles(seconds)
    found = Carrying(files, slots=Slots(1, 1, 1), part=1000)
    found.target.slow = seconds
    found.carry()
    assert found.object == DATA
    assert sorted(found.target.puts) == list(range(1, 51))
    assert files.expired >= 2
    assert files.located <= files.expired + 1
    assert found.snapshot.bytes.sent_again == 0
    record_property("injected", files.expired)
    record_property("happened", f"signed {files.located} times for 50 parts, none sent twice")


@settings(max_examples=20, deadline=None)
@given(seconds=st.floats(0.01, 1.9), lanes=st.integers(1, 4))
def test_whatever_the_pace_the_file_is_whole(seconds: float, lanes: int) -> None:
    """With many lanes at once, each refused at its own moment."""
    files = SignedFiles(seconds)
    found = Carrying(files, slots=Slots(lanes, lanes, lanes), part=1000)
    found.target.slow = seconds
    found.carry()
    assert found.object == DATA
    assert sorted(found.target.puts) == list(range(1, 51))


FORBIDDEN: Mapping[str, Any] = {
    "operation": "files.get_file",
    "action": "status",
    "nth": 2,
    "arguments": {"status": 403},
}
EVERY_GET = {**FORBIDDEN, "every": 2}
EVERYTHING = {**FORBIDDEN, "times": 0}
"""After the first probe; or every second request, so that every probe goes well."""


@pytest.mark.slow
@pytest.mark.fault(11, 13)
@pytest.mark.parametrize(("fault", "requests"), [(EVERY_GET, 4 + 4), (EVERYTHING, 3 + 2)])
def test_what_stays_forbidden_is_unreadable_after_one_fresh_signature(
    tmp_path: Path, fault: Mapping[str, Any], requests: int, record_property: Any
) -> None:
    """Two addresses, the event looked at once more, two more; then exit 4 and no session."""
    quick = {"largest": 300_000, "signatures": "all", "rate_limit": "off", "seconds_to_complete": 0.05}
    with standing(tmp_path, events=1, faults=[fault], **quick) as stand:
        settings = stand.settings(
            tmp_path, {"transfer.attempts": 4, "transfer.parts_in_flight": 1, "luminus": None}
        )
        ran = ferry("run", "-c", settings, "--json")
        assert ran.code == 4, ran.talk
        assert ran.document["outcomes"]["permanent"] == 1
        assert "may not be read" in ran.talk
        books = read(stand)
        approve([*findings(books), *dishonest(books, ran.document, ran.code)])
        assert not books.sessions
        assert len([row for row in stand.audit("log") if row["service"] == "files"]) == requests
        report = ferry("report", "-c", settings, "--format", "csv")
        assert "unreadable" in report.output
    record_property("injected", requests // 2)
    record_property("happened", f"unreadable after {requests} requests, exit 4, no session")
