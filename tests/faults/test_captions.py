"""POST captions, whose answer is lost and after which nobody can look for a while: never said twice."""

from pathlib import Path

import pytest
from fakes.panopto_caller import served
from fakes.panopto_client import aspects_at, calls

from engine import ServerFault, Transient
from pipelines.sandbox import Fault, Switches

CAPTIONS, SESSION = "upload_session_captions", "get_session"
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning\n"


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("looks", [4, 5, 7])
async def test_a_lost_answer_and_looks_that_fail(applied: bool, looks: int, tmp_path: Path) -> None:
    """As long as no look tells whether it is there, the next try is another look and no POST."""
    lost = Fault(f"panopto.{CAPTIONS}", "lose_answer" if applied else "reset")
    blind = Fault(f"panopto.{SESSION}", "status", nth=2, times=looks, arguments={"status": 503})
    async with (
        served(tmp_path, Switches(rate_limit="off", jitter=0), [lost, blind]) as site,
        aspects_at(site) as aspects,
    ):
        session_id = await site.empty_session()
        try:
            await aspects.add_captions(session_id, "German", VTT)
        except (Transient, ServerFault):
            if not await aspects.has_captions(session_id):
                await aspects.add_captions(session_id, "German", VTT)
        (row,) = (one for one in site.audit.sessions() if one["session_id"] == session_id)
        assert [one["language"] for one in row["captions"]] == ["German"]
        assert len(calls(site, CAPTIONS)) == (1 if applied else 2)
