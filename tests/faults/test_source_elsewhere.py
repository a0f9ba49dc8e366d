"""What goes wrong while search service, archive and signing are asked, over whole commands; the audit judges.

The events are those of which no publication names a film: two that only the search service knows, one that
only the archive has, and beside them one of three streams.
"""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve, findings
from campaign.books import read
from fakes.processes import Stand, begun, ferry, standing

from pipelines.sandbox import World

pytestmark = pytest.mark.slow

SHAPES = ("search_only", "search_single", "archive_only", "three_streams")
LISTED, SINGLE, ARCHIVED, THREE = (one.identifier for one in World.shaped(*SHAPES).events)
FILMS: Mapping[str, int] = {LISTED: 2, SINGLE: 1, ARCHIVED: 2, THREE: 3}
QUICK: Mapping[str, Any] = {
    "largest": 300_000,
    "typical": 60_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "signatures": "all",
    "opencast_api": "1.10.0",
}
EVENTS = 32
CALLS = ("episodes", "get_media", "episode", "sign")
Property = Callable[[str, object], None]


def settings(stand: Stand, *, archive: bool = True, **changes: Any) -> Path:
    """Settings that move these events alone."""
    selected = {"select.events": list(FILMS), "opencast.archive": archive, "luminus": None}
    return stand.settings(stand.folder, {**selected, **changes})


def strikes(call: str, action: str, times: int = 1, **arguments: Any) -> Mapping[str, Any]:
    """A fault of Opencast's."""
    return {"operation": f"opencast.{call}", "action": action, "times": times, "arguments": arguments}


def films(stand: Stand) -> dict[str, int]:
    """How many films the session of each event holds."""
    books = read(stand)
    held = {one.session_upload_id: one.event_id for one in books.sessions if one.session_upload_id}
    found = dict.fromkeys(held.values(), 0)
    for one in books.objects:
        if one.key.lower().endswith(".mp4"):
            found[held[one.session_upload_id]] += 1
    return found


def test_what_no_publication_names_is_moved_whole(tmp_path: Path) -> None:
    """Every stream of each, once, with the bytes that Opencast serves; a second run finds nothing to do."""
    with standing(tmp_path, events=EVENTS, **QUICK) as stand:
        path = settings(stand)
        looked = ferry("plan", "-c", path, "--json")
        assert looked.code == 0, looked.talk
        assert "taken uncut out of the archive" in looked.output
        ran = ferry("run", "-c", path, "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == FILMS
        approve(findings(read(stand)))
        assert ferry("run", "-c", path, "--json").code == 0
        assert films(stand) == FILMS
        assert ferry("verify", "-c", path, "--level", "full", "--json").code == 0


def test_the_archive_is_left_alone_unless_it_is_allowed(tmp_path: Path) -> None:
    """And the search service where it is turned off: those events are skipped, and the calls are not made."""
    with standing(tmp_path, events=EVENTS, **QUICK) as stand:
        path = settings(stand, archive=False, **{"opencast.search": False})
        ran = ferry("run", "-c", path, "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == {THREE: 3}
        assert ran.document["outcomes"]["skipped"] == 3
        assert not {one.call for one in read(stand).log} & {"episodes", "get_media", "episode"}


@pytest.mark.parametrize(
    "fault",
    [("lose_answer", {}), ("reset", {}), ("status", {"status": 429, "headers": {"Retry-After": "1"}}),
     ("status", {"status": 503})],
    ids=["lost", "reset", "429", "503"],
)  # fmt: skip
@pytest.mark.fault(8)
def test_each_call_is_made_again_whatever_becomes_of_its_answer(
    fault: tuple[str, Mapping[str, Any]], tmp_path: Path, record_property: Property
) -> None:
    """They change nothing, so nothing is moved twice and nothing is missed."""
    faults = [strikes(call, fault[0], 2, **fault[1]) for call in CALLS]
    with standing(tmp_path, events=EVENTS, faults=faults, **QUICK) as stand:
        ran = ferry("run", "-c", settings(stand), "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == FILMS
        approve(findings(read(stand)))
        struck = [row["struck"] for row in stand.audit("faults")]
        assert all(struck)
        record_property("injected", sum(struck))
        record_property("happened", f"{len(FILMS)} sessions of {sum(FILMS.values())} films, each once")


@pytest.mark.parametrize("call", CALLS)
def test_an_account_that_ran_out_ends_the_run(call: str, tmp_path: Path) -> None:
    """Exit 7; with the account mended the same run goes on, and nothing is there twice."""
    with standing(tmp_path, events=EVENTS, faults=[strikes(call, "status", status=401)], **QUICK) as stand:
        path = settings(stand)
        assert ferry("run", "-c", path, "--json").code == 7
        ran = ferry("run", "-c", path, "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == FILMS
        approve(findings(read(stand)))


@pytest.mark.parametrize("call", CALLS)
def test_a_run_that_is_killed_at_its_call_goes_on(call: str, tmp_path: Path) -> None:
    """The next run asks again, and moves everything once."""
    with standing(tmp_path, events=EVENTS, faults=[strikes(call, "stall")], **QUICK) as stand:
        path = settings(stand)
        (tmp_path / "killed").mkdir()
        with begun("run", "-c", path, "--json", folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [row for row in stand.audit("faults") if row["struck"]]:
                assert time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        ran = ferry("run", "-c", path, "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == FILMS
        approve(findings(read(stand)))


def test_a_search_service_that_stays_broken_costs_its_events_alone(tmp_path: Path) -> None:
    """They are unreadable, with exit 4; the others are moved, and the next run moves these."""
    faults = [strikes("episodes", "status", 8, status=500)]
    with standing(tmp_path, events=EVENTS, faults=faults, **QUICK) as stand:
        path = settings(stand, **{"transfer.attempts": 2})
        ran = ferry("run", "-c", path, "--json")
        assert ran.code == 4, ran.talk
        assert THREE in films(stand)
        assert LISTED not in films(stand)
        for _ in range(3):
            ran = ferry("run", "-c", path, "--json")
        assert ran.code == 0, ran.talk
        assert films(stand) == FILMS
        approve(findings(read(stand)))
