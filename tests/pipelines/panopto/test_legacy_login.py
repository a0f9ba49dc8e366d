"""One cookie for all callers of the older API: when it is renewed, by whom, and what a refusal says."""

import anyio
import pytest
from fakes.scripted_http import json_answer
from fakes.soap_answers import SoapSite, logged_in, result
from multidict import CIMultiDict

from engine import AccountRefused, Answer, Refused, ServerFault
from pipelines.panopto.legacy_login import Cookie, read_cookie

LOGIN = "/Panopto/api/v1/auth/legacyLogin"


async def test_the_cookie_is_got_with_the_token() -> None:
    """A GET with the Bearer token; the second cookie that comes, for browsers, is left alone."""
    site = SoapSite(result("X"))
    assert await site.legacy.headers() == {"Cookie": ".ASPXAUTH=C00KIE1"}
    (call,) = site.calls(LOGIN)
    assert (call.method, call.headers["authorization"], call.body) == ("GET", "Bearer token-1", None)


@pytest.mark.fault(26)
async def test_two_hundred_callers_share_one_login() -> None:
    """Whoever comes while a cookie is asked for waits for that one; so does whoever has it refused."""
    site = SoapSite(result("X"))
    values: list[str] = []

    async def call(refused: Cookie | None) -> None:
        values.append((await site.legacy.renew(refused)).value)

    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(call, None)
    old = await site.legacy.cookie()
    async with anyio.create_task_group() as group:
        for _ in range(200):
            group.start_soon(call, old)
    assert values == ["C00KIE1"] * 200 + ["C00KIE2"] * 200
    assert len(site.calls(LOGIN)) == 2


async def test_a_refused_token_is_renewed_once_and_then_believed() -> None:
    """A 401 with a new token is the account's refusal."""
    site = SoapSite(result("X"), login=json_answer(401, {}))
    with pytest.raises(AccountRefused):
        await site.legacy.cookie()
    assert [call.headers["authorization"] for call in site.calls(LOGIN)] == [
        "Bearer token-1",
        "Bearer token-2",
    ]


@pytest.mark.parametrize("status", [403, 404])
async def test_a_site_without_the_older_api_says_so(status: int) -> None:
    """No run ends for it: what is set there is refused, in a sentence that says what that is."""
    site = SoapSite(result("X"), login=json_answer(status, {}))
    with pytest.raises(Refused, match=r"gives no cookie.*owner, availability and external id"):
        await site.legacy.cookie()


@pytest.mark.parametrize(
    "cookie", ["", ".ASPXAUTH=; expires=Thu, 01-Jan-1970 00:00:00 GMT", "ASPXAUTH=x", "csrfToken=.ASPXAUTH=x"]
)
def test_a_login_without_a_cookie_is_a_fault_of_the_server(cookie: str) -> None:
    """Neither none, nor one that takes it away, nor another's."""
    with pytest.raises(ServerFault):
        read_cookie(Answer(200, CIMultiDict({"Set-Cookie": cookie}), b""), "here")


@pytest.mark.fault(40)
def test_nothing_that_came_becomes_another_header() -> None:
    """A value ends where RFC 6265 lets it end."""
    answer = Answer(200, CIMultiDict({"set-cookie": ".ASPXAUTH=ab\r\nX-Other: 1"}), b"")
    assert read_cookie(answer, "here") == "ab"


@pytest.mark.fault(40)
def test_no_cookie_is_in_any_repr() -> None:
    """Printing one gives nothing away."""
    value = read_cookie(logged_in(7), "here")
    assert value == "C00KIE7"
    assert value not in repr(Cookie(value))
