"""What goes wrong while a refused recording lands in the operator's folder, or is moved home; audited."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.refusing_site import FILMS, TEAM, Refusing, refusing

pytestmark = pytest.mark.slow

CREATE, MOVE, LEVEL, LOOK = (
    "create_session_upload", "update_session", "get_session_access", "get_session"
)  # fmt: skip
EVENTS = 2
ONE_BY_ONE = {"transfer.items_in_flight": 1}
"""So that it is known whose call is struck."""
Property = Any


def status(code: int, **headers: str) -> dict[str, Any]:
    """Return the action of a bare status."""
    return {"action": "status", "arguments": {"status": code, "headers": headers}}


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
FAULTS = [pytest.param(one, marks=ROWS.get(one, ())) for one in PASSING]


def landed(site: Refusing) -> None:
    """Assert that each recording is in the operator's folder, by one session, and that the report says so."""
    assert site.lies_in == dict.fromkeys(site.own, TEAM)
    assert {site.told(one)["outcome"] for one in site.own} == {"permanent"}


def is_home(site: Refusing) -> None:
    """Assert that each recording is in its own folder, by one session, and that the report says so."""
    assert site.lies_in == site.own
    for event_id in site.own:
        assert {one["outcome"] for one in site.aspects(event_id).values()} == {"carried"}


def released(site: Refusing) -> int:
    """Land them, give the right, and let the next run move them; return how many PUTs of films there were."""
    assert site.run().code == 4
    landed(site)
    site.give()
    site.retried()
    return site.calls()["film"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_passes_while_it_lands(fault: str, tmp_path: Path, record_property: Property) -> None:
    """At the folder that refuses and at the one that takes it: there once, and each film is sent once."""
    with refusing(tmp_path, events=EVENTS, changes=ONE_BY_ONE) as site:
        site.strike(CREATE, **PASSING[fault])
        site.strike(CREATE, **{**PASSING[fault], "nth": 4})
        assert site.run().code == 4
        landed(site)
        films = [one for one in site.books.objects if one.key.endswith(FILMS)]
        assert site.calls()["film"] == len(films)
        record_property("injected", len(site.books.struck()))


@pytest.mark.parametrize("code", [403, 500, 503])
def test_what_passes_is_no_refusal(code: int, tmp_path: Path) -> None:
    """A token that ran out, or a server that is down, sends nothing to the operator's folder."""
    with refusing(tmp_path, events=EVENTS) as site:
        site.give()
        site.strike(CREATE, **status(code))
        assert site.run().code == 0
        assert site.lies_in == site.own


@pytest.mark.parametrize("fault", FAULTS)
def test_what_passes_while_it_is_moved(fault: str, tmp_path: Path, record_property: Property) -> None:
    """The looks before and after, and the call itself: it is home, by one session, and no film is sent."""
    with refusing(tmp_path, events=EVENTS) as site:
        films = released(site)
        for call in (LOOK, LEVEL, MOVE):
            site.strike(call, **PASSING[fault])
        assert site.run().code == 0
        is_home(site)
        assert site.calls()["film"] == films
        before = site.calls()
        assert site.run().code == 0
        assert site.calls() == before
        assert len(site.books.struck()) == 3
        record_property("injected", 3)


@pytest.mark.parametrize("call", [LOOK, LEVEL, MOVE])
def test_what_stays_away_is_mended_by_the_next_run(call: str, tmp_path: Path) -> None:
    """All tries fail: retryable, 3, and nothing else of the recording suffers; the next run moves it."""
    with refusing(tmp_path, events=EVENTS, changes={"transfer.attempts": 2}) as site:
        films = released(site)
        site.strike(call, **status(503), times=2 * len(site.own))
        ran = site.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (3, EVENTS), ran.talk
        assert {site.told(one)["outcome"] for one in site.own} == {"retryable"}
        assert site.run().code == 0
        is_home(site)
        assert site.calls()["film"] == films


def test_what_is_refused_is_told_and_left(tmp_path: Path) -> None:
    """No right to move it: permanent, 4, where it is; no later run asks again until that is said."""
    with refusing(tmp_path, events=EVENTS) as site:
        released(site)
        site.strike(MOVE, **status(403), times=2 * len(site.own))
        assert site.run().code == 4
        landed(site)
        before = site.calls()
        assert site.run().code == 4
        assert site.calls() == before
        site.retried()
        assert site.run().code == 0
        is_home(site)


@pytest.mark.parametrize("moment", ["stall", "lose_answer"], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.fault(30)
def test_a_kill_while_it_lands(nth: int, moment: str, tmp_path: Path) -> None:
    """At the folder that refuses, and at the other: the next run leaves one session of each, in that one."""
    with refusing(tmp_path, events=EVENTS, changes=ONE_BY_ONE) as site:
        site.strike(CREATE, moment, nth=nth)
        site.killed_at(CREATE, tmp_path / "killed")
        assert site.run().code == 4
        landed(site)


@pytest.mark.parametrize("moment", ["stall", "lose_answer"], ids=["before", "after"])
@pytest.mark.parametrize("call", [LOOK, LEVEL, MOVE])
@pytest.mark.fault(30)
def test_a_kill_while_it_is_moved(call: str, moment: str, tmp_path: Path) -> None:
    """Before it was done, or when it just was: the next run has it at home, and tells what it was before."""
    with refusing(tmp_path, events=EVENTS) as site:
        assert site.run().code == 4
        site.give("Organization")
        site.retried()
        films = site.calls()["film"]
        site.strike(call, moment)
        site.killed_at(call, tmp_path / "killed")
        assert site.run().code == 0
        is_home(site)
        assert site.calls()["film"] == films
        for event_id, own in site.own.items():
            assert site.told(event_id)["value"] == f"{own}, where it is Organization and was Restricted"
