"""The site in memory and the memory relay carry a whole transfer, faults and all."""

from random import Random

import pytest

from engine.checks import Checks
from engine.engine import Engine
from engine.errors import Changed, ServerFault, UploadGone
from engine.integrity import Level
from engine.limits import Slots
from engine.model import Source, Target, Transfer
from engine.parts import PartLimits
from engine.ports import Ports
from fakes.memory_journal import MemoryJournal
from fakes.memory_relay import MemoryRelay
from fakes.memory_site import LOST, Break, File, MemoryFiles, MemoryTarget

DATA = Random(3).randbytes(1_000_000)
SOURCE = Source("event", "presenter.mp4")
TRANSFER = Transfer(
    "event", "presenter.mp4", SOURCE, Target("memory://target", "Upload", "guid/presenter.mp4")
)


async def no_sleep(seconds: float) -> None:
    """Let time pass at once."""


def engine(files: MemoryFiles, target: MemoryTarget, journal: MemoryJournal | None = None) -> Engine:
    """Make an engine over sites in memory."""
    ports = Ports(
        journal=journal or MemoryJournal(),
        relay=MemoryRelay(files, target),
        uploads=target,
        slots=Slots(4, 4, 4),
        checks=Checks(Level.ETAG),
        limits=PartLimits(1, 200_000, 100),
        preferred_part=110_000,
        sleep=no_sleep,
    )
    return Engine(ports, files, files)


@pytest.mark.parametrize(
    "fault", ["none", "breaks", "flip", "lost parts", "expired", "no ranges", "lost complete"]
)
async def test_a_file_arrives_whole(fault: str) -> None:
    """Through each fault that can be overcome, the object is the source byte for byte."""
    file = File(DATA, ranged=fault != "no ranges")
    files, target = MemoryFiles({SOURCE: file}), MemoryTarget(heads=fault == "lost complete")
    match fault:
        case "breaks":
            files.breaks = [Break(status=503), Break(after=150_000), None, Break(after=0)]
        case "flip":
            target.flips = {2}
        case "lost parts":
            target.faults = {("part", 1): LOST, ("part", 4): ServerFault("500")}
        case "lost complete":
            target.faults = {("complete", 1): LOST}
    mover = engine(files, target)
    if fault == "expired":
        await mover.measure("event", "presenter.mp4", SOURCE)
        file.version += 1
    result = await mover.transfer(TRANSFER)
    assert target.objects["guid/presenter.mp4"][0] == DATA
    assert (result.size, result.parts) == (len(DATA), 10)
    assert target.uploads == {}


async def test_another_file_is_never_mixed_in() -> None:
    """Where the source changes on the way, nothing becomes an object."""
    files, target = MemoryFiles({SOURCE: File(DATA)}), MemoryTarget()
    mover = engine(files, target)
    await mover.measure("event", "presenter.mp4", SOURCE)
    files.files[SOURCE].etag = "2"
    with pytest.raises(Changed):
        await mover.transfer(TRANSFER)
    assert (target.objects, target.uploads) == ({}, {})


async def test_an_upload_that_the_target_forgot_is_begun_anew() -> None:
    """NoSuchUpload in the middle: the file is sent again under a new upload."""
    files, target = MemoryFiles({SOURCE: File(DATA)}), MemoryTarget()
    target.faults = {("part", 3): UploadGone("NoSuchUpload")}
    await engine(files, target).transfer(TRANSFER)
    assert target.objects["guid/presenter.mp4"][0] == DATA
    assert target.calls["create"] == 2
