"""Opencast's External API is called as it really behaves."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.opencast_api import BASE, OpencastApi, event_json, page
from fakes.scripted_http import json_answer
from multidict import CIMultiDict

from engine import AccountRefused, Answer, Gone, Refused, ServerFault, Unreadable
from pipelines.config import SettingsError
from pipelines.opencast.filters import by, can_filter
from pipelines.opencast.model import Event, Grant, Scheduling, Series, Unread

GARBAGE = Answer(200, CIMultiDict({"Content-Type": "application/json"}), b'[{"identifier"')

BOOKED = {
    "agent_id": "hs-3",
    "start": "2031-04-17T17:22:00Z",
    "end": "2031-04-17T18:22:00Z",
    "inputs": ["camera"],
}
SCHEDULING = Scheduling(
    "hs-3", datetime(2031, 4, 17, 17, 22, tzinfo=UTC), datetime(2031, 4, 17, 18, 22, tzinfo=UTC), ("camera",)
)


def asked(api: OpencastApi) -> dict[str, str]:
    """Return the parameters of the last call."""
    return {name: one[0] for name, one in parse_qs(urlsplit(api.http.calls[-1].url).query).items()}


async def test_every_call_logs_in_and_names_one_version() -> None:
    """Basic is sent unasked, and the version is negotiated once."""
    api = OpencastApi(event_json("a"))
    client = api.client()
    await client.event("a")
    await client.event("a")
    assert api.paths() == ["/api/version", "/api/events/a", "/api/events/a"]
    basic = "Basic " + base64.b64encode(b"ferry:pass word").decode()
    assert all(call.headers["Authorization"] == basic for call in api.http.calls)
    assert api.http.calls[-1].headers["Accept"] == "application/v1.11.0+json"


async def test_a_page_has_limit_offset_and_order() -> None:
    """Never an offset without a limit, and always the one order there is."""
    api = OpencastApi(event_json("a", is_part_of="s"), event_json("b"))
    events = await api.client().page(0, 100, series="s")
    assert [one.identifier for one in events] == ["a"]
    assert asked(api) == {
        "limit": "100",
        "offset": "0",
        "sort": "start_date:ASC",
        "withpublications": "true",
        "filter": "series:s",
    }


async def test_an_unreadable_event_does_not_fail_its_page() -> None:
    """It stands in its place as unread, with its name."""
    api = OpencastApi(event_json("a"), event_json("b", title=["x"]), event_json("c"))
    first, second, third = await api.client().page(0, 100)
    assert isinstance(first, Event)
    assert isinstance(third, Event)
    assert isinstance(second, Unread)
    assert (second.identifier, second.reason) == ("b", "unreadable")
    assert "title" in second.why


async def test_a_page_that_keeps_failing_fails_soon() -> None:
    """Two tries: a shorter page may work."""
    api = OpencastApi(event_json("a"))
    api.broken.add("a")
    with pytest.raises(ServerFault):
        await api.client().page(0, 100)
    assert api.paths().count("/api/events") == 2


async def test_an_event_that_is_not_there_is_gone() -> None:
    """A 404 to an event by name."""
    with pytest.raises(Gone, match="event none"):
        await OpencastApi().client().event("none")


@pytest.mark.parametrize("identifier", ["ID-heat+engines", "a/b", "ü ?#&", "a,b"])
async def test_identifiers_are_quoted(identifier: str) -> None:
    """An identifier is not always a UUID."""
    api = OpencastApi(event_json(identifier), event_json("other"))
    assert (await api.client().event(identifier)).identifier == identifier
    assert [one.identifier for one in await api.client().batch([identifier])] == [identifier]


async def test_a_batch_is_one_call() -> None:
    """In the order asked for, each once, signed; an empty name would mean all events."""
    api = OpencastApi(*(event_json(one) for one in "abcd"))
    events = await api.client().batch(["c", "", "a", "c"])
    assert [one.identifier for one in events] == ["c", "a"]
    assert api.paths() == ["/api/version", "/api/events"]
    assert asked(api)["sign"] == "true"
    assert asked(api)["filter"] == "identifier:c,identifier:a"


async def test_rights_are_told_where_they_are_asked_for() -> None:
    """In a list and of one event by name, and of one that the list does not tell."""
    api = OpencastApi(event_json("a", acl=[{"role": "R", "action": "read", "allow": True}]))
    (listed,) = await api.client().batch(["a"], acl=True)
    assert asked(api)["withacl"] == "true"
    api.answers["/api/events"] = page(400)
    (read,) = await api.client().batch(["a"], acl=True)
    assert asked(api)["withacl"] == "true"
    assert isinstance(listed, Event)
    assert listed.acl == (Grant("R", "read", True),)
    assert read == listed
    await api.client().event("a")
    assert "withacl" not in asked(api)


async def test_a_page_tells_what_is_scheduled() -> None:
    """An event whose scheduling makes no sense is unread: it is not one without."""
    api = OpencastApi(
        event_json("a", scheduling=BOOKED),
        event_json("b", scheduling={}),
        event_json("c", scheduling={**BOOKED, "end": ""}),
    )
    first, second, third = await api.client().page(0, 10, publications=False, scheduling=True)
    assert asked(api)["withscheduling"] == "true"
    assert "withpublications" not in asked(api)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert isinstance(third, Unread)
    assert (first.scheduling, second.scheduling) == (SCHEDULING, None)
    assert (third.identifier, third.reason) == ("c", "unreadable")


async def test_what_is_scheduled_of_one_event() -> None:
    """An answer without content is none, and an event that is not there is gone."""
    api = OpencastApi()
    api.answers["/api/events/a%2Fb/scheduling"] = json_answer(200, BOOKED)
    api.answers["/api/events/c/scheduling"] = Answer(204, CIMultiDict(), b"")
    client = api.client()
    assert await client.scheduling("a/b") == SCHEDULING
    assert await client.scheduling("c") is None
    with pytest.raises(Gone, match="event none"):
        await client.scheduling("none")


async def test_an_opencast_that_tells_no_scheduling_is_not_asked() -> None:
    """API 1.0 passes over the question, and its answer would look like nothing scheduled."""
    api = OpencastApi(event_json("a"))
    api.answers["/api/version"] = json_answer(200, {"versions": ["v1.0.0"]})
    client = api.client()
    with pytest.raises(SettingsError, match="Opencast 6"):
        await client.page(0, 10, scheduling=True)
    with pytest.raises(SettingsError, match="Opencast 6"):
        await client.scheduling("a")
    assert api.paths() == ["/api/version"]


async def test_a_series_by_its_name() -> None:
    """An event may name a series that is gone, which is none."""
    api = OpencastApi()
    api.answers["/api/series/s"] = json_answer(200, {"identifier": "s", "title": "Heat"})
    client = api.client()
    assert await client.series("s") == Series("s", "Heat")
    assert await client.series("gone") is None
    with pytest.raises(ValueError, match="empty"):
        await client.series("")


@pytest.mark.parametrize("kind", ["series", "scheduling"])
async def test_a_role_that_is_missing_refuses_one_call(kind: str) -> None:
    """The rest of the run may not need it; the error names the role. Who is not logged in stops."""
    api = OpencastApi()
    path = {"series": "/api/series/x", "scheduling": "/api/events/x/scheduling"}[kind]
    call = getattr(api.client(), kind)
    api.answers[path] = page(403)
    with pytest.raises(Refused, match=rf"give it ROLE_API_\w*{kind.upper()}_VIEW"):
        await call("x")
    api.answers[path] = page(401)
    with pytest.raises(AccountRefused):
        await call("x")


async def test_an_empty_batch_asks_nothing() -> None:
    """Nothing named is nothing asked."""
    api = OpencastApi(event_json("a"))
    assert await api.client().batch(["", ""]) == []
    assert api.paths() == []


async def test_a_batch_that_fails_is_read_one_by_one() -> None:
    """The bad event is unread, the others are there, and one that is missing is gone."""
    api = OpencastApi(event_json("a"), event_json("b"))
    api.broken.add("b")
    first, second, third = await api.client().batch(["a", "b", "none"])
    assert isinstance(first, Event)
    assert isinstance(second, Unread)
    assert second.reason == "unreadable"
    assert isinstance(third, Unread)
    assert third.reason == "gone"


@pytest.mark.parametrize("status", [400, 404, 414])
async def test_a_batch_that_is_refused_is_read_one_by_one(status: int) -> None:
    """A server, or a proxy before it, that does not take the filtered list says nothing about the events."""
    api = OpencastApi(event_json("a"), event_json("b"))
    api.answers["/api/events"] = page(status)
    assert [type(one) for one in await api.client().batch(["a", "b"])] == [Event, Event]
    assert api.paths().count("/api/events") == 1


async def test_a_batch_takes_nothing_it_did_not_ask_for() -> None:
    """API 1.0 does not know the filter and answers any events."""
    api = OpencastApi(event_json("a"), event_json("b"))
    api.answers["/api/events"] = json_answer(200, [event_json("b"), event_json("c")])
    assert [one.identifier for one in await api.client().batch(["a"])] == ["a"]


async def test_a_server_that_is_down_is_no_bad_event() -> None:
    """An event is called unreadable only while the server answers others."""
    api = OpencastApi(event_json("a"))
    api.broken.add("a")
    assert isinstance(await api.client().read("a"), Unread)
    api.answers["/api/info/me"] = page(503)
    with pytest.raises(ServerFault):
        await api.client().read("a")


@pytest.mark.parametrize("path", ["/api/version", "/api/events/a"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (page(302, b"", Location=f"{BASE}/login.html?next=secret"), "login.html"),
        (page(302, b"", Location="https://idp.example/SAML2/SSO?token=secret"), "idp.example"),
        (page(302, b"", Location="https://[idp/SSO?token=secret"), "[idp"),
        (page(401), "password"),
        (page(403), "ROLE_API_EVENTS_VIEW"),
        (page(200), "web page"),
        (Answer(200, CIMultiDict(), b"\n <html>"), "web page"),
    ],
)
async def test_an_account_that_is_refused(path: str, answer: Answer, told: str) -> None:
    """However Opencast turns people away, the run ends with what to do, and no query is shown."""
    api = OpencastApi(event_json("a"))
    api.answers[path] = answer
    with pytest.raises(AccountRefused) as caught:
        await api.client().event("a")
    assert told in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_a_server_that_moved_is_a_setting() -> None:
    """A redirect of the same call elsewhere names the address to set."""
    api = OpencastApi(event_json("a"))
    api.answers["/api/version"] = page(301, b"", Location="https://new.example/oc/api/version?x")
    with pytest.raises(SettingsError, match=r"https://new\.example/oc; name that address"):
        await api.client().event("a")


async def test_a_server_without_the_api_is_a_setting() -> None:
    """A 404 to the version says that the address is wrong."""
    api = OpencastApi()
    api.answers["/api/version"] = Answer(404, CIMultiDict(), b"")
    with pytest.raises(SettingsError, match=r"opencast\.url"):
        await api.client().event("a")


@pytest.mark.parametrize("answer", [GARBAGE, json_answer(200, {"events": []})])
async def test_a_list_that_is_none_is_a_fault(answer: Answer) -> None:
    """Half a document and another one are passing faults of the server."""
    api = OpencastApi()
    api.answers["/api/events"] = answer
    with pytest.raises(ServerFault):
        await api.client().page(0, 100)


async def test_a_call_that_is_refused_is_unreadable() -> None:
    """A 400, say, is about this call alone."""
    api = OpencastApi(event_json("a"))
    api.answers["/api/events/a"] = Answer(400, CIMultiDict({"Content-Type": "text/plain"}), b"no")
    with pytest.raises(Unreadable, match="HTTP 400"):
        await api.client().event("a")


async def test_who_the_account_is() -> None:
    """Its name and its roles."""
    me = await OpencastApi().client().me()
    assert (me.username, me.roles) == ("ferry", ("ROLE_API",))


@pytest.mark.parametrize("value", ["", "a,b", " a", "a "])
def test_what_a_filter_cannot_hold(value: str) -> None:
    """A comma cannot be escaped, and an empty value is passed over: all events would come."""
    assert not can_filter(value)
    with pytest.raises(ValueError, match="filter"):
        by("series", ["a", value])


def test_a_filter_of_nothing_is_refused() -> None:
    """It, too, would mean all events."""
    with pytest.raises(ValueError, match="filter"):
        by("identifier", [])
