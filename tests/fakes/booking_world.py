"""Future bookings between processes: a sandbox in this one, `ferry schedules` in others, VALT by hand."""

import base64
import csv
import json
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal

from fakes.processes import Ran, Stand, begun, ferry
from pipelines.sandbox import Fault, Sandbox, Switches, World
from pipelines.sandbox.recordings import Event, Scheduling

Json = Any

SMALL: Mapping[str, Json] = {"events": 1, "largest": 300_000, "typical": 200_000}
TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
"""What the sandbox's tokens look like, and nothing else that a run may tell."""
HOUR = 3600
DAY = 86_400


@dataclass(frozen=True)
class Wanted:
    """What Opencast's own API says of a booking: epoch seconds, seconds, the agent and the title."""

    start_at: int
    duration: int
    agent: str
    title: str


def wanted(stand: Stand) -> dict[str, Wanted]:
    """Ask Opencast for its bookings, by a client that is not ours."""
    account = stand.details["opencast"]
    login = base64.b64encode(f"{account['username']}:{account['password']}".encode()).decode()
    listed = asked(f"{account['url']}/api/events?withscheduling=true", {"Authorization": f"Basic {login}"})
    return {one["identifier"]: _wanted(one) for one in listed if one.get("scheduling")}


def _wanted(event: Json) -> Wanted:
    start, end = (datetime.fromisoformat(event["scheduling"][name]) for name in ("start", "end"))
    seconds = int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())
    title = " ".join(event["title"].split())
    return Wanted(int(start.timestamp()), seconds, event["scheduling"]["agent_id"], title)


def asked(url: str, headers: Mapping[str, str] | None = None, body: Json = None) -> Json:
    """Call and return the JSON that comes; a body makes it a POST."""
    content = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, content, {"Content-Type": "application/json", **(headers or {})}),
        timeout=30,
    ) as reply:
        return json.load(reply)


@dataclass(frozen=True)
class Site(Stand):
    """A sandbox that stands in this process."""

    sandbox: Sandbox


@dataclass(frozen=True)
class Office:
    """Somebody who books by hand at a stand's VALT."""

    stand: Stand

    def post(self, path: str, body: Json) -> Json:
        """POST below /api/v3."""
        account = self.stand.details["valt"]
        api = f"{account['url']}/api/v3"
        login = asked(f"{api}/login", body={"username": account["username"], "password": account["password"]})
        return asked(f"{api}/{path}?access_token={login['data']['access_token']}", body=body)

    def book(self, room: int, start_at: int, duration: int, name: str = "Exam") -> int:
        """Create a schedule and return its id."""
        made = self.post(
            "schedule", {"name": name, "room": room, "start_at": str(start_at), "duration": str(duration)}
        )
        return int(made[0] if isinstance(made, list) else made["data"])


def schedules(verb: str, settings: Path, *more: str, **environment: str) -> Ran:
    """Run `ferry schedules` for its document, and check what holds of every run."""
    return checked(
        ferry("schedules", verb, "-c", settings, "--json", *more, environment=environment), settings
    )


def checked(ran: Ran, settings: Path) -> Ran:
    """Check that a document tells its code, and that no token is told anywhere."""
    assert "Traceback" not in ran.talk
    assert "internal error" not in ran.talk
    if ran.output.startswith("{"):
        assert ran.document["exit"] == ran.code
    checkpoint = settings.parent / "migration.checkpoint"
    kept = checkpoint.read_bytes().decode(errors="replace") if checkpoint.exists() else ""
    assert not TOKEN.findall(ran.output + ran.talk + kept)
    assert "access_token" not in ran.output + ran.talk + kept
    return ran


def verdicts(ran: Ran) -> dict[str, tuple[str, str | None]]:
    """Return each event's verdict and its reason."""
    return {row["event_id"]: (row["verdict"], row["reason"]) for row in ran.document["schedules"]}


def row(ran: Ran, event_id: str) -> Json:
    """Return what the document says of one event."""
    (found,) = [one for one in ran.document["schedules"] if one["event_id"] == event_id]
    return found


def books(stand: Stand) -> dict[int, Json]:
    """Return VALT's schedules by id, from its own books."""
    return {one["schedule_id"]: one for one in stand.audit("schedules")}


def posts(stand: Stand) -> list[str]:
    """Return the calls by which ferry wrote to VALT, logins apart."""
    return [
        one["call"]
        for one in stand.audit("log")
        if (one["service"], one["method"]) == ("valt", "POST")
        and one["call"] != "login"
        and one["headers"].get("User-Agent") == "lecture-ferry"
    ]


def calls(stand: Stand, call: str) -> int:
    """Return how often VALT was asked for something, by whomever."""
    return sum(
        one["count"] for one in stand.audit("requests") if (one["service"], one["call"]) == ("valt", call)
    )


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def killed(stand: Stand, settings: Path, call: str, count: int) -> None:
    """Run, and kill the run once VALT has been asked so often for something."""
    with begun("schedules", "run", "-c", settings, "--json", folder=settings.parent) as process:
        until(lambda: process.poll() is not None or calls(stand, call) >= count)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def lines(path: Path) -> list[list[str]]:
    """Read a table, its first line left out."""
    with path.open(newline="") as file:
        return list(csv.reader(file))[1:]


def leads(stand: Stand) -> dict[str, int]:
    """Return the schedule of each event, by the operator's table."""
    return {event: int(schedule) for event, schedule in lines(stand.folder / "schedules.csv")}


def rooms(stand: Stand) -> dict[str, int]:
    """Return the room of each agent, by the operator's table."""
    return {agent: int(room) for agent, room, _ in lines(stand.folder / "rooms.csv")}


def table(path: Path, columns: str, *found: Iterable[Json]) -> str:
    """Write a table of these lines, and return its path as a setting."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns.split(","), *found])
    return str(path)


def as_wanted(stand: Stand, event_ids: Iterable[str] | None = None) -> None:
    """Assert that VALT has each booking, or these, as Opencast has it."""
    held, by_agent, led = books(stand), rooms(stand), leads(stand)
    for event_id, one in wanted(stand).items():
        if event_ids is None or event_id in event_ids:
            found = held[led[event_id]]
            assert (found["start_at"], found["duration"]) == (one.start_at, one.duration)
            assert found["stop_at"] == one.start_at + one.duration
            assert (found["room_ids"], found["name"]) == ([by_agent[one.agent]], one.title)


def edits(stand: Stand) -> dict[int, int]:
    """Return how often each schedule of the table was edited."""
    held = books(stand)
    return {one: held[one]["edits"] for one in leads(stand).values()}


def lecture(identifier: str, start: datetime, seconds: float = 5400, agent: str = "agent-hs3") -> Event:
    """Return a booking of an agent that begins at an aware moment and goes on for so many seconds."""
    event = World.seeded(events=1, bookings=1).bookings[0]
    scheduling = Scheduling(agent, start, start + timedelta(seconds=seconds))
    title = f"Lecture {identifier}"
    return replace(event, identifier=identifier, title=title, start=start, scheduling=scheduling)


@contextmanager
def world_of(folder: Path, *events: Event, faults: Iterable[Fault] = (), **switches: Json) -> Iterator[Site]:
    """Stand a sandbox of these bookings beside one recorded event, in a thread of this process."""
    world = World.seeded(events=1, largest=300_000)
    for event in events:
        world = world.with_event(event)
    sandbox = Sandbox(world, Switches(**switches), faults, folder=folder)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(sandbox):
        yield Site(folder, sandbox.details, sandbox)
