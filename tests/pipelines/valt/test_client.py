"""VALT is called as it really behaves: two shapes, a token that runs out, writes that are tried once."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from fakes.scripted_http import json_answer
from fakes.valt_api import BASE, NO_KEY, NOON, ValtApi, page, schedule_json
from multidict import CIMultiDict

from engine import (
    AccountRefused,
    Answer,
    Refused,
    ServerFault,
    ShortBody,
    Throttled,
    TimedOut,
    Transient,
    Unreachable,
    Unreadable,
)
from pipelines.config import SettingsError
from pipelines.valt.client import Valt
from pipelines.valt.model import Booking, Overlaps, Room, Schedule

HEAT = Schedule("12", "Heat", (Room("39", "Hall 3"),), 1_796_636_900, 300, 1_796_637_200)
BOOKING = Booking("Heat", "39", 1_796_636_900, 300)
EDIT, CREATE = "POST schedule/12/edit", "POST schedule"
EMPTY = Answer(200, CIMultiDict(), b"")
BROKEN = json_answer(500, "JSON Body Formatted Incorrectly")
INVALID = json_answer(
    400,
    {
        "data": {
            "message": "Validation Error",
            "fields": [{"name": "start_at", "message": "Must be in the future"}],
        },
        "code": 400,
    },
)


def data(value: Any) -> Answer:
    """An answer in VALT's envelope."""
    return json_answer(200, {"data": value})


def listing(*schedules: dict[str, Any]) -> Answer:
    """The answer to GET schedule."""
    return data({"schedules": list(schedules), "blocked_schedules": [], "conflict_schedules": []})


def edit(valt: Valt) -> Awaitable[Schedule | None]:
    """Change a schedule to what HEAT is."""
    return valt.edit("12", {"name": "Heat", "room": "39", "start_at": 1_796_636_900, "duration": 300})


def create(valt: Valt) -> Awaitable[str]:
    """Create what HEAT is."""
    return valt.create(BOOKING)


WRITES: dict[str, Callable[[Valt], Awaitable[object]]] = {EDIT: edit, CREATE: create}


async def test_the_token_is_in_every_query_but_the_login() -> None:
    """Where VALT wants it; one login serves many calls."""
    api = ValtApi()
    api.says("GET schedule/12", data(schedule_json()))
    valt = api.client()
    assert await valt.schedule("12") == await valt.schedule("12") == HEAT
    login, first, second = api.http.calls
    assert urlsplit(login.url).query == ""
    assert first.url == second.url == f"{BASE}/api/v3/schedule/12?access_token={1:032x}"


async def test_the_schedules_are_listed() -> None:
    """By id, with what overlaps and what makes no sense."""
    api = ValtApi()
    told = {
        "schedules": [schedule_json(), schedule_json(13, rooms=[{"name": "?"}])],
        "blocked_schedules": [12],
        "conflict_schedules": [],
    }
    api.says("GET schedule", data(told))
    listing = await api.client().schedules()
    assert listing.schedules == {"12": HEAT}
    assert listing.overlaps == Overlaps(frozenset({"12"}))
    assert listing.unreadable == {"13"}


async def test_a_schedule_that_is_not_there_is_none() -> None:
    """VALT's own 404; a page's is a fault, one that makes no sense is unreadable."""
    api = ValtApi()
    valt = api.client()
    assert await valt.schedule("12") is None
    api.says("GET schedule/12", page(404))
    with pytest.raises(ServerFault, match="does not show schedule 12"):
        await valt.schedule("12")
    api.says("GET schedule/12", data(schedule_json(start_at=None)))
    with pytest.raises(Unreadable, match=r"GET schedule/\{id\}: tells a start_at of schedule 12"):
        await valt.schedule("12")


async def test_an_id_is_quoted_and_never_empty() -> None:
    """An empty one would ask for the list, or create."""
    api = ValtApi()
    valt = api.client()
    assert await valt.schedule("a/b?c") is None
    assert api.made() == ["GET schedule/a%2Fb%3Fc"]
    for call in (valt.schedule(""), valt.edit("", {})):
        with pytest.raises(ValueError, match="empty"):
            await call


@pytest.mark.parametrize("refusing", [json_answer(403, {}), json_answer(404, {}), NO_KEY, page(403)])
async def test_rooms_are_read_by_whoever_may(refusing: Answer) -> None:
    """An account that is no administrator is shown another list."""
    api = ValtApi()
    api.says("GET admin/rooms", data([{"id": 39, "name": "Hall 3"}]))
    assert await api.client().rooms() == {"39": Room("39", "Hall 3")}
    api.says("GET admin/rooms", refusing)
    api.says("GET rooms/info", data({"rooms": [{"id": 40, "name": "Hall 4"}]}))
    assert await api.client().rooms() == {"40": Room("40", "Hall 4")}
    api.says("GET rooms/info", json_answer(403, {"error": {"code": 403, "message": "Not you"}}))
    with pytest.raises(Refused, match=r"GET rooms/info: does not list its rooms \(HTTP 403: Not you\)"):
        await api.client().rooms()


async def test_the_version_is_told_or_not() -> None:
    """Not every account is told."""
    api = ValtApi()
    assert await api.client().version() == ""
    api.says("GET admin/general", data({"version": "6.5.1"}))
    assert await api.client().version() == "6.5.1"


async def test_overlaps_are_two_lists() -> None:
    """One of what is covered wholly, one of what is covered in part."""
    api = ValtApi()
    api.says("GET schedule/blocked", data({"blocked_schedules": [12]}))
    api.says("GET schedule/conflict", data([]))
    assert await api.client().overlaps() == Overlaps(frozenset({"12"}), frozenset())
    api.says("GET schedule/conflict", data({}))
    with pytest.raises(ServerFault, match="no list of conflict_schedules"):
        await api.client().overlaps()


async def test_the_time_is_that_of_the_other_clock() -> None:
    """Theirs says what is in the future; ours, until a login has told."""
    api = ValtApi()
    valt = api.client()
    assert (valt.skew, valt.now()) == (0.0, NOON - 90.0)
    await valt.version()
    assert (valt.skew, valt.now()) == (90.0, NOON)


async def test_an_edit_has_the_types_of_the_sample() -> None:
    """Room a number, the times texts, and only the members that were given."""
    api = ValtApi()
    api.says(EDIT, data(schedule_json()))
    assert await edit(api.client()) == HEAT
    await api.client().edit("12", {"start_at": 1_596_636_900, "duration": 300})
    first, second = api.bodies()
    assert first == {"name": "Heat", "room": 39, "start_at": "1796636900", "duration": "300"}
    assert second == {"start_at": "1596636900", "duration": "300"}


@pytest.mark.parametrize("answer", [EMPTY, data([]), data(None), json_answer(200, {}), json_answer(200, 1)])
async def test_an_edit_that_tells_nothing_is_none(answer: Answer) -> None:
    """It was made; how, is to be read."""
    api = ValtApi()
    api.says(EDIT, answer)
    assert await edit(api.client()) is None


@pytest.mark.parametrize("told", [[12], {"data": 12}, {"data": ["12"]}, {"data": {"id": 12}}])
async def test_a_creation_tells_its_id(told: object) -> None:
    """In one of several shapes."""
    api = ValtApi()
    api.says(CREATE, json_answer(201, told))
    assert await create(api.client()) == "12"
    assert api.bodies() == [{"name": "Heat", "room": 39, "start_at": "1796636900", "duration": "300"}]


@pytest.mark.parametrize("write", [EDIT, CREATE])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (TimedOut("no answer in time"), TimedOut),
        (ShortBody("its answer broke off"), ShortBody),
        (Unreachable("the connection failed"), Unreachable),
        (page(502), ServerFault),
        (page(503), ServerFault),
        (page(503, **{"Retry-After": "5"}), Throttled),
        (page(504), ServerFault),
        (page(429), Throttled),
        (page(200), ServerFault),
        (Answer(200, CIMultiDict(), b'{"data":'), ServerFault),
    ],
)
async def test_a_write_in_doubt_is_made_once(
    write: str, answer: Answer | Exception, kind: type[Transient]
) -> None:
    """Only the caller, who can read, knows whether to send it again."""
    api = ValtApi()
    api.says(write, answer)
    with pytest.raises(kind):
        await WRITES[write](api.client())
    assert api.made() == [write]
    assert api.slept == []


async def test_a_creation_whose_answer_tells_no_id_is_in_doubt() -> None:
    """It may be there: a look tells."""
    api = ValtApi()
    api.says(CREATE, data({}))
    with pytest.raises(ServerFault, match="no id"):
        await create(api.client())
    assert api.made() == [CREATE]


@pytest.mark.parametrize("write", [EDIT, CREATE])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (INVALID, r"\(HTTP 400: Validation Error; start_at: Must be in the future\)"),
        (json_answer(400, {"data": {"message": "This room is not locked."}}), "This room is not locked"),
        (json_answer(404, {"error": {"code": 404}}), r"\(HTTP 404\)"),
        (json_answer(404, {"data": {"message": "No such room", "status": False}}), "404: No such room"),
        (page(403), r"\(HTTP 403\)"),
    ],
)
async def test_a_write_that_is_refused_says_why(write: str, answer: Answer, words: str) -> None:
    """In VALT's own words, once."""
    api = ValtApi()
    api.says(write, answer)
    with pytest.raises(Refused, match=words) as caught:
        await WRITES[write](api.client())
    assert api.made() == [write]
    assert ("schedule 12" if write == EDIT else "in room 39") in str(caught.value)


async def test_an_edit_that_answers_500_is_looked_after() -> None:
    """One that was made all the same is one; else it is our mistake, and not tried again."""
    api = ValtApi()
    api.says(EDIT, BROKEN)
    api.says("GET schedule/12", data(schedule_json()), data(schedule_json(name="Work")))
    assert await edit(api.client()) == HEAT
    with pytest.raises(Refused, match=r"HTTP 500: JSON Body Formatted Incorrectly.*report it"):
        await edit(api.client())
    api.says("GET schedule/12", json_answer(404, {"error": {"code": 404}}))
    with pytest.raises(Refused, match="HTTP 500"):
        await edit(api.client())
    assert api.made() == [EDIT, "GET schedule/12"] * 3


async def test_a_creation_that_answers_500_is_looked_after() -> None:
    """The one schedule that is just so is it; none, or two, are not."""
    other = schedule_json(14, name="Work")
    api = ValtApi()
    api.says(CREATE, BROKEN)
    api.says(
        "GET schedule",
        listing(schedule_json(), other),
        listing(other),
        listing(schedule_json(), schedule_json(15)),
    )
    assert await create(api.client()) == "12"
    for _ in range(2):
        with pytest.raises(Refused, match="HTTP 500"):
            await create(api.client())
    assert api.made() == [CREATE, "GET schedule"] * 3


async def test_a_look_that_fails_leaves_the_doubt() -> None:
    """Then the write may have been made, and is read again later."""
    api = ValtApi()
    api.says(EDIT, BROKEN)
    api.says("GET schedule/12", page(502))
    with pytest.raises(ServerFault, match="502"):
        await edit(api.client())


async def test_reads_are_tried_again() -> None:
    """A passing fault of a read is waited out."""
    api = ValtApi()
    api.says("GET schedule/12", page(502), BROKEN, Unreachable("no connection"), data(schedule_json()))
    assert await api.client().schedule("12") == HEAT
    assert len(api.slept) == 3


@pytest.mark.parametrize("call", ["GET schedule/12", EDIT])
async def test_a_token_that_ran_out_is_renewed_once(call: str) -> None:
    """The call is made again, a write as well: it was not taken the first time."""
    api = ValtApi()
    api.says(call, data(schedule_json()))
    valt = api.client()
    make = (lambda: valt.schedule("12")) if call != EDIT else (lambda: edit(valt))
    assert await make() == HEAT
    api.expire()
    assert await make() == HEAT
    assert (api.logins, api.made()) == (2, [call] * 3)
    tokens = [parse_qs(urlsplit(one.url).query).get("access_token") for one in api.http.calls]
    assert tokens == [None, [f"{1:032x}"], [f"{1:032x}"], None, [f"{2:032x}"]]


async def test_many_calls_renew_a_token_together() -> None:
    """Twenty that are refused at once log in once."""
    api = ValtApi()
    api.says("GET schedule/12", data(schedule_json()))
    valt = api.client()
    await valt.schedule("12")
    api.expire()
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(valt.schedule, "12")
    assert api.logins == 2


@pytest.mark.parametrize("call", ["GET schedule/12", EDIT, CREATE, "GET schedule"])
async def test_a_new_token_that_is_refused_ends_the_run(call: str) -> None:
    """Logging in again would not help."""
    api = ValtApi()
    api.says(call, NO_KEY)
    valt = api.client()
    makes: dict[str, Callable[[Valt], Awaitable[object]]] = {
        **WRITES,
        "GET schedule/12": lambda valt: valt.schedule("12"),
        "GET schedule": lambda valt: valt.schedules(),
    }
    with pytest.raises(AccountRefused, match="although its token is new"):
        await makes[call](valt)
    assert (api.logins, api.made()) == (2, [call] * 2)


async def test_a_wrong_password_is_told_before_anything_is_asked() -> None:
    """Nothing else goes out."""
    api = ValtApi()
    api.login = json_answer(401, {"data": "Invalid username or password"})
    for write in WRITES.values():
        with pytest.raises(AccountRefused, match=r"valt\.username"):
            await write(api.client())
    assert api.made() == []


async def test_an_address_that_moved_is_a_setting() -> None:
    """Nothing is sent there."""
    api = ValtApi()
    api.says("GET schedule", page(308, Location="https://new.example/api/v3/schedule?access_token=x"))
    with pytest.raises(SettingsError, match=r"sends on to https://new\.example/api/v3/schedule; check valt"):
        await api.client().schedules()
