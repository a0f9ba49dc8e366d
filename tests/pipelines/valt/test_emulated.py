"""The client gets along with the sandbox's VALT, in both versions and for both kinds of account."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fakes.valt_caller import ACCOUNT, DAY, HOUR, NOW, Caller, served

from engine import AccountRefused, Network, Refused, ServerFault, Unreachable, open_http
from pipelines.rest import Rest
from pipelines.sandbox.faults import Fault
from pipelines.sandbox.switches import Switches
from pipelines.valt.client import Valt
from pipelines.valt.model import Booking, Overlaps, Recurrence, Share
from pipelines.valt.sharing import write_share

BOTH = pytest.mark.parametrize("version", ["5.8", "6.6"])
BOOKING = Booking("Heat", "17", NOW + 3 * DAY, HOUR)


@asynccontextmanager
async def calling(
    switches: Switches | None = None, faults: Sequence[Fault] = (), password: str = ACCOUNT.password
) -> AsyncIterator[tuple[Valt, Caller]]:
    """Our client, which waits for nothing between its tries, and a plain one, of one VALT."""

    async def at_once(_: float) -> None: ...

    async with served(switches, faults) as caller, open_http(Network()) as http:
        rest = Rest(http, caller.url, sleep=at_once)
        yield Valt(rest, ACCOUNT.username, password, clock=caller.clock), caller


@BOTH
async def test_all_that_is_there_is_read(version: str) -> None:
    """The same from both shapes; only the newer one tells of a second room."""
    async with calling(Switches(valt_version=version)) as (valt, _):  # type: ignore[arg-type]
        assert await valt.version() == f"{version}.0"
        assert {room.name for room in (await valt.rooms()).values()} == {
            "Theatre 3",
            "Theatre B",
            "Seminar Room 17",
        }
        listing = await valt.schedules()
        assert (set(listing.schedules), listing.unreadable) == ({"1", "2", "3", "4", "5"}, frozenset())
        for identifier, listed in listing.schedules.items():
            assert await valt.schedule(identifier) == listed
    booking, weekly, running, open_day, _ = listing.schedules.values()
    assert (booking.name, booking.start_at, booking.duration) == ("Booking", NOW + DAY, HOUR)
    assert (booking.is_recurring, booking.is_started, booking.stop_at) == (False, False, NOW + DAY + HOUR)
    assert (weekly.is_recurring, running.is_started) == (True, True)
    assert [room.id for room in open_day.rooms] == (["41"] if version == "5.8" else ["41", "17"])


@BOTH
async def test_a_booking_is_created_and_changed(version: str) -> None:
    """What is read back is what was asked for, and what was not given stays."""
    async with calling(Switches(valt_version=version)) as (valt, caller):  # type: ignore[arg-type]
        identifier = await valt.create(BOOKING)
        changed = await valt.edit(identifier, {"start_at": NOW + 4 * DAY, "duration": 2 * HOUR})
        assert changed is not None
        assert changed == await valt.schedule(identifier)
        assert (changed.name, changed.start_at, changed.duration) == ("Heat", NOW + 4 * DAY, 2 * HOUR)
        assert [room.id for room in changed.rooms] == ["17"]
        assert len([row for row in caller.valt.rows() if row["created_by"] == "api"]) == 1


async def test_an_account_that_is_no_administrator_reads_the_rooms_all_the_same() -> None:
    """It is not told the version."""
    async with calling(Switches(valt_account="user")) as (valt, _):
        assert await valt.version() == ""
        assert set(await valt.rooms()) == {"39", "41", "17"}


async def test_an_overlap_is_taken_and_told_elsewhere() -> None:
    """The edit is answered with 200; only the lists tell."""
    async with calling() as (valt, _):
        assert await valt.overlaps() == Overlaps()
        await valt.create(Booking("Late", "39", NOW + DAY + HOUR // 2, HOUR))
        found = await valt.overlaps()
        assert found != Overlaps()
        assert (await valt.schedules()).overlaps == found


async def test_what_is_refused_is_told_in_its_words() -> None:
    """A start that is past, and a schedule that is not there."""
    async with calling() as (valt, _):
        with pytest.raises(Refused, match=r"HTTP 400: .*start_at"):
            await valt.edit("1", {"start_at": NOW - 10, "duration": HOUR})
        with pytest.raises(Refused, match="HTTP 404"):
            await valt.edit("999", {"name": "x"})
        assert await valt.schedule("999") is None


async def test_the_clock_is_theirs() -> None:
    """What is past for VALT is past, however early it is here."""
    async with calling(Switches(valt_skew=600)) as (valt, _):
        await valt.version()
        assert valt.now() == NOW + 600
        with pytest.raises(Refused, match="start_at"):
            await valt.create(Booking("Heat", "17", NOW + 590, HOUR))


async def test_a_token_that_ends_is_renewed() -> None:
    """In the middle of the work, without a word."""
    async with calling(Switches(valt_token_life=60)) as (valt, caller):
        await valt.schedules()
        caller.clock.now += 61
        assert await valt.create(BOOKING) in (await valt.schedules()).schedules


async def test_a_wrong_password_ends_the_run() -> None:
    """Before anything else is asked."""
    async with calling(password="wrong") as (valt, _):
        with pytest.raises(AccountRefused, match=r"valt\.username"):
            await valt.schedules()


async def test_a_write_whose_answer_is_lost_is_made_once() -> None:
    """It is there all the same: whoever looks finds it."""
    faults = [Fault("valt.create", "lose_answer"), Fault("valt.edit", "lose_answer")]
    async with calling(faults=faults) as (valt, caller):
        with pytest.raises(Unreachable):
            await valt.create(BOOKING)
        with pytest.raises(Unreachable):
            await valt.edit("1", {"name": "Heat"})
        rows = caller.valt.rows()
        assert [row["name"] for row in rows if row["created_by"] == "api"] == ["Heat"]
        assert [(row["name"], row["edits"]) for row in rows if row["schedule_id"] == 1] == [("Heat", 1)]


async def test_a_proxy_that_answers_for_it_is_waited_out_in_reads_only() -> None:
    """A read goes on, a write is left to who can look."""
    offline = {"status": 502, "body": '"VALT Server Offline"'}
    faults = [Fault(f"valt.{call}", "status", arguments=offline) for call in ("schedules", "edit")]
    async with calling(faults=faults) as (valt, _):
        assert len((await valt.schedules()).schedules) == 5
        with pytest.raises(ServerFault, match="HTTP 502"):
            await valt.edit("1", {"name": "Heat"})
        assert (await valt.edit("1", {"name": "Heat"})) is not None


async def test_a_500_after_which_nothing_has_changed_is_a_no() -> None:
    """The client has looked, and nobody tries again."""
    broken = {"status": 500, "body": '"JSON Body Formatted Incorrectly"'}
    async with calling(faults=[Fault("valt.edit", "status", arguments=broken)]) as (valt, caller):
        with pytest.raises(Refused, match="JSON Body Formatted Incorrectly"):
            await valt.edit("1", {"name": "Heat"})
        assert next(row["edits"] for row in caller.valt.rows() if row["schedule_id"] == 1) == 0


@BOTH
async def test_fields_sharing_and_recurrence_are_read_back(version: str) -> None:
    """What goes out comes back, made or changed; `none` makes a recurring one single."""
    weekly = Recurrence("weekly", (4,), count=3)
    share = Share(frozenset({"13"}), frozenset({"7", "1"}))
    async with calling(Switches(valt_version=version)) as (valt, _):  # type: ignore[arg-type]
        asked = replace(BOOKING, template={"17": "Student"}, share=share, repeats=weekly)
        made = await valt.schedule(await valt.create(asked))
        assert made is not None
        assert (made.template, made.share, made.repeats) == ({"17": "Student"}, share, weekly)
        changes = {
            "template": {"17": "Student", "19": "Notes"},
            "share": write_share(Share(frozenset({"17"}))),
            "recurrence": {"type": "none"},
        }
        changed = await valt.edit(made.id, changes)
        assert changed is not None
        assert (changed.template, changed.share) == (changes["template"], Share(frozenset({"17"})))
        assert (changed.repeats, changed.is_recurring) == (None, False)


async def test_the_template_is_read() -> None:
    """Its fields that are on, with what is required; not by everybody."""
    async with calling(Switches(valt_required="on")) as (valt, _):
        (template,) = await valt.templates() or ()
        assert [(one.id, one.required, one.is_long) for one in template.fields.values()] == [
            ("17", True, False),
            ("18", False, False),
            ("19", False, True),
        ]
    async with calling(Switches(valt_account="user")) as (valt, _):
        assert await valt.templates() is None
