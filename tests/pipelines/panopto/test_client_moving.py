"""A session is put into another folder of an emulated Panopto over TLS, whatever becomes of the answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.panopto_caller import served
from fakes.panopto_client import calls, client_at

from engine import Refused, Transient
from pipelines.sandbox import Fault

NOWHERE = "99999999-0000-0000-0000-000000000009"


@pytest.mark.parametrize(
    ("action", "status"),
    [("lose_answer", 0), ("reset", 0), ("status", 401), ("status", 429), ("status", 500)],
)
async def test_a_session_is_moved_whatever_becomes_of_the_answer(
    action: str, status: int, tmp_path: Path
) -> None:
    """The same again does no harm; everything else about the session stays."""
    fault = Fault("panopto.update_session", action, arguments={"status": status} if status else {})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        made = site.site.add_session(site.panopto.default_folder, "Analysis I").id
        own = site.panopto.series_folders["s1"].id
        before = await panopto.session(made)
        await panopto.move_session(made, own)
        assert before is not None
        assert await panopto.session(made) == replace(before, folder_id=own)
        assert len(calls(site, "update_session")) == 2


async def test_a_session_that_is_not_moved_stays(tmp_path: Path) -> None:
    """Into a folder that is not there, or is somebody else's: refused in a sentence that names both."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        made = site.site.add_session(site.panopto.default_folder, "Analysis I").id
        for folder in (NOWHERE, site.panopto.public_folder.id):
            with pytest.raises(Refused, match=f"does not move session {made} to folder {folder}"):
                await panopto.move_session(made, folder)
        with pytest.raises(Refused):
            await panopto.move_session(NOWHERE, site.folder)
        assert site.site.sessions[made].folder_id == site.folder


async def test_an_answer_that_does_not_count_is_no_move(tmp_path: Path) -> None:
    """It may pass."""
    fault = Fault("panopto.update_session", "status", times=0, arguments={"status": 503})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        with pytest.raises(Transient):
            await panopto.move_session(NOWHERE, site.folder)
