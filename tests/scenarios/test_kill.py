"""A run that is killed at any moment and started again ends like one that was not."""

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import read
from campaign.order import false_ends, lines, two_writers, unannounced
from fakes.processes import Ran, Stand, begun, ended, ferry, standing

MIB = 1024 * 1024
PART = 5 * MIB
IN_FLIGHT = 4
MOMENTS = 10
SETTINGS = {"transfer.part_size_mib": 5, "transfer.parts_in_flight": IN_FLIGHT, "luminus": None}

Json = Any


@dataclass(frozen=True)
class Size:
    """How much one form of the test moves."""

    events: int
    largest: int
    typical: int
    bandwidth: float

    def switches(self, **more: Json) -> dict[str, Json]:
        """Return what the sandbox is told."""
        return {
            "events": self.events,
            "bandwidth": self.bandwidth,
            "largest": self.largest,
            "typical": self.typical,
            "seconds_to_processing": 0.05,
            "seconds_to_complete": 0.1,
            **more,
        }


SHORT = Size(events=3, largest=48 * MIB, typical=10 * MIB, bandwidth=50.0)
LONG = Size(events=3, largest=900 * MIB, typical=60 * MIB, bandwidth=50.0)


def complete_unanswered(checkpoint: Path) -> int:
    """Return the bytes of files whose Complete is on record as intended but not as answered."""
    sizes: dict[tuple[str, str], int] = {}
    doubtful: set[tuple[str, str]] = set()
    for line in lines(checkpoint.read_bytes()):
        key = (line.subject, line.facts.get("name", ""))
        match line.kind:
            case "transfer.probed":
                sizes[key] = line.facts["size"]
            case "transfer.complete":
                doubtful.add(key)
            case "transfer.completed" | "transfer.abandoned":
                doubtful.discard(key)
            case _:
                pass
    return sum(sizes[key] for key in doubtful)


def delivered(stand: Stand) -> Counter[tuple[Json, ...]]:
    """Return what matters of an end: title, date, folder's place, state, and each file's hash."""
    objects: Mapping[str, dict[str, str]] = defaultdict(dict)
    for row in stand.audit("objects"):
        objects[row["session_upload_id"]][row["key"]] = row["sha256"]
    return Counter(
        (
            row["title"],
            row["date"],
            row["state"],
            *((name, objects[row["session_upload_id"]][name]) for name in row["files"]),
        )
        for row in stand.audit("sessions")
    )


def audited(stand: Stand, ran: Ran, checkpoint: Path) -> None:
    """Hold an end against every invariant that the books and the checkpoint's bytes can tell of."""
    books, written = read(stand), lines(checkpoint.read_bytes())
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    approve(dishonest(books, ran.document, ran.code))
    approve([*unannounced(written, books), *two_writers(written), *false_ends(written, books)])


@dataclass(frozen=True)
class Trial:
    """One migration that was killed once and taken up again."""

    again: int
    allowed_by_complete: int
    end: Counter[tuple[Json, ...]]


def killed_at(moment: float, folder: Path, size: Size, **switches: Json) -> Trial:
    """Run in a fresh sandbox, kill at so many seconds from the start, run again to the end."""
    with standing(folder, **size.switches(**switches)) as stand:
        (folder / "run").mkdir()
        settings = stand.settings(folder / "run", SETTINGS)
        checkpoint = folder / "run" / "migration.checkpoint"
        with begun("run", "-c", settings, "--json", folder=folder / "run") as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        allowed = 0
        if checkpoint.exists():
            allowed = complete_unanswered(checkpoint)
            approve(unannounced(lines(checkpoint.read_bytes()), read(stand)))
        ran = ferry("run", "-c", settings, "--json", seconds=600)
        assert ran.code == 0, ran.talk
        assert ran.document["outcomes"]["verified"] == size.events
        assert all(row["state"] == 4 for row in stand.audit("sessions"))
        audited(stand, ran, checkpoint)
        return Trial(read(stand).sent_again(), allowed, delivered(stand))


@dataclass(frozen=True)
class Unkilled:
    """A migration that nobody disturbed: how long it took, and how it ended."""

    span: float
    end: Counter[tuple[Json, ...]]


def unkilled(folder: Path, size: Size) -> Unkilled:
    """Run one."""
    with standing(folder, **size.switches()) as stand:
        (folder / "run").mkdir()
        settings = stand.settings(folder / "run", SETTINGS)
        started = time.monotonic()
        with begun("run", "-c", settings, "--json", folder=folder / "run") as process:
            ran = ended(process, folder / "run", 600)
        assert ran.code == 0, ran.talk
        span = time.monotonic() - started
        audited(stand, ran, folder / "run" / "migration.checkpoint")
        assert read(stand).sent_again() == 0
        end = delivered(stand)
        assert max(end.values()) == 1
        assert len(end) == size.events
        return Unkilled(span, end)


def hold(trial: Trial, reference: Unkilled, *, queries: bool) -> None:
    """Assert that a trial ended like the reference, one session an event, within the bound of bytes."""
    assert trial.end == reference.end
    assert trial.again <= IN_FLIGHT * PART + (0 if queries else trial.allowed_by_complete)


def kill_at(number: int, folder: Path, size: Size, reference: Unkilled, *, queries: bool) -> None:
    """Kill a run at one of ten moments, spread evenly over the reference's span with its ends left out."""
    moment = reference.span * (number + 1) / (MOMENTS + 1)
    switches = {"object_queries": "on"} if queries else {}
    hold(killed_at(moment, folder, size, **switches), reference, queries=queries)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Unkilled:
    """What the short form ends like."""
    return unkilled(tmp_path_factory.mktemp("reference"), SHORT)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Unkilled:
    """What the long form ends like."""
    return unkilled(tmp_path_factory.mktemp("reference"), LONG)


NUMBERS = pytest.mark.parametrize("number", range(MOMENTS))
QUERIES = pytest.mark.parametrize(
    "queries", [False, True], ids=["without-list-and-head", "with-list-and-head"]
)


@pytest.mark.slow
@QUERIES
@NUMBERS
@pytest.mark.fault(30)
def test_ten_moments(number: int, queries: bool, short: Unkilled, tmp_path: Path) -> None:
    """Killed at each of ten moments, a migration ends equal to one that was not, and little is sent again."""
    kill_at(number, tmp_path, SHORT, short, queries=queries)


@pytest.mark.long
@QUERIES
@NUMBERS
def test_ten_moments_of_a_gibibyte(number: int, queries: bool, long: Unkilled, tmp_path: Path) -> None:
    """The same with a GiB at 50 MiB/s."""
    kill_at(number, tmp_path, LONG, long, queries=queries)
