"""Folders by template over whole runs: whatever becomes of calls and processes, never two of one name.

The sandbox's own books say which folders there are, and where the sessions lie.
"""

import json
import signal
import ssl
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import read
from fakes.processes import Ran, Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

Json = Any
EVENTS = 6
"""Events 1 and 6 are of one series."""
QUICK: Mapping[str, Json] = {
    "events": EVENTS,
    "largest": 300_000,
    "typical": 100_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}


def struck(call: str, action: str, nth: int = 1, times: int = 1, **arguments: Json) -> dict[str, Json]:
    """Return a fault of Panopto's."""
    return {
        "operation": f"panopto.{call}", "action": action, "nth": nth, "times": times, "arguments": arguments
    }  # fmt: skip


def settings(stand: Stand, **changes: Json) -> Path:
    """Write settings without tables; `changes` are settings of Panopto's."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    given = {"folders": None, "folder_template": "{year}/{series}", **changes}
    return stand.settings(
        folder, {"luminus": None, **{f"panopto.{name}": one for name, one in given.items()}}
    )


def moved(stand: Stand, **changes: Json) -> Ran:
    """Run the migration, and hold it against the books."""
    ran = ferry("run", "-c", settings(stand, **changes), "--json", seconds=100)
    assert "Traceback" not in ran.talk, ran.talk
    books = read(stand)
    approve([*findings(books), *dishonest(books, ran.document, ran.code)])
    return ran


def paths(stand: Stand) -> dict[str, str]:
    """Return the path of each folder below the default one; each is there once."""
    rows = {row["folder_id"]: row for row in stand.audit("folders")}
    found: dict[str, str] = {}
    for folder_id, row in rows.items():
        lineage = [row]
        while lineage[0]["parent_id"]:
            lineage.insert(0, rows[lineage[0]["parent_id"]])
        if lineage[0]["folder_id"] == stand.details["panopto"]["folder_id"] and len(lineage) > 1:
            found[folder_id] = "/".join(one["name"] for one in lineage[1:])
    assert max(Counter(found.values()).values(), default=0) <= 1, found
    return found


def all_is_well(stand: Stand) -> None:
    """Assert that each event has one session, below the folder of its year, and that no folder is empty."""
    books, known = read(stand), paths(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
    used = {known[one.folder_id] for one in books.sessions}
    assert len(books.sessions) == EVENTS
    assert {path.rpartition("/")[0] for path in used if "/" in path} | used == set(known.values())
    assert any("/" in path for path in used)


def made(stand: Stand) -> list[int | None]:
    """Return what came of each call that asked for a folder."""
    return [one.done for one in read(stand).log if one.call == "create_folder"]


def create(stand: Stand, name: str, times: int = 1) -> None:
    """Make folders as somebody else would, in the default one."""
    panopto = stand.details["panopto"]
    trust = ssl.create_default_context(cafile=str(stand.folder / "ca.pem"))

    def post(path: str, body: bytes, **headers: str) -> Json:
        request = urllib.request.Request(f"{panopto['url']}/Panopto/{path}", body, headers)
        with urllib.request.urlopen(request, timeout=10, context=trust) as reply:
            return json.load(reply)

    asked = {"grant_type": "password", "scope": "api"}
    asked |= {one: panopto[one] for one in ("username", "password", "client_id", "client_secret")}
    token = post("oauth2/connect/token", urllib.parse.urlencode(asked).encode())["access_token"]
    body = json.dumps({"Name": name, "Parent": panopto["folder_id"]}).encode()
    for _ in range(times):
        post(
            "api/v1/folders", body, **{"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )


def years(stand: Stand) -> Iterable[str]:
    """Return the years that the plan would make folders of."""
    ran = ferry("plan", "-c", settings(stand), "--json")
    return {one.split()[0].partition("/")[0] for one in ran.document["folders_to_make"]}


def test_a_plan_makes_nothing_and_says_what_a_run_would_make(tmp_path: Path) -> None:
    """Then the run makes just that, in as many calls, and a later plan and run have nothing to make."""
    with standing(tmp_path, **QUICK) as stand:
        planned = ferry("plan", "-c", settings(stand), "--json")
        assert (planned.code, paths(stand)) == (0, {})
        wanted = {one.partition(" below ")[0] for one in planned.document["folders_to_make"]}
        assert moved(stand).code == 0
        assert set(paths(stand).values()) == wanted
        assert len(made(stand)) == len(wanted)
        all_is_well(stand)
        again = ferry("plan", "-c", settings(stand), "--json")
        assert (again.code, again.document["folders_to_make"], again.document["done"]) == (0, [], EVENTS)
        assert moved(stand).code == 0
        assert len(made(stand)) == len(wanted)


def test_every_answer_is_lost(tmp_path: Path) -> None:
    """Each folder was made and nobody heard of it: it is looked for until the lists show it."""
    faults = [struck("create_folder", "lose_answer", times=0)]
    with standing(tmp_path, faults=faults, folder_lag=1.5, **QUICK) as stand:
        assert moved(stand).code == 0
        assert len(made(stand)) == len(paths(stand))
        all_is_well(stand)


@pytest.mark.fault(8, 26)
def test_throttled_expired_and_unavailable(tmp_path: Path) -> None:
    """429 and 401 were not done and are said again; after 503 it is looked for, and then made."""
    faults = [
        struck("create_folder", "status", status=429, headers={"Retry-After": "1"}),
        struck("create_folder", "status", nth=2, status=401),
        struck("create_folder", "status", nth=4, status=503),
    ]
    with standing(tmp_path, faults=faults, **QUICK) as stand:
        assert moved(stand).code == 0
        assert len(made(stand)) == len(paths(stand)) + 3
        all_is_well(stand)


@pytest.mark.parametrize(("action", "code"), [("lose_answer", 200), ("stall", None)])
@pytest.mark.fault(30)
def test_killed_between_intent_and_answer(action: str, code: int | None, tmp_path: Path) -> None:
    """Started again before any list can show it: one folder of each name, whether it was made or not."""
    faults = [struck("create_folder", action, **({"seconds": 2} if action == "delay" else {}))]
    with standing(tmp_path, faults=faults, folder_lag=4.0, **QUICK) as stand:
        (tmp_path / "killed").mkdir()
        with begun("run", "-c", settings(stand), "--json", folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [row for row in stand.audit("faults") if row["struck"]]:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        checkpoint = (stand.folder / "run" / "migration.checkpoint").read_text()
        assert ("folder.make" in checkpoint, "folder.made" in checkpoint) == (True, False)
        assert moved(stand).code == 0
        assert made(stand)[0] == code
        all_is_well(stand)


def test_lists_that_stay_empty(tmp_path: Path) -> None:
    """Even after a lost checkpoint nothing is made twice: a search finds what no list shows."""
    faults = [struck("folder_children", "status", times=0, status=200, body='{"Results": []}')]
    with standing(tmp_path, faults=faults, **QUICK) as stand:
        assert moved(stand).code == 0
        before = made(stand)
        (stand.folder / "run" / "migration.checkpoint").unlink()
        again = ferry("run", "-c", settings(stand), "--json")
        assert (again.code, again.document["reasons"]) == (3, {"unrecorded_session": EVENTS})
        assert made(stand) == before
        all_is_well(stand)


def test_a_name_that_somebody_gave_twice(tmp_path: Path) -> None:
    """What would go there is no_folder in one sentence, the others arrive, and no third one is made."""
    with standing(tmp_path, folder_lag=0, **QUICK) as stand:
        year = min(years(stand))
        create(stand, year, times=2)
        planned = ferry("plan", "-c", settings(stand), "--json")
        assert planned.document["permanent"]["no_folder"] > 0
        ran = ferry("run", "-c", settings(stand), "--json", seconds=100)
        assert (ran.code, ran.document["reasons"]) == (4, planned.document["permanent"])
        assert f"2 folders named '{year}' in folder" in ran.talk
        books = read(stand)
        assert len(books.sessions) == EVENTS - planned.document["permanent"]["no_folder"]
        rows = [row for row in stand.audit("folders") if row["name"] == year]
        assert len(rows) == 2


def test_an_account_that_may_not_create_there(tmp_path: Path) -> None:
    """Series with a row arrive; the others are told in one sentence, and the run ends with 4."""
    with standing(tmp_path, **QUICK) as stand:
        (top,) = [
            row["folder_id"] for row in stand.audit("folders") if row["name"].startswith("Public lectures")
        ]
        table = str(stand.folder / "folders.csv")
        ran = moved(stand, folders=table, folder_id=top)
        assert (ran.code, set(ran.document["reasons"])) == (4, {"no_folder"})
        assert "(no permission); let the account create there" in ran.talk
        assert ran.document["outcomes"]["verified"] == EVENTS - ran.document["reasons"]["no_folder"]
        assert not [row for row in stand.audit("folders") if row["parent_id"]]


def test_reconcile_and_verify(tmp_path: Path) -> None:
    """After a lost checkpoint reconcile takes all in from folders by their names; verify finds all right."""
    with standing(tmp_path, **QUICK) as stand:
        assert moved(stand).code == 0
        before = made(stand)
        (stand.folder / "run" / "migration.checkpoint").unlink()
        file = settings(stand)
        dry = ferry("reconcile", "-c", file, "--dry-run", "--json")
        assert (dry.code, dry.document["events"]["adopted"]) == (0, EVENTS)
        ran = ferry("reconcile", "-c", file, "--json")
        assert (ran.code, ran.document["events"]["adopted"]) == (0, EVENTS)
        verified = ferry("verify", "-c", file, "--json")
        assert (verified.code, verified.document["differences"]) == (0, [])
        assert moved(stand).code == 0
        assert made(stand) == before
        all_is_well(stand)
