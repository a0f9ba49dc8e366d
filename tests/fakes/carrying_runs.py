"""Whole migrations on to LumiNUS, as processes, and what the audit then says of them."""

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fakes.lecture_policy import due, event_of, shown
from fakes.processes import Ran, Stand, ferry

Json = Any

QUICK: Mapping[str, Json] = {
    "events": 4,
    "largest": 300_000,
    "typical": 200_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "lecture_item_lag": 0.2,
    "luminus_rate": 0,
}
"""Four events: three with a module, one without a row in any table."""
CARRIED = 3
CALLS = ("modules", "weblecture", "sessions", "patch_session")
"""LumiNUS's operations, in the order in which a run needs them."""


def carried(folder: Path, stand: Stand, changes: Mapping[str, Json] | None = None) -> Ran:
    """Run a migration with a checkpoint in `folder`, and check what holds of every run."""
    ran = ferry("run", "-c", settings(folder, stand, changes), "--json", seconds=90)
    assert "Traceback" not in ran.talk, ran.talk
    assert ran.document["exit"] == ran.code, ran.talk
    return ran


def settings(folder: Path, stand: Stand, changes: Mapping[str, Json] | None = None) -> Path:
    """Write settings into a folder, which is made where it is missing."""
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, changes)


def assert_all_right(stand: Stand, items: int = CARRIED) -> None:
    """Assert one session an event, and each lecture item as the policy says, by exactly one PATCH."""
    assert max(Counter(map(event_of, stand.audit("sessions"))).values()) == 1
    rows, wanted = stand.audit("lecture-items"), due(stand)
    assert len(rows) == items
    for row in rows:
        assert shown(row) == wanted[row["session_id"]]
        assert row["patches"] == 1


def outcomes(ran: Ran) -> dict[str, int]:
    """Return the outcomes that some item has."""
    return {name: count for name, count in ran.document["outcomes"].items() if count}


def calls(stand: Stand, *names: str) -> list[Json]:
    """Return what arrived at LumiNUS, in order: all of it, or the calls of some names."""
    log = [row for row in stand.audit("log") if row["service"] == "luminus"]
    return [row for row in log if not names or row["call"] in names]


def patches(stand: Stand) -> int:
    """Return how many PATCHes were sent."""
    return len(calls(stand, "patch_session"))


def report(folder: Path) -> dict[str, Json]:
    """Return the items of `ferry report` by event."""
    ran = ferry("report", "-c", folder / "migration.toml", "--format", "json")
    assert "Traceback" not in ran.talk, ran.talk
    return {row["event_id"]: row for row in ran.document["items"]}


def modules_table(stand: Stand) -> dict[str, str]:
    """Return the sandbox's table of modules."""
    with (stand.folder / "modules.csv").open() as file:
        return {row["series"]: row["module_id"] for row in csv.DictReader(file)}


def write_modules(folder: Path, table: Mapping[str, str]) -> str:
    """Write a table of modules into a folder, and return its path."""
    lines = ["series,module_id", *(f"{series},{module}" for series, module in table.items())]
    folder.mkdir(exist_ok=True)
    path = folder / "modules.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)
