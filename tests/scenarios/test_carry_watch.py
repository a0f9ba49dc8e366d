"""`ferry carry` as processes, once and watching: what LumiNUS makes late is set, and nothing is moved."""

import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import (
    CARRIED,
    QUICK,
    assert_all_right,
    calls,
    carried,
    outcomes,
    patches,
    report,
    settings,
    write_modules,
)
from fakes.processes import Ran, Stand, begun, ended, ferry, standing

pytestmark = pytest.mark.slow

LAG = 10.0
ONCE = {"carry.wait": 0}
WATCHING = {"carry.wait": 0, "carry.watch": 0.01}
"""Six tenths of a second between two looks."""


SINGLE = {"version", "list_events", "list_series", "get_series"}
"""Opencast's calls by which events are read by their names, and each series once; none is Panopto's."""


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A sandbox whose LumiNUS imports sessions some seconds after Panopto has completed them."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **{**QUICK, "lecture_item_lag": LAG}) as found:
        yield found


def carry(file: Path, *options: str) -> Ran:
    """Run the verb to its end, and check what holds always."""
    ran = ferry("carry", "-c", file, "--json", *options)
    assert "Traceback" not in ran.talk, ran.talk
    assert ran.document["exit"] == ran.code, ran.talk
    return ran


def moved(home: Path, stand: Stand) -> None:
    """Move all events; none of their lecture items is there yet."""
    ran = carried(home, stand, ONCE)
    assert (ran.code, ran.document["reasons"]) == (3, {"lecture_item": CARRIED})


def others(stand: Stand) -> list[Any]:
    """What was asked of Opencast and Panopto, but for signing in."""
    log = stand.audit("log")
    return [row["call"] for row in log if row["service"] in {"panopto", "opencast", "files"}]


def test_what_waits_is_taken_up_without_moving_anything(stand: Stand, tmp_path: Path) -> None:
    """One look: what is not there waits on; once it is there, the same command sets all of it."""
    home = tmp_path / "run"
    moved(home, stand)
    before = others(stand)
    file = settings(home, stand, ONCE)
    early = carry(file)
    assert (early.code, outcomes(early)) == (3, {"waiting": CARRIED})
    assert f"{CARRIED} items wait for LumiNUS" in early.talk
    time.sleep(LAG)
    ran = carry(file)
    assert (ran.code, outcomes(ran), ran.document["lecture_items"]["set"]) == (
        0,
        {"verified": CARRIED},
        CARRIED,
    )
    assert_all_right(stand)
    assert {*others(stand)[len(before) :]} == SINGLE
    again = carry(file)
    assert (again.code, outcomes(again)) == (0, {})
    assert "nothing waits for LumiNUS" in again.talk
    assert ferry("run", "-c", file, "--json").code == 0
    assert patches(stand) == CARRIED


def test_watching_ends_when_nothing_waits(stand: Stand, tmp_path: Path) -> None:
    """It says how many wait and when it looks again, and ends by itself."""
    home = tmp_path / "run"
    moved(home, stand)
    ran = carry(settings(home, stand, WATCHING), "--watch")
    assert (ran.code, outcomes(ran)) == (0, {"verified": CARRIED})
    assert "items wait for LumiNUS; looks again in" in ran.talk
    assert ran.talk.count("lecture_item") <= CARRIED
    assert_all_right(stand)
    assert len(calls(stand, "sessions")) > CARRIED


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_stopped_while_it_watches_it_goes_on(stand: Stand, tmp_path: Path, number: int, code: int) -> None:
    """In a pause or in a look; meanwhile no other command has the checkpoint."""
    home = tmp_path / "run"
    moved(home, stand)
    file, folder = settings(home, stand, WATCHING), tmp_path / "told"
    folder.mkdir()
    with begun("carry", "-c", file, "--watch", "--json", folder=folder) as process:
        wait_for(lambda: "looks again" in (folder / "stderr.txt").read_text())
        assert carry(file).code == 6
        assert ferry("status", "-c", file, "--json").document["outcomes"]["waiting"] == CARRIED
        process.send_signal(number)
        ran = ended(process, folder)
    assert ran.code == code
    if code > 0:
        assert ran.document["exit"] == code
    ran = carry(file, "--watch")
    assert (ran.code, outcomes(ran)) == (0, {"verified": CARRIED})
    assert_all_right(stand)


def wait_for(there: Any) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_checks_come_first_and_a_module_without_web_lecture_is_one_sentence(
    stand: Stand, tmp_path: Path
) -> None:
    """As in `plan`; the recordings have arrived, and nothing is guessed."""
    home = tmp_path / "run"
    moved(home, stand)
    series = {row["series"] for row in report(home).values() if row["series"]}
    table = dict.fromkeys(sorted(series), without_web_lecture(stand))
    changes = {**ONCE, "luminus.modules": write_modules(home, table)}
    ran = carry(settings(home, stand, changes))
    assert ran.code == 4
    assert set(ran.document["reasons"]) == {"no_web_lecture"}
    (problem,) = ran.document["problems"]
    assert problem.endswith("it has no web lecture tool, so nothing can be carried there")
    told = report(home)
    whys = {row["why"] for row in told.values() if row["reason"] == "no_web_lecture"}
    assert len(whys) == 1
    assert whys.pop().endswith("has no web lecture: its owner can add that tool")
    assert all(row["session_id"] for row in told.values())
    assert patches(stand) == 0


def without_web_lecture(stand: Stand) -> str:
    """Return the id of the sandbox's module that has no web lecture."""
    luminus = stand.details["luminus"]
    signed = {"Authorization": f"Bearer {luminus['token']}"}
    key = {"Ocp-Apim-Subscription-Key": luminus["subscription_key"]}
    request = urllib.request.Request(f"{luminus['url']}/module", headers={**signed, **key})
    with urllib.request.urlopen(request, timeout=20) as reply:
        return next(row["id"] for row in json.load(reply)["data"] if row["name"] == "GER1000")


def test_a_token_that_has_ended_ends_it(tmp_path: Path) -> None:
    """Seven, and what to do; a new one goes on."""
    (tmp_path / "sandbox").mkdir()
    switches = {**QUICK, "lecture_item_lag": 3600, "luminus_token_life": 6}
    with standing(tmp_path / "sandbox", **switches) as stand:
        home = tmp_path / "run"
        assert carried(home, stand, ONCE).code == 3
        ran = carry(settings(home, stand, WATCHING), "--watch")
        assert ran.code == 7
        assert "put a new token in its place" in ran.talk or "get a new one" in ran.talk


def test_where_there_is_nothing_to_carry_to(stand: Stand, tmp_path: Path) -> None:
    """Without [luminus], and without a checkpoint: two, a sentence, and no checkpoint is begun."""
    home = tmp_path / "run"
    assert carry(settings(home, stand)).code == 2
    assert not (home / "migration.checkpoint").exists()
    moved(home, stand)
    ran = carry(settings(home, stand, {"luminus": None, "carry": None}))
    assert ran.code == 2
    assert "no section [luminus]" in ran.talk
