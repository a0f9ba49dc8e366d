"""Where a track can be read is asked late, by one call for all who ask, and again before it runs out."""

import base64
from typing import Any

import anyio
import orjson
import pytest
from fakes.opencast_api import BASE, OpencastApi, event_json
from fakes.scripted_http import Call
from hypothesis import given
from hypothesis import strategies as st

from engine import Changed, Gone, Location, ServerFault, Source
from pipelines.opencast.locate import EventLocator, expiry, is_fresh, origin
from pipelines.opencast.payload import read_event

FILM = Source("a", "film")


class Clock:
    """A clock that stands until it is set on."""

    now = 10_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def signed(until: float, name: str = "film", host: str = "https://files.example") -> str:
    """Return an address with a policy that holds until then."""
    policy = orjson.dumps(
        {"Statement": {"Condition": {"DateLessThan": round(until * 1000)}, "Resource": "x"}}
    )
    encoded = base64.urlsafe_b64encode(policy).decode().rstrip("=")
    return f"{host}/{name}.mp4?policy={encoded}&keyId=k&signature=s"


def event(*addresses: str, names: tuple[str, ...] = ("film", "slides")) -> dict[str, Any]:
    """Return an event `a` with a track at each address."""
    media = [{"id": name, "url": url} for name, url in zip(names, addresses, strict=False)]
    return event_json("a", publications=[{"channel": "engage-player", "media": media}])


class Signing(OpencastApi):
    """Signs what it is asked for, for so many seconds from now."""

    def __init__(self, clock: Clock, life: float) -> None:
        super().__init__(event("x"))
        self.clock, self.life = clock, life
        self.before = self._sign

    def _sign(self, _: Call) -> None:
        until = self.clock() + self.life
        self.events = [event(signed(until), signed(until, "slides"))]

    def flights(self) -> int:
        """Tell how often the event was asked for."""
        return self.paths().count("/api/events/a")


async def test_a_track_is_located_signed() -> None:
    """The event is asked for with a signature, whose end is read from its policy."""
    clock = Clock()
    api = Signing(clock, 7200)
    location = await EventLocator(api.client(), clock=clock).locate(FILM)
    assert location == Location(signed(17_200), 17_200.0)
    assert "sign=true" in api.http.calls[-1].url


async def test_one_flight_serves_all_who_ask() -> None:
    """Sixteen lanes of both streams ask at once, and Opencast is asked once."""
    clock = Clock()
    api = Signing(clock, 7200)
    locator = EventLocator(api.client(), clock=clock)
    async with anyio.create_task_group() as lanes:
        for number in range(16):
            lanes.start_soon(locator.locate, Source("a", ("film", "slides")[number % 2]))
    assert api.flights() == 1


@pytest.mark.fault(11)
async def test_one_flight_replaces_a_refused_address() -> None:
    """All who were refused ask again, and Opencast is asked once; who comes late gets the new one."""
    clock = Clock()
    api = Signing(clock, 7200)
    locator = EventLocator(api.client(), clock=clock)
    old = await locator.locate(FILM)
    clock.now += 10
    async with anyio.create_task_group() as lanes:
        for _ in range(8):
            lanes.start_soon(locator.locate, FILM, old)
    assert api.flights() == 2
    new = await locator.locate(FILM, old)
    assert new.url != old.url
    assert api.flights() == 2


@pytest.mark.fault(11)
@pytest.mark.parametrize(("life", "fresh_for"), [(7200, 7140), (100, 75)])
async def test_an_address_is_renewed_before_it_runs_out(life: float, fresh_for: float) -> None:
    """While 60 seconds are left, or a quarter of a lifetime shorter than four times that."""
    clock = Clock()
    api = Signing(clock, life)
    locator = EventLocator(api.client(), clock=clock)
    await locator.locate(FILM)
    clock.now += fresh_for
    await locator.locate(FILM)
    assert api.flights() == 1
    clock.now += 1
    await locator.locate(FILM)
    assert api.flights() == 2


@pytest.mark.fault(29)
async def test_a_clock_that_is_wrong_does_not_stop_it() -> None:
    """Where ours is hours ahead, each address looks old, and is given all the same."""
    clock = Clock()
    locator = EventLocator(Signing(clock, -7200).client(), clock=clock)
    assert (await locator.locate(FILM)).expires == 2800
    assert (await locator.locate(FILM)).expires == 2800


async def test_unsigned_addresses_hold() -> None:
    """What does not run out is asked for once."""
    api = OpencastApi(event("https://files.example/film.mp4"))
    locator = EventLocator(api.client())
    location = await locator.locate(FILM)
    assert (location.expires, location.headers) == (None, ())
    await locator.locate(FILM)
    assert api.paths().count("/api/events/a") == 1


async def test_a_track_that_was_replaced_has_changed() -> None:
    """An event that was published again has other tracks."""
    api = OpencastApi(event("https://files.example/film.mp4", names=("other",)))
    with pytest.raises(Changed, match="event a"):
        await EventLocator(api.client()).locate(FILM)


async def test_what_is_no_longer_published_is_gone() -> None:
    """The event is there without publications but the editor's, or not there at all."""
    editor = {"channel": "internal", "media": [{"id": "film", "url": "https://files.example/x.mp4"}]}
    for api in (OpencastApi(event_json("a", publications=[editor])), OpencastApi()):
        with pytest.raises(Gone, match="event a"):
            await EventLocator(api.client()).locate(FILM)


async def test_a_failed_flight_is_the_answer_for_all_who_waited() -> None:
    """They do not fail one after the other, and whoever asks later starts another flight."""
    api = OpencastApi(event("https://files.example/film.mp4"))
    api.broken.add("a")
    locator = EventLocator(api.client())
    faults = []

    async def ask() -> None:
        try:
            await locator.locate(FILM)
        except ServerFault as error:
            faults.append(error)

    async with anyio.create_task_group() as lanes:
        for _ in range(5):
            lanes.start_soon(ask)
    assert len(faults) == 5
    assert api.paths().count("/api/events/a") == 6  # The tries of one call.
    api.broken.clear()
    assert (await locator.locate(FILM)).url


async def test_a_cancelled_flight_is_flown_by_the_next() -> None:
    """Whoever waited behind it asks in its place."""
    clock = Clock()
    api = Signing(clock, 7200)
    locator = EventLocator(api.client(), clock=clock)
    with anyio.CancelScope() as scope:
        api.before = lambda _: scope.cancel()
        await locator.locate(FILM)
    api.before = api._sign
    assert (await locator.locate(FILM)).expires == 17_200


async def test_what_was_just_read_is_known() -> None:
    """A batch that was read signed needs no flights."""
    clock = Clock()
    api = Signing(clock, 7200)
    locator = EventLocator(api.client(), clock=clock)
    locator.learn(read_event(event(signed(clock() + 100))))
    assert (await locator.locate(FILM)).expires == clock() + 100
    assert api.flights() == 0


async def test_few_events_are_remembered() -> None:
    """The one that was not asked for the longest is forgotten."""
    api = OpencastApi(*(event_json(one) for one in "abc"))
    locator = EventLocator(api.client(), keep=2)
    for one in "abacab":
        await locator.locate(Source(one, f"film-{one}"))
    assert [path[-1] for path in api.paths()[1:]] == ["a", "b", "c", "b"]


@pytest.mark.parametrize(
    ("host", "send", "sent"),
    [
        (BASE, True, True),
        (BASE, False, False),
        ("https://files.example", True, False),
        (f"{BASE}:8443", True, False),
    ],
)
async def test_credentials_stay_at_the_origin_of_the_api(host: str, send: bool, sent: bool) -> None:
    """Another host, or another port, is given none, nor is any where nobody said so."""
    api = OpencastApi(event(f"{host}/film.mp4"))
    location = await EventLocator(api.client(), file_credentials=send).locate(FILM)
    assert [name for name, _ in location.headers] == (["Authorization"] if sent else [])


ODD = ["rtmp://[x", "https://opencast.example:port/x", "https://opencast.example:99999/x", "http://\u2100/x"]


@pytest.mark.parametrize("url", ODD)
async def test_one_odd_address_does_not_matter(url: str) -> None:
    """What is no URL holds, gets no credentials, and leaves the event's other tracks readable."""
    api = OpencastApi()
    locator = EventLocator(api.client(), file_credentials=True)
    locator.learn(read_event(event(url, f"{BASE}/slides.mp4")))
    assert await locator.locate(FILM) == Location(url)
    assert (await locator.locate(Source("a", "slides"))).headers
    assert api.paths() == []


@pytest.mark.parametrize(
    "url",
    [
        *ODD,
        "https://f/x.mp4",
        "https://f/x.mp4?policy=",
        "https://f/x.mp4?policy=%FF",
        "https://f/x.mp4?policy=é",
        "https://f/x.mp4?policy=e30",
        "https://f/x.mp4?policy=W10",
        "https://f/x.mp4?policy=eyJTdGF0ZW1lbnQiOm51bGx9",
        "https://f/x.mp4?policy=a",
        "",
    ],
)
def test_a_policy_that_says_nothing(url: str) -> None:
    """No policy, or one of another make, is an address that holds."""
    assert expiry(url) is None


@given(st.integers(0, 2**45))
def test_the_end_is_read_from_any_policy(until: int) -> None:
    """Whatever padding its base64 would need."""
    assert expiry(signed(until / 1000)) == pytest.approx(until / 1000)


@given(st.floats(-1e9, 1e9), st.floats(1, 1e9))
def test_a_new_address_is_fresh(now: float, life: float) -> None:
    """And one that has run out is not."""
    location = Location("u", now + life)
    assert is_fresh(location, now, now)
    assert not is_fresh(location, now, now + life)


def test_an_origin_has_a_port() -> None:
    """The usual one where none is written."""
    assert origin("https://a/x") == origin("https://a:443/y")
    assert origin("http://a") != origin("https://a")


def test_odd_addresses_share_no_origin() -> None:
    """Neither with one another nor with any server."""
    assert len({origin(one) for one in [*ODD, BASE, "", "x"]}) == len(ODD) + 2
