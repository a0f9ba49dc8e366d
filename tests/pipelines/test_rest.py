"""Calls to a REST API: what is tried again, what is returned, and what goes out."""

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from engine import (
    AccountRefused,
    Answer,
    FerryError,
    LocalResource,
    Pace,
    RetryPolicy,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Unreachable,
    Untrusted,
    Waiting,
)
from engine.clocks import Clocks
from engine.progress import ClockDiffers
from pipelines.rest import Rest, decode, encode, path_of

HOST = "https://api.example.org/base/"
USUAL = "check panopto.url and the network of this machine, and say the same again"


class Time:
    """A clock that stands, and a sleep that sets it on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.slept.append(seconds)
        self.now += seconds


def scripted(*answers: Answer | Exception) -> ScriptedHttp:
    """Answer the calls in turn, the last for ever."""
    left = list(answers)

    async def script(call: Call) -> Answer:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ScriptedHttp(script)


def rest(http: ScriptedHttp, time: Time, attempts: int = 3, **more: object) -> Rest:
    """Return a service whose waits take no time and know no chance."""
    return Rest(
        http,  # type: ignore[arg-type]
        HOST,
        policy=RetryPolicy(attempts=attempts),
        sleep=time.sleep,
        clock=time,
        chance=lambda: 1.0,
        **more,  # type: ignore[arg-type]
    )


def answer(status: int, **headers: str) -> Answer:
    """Return an answer without a body."""
    return Answer(
        status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), b""
    )


OK = json_answer(200, {"fine": True})


@pytest.mark.fault(23)
async def test_each_try_that_may_have_been_done_unheard_is_told() -> None:
    """Silence, a connection that breaks, an answer that breaks off or makes no sense; a refusal is heard."""
    unheard = [TimedOut("late"), Unreachable("reset"), ShortBody("broke off"), ServerFault("no HTTP")]
    told: list[int] = []
    calls = rest(scripted(*unheard, answer(503), answer(200)), Time(), attempts=9)
    await calls.call("POST", "/x", endpoint="POST x", unheard=lambda: told.append(1))
    assert len(told) == len(unheard)
    full = rest(scripted(LocalResource("no more files")), Time())
    with pytest.raises(LocalResource):
        await full.call("POST", "/x", endpoint="POST x", unheard=lambda: told.append(1))
    assert len(told) == len(unheard)


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 403, 404, 409, 410])
async def test_an_answer_that_stays_the_same_is_returned_at_once(status: int) -> None:
    """Only passing faults are tried again; every other status is the caller's to judge."""
    http, time = scripted(answer(status)), Time()
    assert (await rest(http, time).call("GET", "/x", endpoint="GET x")).status == status
    assert (len(http.calls), time.slept) == (1, [])


@pytest.mark.parametrize(
    "passing",
    [
        answer(500),
        answer(502),
        answer(503),
        answer(408),
        answer(429),
        Unreachable("no connection"),
        TimedOut("no answer"),
    ],
)
async def test_a_passing_fault_is_tried_again(passing: Answer | Exception) -> None:
    """A fault that passes is waited out, and the answer after it returned."""
    http, time = scripted(passing, OK), Time()
    assert (await rest(http, time).call("GET", "/x", endpoint="GET x")).status == 200
    assert len(http.calls) == 2
    assert len(time.slept) == 1


@pytest.mark.parametrize(
    ("standing", "kind"),
    [
        (answer(500), ServerFault),
        (answer(408), ServerFault),
        (answer(429), Throttled),
        (answer(503), ServerFault),
        (answer(503, Retry_After="5"), Throttled),
        (Unreachable("no connection"), Unreachable),
    ],
)
async def test_a_fault_that_stays_is_raised(standing: Answer | Exception, kind: type[Exception]) -> None:
    """After its tries the last error stands, and an answered one names host and endpoint."""
    http = scripted(standing)
    with pytest.raises(kind) as caught:
        await rest(http, Time()).call("GET", "/x?secret=1", endpoint="GET x")
    assert len(http.calls) == 3
    assert "secret" not in str(caught.value)
    if isinstance(standing, Answer):
        assert "api.example.org:443 GET x: " in str(caught.value)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            TimedOut("slow", where="h:443"),
            f"h:443: Panopto cannot be reached: slow; {USUAL}",
        ),
        (
            Untrusted("its certificate is not trusted", where="h:443", advice="name network.ca_file"),
            "h:443: Panopto cannot be reached: its certificate is not trusted; name network.ca_file",
        ),
        (ServerFault("its answer is not HTTP", where="h:443"), "h:443: its answer is not HTTP"),
    ],
)
async def test_who_is_not_reached_is_named(error: FerryError, told: str) -> None:
    """The service, its host, and what to do; where the error knows better what to do, that."""
    http = scripted(error)
    with pytest.raises(type(error)) as caught:
        await rest(http, Time(), service="Panopto").call("GET", "/x", endpoint="GET x")
    assert str(caught.value) == told
    assert caught.value.where == "h:443"


async def test_a_final_error_is_not_tried_again() -> None:
    """What the network raises as final stands after one try."""
    http = scripted(AccountRefused("no"))
    with pytest.raises(AccountRefused):
        await rest(http, Time()).call("GET", "/x", endpoint="GET x")
    assert len(http.calls) == 1


@pytest.mark.fault(8)
async def test_the_peer_is_waited_for_as_long_as_it_asks() -> None:
    """Retry-After is the least that is waited, and who looks is told of the wait."""
    told: list[object] = []
    http, time = scripted(answer(429, Retry_After="7"), OK), Time()
    await rest(http, time, observer=told.append).call("GET", "/x", endpoint="GET x")
    assert time.slept[0] >= 7
    assert [type(fact) for fact in told] == [Waiting]


@pytest.mark.fault(8)
async def test_a_throttle_holds_the_endpoint_for_everybody() -> None:
    """After a 429 with 30 s no call of that endpoint goes out before, whoever makes it; others do."""
    time = Time()
    pace = Pace(clock=time, sleep=time.sleep)
    http = scripted(answer(429, Retry_After="30"), OK)
    service = rest(http, time, attempts=1, pace=pace)
    with pytest.raises(Throttled):
        await service.call("GET", "/x", endpoint="GET x")
    begun = time.now
    await service.call("GET", "/y", endpoint="GET y")
    assert time.now == begun
    await service.call("GET", "/x", endpoint="GET x")
    assert time.now >= begun + 30


async def test_headers_are_asked_for_before_each_try() -> None:
    """A token that was renewed while a call waited is the one that goes out; a call's own headers win."""
    tokens = iter(["old", "new"])

    async def headers() -> dict[str, str]:
        return {"Authorization": next(tokens), "Accept": "any"}

    http = scripted(answer(500), OK)
    service = rest(http, Time(), headers=headers)
    await service.call("GET", "/x", endpoint="GET x", headers={"Accept": "mine"})
    assert [call.headers["Authorization"] for call in http.calls] == ["old", "new"]
    assert {call.headers["Accept"] for call in http.calls} == {"mine"}


async def test_a_call_may_have_its_own_patience() -> None:
    """A policy of one try overrides the service's."""
    http = scripted(answer(500))
    with pytest.raises(ServerFault):
        await rest(http, Time()).call("GET", "/x", endpoint="GET x", policy=RetryPolicy(attempts=1))
    assert len(http.calls) == 1


async def test_a_call_may_have_its_own_judge() -> None:
    """What is a passing fault elsewhere may be an answer to one call."""
    http = scripted(answer(500))
    service = rest(http, Time())
    assert (await service.call("POST", "/x", endpoint="POST x", judge=lambda *_: None)).status == 500
    with pytest.raises(ServerFault):
        await service.call("GET", "/x", endpoint="GET x")


async def test_address_query_and_body_go_out_as_given() -> None:
    """A query is quoted but for what filters are written with; JSON and forms name what they are."""
    http = scripted(OK)
    service = rest(http, Time())
    query = {"filter": "identifier:a,identifier:b", "t": "ä&b"}
    await service.call("POST", "/x", endpoint="POST x", query=query, json={"n": "ü"})
    await service.call("POST", "/x", endpoint="POST x", form={"user": "a b&c", "pass": "+ü"})
    first, second = http.calls
    assert first.url == "https://api.example.org/base/x?filter=identifier:a,identifier:b&t=%C3%A4%26b"
    assert orjson.loads(first.body or b"") == {"n": "ü"}
    assert first.headers["Content-Type"].startswith("application/json")
    assert parse_qs((second.body or b"").decode()) == {"user": ["a b&c"], "pass": ["+ü"]}
    assert second.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def test_a_body_of_another_kind_goes_out_as_it_is() -> None:
    """What is neither JSON nor a form brings its own Content-Type."""
    http = scripted(json_answer(200, {}))
    kind = {"Content-Type": "text/xml; charset=utf-8"}
    await Rest(http, HOST).call("POST", "/x", endpoint="POST x", body=b"<a/>", headers=kind)  # type: ignore[arg-type]
    (call,) = http.calls
    assert (call.body, call.headers["content-type"]) == (b"<a/>", "text/xml; charset=utf-8")


def test_no_body_and_an_empty_one_are_two_things() -> None:
    """JSON that is empty is still JSON."""
    assert encode(None, None) == (None, {})
    assert encode({}, None)[0] == b"{}"
    assert encode(None, {})[0] == b""


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_a_segment_never_becomes_two(segments: list[str]) -> None:
    """Whatever an identifier holds, the path has as many segments as were given."""
    path = path_of(*segments)
    parts = urlsplit("https://host" + path)
    assert parts.path == path
    assert path.isascii()
    assert path.count("/") == len(segments)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"\xff"])
def test_what_is_no_json_says_what_came_instead(body: bytes) -> None:
    """An answer that is no JSON is the server's fault, and its body is told to nobody."""
    given = Answer(200, CIMultiDict({"Content-Type": "text/html; charset=utf-8"}), body)
    with pytest.raises(ServerFault, match="here: answers text/html where JSON was expected"):
        decode(given, "here")


@pytest.mark.fault(39)
@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[" * 100_000 + b"]" * 100_000])
def test_deep_nesting_is_the_servers_fault(body: bytes) -> None:
    """No recursion of ours ends there, and the sentence is short."""
    with pytest.raises(ServerFault) as caught:
        decode(Answer(200, CIMultiDict(), body), "api")
    assert len(str(caught.value)) < 200


@pytest.mark.fault(29)
@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ("Sun, 22 Nov 2026 12:00:00 GMT", None),
        ("Sun, 22 Nov 2026 12:00:59 GMT", None),
        ("Sun, 22 Nov 2026 12:01:00 GMT", -60.0),
        ("Sun, 22 Nov 2026 12:20:00 GMT", -1200.0),
        ("Sun, 22 Nov 2026 11:40:00 GMT", 1200.0),
        ("Sunday, 22-Nov-26 11:40:00 GMT", 1200.0),
        ("yesterday", None),
        ("", None),
    ],
)
async def test_a_clock_that_differs_is_told_once_a_host(date: str, ahead: float | None) -> None:
    """From a minute on, by the Date of the first answer; on terminal, log and plan, for want of a doctor."""
    noon = 1795348800.0
    told: list[object] = []
    clocks = Clocks(told.append, clock=lambda: noon)
    calls = rest(scripted(answer(200, Date=date)), Time(), clocks=clocks)
    for _ in range(3):
        await calls.call("GET", "/x", endpoint="GET x")
    assert told == ([] if ahead is None else [ClockDiffers("api.example.org:443", ahead)])
    assert clocks.differing == ({} if ahead is None else {"api.example.org:443": ahead})
