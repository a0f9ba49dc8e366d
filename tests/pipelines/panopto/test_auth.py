"""One token for all callers: when it is renewed, by whom, and what a refusal says."""

import base64
from urllib.parse import parse_qs

import anyio
import pytest
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from hypothesis import given
from hypothesis import strategies as st

from engine import AccountRefused, Answer, RetryPolicy, ServerFault, Unreachable
from pipelines.panopto.auth import Account, Tokens, early, read_token
from pipelines.rest import Rest

ACCOUNT = Account("client-1", "s3cret-client", "ferry", "s3cret-password")
ONCE = RetryPolicy(attempts=1)


class Site:
    """A token endpoint that numbers its tokens, fails while it is told to, and a clock."""

    def __init__(self, account: Account = ACCOUNT, lifetime: object = 3600) -> None:
        self.now = 0.0
        self.failure: Exception | Answer | None = None
        self.silent = False
        self.lifetime = lifetime
        self.http = ScriptedHttp(self._answer)
        rest = Rest(self.http, "https://panopto.example.edu", policy=ONCE)  # type: ignore[arg-type]
        self.tokens = Tokens(rest, account, clock=lambda: self.now)

    @property
    def requests(self) -> int:
        """How many tokens were asked for."""
        return len(self.http.calls)

    async def _answer(self, call: Call) -> Answer:
        number = self.requests
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        if self.silent:
            await anyio.sleep_forever()
        if isinstance(self.failure, Answer):
            return self.failure
        if self.failure is not None:
            raise self.failure
        return json_answer(200, {"access_token": f"token-{number}", "expires_in": self.lifetime})


async def test_the_password_grant_is_asked_for_as_panopto_takes_it() -> None:
    """A form with the user, and the client's own credentials by Basic."""
    site = Site()
    assert await site.tokens.headers() == {"Authorization": "Bearer token-1"}
    (call,) = site.http.calls
    assert (call.method, call.url) == ("POST", "https://panopto.example.edu/Panopto/oauth2/connect/token")
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    pair = base64.b64decode(call.headers["authorization"].removeprefix("Basic ")).decode()
    assert pair == "client-1:s3cret-client"
    assert parse_qs((call.body or b"").decode()) == {
        "grant_type": ["password"],
        "scope": ["api"],
        "username": ["ferry"],
        "password": ["s3cret-password"],
    }


async def test_without_a_user_the_client_acts_in_its_own_name() -> None:
    """The client credentials grant carries no user."""
    site = Site(Account("client-1", "s3cret-client"))
    await site.tokens.token()
    form = parse_qs((site.http.calls[0].body or b"").decode())
    assert form == {"grant_type": ["client_credentials"], "scope": ["api"]}


@pytest.mark.fault(26)
async def test_two_hundred_callers_share_one_request() -> None:
    """Whoever comes while a token is asked for waits for that one."""
    site = Site()
    values: list[str] = []

    async def call() -> None:
        values.append((await site.tokens.token()).value)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(call)
    assert values == ["token-1"] * 200
    assert site.requests == 1


@pytest.mark.fault(26)
async def test_two_hundred_refusals_of_one_token_make_one_request() -> None:
    """A token that expired early is renewed by the first who finds out, for all."""
    site = Site()
    old = await site.tokens.token()
    values: list[str] = []

    async def call() -> None:
        values.append((await site.tokens.renew(old)).value)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(call)
    assert values == ["token-2"] * 200
    assert site.requests == 2


@pytest.mark.fault(26)
async def test_a_token_is_renewed_before_its_end() -> None:
    """An hour's token is used for fifty-five minutes."""
    site = Site()
    first = await site.tokens.token()
    site.now = 3299.0
    assert await site.tokens.token() is first
    site.now = 3300.0
    assert (await site.tokens.token()).value == "token-2"


@pytest.mark.fault(26)
@given(st.floats(0.001, 1e6))
def test_how_early_a_token_is_renewed(lifetime: float) -> None:
    """Five minutes or a tenth of its life, whichever is shorter."""
    assert early(lifetime) == min(300.0, lifetime / 10)
    assert early(lifetime) < lifetime


@pytest.mark.parametrize("lifetime", [None, "soon", 0, -5])
async def test_a_token_without_a_sensible_life_lives_an_hour(lifetime: object) -> None:
    """What the answer does not tell is Panopto's usual."""
    site = Site(lifetime=lifetime)
    await site.tokens.token()
    site.now = 3299.0
    await site.tokens.token()
    assert site.requests == 1


async def test_those_who_waited_share_a_failure_and_later_ones_try_again() -> None:
    """A token endpoint that is away is not asked two hundred times in a row."""
    site = Site()
    site.failure = Unreachable("the connection failed")
    failures: list[Unreachable] = []

    async def call() -> None:
        try:
            await site.tokens.token()
        except Unreachable as error:
            failures.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(call)
    assert (len(failures), site.requests) == (200, 1)
    site.failure = None
    assert (await site.tokens.token()).value == "token-2"


async def test_a_refused_account_is_not_tried_again() -> None:
    """Panopto may lock an account that is tried again and again."""
    site = Site()
    site.failure = json_answer(400, {"error": "invalid_grant"})
    for _ in range(3):
        with pytest.raises(AccountRefused):
            await site.tokens.token()
    assert site.requests == 1


async def test_a_cancelled_request_is_taken_over_by_the_next() -> None:
    """Whoever asks for the token may be stopped; the others get theirs."""
    site = Site()
    site.silent = True
    async with anyio.create_task_group() as group:
        group.start_soon(site.tokens.token)
        await anyio.wait_all_tasks_blocked()
        site.silent = False
        group.cancel_scope.cancel()
    assert (await site.tokens.token()).value == "token-2"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_client", "panopto.client_id and panopto.client_secret_file"),
        ("invalid_grant", "local Panopto account"),
        ("unauthorized_client", "User Based Server Application"),
        ("invalid_scope", "invalid_scope"),
    ],
)
async def test_a_refusal_says_what_to_do(code: str, words: str) -> None:
    """Each error code of the token endpoint is one sentence with the setting to look at, and no secret."""
    site = Site()
    site.failure = json_answer(400, {"error": code, "error_description": "s3cret-password"})
    with pytest.raises(AccountRefused, match=words) as caught:
        await site.tokens.token()
    assert str(caught.value).startswith("panopto.example.edu:")
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_another_server_at_the_address_is_a_refusal() -> None:
    """A page that is no token endpoint points at the address in the settings."""
    site = Site()
    site.failure = Answer(404, {}, b"<html>Not here</html>")
    with pytest.raises(AccountRefused, match=r"HTTP 404.*panopto\.url"):
        await site.tokens.token()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"access_token": null}'])
def test_an_answer_without_a_token_is_a_fault_of_the_server(body: bytes) -> None:
    """It may be better the next time."""
    with pytest.raises(ServerFault):
        read_token(Answer(200, {}, body), "panopto.example.edu")


async def test_no_secret_is_in_any_repr() -> None:
    """Printing an account or a token gives nothing away."""
    token = await Site().tokens.token()
    assert "s3cret" not in repr(ACCOUNT)
    assert token.value not in repr(token)
