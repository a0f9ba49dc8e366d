"""`ferry demo`: a sandbox in a process of its own, a migration over it, and all that arrived held to it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.table import Table
from rich.text import Text

from engine import LocalResource, Network, open_http
from pipelines.app.books import states_in
from pipelines.cli import loop
from pipelines.cli.bookings import WORDING, Bookings, Row
from pipelines.cli.comparison import Books, Comparison, Line, as_booked, compared
from pipelines.cli.exits import Exit
from pipelines.cli.narrow import is_narrow, stacked
from pipelines.cli.run import migrate, tell
from pipelines.cli.schedules import book, zone_of
from pipelines.cli.summary import answered, document, nothing, write_json, write_table
from pipelines.cli.text import columns, laid, page, plain, size
from pipelines.config import Settings, SettingsError, for_children, load

app = typer.Typer(add_completion=False)

READY_LIMIT = 60.0
"""Seconds that the sandbox may take to stand."""

END_LIMIT = 10.0
"""Seconds that it may take to end."""

AUDIT_LIMIT = 300.0
"""Seconds that hashing all sources may take."""

MOVED = ("sources", "objects", "sessions", "lecture-items")
"""The audit's lists that tell of recordings."""

ARRIVALS = {
    "event": 12,
    "title at Panopto": None,
    "outcome": 17,
    "files": 5,
    "size": 10,
    "same": 4,
    "at LumiNUS": 10,
    "as meant": 8,
}
"""The columns of the table of events, and how wide each is; None has what is left."""

NUMBERS = frozenset({"files", "size", "same", "as meant"})
SPARED = frozenset({"files", "at LumiNUS"})

WIDE = 110
"""Columns of a line from which on a table has all of its own."""

LEGEND = (
    "same: the SHA-256 of each file is its source's (captions are written anew); "
    "as meant: each member is what it was to be; both by the sandbox's audit"
)

ANSWER = {True: "yes", False: "NO", None: ""}


@app.command()
def demo(
    events: Annotated[int, typer.Option(min=1, help="Events of the seeded world.")] = 16,
    media: Annotated[Path | None, typer.Option(help="Move the video files of this folder instead.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder to work in, kept afterwards; else a temporary one.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Move a world of lectures and bookings between four sandboxes, and show what became of them."""
    with answered(json, nothing), leaving(), ExitStack() as stack:
        folder = work or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ferry-demo-")))
        details = stack.enter_context(standing(folder, events, media))
        # The sandbox has made sure that the folder is its own.
        (folder / "migration.checkpoint").unlink(missing_ok=True)
        settings = load(folder / "migration.toml")
        stay(settings, details)
        ran = migrate(settings)
        booked = book(settings) if ran.code < Exit.INTERRUPTED else Bookings(ran.code, ())
        # The run has listened for signals by itself, and taken what was there before with it.
        with leaving():
            audit = loop.run(lambda: books(details["audit"]["url"]))
            comparison = compared(states_in(settings), Books.of(*(audit[name] for name in MOVED)))
    wrong = comparison.wrong or not all(as_booked(row, audit["schedules"]) for row in sent(booked))
    code = Exit.DIFFERS if wrong else max(ran.code, booked.code)
    if json:
        write_json({**document(code, ran.outcomes, ran.snapshot), "bookings": booked.document})
    else:
        write(comparison)
        write_bookings(booked, audit["schedules"], settings)
        write_table(code, ran.outcomes, ran.snapshot)
    if wrong:
        tell("the audit does not agree: look at the rows marked NO")
    if ran.error:
        tell(ran.error)
    sys.exit(code)


@contextmanager
def leaving() -> Iterator[None]:
    """Have SIGINT and SIGTERM leave through what has to be ended, so that no sandbox is left behind."""
    kept = {number: signal.signal(number, _leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def standing(
    folder: Path, events: int, media: Path | None, switches: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Start a sandbox in a process of its own and end it; yields what its sandbox.json says.

    Ctrl-C at a terminal does not reach it: a run that is interrupted has parts to end.
    """
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "sandbox",
        "--out",
        str(folder),
        "--events",
        str(events),
    ]
    if media is not None:
        command += ["--media", str(media)]
    for switch in switches:
        command += ["--switch", switch]
    # Ourselves, and nothing of what a user has typed but two paths and a number.
    with subprocess.Popen(  # noqa: S603  # nosec B603
        command, stdin=subprocess.DEVNULL, start_new_session=True, env=for_children(os.environ)
    ) as process:
        try:
            yield ready(process, folder / "sandbox.json")
        finally:
            end(process)


def ready(process: "subprocess.Popen[bytes]", details: Path) -> dict[str, Any]:
    """Wait until the sandbox stands.

    Raises SystemExit with the sandbox's own code where it refuses, as it has said why on stderr;
    LocalResource where it is killed, or comes to nothing in time.
    """
    limit = time.monotonic() + READY_LIMIT
    while time.monotonic() < limit and process.poll() is None:
        if (found := told(details)).get("pid") == process.pid:
            return found
        time.sleep(0.05)
    if process.returncode is not None and process.returncode > 0:
        raise SystemExit(process.returncode)
    raise LocalResource("the sandbox did not start", where=str(details.parent))


def told(details: Path) -> dict[str, Any]:
    """Return what a sandbox.json says; nothing where there is none, or one of somebody else's."""
    try:
        found = orjson.loads(details.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def end(process: "subprocess.Popen[bytes]") -> None:
    """Have the sandbox end, if it has not yet; one that does not is killed."""
    process.terminate()
    try:
        process.wait(END_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stay(settings: Settings, details: Mapping[str, Any]) -> None:
    """Refuse an environment that would lead a demo to systems that are not its sandbox's."""
    for name in ("opencast", "panopto", "luminus", "valt"):
        if getattr(settings, name).url != details[name]["url"]:
            raise SettingsError(
                "leads away from the sandbox",
                where=f"FERRY_{name.upper()}__URL",
                advice="unset it for a demo",
            )


async def books(audit: str) -> Mapping[str, Any]:
    """Read the lists of the sandbox's audit, by their names."""
    async with open_http(Network()) as http:
        return {
            name: orjson.loads((await http.call("GET", f"{audit}/{name}", deadline=AUDIT_LIMIT)).body)
            for name in (*MOVED, "schedules")
        }


def sent(booked: Bookings) -> list[Row]:
    """Return the rows of what VALT is to have now."""
    return [row for row in booked.rows if row["verdict"] in {"verified", "created", "equal", "mismatch"}]


def write(comparison: Comparison) -> None:
    """Write a row an event."""
    console = page()
    for line in arrived(comparison.lines, columns()):
        console.print(line)
    console.print()
    for line in laid(Text(LEGEND), columns()):
        console.print(line, style="dim")
    console.print()


def arrived(lines: Sequence[Line], width: int) -> Iterable[str]:
    """Give events as the lines of a table, or of none where that has no room."""
    if is_narrow(width):
        return stacked(tuple(ARRIVALS), (tuple(arrival(line).values()) for line in lines), width)
    return laid(arrivals(lines, width), width)


def arrivals(lines: Sequence[Line], width: int) -> Table:
    """Return events as a table; a narrow one lacks what can be done without, so that titles can be read."""
    table = Table(box=None, pad_edge=False, expand=True)
    for name, least in ARRIVALS.items():
        if shown(name, width):
            table.add_column(
                name,
                justify="right" if name in NUMBERS else "left",
                no_wrap=True,
                overflow="ellipsis",
                width=least,
                ratio=None if least else 1,
            )
    for line in lines:
        told = arrival(line)
        table.add_row(*(Text(plain(told[name])) for name in ARRIVALS if shown(name, width)))
    return table


def arrival(line: Line) -> dict[str, str]:
    """Return what is told of one event, by column."""
    return {
        "event": line.event_id,
        "title at Panopto": line.title,
        "outcome": line.reason or line.outcome,
        "files": str(line.files or ""),
        "size": size(line.bytes) if line.bytes else "",
        "same": ANSWER[line.identical],
        "at LumiNUS": line.shown,
        "as meant": ANSWER[line.carried],
    }


def shown(name: str, width: int) -> bool:
    """Tell whether a column is shown where a line has so many."""
    return width >= WIDE or name not in SPARED


def write_bookings(booked: Bookings, schedules: Sequence[Row], settings: Settings) -> None:
    """Write a row a booking."""
    console = page()
    for line in written_down(booked, schedules, zone_of(settings), columns()):
        console.print(line)
    console.print()


def written_down(booked: Bookings, schedules: Sequence[Row], zone: ZoneInfo, width: int) -> Iterable[str]:
    """Give bookings as the lines of a table, or of none where that has no room."""
    if is_narrow(width):
        names = ("title of the booking", *booking_names(zone))
        return stacked(names, (booking(row, booked, schedules) for row in booked.rows), width)
    return laid(booked_table(booked, schedules, zone, width), width)


def booked_table(booked: Bookings, schedules: Sequence[Row], zone: ZoneInfo, width: int) -> Table:
    """Return bookings as a table, with times as the clocks of the zone show them."""
    table = Table(box=None, pad_edge=False, expand=True)
    if width >= WIDE:
        table.add_column("event", no_wrap=True)
    table.add_column("title of the booking", no_wrap=True, overflow="ellipsis", ratio=1)
    for name in booking_names(zone):
        table.add_column(name, no_wrap=True)
    for row in booked.rows:
        event = [row["event_id"][:12]] if width >= WIDE else []
        table.add_row(*(Text(plain(cell or "")) for cell in event + booking(row, booked, schedules)))
    return table


def booking_names(zone: ZoneInfo) -> tuple[str, ...]:
    """Return what is told of a booking besides its title."""
    return "schedule", "room", f"start ({zone.key})", "became", "as meant"


def booking(row: Row, booked: Bookings, schedules: Sequence[Row]) -> list[str | None]:
    """Return the title of a booking, and what is told of it besides."""
    start = datetime.fromisoformat(row["start"]).isoformat(" ", "minutes") if row["start"] else ""
    right = as_booked(row, schedules) if row in sent(booked) else None
    return [row["title"], row["schedule_id"], row["room_id"], start, became(row), ANSWER[right]]


def became(row: Row) -> str:
    """Say in a word what became of a booking, or why nothing did."""
    return str(row["reason"] or WORDING.get(row["verdict"], row["verdict"]))
