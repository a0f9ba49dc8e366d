"""Calls that come too often are refused in seven ways; who waits gets through."""

from email.utils import parsedate_to_datetime
from typing import Any

from fakes.luminus_caller import members

from pipelines.sandbox.luminus.throttle import QUOTA_SECONDS, Throttle
from pipelines.sandbox.switches import Switches


async def test_the_seven_refusals_in_turn(luminus: Any) -> None:
    """400 as text and as envelope, the envelope under 200, 429 by seconds, date or text, 403 by seconds."""
    async with luminus(Switches(luminus_rate=1)) as caller:
        assert (await caller.call("GET", "/module")).status == 200
        text, fail, false_success, seconds, date, told, quota = [
            await caller.call("GET", "/module") for _ in range(7)
        ]
        assert (text.status, text.text) == (400, "TooManyRequests")
        assert fail.status == 400
        assert false_success.status == 200
        assert (
            fail.document
            == false_success.document
            == {
                "code": 400,
                "status": "fail",
                "message": "TooManyRequests",
            }
        )
        assert (seconds.status, seconds.headers["Retry-After"]) == (429, "1")
        assert seconds.document["message"] == "Rate limit is exceeded. Try again in 1 seconds."
        assert date.status == 429
        assert parsedate_to_datetime(date.headers["Retry-After"]).timestamp() == caller.clock.now + 1
        assert (told.status, "Retry-After" in told.headers) == (429, False)
        assert told.document == seconds.document
        assert (quota.status, quota.headers["Retry-After"]) == (403, "1")
        assert quota.document == {
            "statusCode": 403,
            "message": "Out of call volume quota. Quota will be replenished in 00:00:01.",
        }


async def test_a_refused_patch_changes_nothing(luminus: Any) -> None:
    """Not even where the refusal has the status 200."""
    async with luminus(Switches(luminus_rate=1)) as caller:
        item = await caller.lecture_item()
        statuses = [(await caller.patch(members(item))).status for _ in range(3)]
        assert statuses == [400, 400, 200]
        assert [row["patches"] for row in caller.luminus.rows()] == [0]
        caller.clock.now += 1
        assert (await caller.patch(members(item))).status == 200
        assert [row["patches"] for row in caller.luminus.rows()] == [1]


def test_refused_calls_do_not_count() -> None:
    """A second after the last call that was taken, the next one is."""
    now = [100.0]
    throttle = Throttle(2, 0, lambda: now[0])
    assert [throttle.refusal() is None for _ in range(4)] == [True, True, False, False]
    now[0] += 0.9
    assert throttle.refusal() is not None
    now[0] += 0.1
    assert [throttle.refusal() is None for _ in range(3)] == [True, True, False]


def test_a_spent_quota_stays_spent_for_most_of_a_day() -> None:
    """Its Retry-After counts down."""
    now = [100.0]
    throttle = Throttle(0, 2, lambda: now[0])
    assert [throttle.refusal() is None for _ in range(3)] == [True, True, False]
    now[0] += 3600
    refused = throttle.refusal()
    assert refused is not None
    assert (refused.status, refused.headers["Retry-After"]) == (403, str(QUOTA_SECONDS - 3600))
    assert "21:01:11" in str(refused.text)


def test_a_quota_comes_back() -> None:
    """As large as it was, once it has been spent for so long."""
    now = [100.0]
    throttle = Throttle(0, 2, lambda: now[0])
    assert [throttle.refusal() is None for _ in range(3)] == [True, True, False]
    now[0] += QUOTA_SECONDS
    assert [throttle.refusal() is None for _ in range(3)] == [True, True, False]


def test_without_a_rate_any_number_is_taken() -> None:
    """0 is no limit."""
    throttle = Throttle(0, 0, lambda: 1.0)
    assert all(throttle.refusal() is None for _ in range(100))
