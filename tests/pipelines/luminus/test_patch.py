"""Our PATCH of a lecture item: what goes out, what comes of each answer, and what is never sent twice."""

import orjson
import pytest
from fakes.raw_server import Connection, raw_server
from fakes.scripted_http import json_answer
from fakes.scripted_luminus import (
    BASE,
    BLANK,
    GOOD,
    ITEM,
    KEY,
    MEMBERS,
    PAGE,
    RATE,
    ROW,
    SESSION,
    TENANT,
    TOKEN,
    Site,
    text,
)
from multidict import CIMultiDict

from engine import (
    Answer,
    FerryError,
    Network,
    Refused,
    ServerFault,
    TimedOut,
    Transient,
    Unreachable,
    open_http,
)
from pipelines.luminus.answers import judge
from pipelines.luminus.client import Luminus
from pipelines.luminus.refusals import Invalid, NoRight
from pipelines.rest import Rest


async def test_a_patch_is_a_plain_object_under_the_documented_type() -> None:
    """All six members, publish a boolean, the start with its offset, whatever the media type suggests."""
    site = Site(json_answer(200, ROW))
    item = await site.luminus.patch(MEMBERS)
    assert item is not None
    assert (item.id, item.session_id, item.publish) == (ITEM, SESSION, False)
    (call,) = site.calls
    assert (call.method, call.url) == ("PATCH", f"{BASE}/weblecture/session")
    assert call.headers["content-type"] == "application/json-patch+json"
    assert orjson.loads(call.body or b"") == {
        "id": ITEM,
        "name": "Lecture 1 \N{MICROSCOPE}",
        "presenter": "A. Ong",
        "publish": False,
        "startDate": "2024-02-03T10:00:00+08:00",
        "description": "",
    }


async def test_a_server_that_does_not_know_the_type_is_asked_once_more_under_the_plain_one() -> None:
    """415 was not applied; a second one is believed."""
    site = Site(text(415), json_answer(200, ROW))
    assert await site.luminus.patch(MEMBERS) is not None
    assert [call.headers["content-type"] for call in site.calls] == [
        "application/json-patch+json",
        "application/json",
    ]
    site = Site(text(415))
    with pytest.raises(Refused, match="HTTP 415"):
        await site.luminus.patch(MEMBERS)
    assert len(site.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [
        json_answer(200, 1),
        json_answer(200, 0),
        json_answer(200, None),
        json_answer(200, "1"),
        json_answer(200, {"status": "success", "code": 200, "data": 1}),
        json_answer(200, {**ROW, "id": SESSION}),
        text(200),
        text(204),
    ],
)
async def test_an_answer_that_is_not_the_item_leaves_the_reading_to_the_caller(answer: Answer) -> None:
    """A number of records, nothing, or somebody else's item: only a look tells."""
    site = Site(answer)
    assert await site.luminus.patch(MEMBERS) is None
    assert len(site.calls) == 1


@pytest.mark.fault(27)
@pytest.mark.parametrize(
    "doubt",
    [
        TimedOut("no answer in time"),
        Unreachable("the connection failed"),
        text(500),
        text(502, "<html>Bad Gateway</html>"),
        text(200, "<html>Sign in</html>"),
        Answer(503, CIMultiDict({"Retry-After": "5"}), b""),
        text(408),
        json_answer(200, {"status": "fail", "code": 500, "message": "oops"}),
    ],
)
async def test_a_patch_whose_outcome_is_in_doubt_is_not_sent_again(doubt: Answer | FerryError) -> None:
    """The caller reads the item first."""
    site = Site(doubt)
    with pytest.raises(Transient):
        await site.luminus.patch(MEMBERS)
    assert len(site.calls) == 1


async def test_doubt_after_a_throttle_is_doubt() -> None:
    """What was throttled was not applied; what then broke may have been."""
    site = Site(RATE, text(502), GOOD["patch"])
    with pytest.raises(ServerFault):
        await site.luminus.patch(MEMBERS)
    assert len(site.calls) == 2


@pytest.mark.parametrize(
    ("refusal", "kind", "said"),
    [
        (json_answer(400, BLANK), Invalid, "presenter: The presenter field is required."),
        (json_answer(400, {"title": "Wrong", "errors": BLANK}), Invalid, "presenter: The presenter"),
        (json_answer(400, {"status": "fail", "code": 400, "message": "No."}), Refused, "No."),
        (json_answer(200, {"status": "fail", "code": 400, "message": "No."}), Refused, "No."),
        (json_answer(400, "No."), Refused, "No."),
        (text(403), NoRight, "HTTP 403"),
        (text(403, "Login user not authorized"), NoRight, "not authorized"),
        (json_answer(200, {"status": "fail", "code": 403, "message": "No right"}), NoRight, "No right"),
        (text(404, "the session is not found"), Refused, "the session is not found"),
        (text(409), Refused, "HTTP 409"),
        (PAGE, ServerFault, "Back soon"),
    ],
)
async def test_a_refused_patch_says_what_luminus_says(
    refusal: Answer, kind: type[FerryError], said: str
) -> None:
    """One call, one sentence, and the item's id in it."""
    site = Site(refusal)
    with pytest.raises(FerryError) as caught:
        await site.luminus.patch(MEMBERS)
    assert type(caught.value) is kind
    assert said in str(caught.value)
    assert f"lecture item {ITEM}" in str(caught.value)
    assert len(site.calls) == 1


def test_the_refusals_of_an_item_are_words_of_the_closed_list() -> None:
    """So that its outcome has a reason."""
    assert (NoRight.code, Invalid.code) == ("no_right", "invalid")


async def test_a_patch_over_the_wire_is_what_the_portal_documents() -> None:
    """The method, the path, one content type without a charset, and the object in UTF-8."""
    came: list[tuple[str, dict[str, str], bytes]] = []

    async def serve(connection: Connection) -> None:
        while head := await connection.head():
            came.append((head.line, head.headers, await connection.body(head.length)))
            await connection.answer(200, {"Content-Type": "application/json"}, b"1")

    async with raw_server(serve) as server, open_http(Network()) as http:
        rest = Rest(http, f"{server.url}/v2/api", judge=judge)
        luminus = Luminus(rest, token=TOKEN, subscription_key=KEY, tenant=TENANT)
        assert await luminus.patch(MEMBERS) is None
    ((line, headers, body),) = came
    assert line == "PATCH /v2/api/weblecture/session HTTP/1.1"
    assert headers["content-type"] == "application/json-patch+json"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert "\N{MICROSCOPE}".encode() in body
