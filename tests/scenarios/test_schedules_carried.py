"""Template fields, sharing and recurrence between processes: by table, read back, and whatever goes wrong."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fakes.booking_world import (
    Site,
    books,
    killed,
    leads,
    lecture,
    posts,
    row,
    schedules,
    table,
    verdicts,
    world_of,
)

from pipelines.sandbox import Fault
from pipelines.sandbox.recordings import Event

pytestmark = pytest.mark.slow

LONDON = ZoneInfo("Europe/London")
NAMES = ("a", "b", "c", "d")
SINGLE = (lecture("a", datetime(2036, 6, 2, 9, tzinfo=LONDON)),)
WEEKLY = {"type": "weekly", "weeks_range": "1", "range_type": "after", "end_after": 4}


def told(*events: Event) -> tuple[Event, ...]:
    """Return events that have a presenter, a long description and two readers."""
    facts = {"presenters": ("A. Tan", "K. Lee"), "description": "x" * 300}
    return tuple(replace(one, **facts, readers=("ROLE_MIGRATION", "ROLE_X")) for one in events)


def weekly(first: datetime) -> tuple[Event, ...]:
    """Return four lectures at the same hour by the clock on the wall, with one title."""
    moments = (first + timedelta(days=7 * number) for number in range(len(NAMES)))
    events = (lecture(name, moment) for name, moment in zip(NAMES, moments, strict=True))
    return tuple(replace(one, title="Optics") for one in events)


@dataclass(frozen=True)
class Payload:
    """What an edit or a creation is to carry: the bookings, and what VALT has in the end."""

    events: tuple[Event, ...]
    details: bool = False

    @property
    def recurrence(self) -> Mapping[str, Any]:
        """The recurrence that is wanted."""
        return WEEKLY if len(self.events) > 1 else {"type": "none"}


PAYLOADS = {
    "fields and sharing": Payload(told(*SINGLE), details=True),
    "a series over the spring": Payload(weekly(datetime(2036, 3, 17, 10, tzinfo=LONDON))),
    "a series with fields over the autumn": Payload(
        told(*weekly(datetime(2036, 10, 13, 10, tzinfo=LONDON))), details=True
    ),
}


@contextmanager
def standing(folder: Path, payload: Payload, *faults: Fault, **switches: Any) -> Iterator[tuple[Site, Path]]:
    """Stand a sandbox of a payload's bookings, and settings whose tables lead them all to one schedule."""
    with world_of(folder, *payload.events, faults=faults, valt_timezone="Europe/London", **switches) as site:
        target = leads(site)["a"]
        lines = [(one.identifier, target) for one in payload.events]
        changes: dict[str, Any] = {
            "valt.timezone": "Europe/London",
            "valt.recurring": True,
            "valt.schedules": table(folder / "one.csv", "event_id,schedule_id", *lines),
        }
        if payload.details:
            fields = [("presenter", 17), ("description", 18), ("description", 19)]
            changes["valt.fields"] = table(folder / "fields.csv", "opencast_field,valt_field_id", *fields)
            shares = [("ROLE_MIGRATION", "13,17", ""), ("ROLE_Y", "43", "")]
            changes["valt.shares"] = table(folder / "shares.csv", "role,users,groups", *shares)
        yield site, site.settings(folder, changes)


def as_wanted(site: Site, payload: Payload, *, made: bool = False) -> None:
    """Assert that one schedule, written once, has all that was to be carried, at Opencast's moments."""
    (found,) = [one for one in books(site).values() if (one["created_by"] == "api" if made else one["edits"])]
    assert found["edits"] == (0 if made else 1)
    starts = [int(one.scheduling.start.timestamp()) for one in payload.events if one.scheduling]
    assert found["occurrences"] == starts
    assert found["recurrence"] == payload.recurrence
    if payload.details:
        assert found["template"] == {"17": "A. Tan, K. Lee", "18": "x" * 255, "19": "x" * 300}
        assert (found["users"], found["user_groups"]) == ([13, 17], [])


@pytest.mark.parametrize("version", ["5.8", "6.6"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_what_is_carried_is_read_back(name: str, version: str, tmp_path: Path) -> None:
    """In both shapes of answers: one edit, all of it at VALT, and equal ever after."""
    payload = PAYLOADS[name]
    with standing(tmp_path, payload, valt_version=version) as (site, settings):
        plan = schedules("plan", settings)
        assert set(verdicts(plan).values()) == {("update", None)}
        assert posts(site) == []
        ran = schedules("run", settings)
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)}), ran.talk
        as_wanted(site, payload)
        assert any("ROLE_X" in one for one in ran.document["problems"]) == payload.details
        again = schedules("run", settings)
        assert (again.code, set(verdicts(again).values())) == (0, {("equal", None)})
        assert posts(site) == ["edit"]


STATUSES = {
    "throttled": Fault("valt.edit", "status", arguments={"status": 429, "headers": {"Retry-After": "1"}}),
    "gateway": Fault("valt.edit", "status", arguments={"status": 502, "body": "<html>Bad gateway</html>"}),
    "token": Fault(
        "valt.edit",
        "status",
        arguments={"status": 401, "body": '{"error":{"code":401,"message":"Invalid API key"}}'},
    ),
    "lost, applied": Fault("valt.edit", "lose_answer"),
    "lost, not applied": Fault("valt.edit", "reset"),
    "500, not applied": Fault("valt.edit", "status", arguments={"status": 500, "body": "{}"}),
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("fault", STATUSES)
@pytest.mark.parametrize("name", PAYLOADS)
def test_an_edit_that_goes_wrong(name: str, fault: str, tmp_path: Path) -> None:
    """It is applied once in the end, whatever it carries; only what VALT refuses waits for the next run."""
    payload = PAYLOADS[name]
    with standing(tmp_path, payload, STATUSES[fault]) as (site, settings):
        ran = schedules("run", settings)
        if fault.startswith("500"):
            assert set(verdicts(ran).values()) == {("error", "refused")}
            ran = schedules("run", settings)
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)}), ran.talk
        as_wanted(site, payload)


READS = {
    "throttled": {"status": 429, "headers": {"Retry-After": "1"}},
    "failing": {"status": 503, "body": "<html>Down</html>"},
    "token": {"status": 401, "body": '{"error":{"code":401,"message":"Invalid API key"}}'},
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("fault", [*READS, "reset", "lose_answer"])
@pytest.mark.parametrize("call", ["templates", "template_fields"])
def test_a_template_that_is_read_again(call: str, fault: str, tmp_path: Path) -> None:
    """A passing fault of the look at the template costs nothing but time, and no check is left out."""
    payload = PAYLOADS["fields and sharing"]
    action, arguments = ("status", READS[fault]) if fault in READS else (fault, {})
    with standing(tmp_path, payload, Fault(f"valt.{call}", action, arguments=arguments)) as (site, settings):
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (0, {"a": ("verified", None)}), ran.talk
        assert not any("does not show its templates" in one for one in ran.document["problems"])
        as_wanted(site, payload)


KILLS: Mapping[str, tuple[tuple[Fault, ...], str, int]] = {
    "before the edit": ((Fault("valt.schedule", "stall"),), "schedule", 1),
    "edit that is not applied": ((Fault("valt.edit", "stall"),), "edit", 1),
    "edit that is applied": (
        (Fault("valt.edit", "lose_answer"), Fault("valt.schedule", "stall", nth=2)),
        "schedule",
        2,
    ),
    "read-back": ((Fault("valt.schedule", "stall", nth=2),), "schedule", 2),
    "overlaps": ((Fault("valt.blocked", "stall", nth=2),), "blocked", 2),
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("step", KILLS)
@pytest.mark.parametrize("name", ["fields and sharing", "a series with fields over the autumn"])
def test_an_edit_that_is_killed(name: str, step: str, tmp_path: Path) -> None:
    """The next run finds what was done: one edit in the end, with all that it carries."""
    payload, (faults, call, count) = PAYLOADS[name], KILLS[step]
    with standing(tmp_path, payload, *faults) as (site, settings):
        killed(site, settings, call, count)
        ran = schedules("run", settings)
        assert ran.code == 0, ran.talk
        assert {word for word, _ in verdicts(ran).values()} <= {"verified", "equal"}
        as_wanted(site, payload)


MAKINGS: Mapping[str, tuple[Fault, ...]] = {
    "well": (),
    "lost, applied": (Fault("valt.create", "lose_answer"),),
    "lost, not applied": (Fault("valt.create", "reset"),),
    "throttled": (
        Fault("valt.create", "status", arguments={"status": 429, "headers": {"Retry-After": "1"}}),
    ),
    "read-back fails": (Fault("valt.schedule", "reset", times=4),),
}


@pytest.mark.fault(28)
@pytest.mark.parametrize("fault", MAKINGS)
def test_a_series_that_gets_a_schedule(fault: str, tmp_path: Path) -> None:
    """One is made for all of its lectures, once, whatever goes wrong; each of them knows it ever after."""
    payload = PAYLOADS["a series with fields over the autumn"]
    with standing(tmp_path, payload, *MAKINGS[fault]) as (site, settings):
        table(tmp_path / "one.csv", "event_id,schedule_id")
        allowed = settings.read_text(encoding="utf-8").replace("[valt]", "[valt]\ncreate = true")
        settings.write_text(allowed, encoding="utf-8")
        schedules("run", settings)
        ran = schedules("run", settings)
        assert ran.code == 0, ran.talk
        as_wanted(site, payload, made=True)
        again = schedules("run", settings)
        assert (again.code, set(verdicts(again).values())) == (0, {("equal", None)})
        assert len({one["schedule_id"] for one in again.document["schedules"]}) == 1


def test_a_series_that_is_periodic_in_utc_alone(tmp_path: Path) -> None:
    """Its hour by VALT's clock changes in spring: each event says so, and nothing is sent."""
    first = datetime(2036, 3, 17, 10, tzinfo=ZoneInfo("UTC"))
    with standing(tmp_path, Payload(weekly(first))) as (site, settings):
        ran = schedules("run", settings)
        assert (ran.code, set(verdicts(ran).values())) == (4, {("error", "not_periodic")})
        assert "10:00" in row(ran, "a")["why"]
        assert "11:00" in row(ran, "a")["why"]
        assert posts(site) == []


def test_a_required_field_without_a_value(tmp_path: Path) -> None:
    """One sentence names it, and nothing is sent."""
    payload = Payload(tuple(replace(one, presenters=()) for one in told(*SINGLE)), details=True)
    with standing(tmp_path, payload, valt_required="on") as (site, settings):
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (4, {"a": ("error", "required_field")})
        assert "Role (17)" in row(ran, "a")["why"]
        assert posts(site) == []


def test_an_account_that_may_not_see_the_template(tmp_path: Path) -> None:
    """One sentence says what is not checked; the booking is carried, notes cut like any text."""
    payload = PAYLOADS["fields and sharing"]
    with standing(tmp_path, payload, valt_account="user") as (site, settings):
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (0, {"a": ("verified", None)})
        assert any("does not show its templates" in one for one in ran.document["problems"])
        (found,) = [one for one in books(site).values() if one["edits"]]
        assert found["template"] == {"17": "A. Tan, K. Lee", "18": "x" * 255, "19": "x" * 255}


def test_a_user_who_is_not_there(tmp_path: Path) -> None:
    """VALT drops it without a word, and the look afterwards tells."""
    payload = PAYLOADS["fields and sharing"]
    with standing(tmp_path, payload) as (_, settings):
        table(tmp_path / "shares.csv", "role,users,groups", ("ROLE_MIGRATION", "13,99", ""))
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (5, {"a": ("mismatch", "read_back")})
        assert "share" in row(ran, "a")["why"]
