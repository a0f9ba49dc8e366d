"""Makes sure once, before the first session upload goes there, that a folder exists at Panopto."""

import anyio

from engine import Final
from pipelines.panopto.client import Panopto


class NoSuchFolder(Final):
    """The table, or the default, names a folder that Panopto does not have."""

    code = "no_folder"


class Folders:
    """The folders of one run: each is asked for once, however many events go there."""

    def __init__(self, panopto: Panopto) -> None:
        self._panopto = panopto
        self._known: dict[str, bool] = {}
        self._turn = anyio.Lock(fast_acquire=True)

    async def check(self, folder_id: str) -> None:
        """Return if the folder exists. Raises NoSuchFolder, or what the call raises."""
        async with self._turn:
            if folder_id not in self._known:
                self._known[folder_id] = await self._panopto.folder(folder_id) is not None
        if not self._known[folder_id]:
            raise NoSuchFolder(
                f"Panopto has no folder {folder_id}",
                advice="correct the table of folders or panopto.folder_id, and run again",
            )
