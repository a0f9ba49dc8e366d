"""What holds for every call to LumiNUS: its credentials, what it rides out, and what it takes for closed."""

import pytest
from fakes.scripted_http import json_answer
from fakes.scripted_luminus import ASK, GOOD, KEY, MEMBERS, RATE, THROTTLE, TOKEN, Site, text
from multidict import CIMultiDict

from engine import Answer, FerryError, Refused, Throttled, Unreachable
from pipelines.luminus.closed import Closed, QuotaSpent, TokenRefused, WrongAddress

every_call = pytest.mark.parametrize("name", ASK)


@every_call
async def test_both_credentials_go_with_every_call(name: str) -> None:
    """The bearer token and the subscription key."""
    site = Site(GOOD[name])
    await ASK[name](site.luminus)
    (call,) = site.calls
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert call.headers["ocp-apim-subscription-key"] == KEY


throttles = pytest.mark.parametrize(
    "throttle",
    [json_answer(400, THROTTLE), json_answer(200, THROTTLE), text(400, "TooManyRequests"), RATE],
    ids=["400", "200", "text", "429"],
)


@throttles
@every_call
async def test_a_throttle_is_ridden_out_by_every_call(name: str, throttle: Answer) -> None:
    """It was not applied, so a PATCH goes out again as well."""
    site = Site(throttle, throttle, GOOD[name])
    assert await ASK[name](site.luminus)
    assert len(site.calls) == 3


async def test_a_throttle_holds_all_calls() -> None:
    """The wait that one call was told is everybody's."""
    site = Site(RATE, GOOD["modules"], attempts=1)
    with pytest.raises(Throttled):
        await site.luminus.patch(MEMBERS)
    await site.luminus.modules()
    assert site.now >= 7


@throttles
async def test_a_throttle_that_stays_is_raised_after_the_tries_given(throttle: Answer) -> None:
    """No call goes on for ever."""
    site = Site(throttle)
    with pytest.raises(Throttled):
        await site.luminus.patch(MEMBERS)
    assert len(site.calls) == 4


@pytest.mark.parametrize("name", ["modules", "web_lecture", "items"])
async def test_reading_is_tried_again_after_a_passing_fault(name: str) -> None:
    """Nothing can come of it twice."""
    site = Site(text(502), Unreachable("no connection"), GOOD[name])
    assert await ASK[name](site.luminus)
    assert len(site.calls) == 3


@pytest.mark.parametrize(
    "vague", [text(400), json_answer(400, {}), text(400, "<p>Bad</p>"), text(400, "Bad Request")]
)
@every_call
async def test_a_400_without_a_reason_is_asked_exactly_once_more(name: str, vague: Answer) -> None:
    """LumiNUS gives some to good calls; the second one is believed."""
    site = Site(vague, GOOD[name])
    assert await ASK[name](site.luminus)
    site = Site(vague)
    with pytest.raises((Refused, Closed)):
        await ASK[name](site.luminus)
    assert len(site.calls) == 2


@pytest.mark.parametrize(
    ("closed", "kind"),
    [
        (text(401, "Unauthorized"), TokenRefused),
        (
            json_answer(
                401, {"statusCode": 401, "message": "Access denied due to invalid subscription key."}
            ),
            TokenRefused,
        ),
        (json_answer(403, {"statusCode": 403, "message": "Out of call volume quota."}), QuotaSpent),
        (Answer(403, CIMultiDict({"Retry-After": "90000"}), b""), QuotaSpent),
        (json_answer(403, {"statusCode": 403, "message": "Forbidden"}), Closed),
        (json_answer(404, {"statusCode": 404, "message": "Resource not found"}), WrongAddress),
        (text(302), WrongAddress),
    ],
)
@every_call
async def test_a_closed_luminus_is_told_at_once_by_every_call(
    name: str, closed: Answer, kind: type[Closed]
) -> None:
    """No call is made a second time, and no item is given up for it."""
    site = Site(closed)
    with pytest.raises(Closed) as caught:
        await ASK[name](site.luminus)
    assert type(caught.value) is kind
    assert len(site.calls) == 1


@every_call
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 415, 429, 500])
async def test_neither_token_nor_key_is_in_any_message(name: str, status: int) -> None:
    """Not even where the server echoes what it was sent."""
    echo = f"Authorization: Bearer {TOKEN}, key {KEY}"
    for body in (text(status, echo), json_answer(status, {"statusCode": status, "message": echo})):
        site = Site(body, attempts=1)
        shown = [repr(site.luminus), repr(site.luminus._rest)]
        try:
            await ASK[name](site.luminus)
        except FerryError as error:
            shown += [str(error), repr(error), repr(error.__cause__)]
        assert len(shown) == 5 or (name, status) == ("patch", 200)
        assert not any(secret in one for one in shown for secret in (TOKEN, TOKEN[:20], KEY))
