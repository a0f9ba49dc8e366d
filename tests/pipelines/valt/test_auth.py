"""One token serves all callers, one login renews it for all, and a refused account is let be."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import pytest
from fakes.scripted_http import json_answer
from fakes.valt_api import BASE, DATE, NOON, PASSWORD, ValtApi, page
from hypothesis import given
from hypothesis import strategies as st

from engine import AccountRefused, Answer, ServerFault, Unreachable
from pipelines.config import SettingsError
from pipelines.rest import Rest
from pipelines.valt.auth import Login, Token, read_token, skew_of


def login_of(api: ValtApi, password: str = PASSWORD) -> Login:
    """Log in at that VALT, with no wait between tries."""

    async def at_once(_: float) -> None: ...

    rest = Rest(api.http, BASE, sleep=at_once)  # type: ignore[arg-type]
    return Login(rest, "ferry", password, clock=api.clock)


async def at_the_same_time(number: int, work: Callable[[], Awaitable[object]]) -> None:
    """Run so many of it together."""

    async def one() -> None:
        await work()

    async with anyio.create_task_group() as group:
        for _ in range(number):
            group.start_soon(one)


async def test_a_login_is_asked_for_in_lower_case() -> None:
    """As the sample and the vendor's client do, and the wiki's table does not; no query."""
    api = ValtApi()
    await login_of(api).token()
    (call,) = api.http.calls
    assert (call.method, call.url) == ("POST", f"{BASE}/api/v3/login")
    assert call.body == b'{"username":"ferry","password":"pass word"}'


async def test_two_hundred_callers_share_one_login() -> None:
    """Whoever comes while one is under way waits for it, at the start and when a token ran out."""
    api = ValtApi()
    login = login_of(api)
    await at_the_same_time(200, login.token)
    old = await login.token()
    await at_the_same_time(200, lambda: login.renew(old))
    assert api.logins == 2
    assert await login.token() is not old


async def test_a_new_token_may_be_the_old_one() -> None:
    """A VALT may give the same token again; it is asked for all the same, once."""
    api = ValtApi()
    api.login = json_answer(200, {"data": {"access_token": "t"}})
    login = login_of(api)
    old = await login.token()
    new = await login.renew(old)
    assert new.value == old.value
    assert await login.renew(old) is new
    assert api.logins == 2


async def test_those_who_waited_share_a_failure_and_later_ones_try_again() -> None:
    """A VALT that is away is not asked two hundred times in a row."""
    api = ValtApi()
    api.login = Unreachable("no connection")
    login = login_of(api)
    failures: list[Unreachable] = []

    async def call() -> None:
        try:
            await login.token()
        except Unreachable as error:
            failures.append(error)

    await at_the_same_time(200, call)
    assert (len(failures), api.logins) == (200, 6)
    api.login = None
    await login.token()


async def test_a_refused_account_is_not_tried_again() -> None:
    """The directory behind VALT may lock it."""
    api = ValtApi()
    login = login_of(api, "s3cret")
    for _ in range(3):
        with pytest.raises(AccountRefused, match="user name or the password") as caught:
            await login.token()
        assert "s3cret" not in str(caught.value)
    assert api.logins == 1


async def test_a_cancelled_login_is_taken_over_by_the_next() -> None:
    """Whoever logs in may be stopped; the others get their token."""
    api = ValtApi()
    login = login_of(api)
    async with anyio.create_task_group() as group:
        group.start_soon(login.token)
        await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert (await login.token()).value in api.tokens


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (json_answer(401, {"data": "Invalid username or password"}), AccountRefused, "valt.username"),
        (json_answer(400, {"data": {"message": "Validation Error: s3cret"}}), AccountRefused, "HTTP 400"),
        (page(403), AccountRefused, "HTTP 403"),
        (page(404), SettingsError, "check valt.url"),
        (page(301, Location="https://valt.example/api/v3/login"), SettingsError, "https://valt.example/api"),
        (json_answer(418, {"data": "s3cret"}), ServerFault, "HTTP 418"),
        (page(200), ServerFault, "text/html"),
        (json_answer(200, {"data": {}}), ServerFault, "without a token"),
        (json_answer(200, {"data": "s3cret"}), ServerFault, "without a token"),
        (json_answer(200, {"data": {"access_token": ""}}), ServerFault, "without a token"),
        (json_answer(200, []), ServerFault, "without a token"),
    ],
)
def test_a_login_that_gives_no_token(answer: Answer, kind: type[Exception], words: str) -> None:
    """Each is one sentence that says what to do, and repeats nothing of what VALT says."""
    with pytest.raises(kind, match=words) as caught:
        read_token(answer, "valt")
    assert "s3cret" not in str(caught.value)


async def test_the_other_clock_is_learnt_by_a_login() -> None:
    """Its Date header tells how far the two clocks are apart."""
    login = login_of(ValtApi())
    assert login.skew == 0.0
    await login.token()
    assert login.skew == 90.0


@pytest.mark.parametrize("date", [None, "", "soon", "Sat, 99 Nov 2026 12:00:00 GMT"])
def test_without_a_date_the_clocks_are_taken_to_agree(date: str | None) -> None:
    """A server need not send one."""
    assert skew_of(date, NOON) == 0.0


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-(10**6), 10**6))  # noqa: DTZ001
def test_the_skew_is_what_the_clocks_differ_by(moment: datetime, ahead: int) -> None:
    """To the second, whatever zone this machine is in, and with or without a zone in the header."""
    epoch = int(moment.replace(tzinfo=UTC).timestamp())
    for zone in ("GMT", "-0000", "+0000"):
        date = datetime.fromtimestamp(epoch, UTC).strftime("%a, %d %b %Y %H:%M:%S ") + zone
        assert skew_of(date, epoch - ahead) == ahead
    assert skew_of(DATE, NOON) == 0.0


def test_a_token_is_not_in_its_repr() -> None:
    """Printing it gives nothing away."""
    assert "s3cret" not in repr(Token("s3cret"))
