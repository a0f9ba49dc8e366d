"""What goes wrong while a session is given what its manifest could not bring; the auditor judges."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.laden_runs import NOTES, RICH, Laden, laden

pytestmark = pytest.mark.slow

CAPTIONS, TAGS = "upload_session_captions", "update_session_tags"
EXTERNAL, OWNER, START = (
    f"soap_update_session{name}" for name in ("_external_id", "_owner", "s_availability_start_settings")
)
CALLS = (CAPTIONS, TAGS, EXTERNAL, OWNER, START, "legacy_login")
BY_CALLS: Mapping[str, Any] = {"given": True, "manifest_captions": "refuse"}
SET = {"captions", "tags", "external_id", "owner", "availability"}

Property = Any


def struck(call: str, action: str, **more: Any) -> dict[str, Any]:
    """Return a fault of Panopto's."""
    return {"operation": f"panopto.{call}", "action": action, **more}


def status(code: int, **headers: str) -> dict[str, Any]:
    """Return the action of a bare status."""
    return {"action": "status", "arguments": {"status": code, "headers": headers}}


def all_is_there(site: Laden) -> None:
    """Assert that both sessions have all that they are to have, once, and that the report says so."""
    assert site.has(site.rich) == RICH
    assert site.has(site.notes) == NOTES
    for event_id in (site.rich, site.notes):
        told = site.told(event_id)
        assert {one for one, _ in told.values()} == {"carried"}, told
    for row in site.stand.audit("sessions"):
        assert row["owner"] == "idp\\jsmith"
        assert row["availability"]["start"]["setting"] == "SpecificDate"


PASSING: Mapping[str, Mapping[str, Any]] = {
    "lost": {"action": "lose_answer"},
    "unheard": {"action": "reset"},
    "429": status(429, **{"Retry-After": "1"}),
    "500": status(500),
    "503": status(503),
    "401": status(401),
    "403": status(403),
}


ROWS: Mapping[str, Any] = {
    "429": pytest.mark.fault(8),
    "500": pytest.mark.fault(8),
    "503": pytest.mark.fault(8),
    "401": pytest.mark.fault(26),
    "403": pytest.mark.fault(26),
}


@pytest.mark.parametrize("fault", [pytest.param(one, marks=ROWS.get(one, ())) for one in PASSING])
def test_what_passes_leaves_everything_there_once(
    fault: str, tmp_path: Path, record_property: Property
) -> None:
    """Each call is struck once, applied or not: all is there, once, exit 0; a second run asks for nothing."""
    faults = [struck(call, **PASSING[fault]) for call in CALLS]
    with laden(tmp_path, *faults, **BY_CALLS) as site:
        ran = site.run()
        assert ran.code == 0, ran.talk
        all_is_there(site)
        before = site.calls()
        assert before["film"] == site.books.calls("create_session_upload")
        assert site.run().code == 0
        assert site.calls() == before
        hits = len(site.books.struck())
        assert hits >= len(CALLS) - 1
        record_property("injected", hits)
        record_property("happened", "each thing was there once")


@pytest.mark.parametrize("call", [CAPTIONS, TAGS, EXTERNAL, OWNER, START])
def test_what_stays_away_is_mended_by_the_next_run(
    call: str, tmp_path: Path, record_property: Property
) -> None:
    """All tries fail: retryable, exit 3, the lecture is verified; the next run makes that call alone."""
    times = 2 if call in {CAPTIONS, TAGS} else 4  # One of the two events has captions, the other tags.
    with laden(tmp_path, struck(call, **status(503), times=times), attempts=2, **BY_CALLS) as site:
        ran = site.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (3, 2), ran.talk
        assert sum(one.get("retryable", 0) > 0 for one in ran.document["aspects"].values()) == 1
        before = site.calls()
        assert site.run().code == 0
        all_is_there(site)
        after = site.calls() - before
        looks = {"token", "legacy_login", "get_session", "get_session_tags"}
        assert set(after) <= {call, START.replace("start", "end"), *looks}
        record_property("injected", times)


REFUSED = {
    CAPTIONS: ("captions", 400),
    TAGS: ("tags", 403),
    EXTERNAL: ("external_id", 403),
    OWNER: ("owner", 403),
    START: ("availability", 403),
}


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused_is_told_and_left(call: str, tmp_path: Path, record_property: Property) -> None:
    """No right to it: permanent, exit 4; the lecture and all else are there, and no later run asks again."""
    aspect, code = REFUSED[call]
    fault = struck(call, **status(code), times=0)
    with laden(tmp_path, fault, **BY_CALLS) as site:
        ran = site.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 2), ran.talk
        told = {
            name: outcome for name, (outcome, _) in {**site.told(site.notes), **site.told(site.rich)}.items()
        }
        assert {name for name, outcome in told.items() if outcome == "permanent"} == {aspect} & set(told)
        assert ran.document["aspects"][aspect]["permanent"] >= 1
        before = site.calls()
        assert site.run().code == 4
        assert site.calls() == before
        record_property("happened", f"{aspect} was told as refused")


def test_a_second_language_in_doubt_is_told_and_never_doubled(
    tmp_path: Path, record_property: Property
) -> None:
    """Its answer is lost, and Panopto does not tell which languages it has: a person looks, exit 4."""
    with laden(tmp_path, struck(CAPTIONS, "lose_answer", nth=2), **BY_CALLS) as site:
        ran = site.run()
        assert ran.code == 4, ran.talk
        assert site.told(site.rich)["captions"] == ("permanent", "in_doubt")
        assert site.has(site.rich)["captions"] == RICH["captions"]
        before = site.calls()
        assert site.run().code == 4
        assert site.calls() == before
        record_property("injected", 1)


@pytest.mark.parametrize("moment", ["stall", "lose_answer"], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.fault(30)
def test_a_kill_around_each_call(call: str, moment: str, tmp_path: Path, record_property: Property) -> None:
    """Before it was done, or when it just was: the next run leaves everything there once; no film is sent."""
    with laden(tmp_path, struck(call, moment), **BY_CALLS) as site:
        site.killed_at(call, tmp_path / "killed")
        ran = site.run()
        if call == CAPTIONS and ran.code:
            spoken_once(site)
        else:
            assert ran.code == 0, ran.talk
            all_is_there(site)
        assert site.calls()["film"] <= 3  # Of two films, one that may have been under way.
        record_property("injected", 1)


def spoken_once(site: Laden) -> None:
    """Assert that no captions are there twice, and that those which are not there may be, as is told.

    A kill finds the run where it is by then: perhaps at the next language.
    """
    assert site.told(site.rich)["captions"] == ("permanent", "in_doubt")
    there = site.has(site.rich)["captions"]
    assert len(set(there)) == len(there) >= 2
    others = {**site.told(site.notes), **site.told(site.rich), "captions": ("carried", "")}
    assert {outcome for outcome, _ in others.values()} == {"carried"}


@pytest.mark.parametrize("moment", ["stall", "lose_answer"], ids=["before", "after"])
@pytest.mark.fault(30)
def test_a_kill_at_a_second_language(moment: str, tmp_path: Path) -> None:
    """Whether it arrived nobody can tell: told as in doubt, and none is there twice."""
    with laden(tmp_path, struck(CAPTIONS, moment, nth=2), **BY_CALLS) as site:
        site.killed_at(CAPTIONS, tmp_path / "killed")
        assert site.run().code == 4
        spoken_once(site)
        if moment == "stall":
            assert len(site.has(site.rich)["captions"]) == 2
