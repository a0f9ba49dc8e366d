"""A signature that lives for two seconds under a file of fifty parts: each part goes on where it was."""

import asyncio
from random import Random
from typing import Any

import pytest
from fakes.carrying import SOURCE, Carrying
from fakes.memory_site import File, MemoryFiles, pieces
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
