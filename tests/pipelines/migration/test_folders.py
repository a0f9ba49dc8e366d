"""A folder is asked for once a run, before the first session upload goes there."""

import anyio
import anyio.lowlevel
import pytest

from engine import ServerFault
from pipelines.items import PERMANENT
from pipelines.migration.folders import Folders, NoSuchFolder
from pipelines.panopto.model import Folder


class Site:
    """A Panopto that knows some folders, and counts the questions."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.asked: list[str] = []
        self.down = False
        self.folders = Folders(self)  # type: ignore[arg-type]

    async def folder(self, folder_id: str) -> Folder | None:
        """Return a folder that is known."""
        self.asked.append(folder_id)
        await anyio.lowlevel.checkpoint()
        if self.down:
            raise ServerFault("answers HTTP 500")
        return Folder(folder_id, "A folder") if folder_id in self.known else None


async def test_a_folder_is_asked_for_once() -> None:
    """However many items go there at the same time, one call is made for each folder."""
    site = Site("f", "g")
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(site.folders.check, "f")
            group.start_soon(site.folders.check, "g")
    assert sorted(site.asked) == ["f", "g"]


async def test_a_folder_that_is_not_there_is_one_of_the_permanent_reasons() -> None:
    """Each item that would go there is told so, with what to do, after one call."""
    site = Site()
    for _ in range(2):
        with pytest.raises(NoSuchFolder, match="no folder f; correct the table") as caught:
            await site.folders.check("f")
    assert site.asked == ["f"]
    assert caught.value.code in PERMANENT


async def test_a_fault_is_not_remembered() -> None:
    """A Panopto that was down says nothing about its folders: the next item asks again."""
    site = Site("f")
    site.down = True
    with pytest.raises(ServerFault):
        await site.folders.check("f")
    site.down = False
    await site.folders.check("f")
    assert site.asked == ["f", "f"]
