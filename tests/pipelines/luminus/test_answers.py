"""What an answer of LumiNUS or of its gateway means for the calls that follow."""

from email.utils import formatdate

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine import Answer, FerryError, ServerFault, Throttled
from pipelines.luminus.answers import LONGEST_WAIT, asked_wait, judge, status_of
from pipelines.luminus.closed import Closed, QuotaSpent, TokenRefused, WrongAddress

NOW = 1_600_000_000.0
WHERE = "luminus.example.edu:443 GET /module"


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    """Return an answer; what is no bytes becomes JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Answer(
        status, CIMultiDict({name.replace("_", "-"): text for name, text in headers.items()}), content
    )


def judged(given_answer: Answer) -> FerryError:
    """Return what an answer raises."""
    with pytest.raises(FerryError) as caught:
        judge(given_answer, WHERE, NOW)
    return caught.value


def gateway(status: int, message: str) -> dict[str, object]:
    """Return a body of API Management's own."""
    return {"statusCode": status, "message": message}


RATE = gateway(429, "Rate limit is exceeded. Try again in 7 seconds.")
QUOTA = "Out of call volume quota. Quota will be replenished in "
FAIL = {"status": "fail", "code": 400, "message": "TooManyRequests"}


@pytest.mark.parametrize(
    ("throttle", "wait"),
    [
        (answer(400, FAIL), None),
        (answer(400, "TooManyRequests"), None),
        (answer(400, b"toomanyrequests, says the proxy"), None),
        (answer(400, b"<html>TOOMANYREQUESTS</html>"), None),
        (answer(400, FAIL, Retry_After="9"), 9),
        (answer(200, FAIL), None),
        (answer(200, {"status": "FAIL", "message": "TooManyRequests"}), None),
        (answer(200, {**FAIL, "code": 429}), None),
        (answer(429), None),
        (answer(429, RATE), 7),
        (answer(429, RATE, Retry_After="3"), 3),
        (answer(429, RATE, Retry_After="soon"), 7),
        (answer(429, b"", Retry_After="2.5"), 2.5),
        (answer(429, b"", Retry_After=formatdate(NOW + 40, usegmt=True)), 40),
        (answer(429, b"", Retry_After=formatdate(NOW - 40, usegmt=True)), 0),
        (answer(429, b"", Retry_After="300"), 300),
        (answer(403, gateway(403, QUOTA + "00:04:10.")), 250),
        (answer(403, gateway(403, QUOTA + "00:04:10."), Retry_After="251"), 251),
        (answer(403, b"", Retry_After="60"), 60),
    ],
)
def test_a_throttle_is_waited_out(throttle: Answer, wait: float | None) -> None:
    """In all its shapes it says how long, by its header or else its text, where it says so at all."""
    error = judged(throttle)
    assert type(error) is Throttled
    assert error.retry_after == wait
    assert str(error).startswith(f"{WHERE}: asks for fewer calls")


@pytest.mark.parametrize(
    ("spent", "until"),
    [
        (answer(403, gateway(403, QUOTA + "5.03:23:11.")), "2020-09-18 15:49:51 UTC"),
        (
            answer(403, gateway(403, "Out of bandwidth quota. Quota will be replenished in 12:00:00.")),
            "2020-09-14 00:26:40",
        ),
        (answer(403, gateway(403, "Out of quota."), Retry_After="86400"), "2020-09-14 12:26:40 UTC"),
        (answer(403, b"", Retry_After=formatdate(NOW + 7200, usegmt=True)), "2020-09-13 14:26:40 UTC"),
        (answer(429, RATE, Retry_After="301"), "2020-09-13 12:31:41 UTC"),
        (answer(403, b"", Retry_After="9" * 400), "2030-09-11"),
        (answer(403, gateway(403, "Out of call volume quota.")), "does not say until when"),
        (answer(403, b"", Retry_After="never"), "does not say until when"),
    ],
)
def test_a_quota_that_is_spent_for_long_parks_the_stage(spent: Answer, until: str) -> None:
    """The sentence says when to come back, also where that is days from now."""
    error = judged(spent)
    assert type(error) is QuotaSpent
    assert until in str(error)
    assert "run again" in str(error)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (gateway(401, "Access denied due to missing subscription key. Make sure ..."), "subscription_key"),
        (gateway(401, "Access denied due to invalid subscription key. Make sure ..."), "subscription_key"),
        (gateway(401, "JWT not present."), "luminus.token"),
        (b"", "luminus.token"),
        (b"Unauthorized", "luminus.token"),
        ({"status": "fail", "code": 401, "message": "expired"}, "luminus.token"),
    ],
)
def test_a_refused_account_says_which_credential_to_mend(body: object, names: str) -> None:
    """The gateway refuses the key, LumiNUS the token; both sentences name the setting."""
    error = judged(answer(401, body))
    assert type(error) is TokenRefused
    assert names in error.advice
    assert len({"luminus.token" in str(error), "luminus.subscription_key" in str(error)}) == 2


def test_a_filter_of_addresses_closes_the_door_and_is_no_missing_right() -> None:
    """The gateway's Forbidden would meet every call; LumiNUS's own 403 is about one thing and passes."""
    error = judged(answer(403, gateway(403, "Forbidden")))
    assert type(error) is Closed
    assert "Forbidden" in str(error)
    for body in (b"", b"Login user not authorized to perform this action", {"message": "no"}):
        judge(answer(403, body), WHERE, NOW)


@pytest.mark.parametrize(
    "wrong", [answer(404, gateway(404, "Resource not found")), answer(302, Location="/login?s=1")]
)
def test_a_wrong_address_is_no_missing_item(wrong: Answer) -> None:
    """Where the gateway knows no such path, or sends elsewhere, the setting is to be checked."""
    error = judged(wrong)
    assert type(error) is WrongAddress
    assert "luminus.url" in str(error)
    assert "login" not in str(error)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_fault_of_the_server_passes_and_is_no_throttle(status: int) -> None:
    """A PATCH may have been applied before it, so not even a Retry-After makes it one that was not."""
    for body in (b"", b"<html>Bad Gateway</html>", gateway(status, "BackendConnectionFailure"), {"x": ["y"]}):
        error = judged(answer(status, body, Retry_After="5"))
        assert type(error) is ServerFault
        assert error.retry_after == 5


@pytest.mark.parametrize(
    "fine",
    [
        answer(200),
        answer(200, b"1"),
        answer(200, {"status": "success", "code": 200, "data": [{"name": "TooManyRequests"}]}),
        answer(200, {"id": "i", "name": "TooManyRequests", "status": "published"}),
        answer(200, {"status": "fail", "code": 404, "message": "not found"}),
        answer(204),
        answer(400),
        answer(400, {"parentID": ["No weblecture found for this module."]}),
        answer(404),
        answer(404, b"the session is not found"),
        answer(409),
        answer(415),
    ],
)
def test_what_is_about_one_thing_passes(fine: Answer) -> None:
    """It is for the client to say what it means there."""
    judge(fine, WHERE, NOW)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"[]", 200),
        (b"<html>", 200),
        ({"status": "success", "code": 400}, 200),
        ({"code": 400}, 200),
        ({"status": 400}, 200),
        (FAIL, 400),
        ({"status": "Error", "code": 500}, 500),
        ({"status": "fail"}, 400),
        ({"status": "fail", "code": 200}, 400),
        ({"status": "fail", "code": "403"}, 400),
        ({"status": "fail", "code": True}, 400),
    ],
)
def test_a_failure_under_200_has_the_status_that_it_tells(body: object, status: int) -> None:
    """Only LumiNUS's envelope that says fail is one; other statuses are what they are."""
    assert status_of(answer(200, body)) == status
    assert status_of(answer(404, body)) == 404


@given(st.integers(0, 3650), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_the_text_of_a_quota_is_read_to_the_second(days: int, hours: int, minutes: int, seconds: int) -> None:
    """With days before the hours, and without them."""
    clock = f"{hours:02}:{minutes:02}:{seconds:02}"
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    assert asked_wait(answer(403, gateway(403, f"{QUOTA}{days}.{clock}.")), NOW) == min(whole, 3650 * 86400)
    assert asked_wait(answer(403, gateway(403, f"{QUOTA}{clock}.")), NOW) == whole - days * 86400


@given(
    st.sampled_from([200, 204, 302, 400, 401, 403, 404, 408, 429, 500, 503]),
    st.binary() | st.sampled_from([orjson.dumps(FAIL), orjson.dumps(RATE), b'{"statusCode":1}']),
    st.none() | st.text() | st.integers().map(str) | st.floats().map(str),
)
def test_every_answer_passes_or_is_one_of_ours(status: int, body: bytes, header: str | None) -> None:
    """No answer ends in another kind of error, and no throttle asks for more than a run waits."""
    headers = {} if header is None else {"Retry_After": header}
    raised: FerryError | None = None
    try:
        judge(answer(status, body, **headers), WHERE, NOW)
    except (Throttled, ServerFault, Closed) as error:
        raised = error
    assert "\n" not in str(raised)
    assert raised is not None or status not in {302, 401, 408, 429, 500, 503}
    if isinstance(raised, Throttled):
        assert 0 <= (raised.retry_after or 0) <= LONGEST_WAIT
