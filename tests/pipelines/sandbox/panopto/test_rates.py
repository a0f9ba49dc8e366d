"""Call rates: windows that slide, per endpoint and client."""

from typing import Any

from fakes.panopto_caller import Clock
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.panopto.rates import LIMITS, Rates


@given(st.lists(st.floats(0, 30), max_size=150))
def test_no_window_ever_holds_more_than_its_limit(pauses: list[float]) -> None:
    """Whatever the pauses, each second has at most 5 and each minute at most 100 counted calls."""
    clock = Clock()
    rates, counted = Rates(clock), []
    for pause in pauses:
        clock.now += pause
        if rates.count("endpoint") is None:
            counted.append(clock.now)
    for limit in LIMITS:
        for start in counted:
            assert sum(start <= one < start + limit.seconds for one in counted) <= limit.calls


def test_waiting_as_told_is_enough() -> None:
    """After Retry-After seconds the next call is counted; the header names the limit."""
    clock = Clock()
    rates = Rates(clock)
    assert [rates.count("a") for _ in range(5)] == [None] * 5
    excess = rates.count("a")
    assert excess is not None
    assert excess.headers == {"Retry-After": "1", "X-RateLimit-Limit": "5 per second; exceeded by 1"}
    assert rates.count("b") is None
    clock.now += 1
    assert rates.count("a") is None


def test_the_minute_and_the_hour_are_limits_too() -> None:
    """The 101st call of a minute and the 5001st of an hour are refused with the time to wait."""
    clock = Clock()
    rates = Rates(clock)
    found: dict[str, tuple[int, int]] = {}
    for number in range(1, 6000):
        clock.now += 0.5 if number <= 101 else 0.65
        excess = rates.count("a")
        if excess is not None:
            found.setdefault(excess.limit.name, (number, int(excess.headers["Retry-After"])))
    assert found["minute"] == (101, 10)
    assert found["hour"][0] > 5000


async def test_rest_is_limited_per_endpoint_and_s3_is_not(panopto: Any) -> None:
    """The sixth call in a second is a 429 on its own endpoint; other endpoints and S3 go on."""
    async with panopto(rates=True) as caller:
        upload = await caller.open()
        path = f"PublicAPI/REST/sessionUpload/{upload['ID']}"
        statuses = [(await caller.rest("GET", path))[0] for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert (await caller.rest("GET", f"api/v1/folders/{caller.folder}"))[0] == 200
        s3 = [(await caller.s3("PUT", f"{upload['UploadTarget']}/{n}", data=b"x"))[0] for n in range(7)]
        assert s3 == [200] * 7
        caller.clock.now += 1
        assert (await caller.rest("GET", path))[0] == 200
