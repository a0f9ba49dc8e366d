"""Calls that give a session something, where a no looks like a yes, or nobody knows: never said twice."""

from pathlib import Path

import pytest
from fakes.panopto_caller import served
from fakes.panopto_client import aspects_at, calls

from engine import ServerFault, Transient
from pipelines.sandbox import Fault, Switches

CAPTIONS, SESSION, TAGS = "upload_session_captions", "get_session", "update_session_tags"
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


@pytest.mark.fault(10)
async def test_a_login_page_is_no_yes(tmp_path: Path) -> None:
    """With 200, in place of an answer: captions are sent once more, and tags are told as not set."""
    page = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Sign in</html>"}
    faults = [Fault(f"panopto.{one}", "status", arguments=page) for one in (CAPTIONS, TAGS)]
    async with (
        served(tmp_path, Switches(rate_limit="off", jitter=0), faults) as site,
        aspects_at(site) as aspects,
    ):
        session_id = await site.empty_session()
        await aspects.add_captions(session_id, "German", VTT)
        with pytest.raises(ServerFault):
            await aspects.set_tags(session_id, ("physics",))
        await aspects.set_tags(session_id, ("physics",))
        (row,) = (one for one in site.audit.sessions() if one["session_id"] == session_id)
        assert ([one["language"] for one in row["captions"]], row["tags"]) == (["German"], ["physics"])


@pytest.mark.parametrize("lag", [0.0, 0.5, 20.0])
async def test_a_lost_answer_and_a_session_that_tells_late(lag: float, tmp_path: Path) -> None:
    """Panopto has the captions and does not say so yet: they are awaited, and not sent a second time."""
    lost = Fault(f"panopto.{CAPTIONS}", "lose_answer")
    switches = Switches(rate_limit="off", jitter=0, caption_lag=lag)
    async with served(tmp_path, switches, [lost]) as site, aspects_at(site) as aspects:
        session_id = await site.empty_session()
        await aspects.add_captions(session_id, "German", VTT)
        assert len(calls(site, CAPTIONS)) == 1
