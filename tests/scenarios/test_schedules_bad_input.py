"""What is bad about bookings is told in one sentence and an exit code, and the other bookings go on."""

import base64
import codecs
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.booking_world import (
    SMALL,
    as_wanted,
    asked,
    calls,
    edits,
    leads,
    lecture,
    posts,
    rooms,
    row,
    schedules,
    table,
    verdicts,
    world_of,
)
from fakes.processes import Ran, Stand, standing

from pipelines.sandbox import Fault

pytestmark = pytest.mark.slow

Json = Any

LATER = datetime(2036, 6, 2, 9, tzinfo=UTC)
AGENTS = {"elsewhere": "agent-1", "renamed": "agent-2", "homeless": "agent-3"}
BAD = {
    "elsewhere": ("error", "unknown_room_id", "999"),
    "renamed": ("error", "room_name_mismatch", "Hall of Fame"),
    "homeless": ("error", "no_room", "agent-3"),
    "lost": ("error", "unknown_schedule_id", "9999"),
    "other": ("error", "name_mismatch", "Botany"),
    "backwards": ("error", "bad_duration", "ends before it begins"),
    "endless": ("error", "unreadable", "has no end"),
}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One sandbox of two bookings for all tests that change nothing at it."""
    with standing(tmp_path_factory.mktemp("sandbox"), bookings=2, **SMALL) as found:
        yield found


def said(ran: Ran) -> str:
    """Return the one sentence that the command says at its end."""
    (sentence,) = [line for line in ran.talk.splitlines() if line.startswith("ferry: ")]
    return sentence


def without_end(stand: Stand, event_id: str) -> str:
    """Return Opencast's list of events, with one scheduling that has no end."""
    account = stand.details["opencast"]
    login = base64.b64encode(f"{account['username']}:{account['password']}".encode()).decode()
    listed = asked(f"{account['url']}/api/events?withscheduling=true", {"Authorization": f"Basic {login}"})
    for one in listed:
        if one["identifier"] == event_id:
            del one["scheduling"]["end"]
    return json.dumps(listed)


def test_every_bad_booking_is_told_and_the_good_one_goes_on(tmp_path: Path) -> None:
    """One sentence each, on stderr and in the document; nothing is sent for them."""
    bookings = [
        lecture(
            name,
            LATER + timedelta(days=3 * number),
            -600 if name == "backwards" else 5400,
            AGENTS.get(name, "agent-hs3"),
        )
        for number, name in enumerate((*BAD, "good"))
    ]
    with world_of(tmp_path, *bookings) as site:
        led, by_agent = leads(site), rooms(site)
        lines: list[tuple[Json, ...]] = [
            (name, led[name], "") for name in led if name not in {"lost", "other"}
        ]
        lines += [("lost", 9999, ""), ("other", led["other"], "Botany"), ("nowhere", 11, "")]
        changes = {
            "valt.schedules": table(tmp_path / "s.csv", "event_id,schedule_id,expect_name", *lines),
            "valt.rooms": table(
                tmp_path / "r.csv",
                "agent_id,room_id,room_name",
                ("agent-hs3", 39, "Theatre 3"),
                ("agent-1", 999, ""),
                ("agent-2", by_agent["agent-2"], "Hall of Fame"),
                ("unheard-of", 12, ""),
            ),
        }
        answer = {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": without_end(site, "endless"),
        }
        site.sandbox.faults.add(
            Fault("opencast.list_events", "status", match="withscheduling", times=0, arguments=answer)
        )
        ran = schedules("run", site.settings(tmp_path, changes))
        assert ran.code == 4
        assert verdicts(ran) == {
            **{name: (verdict, reason) for name, (verdict, reason, _) in BAD.items()},
            "good": ("verified", None),
        }
        for name, (_, _, words) in BAD.items():
            begins = f"ferry: error: {row(ran, name)['title'] or name}: "
            (line,) = [one for one in ran.talk.splitlines() if one.startswith(begins)]
            assert words in line
            assert row(ran, name)["why"] in line
        assert ran.document["problems"] == ["table of schedules, event nowhere: Opencast does not have it"]
        assert {name: count for name, number in led.items() if (count := edits(site)[number])} == {"good": 1}
        assert posts(site) == ["edit"]


SCHEDULES = "event_id,schedule_id\n"
ROOMS = "agent_id,room_id\n"
TABLES = {
    "Latin-1": ("schedules", SCHEDULES + "{one},1\né,2\n", "line 3: is not UTF-8"),
    "an event twice": ("schedules", SCHEDULES + "{one},1\n{one},2\n", "line 3: names the event"),
    "a schedule twice": ("schedules", SCHEDULES + "{one},1\n{two},1\n", "line 3: names the schedule 1 again"),
    "an agent twice": ("rooms", ROOMS + "a,1\na,2\n", "line 3: names the agent a again"),
    "no id": ("schedules", SCHEDULES + "{one},\n", "line 2"),
    "no column": ("rooms", "agent,room_id\na,1\n", "line 1: has no column agent_id"),
}


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("verb", ["plan", "run"])
def test_tables_that_cannot_be_used(stand: Stand, tmp_path: Path, verb: str, kind: str) -> None:
    """Two, with the table and the line, before anybody is asked anything, and no checkpoint is begun."""
    setting, content, sentence = TABLES[kind]
    path = tmp_path / "bad.csv"
    one, two = leads(stand)
    path.write_bytes(content.format(one=one, two=two).encode("latin-1"))
    before = len(stand.audit("log"))
    ran = schedules(verb, stand.settings(tmp_path, {f"valt.{setting}": str(path)}))
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert str(path) in said(ran)
    assert sentence in said(ran)
    assert len(stand.audit("log")) == before
    assert not list(tmp_path.glob("*.checkpoint*"))


def test_tables_as_a_spreadsheet_writes_them(stand: Stand, tmp_path: Path) -> None:
    """A byte order mark, semicolons and CRLF change nothing."""
    lines = "".join(f"{event};{schedule}\r\n" for event, schedule in leads(stand).items())
    path = tmp_path / "excel.csv"
    path.write_bytes(codecs.BOM_UTF8 + f"event_id;schedule_id\r\n{lines}".encode())
    plan = schedules("plan", stand.settings(tmp_path, {"valt.schedules": str(path)}))
    assert (plan.code, set(verdicts(plan).values())) == (0, {("update", None)})


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_settings_without_valt(stand: Stand, tmp_path: Path, verb: str) -> None:
    """Two, by the name of the section."""
    ran = schedules(verb, stand.settings(tmp_path, {"valt": None}))
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert "[valt]" in said(ran)
    assert not list(tmp_path.glob("*.checkpoint*"))


def test_a_password_that_valt_refuses(stand: Stand, tmp_path: Path) -> None:
    """Seven after one try, with the setting to look at and not what it holds."""
    before = calls(stand, "login")
    ran = schedules("run", stand.settings(tmp_path), FERRY_VALT__PASSWORD="hush-hush")
    assert ran.code == 7
    assert "valt.username" in said(ran)
    assert "hush" not in ran.talk + ran.output
    assert calls(stand, "login") == before + 1


def test_a_valt_that_does_not_answer(stand: Stand, tmp_path: Path) -> None:
    """Three, with the host."""
    with socket.socket() as taken:
        # Bound and not listening: nobody else can answer there meanwhile.
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        changes = {"valt.url": f"http://127.0.0.1:{port}", "transfer.attempts": 1}
        ran = schedules("run", stand.settings(tmp_path, changes))
    assert (ran.code, ran.document["exit"]) == (3, 3)
    assert f"127.0.0.1:{port}" in said(ran)


REFUSALS = {
    400: (
        '{"data":{"message":"Validation Error","fields":[{"name":"name","message":"Already taken"}]}}',
        "Validation Error; name: Already taken",
    ),
    403: ('{"error":{"code":403,"message":"Access denied"}}', "Access denied"),
    500: ('{"error":{"code":500,"message":"JSON Body Formatted Incorrectly"}}', "JSON Body Formatted"),
}


@pytest.mark.parametrize("status", REFUSALS)
def test_an_edit_that_valt_refuses(status: int, tmp_path: Path) -> None:
    """It is told in VALT's own words and not repeated; the other goes on, and the next run tries it again."""
    body, words = REFUSALS[status]
    refusal = {"operation": "valt.edit", "action": "status", "arguments": {"status": status, "body": body}}
    with standing(tmp_path, bookings=2, faults=[refusal], **SMALL) as site:
        settings = tmp_path / "migration.toml"
        ran = schedules("run", settings)
        assert ran.code == 4
        assert sorted(verdicts(ran).values(), key=str) == [("error", "refused"), ("verified", None)]
        assert words in ran.talk
        assert posts(site) == ["edit", "edit"]
        assert schedules("run", settings).code == 0
        as_wanted(site)
        assert set(edits(site).values()) == {1}


def test_a_gateway_that_fails_before_valt(tmp_path: Path) -> None:
    """A page with 502 says nothing of the edit: it is looked up, and sent again as it is not there."""
    page = {"status": 502, "body": "<html>Bad gateway</html>"}
    fault = {"operation": "valt.edit", "action": "status", "arguments": page}
    with standing(tmp_path, bookings=1, faults=[fault], **SMALL) as site:
        ran = schedules("run", tmp_path / "migration.toml")
        assert (ran.code, set(verdicts(ran).values())) == (0, {("verified", None)})
        assert posts(site) == ["edit", "edit"]
        as_wanted(site)


@pytest.mark.parametrize(
    ("call", "status", "code"), [("schedules", 403, 4), ("rooms", 500, 3), ("blocked", 404, 4)]
)
def test_lists_that_valt_does_not_tell(call: str, status: int, code: int, tmp_path: Path) -> None:
    """Nothing is sent on half a view."""
    refused = {"operation": f"valt.{call}", "action": "status", "times": 0, "arguments": {"status": status}}
    with standing(tmp_path, bookings=1, faults=[refused], **SMALL) as site:
        ran = schedules("run", site.settings(tmp_path, {"transfer.attempts": 1}))
        assert (ran.code, ran.document["exit"]) == (code, code)
        assert said(ran)
        assert posts(site) == []


def test_overlaps_that_valt_does_not_tell_afterwards(tmp_path: Path) -> None:
    """What was sent is told all the same, with 3; the next run tells what overlaps, and sends nothing."""
    refusal = Fault("valt.blocked", "status", nth=2, arguments={"status": 403})
    with world_of(tmp_path, lecture("sent", LATER), faults=[refusal]) as site:
        settings = tmp_path / "migration.toml"
        ran = schedules("run", settings)
        assert (ran.code, verdicts(ran)) == (3, {"sent": ("retryable", "refused")})
        assert "what overlaps" in ran.document["problems"][0]
        again = schedules("run", settings)
        assert (again.code, verdicts(again)) == (0, {"sent": ("verified", None)})
        assert posts(site) == ["edit"]
