"""Our calls to an emulated Panopto over TLS: what they answer, when they try again, and when they do not."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from fakes.panopto_caller import Caller, served
from fakes.panopto_client import OURS, calls, client_at

from engine import AccountRefused, NotAllowed, Refused, Transient, host_of
from pipelines.config import SettingsError
from pipelines.panopto.auth import Account
from pipelines.panopto.model import SessionUpload, State
from pipelines.sandbox import Fault, Switches

NOWHERE = "99999999-0000-0000-0000-000000000009"
CREATE, GET, PUT = "panopto.create_session_upload", "panopto.get_session_upload", "panopto.put_session_upload"


def renewals(caller: Caller) -> int:
    """How many tokens our client asked for; the first was the fake's own."""
    return len(calls(caller, "token")) - 1


async def test_an_upload_is_opened_read_and_cancelled(tmp_path: Path) -> None:
    """Three GUIDs, state 0, and after the cancelling one of the states of deletion."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        assert upload.state is State.UPLOADING
        assert upload.folder_id == site.folder
        assert upload.id not in upload.upload_target
        assert await panopto.get(upload.id) == upload
        await panopto.cancel(upload.id)
        await panopto.cancel(upload.id)
        assert await panopto.get(upload.id) != upload


@pytest.mark.fault(38)
async def test_uploads_that_would_go_to_another_host_end_the_run(tmp_path: Path) -> None:
    """The sentence names host and setting, never the target, and the session upload is given up."""

    def check(url: str) -> None:
        raise NotAllowed("not allowed", where=host_of(url))

    async with served(tmp_path) as site, client_at(site, check=check) as panopto:
        with pytest.raises(SettingsError, match=r"takes uploads at .*network\.hosts") as caught:
            await panopto.create(site.folder)
        assert "/Upload" not in str(caught.value)
        assert len(calls(site, "delete_session_upload")) == 1


async def test_what_panopto_does_not_know_is_none(tmp_path: Path) -> None:
    """Upload, session and folder that are not there are no error, and need no cancelling."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        assert await panopto.get(NOWHERE) is None
        assert await panopto.session(NOWHERE) is None
        assert await panopto.folder(NOWHERE) is None
        assert await panopto.folder("no GUID/at all") is None
        await panopto.cancel(NOWHERE)


@pytest.mark.parametrize("folder", [NOWHERE, "no GUID"])
async def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path, folder: str) -> None:
    """The sentence names the folder's id, so that the operator finds the row."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        with pytest.raises(Refused, match=folder):
            await panopto.create(folder)


@pytest.mark.fault(26)
async def test_a_folder_without_permission_is_an_error_and_no_loop(tmp_path: Path) -> None:
    """403 may mean an old token: one renewal, one more try, and then it is believed."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        folder = site.panopto.public_folder.id
        with pytest.raises(Refused, match=f"{folder} .no permission"):
            await panopto.create(folder)
        assert calls(site, "create_session_upload") == [403, 403]
        assert renewals(site) == 2


async def test_an_expired_token_is_renewed_on_both_apis(tmp_path: Path) -> None:
    """The upload API says 403 and the REST API 401, and both calls succeed after one renewal each."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        site.panopto.tokens.expire_all()
        assert await panopto.get(upload.id) == upload
        assert calls(site, "get_session_upload") == [403, 200]
        site.panopto.tokens.expire_all()
        assert (await panopto.folder(site.folder)) is not None
        assert calls(site, "get_folder") == [401, 200]
        assert renewals(site) == 3


async def test_a_token_is_renewed_before_panopto_forgets_it(tmp_path: Path) -> None:
    """Over many lifetimes no call meets a dead token."""
    switches = Switches(rate_limit="off", expires_in=60.0, jitter=0)
    async with served(tmp_path, switches) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        for _ in range(20):
            site.clock.now += 25.0
            await panopto.get(upload.id)
        assert calls(site, "get_session_upload") == [200] * 20
        assert renewals(site) == 7


async def test_two_hundred_calls_with_a_dead_token_make_one_renewal(tmp_path: Path) -> None:
    """The token endpoint sees one request, however many find out at once."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        site.panopto.tokens.expire_all()
        async with anyio.create_task_group() as group:
            for _ in range(200):
                group.start_soon(panopto.get, upload.id)
        assert renewals(site) == 2
        assert calls(site, "get_session_upload").count(200) == 200


async def test_wrong_credentials_stop_everything(tmp_path: Path) -> None:
    """The account's refusal comes from any call, and the endpoint behind it is never asked."""
    wrong = Account(OURS.client_id, OURS.client_secret, OURS.username, "guessed")
    async with served(tmp_path) as site, client_at(site, account=wrong) as panopto:
        with pytest.raises(AccountRefused, match=r"panopto\.username"):
            await panopto.create(site.folder)
        assert calls(site, "create_session_upload") == []


async def test_a_token_that_never_counts_is_a_refused_account(tmp_path: Path) -> None:
    """A new token that is refused like the old one ends the run."""
    no = Fault("panopto.get_session", "status", times=0, arguments={"status": 401})
    async with served(tmp_path, faults=[no]) as site, client_at(site) as panopto:
        with pytest.raises(AccountRefused, match="although its token is new"):
            await panopto.session(NOWHERE)
        assert calls(site, "get_session") == [401, 401]


async def test_calls_beyond_the_rate_wait_as_long_as_panopto_says(tmp_path: Path) -> None:
    """Without a pace of our own, 429 and Retry-After make the pace."""
    async with served(tmp_path, rates=True) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        for _ in range(12):
            await panopto.get(upload.id)
        answers = calls(site, "get_session_upload")
        assert answers.count(200) == 12
        assert 429 in answers


async def test_our_own_pace_keeps_below_every_rate(tmp_path: Path) -> None:
    """Two hundred and fifty calls pass without a single 429, and take the two minutes that they must."""
    async with served(tmp_path, rates=True) as site, client_at(site, paced=True) as panopto:
        upload = await panopto.create(site.folder)
        began = site.clock.now
        for _ in range(250):
            await panopto.get(upload.id)
        assert calls(site, "get_session_upload") == [200] * 250
        assert site.clock.now - began > 120.0


async def test_completing_sends_the_whole_object_back(tmp_path: Path) -> None:
    """One PUT, and the site has it in state 1."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        after = await panopto.submit(upload)
        assert after is not None
        assert after.state is State.UPLOAD_COMPLETE
        assert calls(site, "put_session_upload") == [200]


async def test_a_lost_answer_to_completing_is_looked_up(tmp_path: Path) -> None:
    """The upload is seen to be complete, and no second PUT goes out."""
    lost = Fault(PUT, "lose_answer")
    async with served(tmp_path, faults=[lost]) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        after = await panopto.submit(upload)
        assert after is not None
        assert after.state is State.UPLOAD_COMPLETE
        assert (len(calls(site, "put_session_upload")), calls(site, "get_session_upload")) == (1, [200])
        assert site.site.uploads[upload.id].completions == 1


@pytest.mark.parametrize("action", ["reset", "status"])
async def test_a_completing_that_did_not_arrive_is_made_again_after_a_look(
    tmp_path: Path, action: str
) -> None:
    """State 0 shows that Panopto has not heard it."""
    fault = Fault(PUT, action, arguments={"status": 503})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        await panopto.submit(await panopto.create(site.folder))
        order = [
            entry.call
            for entry in site.audit.log
            if entry.call in {"put_session_upload", "get_session_upload"}
        ]
        assert order == ["put_session_upload", "get_session_upload", "put_session_upload"]


async def test_no_second_completing_before_a_look_has_succeeded(tmp_path: Path) -> None:
    """While nobody can tell whether the first one arrived, only looks go out."""
    faults = [Fault(PUT, "lose_answer"), Fault(GET, "status", times=5, arguments={"status": 502})]
    async with served(tmp_path, faults=faults) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        after = await panopto.submit(upload)
        assert after is not None
        assert after.state is not State.UPLOADING
        assert len(calls(site, "put_session_upload")) == 1
        assert calls(site, "get_session_upload") == [502] * 5 + [200]


async def test_a_server_that_stays_away_leaves_a_passing_error(tmp_path: Path) -> None:
    """The item can be tried again; the site never took the upload."""
    faults = [Fault(PUT, "reset", times=0)]
    async with served(tmp_path, faults=faults) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        with pytest.raises(Transient):
            await panopto.submit(upload)
        assert len(calls(site, "put_session_upload")) == 4
        assert site.site.uploads[upload.id].completions == 0


async def test_completing_what_was_given_up_tells_its_state(tmp_path: Path) -> None:
    """An upload that timed out meanwhile is answered as it stands, or None once it is forgotten."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        await panopto.cancel(upload.id)
        after = await panopto.submit(upload)
        assert after is not None
        assert after.state in {State.UPLOAD_CANCELLED, State.DELETING_FILES, State.DELETED}
        del site.site.uploads[upload.id]
        assert await panopto.submit(upload) is None


async def test_completing_with_a_body_that_panopto_refuses_is_final(tmp_path: Path) -> None:
    """An upload that is still open after a 400 will not be completed by another try."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        opened = await panopto.create(site.folder)
        empty = SessionUpload(opened.id, site.folder, None, opened.upload_target, State.UPLOADING)
        with pytest.raises(Refused, match="HTTP 400"):
            await panopto.submit(empty)
        assert calls(site, "put_session_upload") == [400]


@pytest.mark.parametrize("status", [302, 404, 405])
async def test_a_page_in_place_of_an_answer_is_no_word_of_panopto(tmp_path: Path, status: int) -> None:
    """A login or maintenance page passes: no item is given up, and no session taken for missing."""
    page = {"status": status, "headers": {"Content-Type": "text/html"}, "body": "<html>Back soon</html>"}
    faults = [Fault(CREATE, "status", arguments=page), Fault("panopto.get_session", "status", arguments=page)]
    async with served(tmp_path, faults=faults) as site, client_at(site) as panopto:
        with pytest.raises(Transient):
            await panopto.create(site.folder)
        with pytest.raises(Transient):
            await panopto.session(NOWHERE)
        assert await panopto.session(NOWHERE) is None


async def test_a_session_is_deleted_once_whatever_becomes_of_the_answer(tmp_path: Path) -> None:
    """The answer is lost, and the second call is told that there is none: that is as good."""
    lost = Fault("panopto.delete_session", "lose_answer")
    async with served(tmp_path, faults=[lost]) as site, client_at(site) as panopto:
        made = site.site.add_session(site.panopto.default_folder, "Analysis I").id
        await panopto.delete_session(made)
        assert calls(site, "delete_session") == [None, 404]
        assert site.site.sessions == {}


@pytest.mark.parametrize(("status", "error"), [(403, Refused), (400, Refused), (503, Transient)])
async def test_a_session_that_is_not_deleted_is_an_error(
    status: int, error: type[Exception], tmp_path: Path
) -> None:
    """No right to, or no answer that counts: the session is there, and the sentence names it."""
    fault = Fault("panopto.delete_session", "status", times=0, arguments={"status": status})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        made = site.site.add_session(site.panopto.default_folder, "Analysis I").id
        with pytest.raises(error):
            await panopto.delete_session(made)
        assert list(site.site.sessions) == [made]


@pytest.mark.parametrize(
    ("action", "status"), [("lose_answer", 0), ("status", 401), ("status", 429), ("status", 500)]
)
async def test_a_session_is_worded_anew_whatever_becomes_of_the_answer(
    action: str, status: int, tmp_path: Path
) -> None:
    """The same again does no harm; everything else about the session stays."""
    fault = Fault("panopto.update_session", action, arguments={"status": status} if status else {})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        made = site.site.add_session(site.panopto.default_folder, "Analysis I").id
        before = await panopto.session(made)
        await panopto.update_session(made, "Analysis & II", "Second\nterm <1>")
        assert before is not None
        assert await panopto.session(made) == replace(
            before, name="Analysis & II", description="Second\nterm <1>"
        )
        assert len(calls(site, "update_session")) == 2


@pytest.mark.parametrize(
    ("status", "error"), [(403, Refused), (404, Refused), (400, Refused), (503, Transient)]
)
async def test_a_session_that_is_not_worded_anew_is_an_error(
    status: int, error: type[Exception], tmp_path: Path
) -> None:
    """No right to, none of that id, or no answer that counts."""
    fault = Fault("panopto.update_session", "status", times=0, arguments={"status": status})
    async with served(tmp_path, faults=[fault]) as site, client_at(site) as panopto:
        with pytest.raises(error):
            await panopto.update_session(NOWHERE, "Analysis II", "")


async def test_a_lost_answer_to_opening_opens_another(tmp_path: Path) -> None:
    """The first upload stays behind without a session, and Panopto gives it up by itself."""
    lost = Fault(CREATE, "lose_answer")
    async with served(tmp_path, faults=[lost]) as site, client_at(site) as panopto:
        upload = await panopto.create(site.folder)
        assert len(site.site.uploads) == 2
        assert upload.id in site.site.uploads
        assert site.site.sessions == {}


async def test_a_folder_is_listed_to_its_end(tmp_path: Path) -> None:
    """Three pages of sessions come once each, oldest first, and those of other folders do not."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        folder, other = site.panopto.default_folder, site.panopto.series_folders["s1"]
        made = [site.site.add_session(folder, f"Lecture {number}").id for number in range(60)]
        site.site.add_session(other, "Another")
        listed = [session.id async for session in panopto.sessions_of(site.folder)]
        assert listed == made
        assert calls(site, "folder_sessions") == [200] * 4


async def test_an_endless_list_ends(tmp_path: Path) -> None:
    """A server that answers every page with the same sessions is not asked for ever."""
    page = '{"Results": [{"Id": "one"}, {"Id": "two"}]}'
    same = Fault("panopto.folder_sessions", "status", times=0, arguments={"status": 200, "body": page})
    async with served(tmp_path, faults=[same]) as site, client_at(site) as panopto:
        assert [session.id async for session in panopto.sessions_of(site.folder)] == ["one", "two"]


async def test_a_session_is_read_with_its_folder(tmp_path: Path) -> None:
    """What the verification compares is there."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        made = await site.session("Analysis I")
        session = await panopto.session(made["SessionId"])
        assert session is not None
        assert (session.name, session.folder_id, session.duration) == ("Analysis I", site.folder, 90.5)
        assert session.start_time is not None
        assert session.start_time.isoformat() == "2024-02-03T02:00:00+00:00"
        folder = await panopto.folder(site.folder)
        assert folder is not None
        assert folder.id == site.folder


async def test_no_secret_is_in_any_message(tmp_path: Path) -> None:
    """Neither the token nor the upload target nor a password gets into what is said of failures."""
    faults = [Fault(PUT, "status", arguments={"status": 400}), Fault(GET, "reset", times=0)]
    async with served(tmp_path, faults=faults) as site, client_at(site, attempts=1) as panopto:
        upload = await panopto.create(site.folder)
        token = (await panopto._calls._tokens.token()).value
        with pytest.raises(Transient) as caught:
            await panopto.submit(upload)
        target = upload.upload_target.rsplit("/", 1)[-1]
        for text in (str(caught.value), repr(caught.value), repr(upload), repr(panopto)):
            assert token not in text
            assert target not in text
            assert OURS.password not in text
