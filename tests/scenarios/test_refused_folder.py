"""Recordings whose own folders refuse the account, by the audit: where they go, who sees them, and home."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.processes import ferry
from fakes.refusing_site import TEAM, Refusing, refusing

pytestmark = pytest.mark.slow


@pytest.fixture(params=["foreign", "hidden"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Refusing]:
    """A sandbox whose folders of series are seen and take nothing, or are not even shown."""
    with refusing(tmp_path, whose=request.param) as found:
        yield found


@pytest.mark.carries("series")
def test_a_refused_recording_arrives_and_is_moved_home_later(site: Refusing) -> None:
    """Whole, in the team's folder, and told in one sentence; once the right is there, by one call each."""
    ran = site.run()
    assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 4), ran.talk
    assert ran.document["aspects"]["folder"] == {"permanent": len(site.own)}
    assert site.lies_in == dict.fromkeys(site.own, TEAM)
    rows = {one["session_id"]: one for one in site.site.audit("sessions") if one["folder_id"] == TEAM}
    assert {one["access"]["level"] for one in rows.values()} == {"Restricted"}
    for event_id, own in site.own.items():
        told = site.told(event_id)
        words = f"(no permission), so that folder {TEAM} has it instead of {own}; let the account create"
        assert (told["outcome"], told["reason"]) == ("permanent", "refused")
        assert words in told["why"]
        assert "\n" not in told["why"]
        assert words in ferry("show", event_id, "-c", site.settings).output
    films, uploads = site.calls()["film"], site.calls()["create_session_upload"]
    again(site)
    site.give()
    again(site)
    assert site.lies_in == dict.fromkeys(site.own, TEAM)
    site.retried()
    assert site.run().code == 0
    assert site.lies_in == site.own
    assert site.calls()["update_session"] == len(site.own)
    assert {site.told(one)["value"] for one in site.own} == set(site.own.values())
    verified(site)
    assert (site.calls()["film"], site.calls()["create_session_upload"]) == (films, uploads)


def again(site: Refusing) -> None:
    """Assert that nothing differs but the aspect, and that a further run asks Panopto for nothing."""
    verified(site)
    before = site.calls()
    assert site.run().code == 4
    assert site.calls() == before


def verified(site: Refusing) -> None:
    """Assert that `ferry verify` finds all as it should be."""
    ran = ferry("verify", "-c", site.settings, "--json")
    assert (ran.code, ran.document["differences"]) == (0, []), ran.talk


def test_a_folder_that_more_people_see_is_told(tmp_path: Path) -> None:
    """The session has its folder's level then, as if it had come there at once, and the report says so."""
    with refusing(tmp_path) as site:
        site.run()
        site.give("Organization")
        site.retried()
        assert site.run().code == 0
        for event_id, own in site.own.items():
            assert site.told(event_id)["value"] == f"{own}, where it is Organization and was Restricted"


def test_the_right_is_not_there_yet(tmp_path: Path) -> None:
    """A retry that comes too soon moves nothing, and says why; the recordings stay where they are."""
    with refusing(tmp_path) as site:
        site.run()
        films = site.calls()["film"]
        site.retried()
        assert site.run().code == 4
        assert site.lies_in == dict.fromkeys(site.own, TEAM)
        for event_id, own in site.own.items():
            words = f"to folder {own} (no permission), so that folder {TEAM} has it"
            assert words in site.told(event_id)["why"]
        site.give()
        site.retried()
        assert site.run().code == 0
        assert (site.lies_in, site.calls()["film"]) == (site.own, films)


def test_without_the_setting_nothing_goes_elsewhere(tmp_path: Path) -> None:
    """Who may see a recording follows from its folder: none is guessed; the sentence names the setting."""
    with refusing(tmp_path, changes={"panopto.refused_folder_id": None}) as site:
        ran = site.run()
        assert (ran.code, ran.document["reasons"]) == (4, {"refused": len(site.own)})
        assert site.lies_in == {}
        assert "panopto.refused_folder_id" in ran.talk
        assert len(site.books.session_uploads) == 4 - len(site.own)


def test_a_plan_tells_what_it_can_see(site: Refusing) -> None:
    """A folder that is not shown; whether one takes anything shows when it is asked. It writes nothing."""
    hidden = site.site.sandbox.switches.series_folders == "hidden"
    ran = ferry("plan", "-c", site.settings, "--json")
    assert ran.document["to_refused_folder"] == (len(site.own) if hidden else 0)
    assert (ran.code, ran.document["to_move"]["items"]) == (4 if hidden else 0, 4)
    for own in set(site.own.values()) if hidden else ():
        (told,) = [one for one in ran.document["problems"] if one.startswith(f"folder {own}")]
        assert f"go to folder {TEAM}" in told
    assert not site.books.sessions


def test_luminus_waits_until_the_session_is_home(tmp_path: Path) -> None:
    """It imports from one folder: one look tells, in a sentence that is true; then it is set by one PATCH."""
    changes = {"luminus.calls_per_second": 100, "carry.wait": 30}
    with refusing(tmp_path, luminus=True, changes=changes) as site:
        ran = site.run()
        assert (ran.code, ran.document["reasons"]) == (4, {"lecture_item": len(site.own)})
        report = ferry("report", "-c", site.settings, "--format", "json").document
        for one in [one for one in report["items"] if one["event_id"] in site.own]:
            assert f"imports from one folder, and the session is in {TEAM} instead of its own" in one["why"]
        site.give()
        site.retried()
        assert site.run().code == 0
        items = site.site.audit("lecture-items")
        assert sorted(one["patches"] for one in items) == [1] * len(site.own)
        assert ferry("verify", "-c", site.settings, "--json").code == 0


def test_a_lost_checkpoint_is_made_anew(tmp_path: Path) -> None:
    """Nothing is made twice; reconcile takes in what lies in the team's folder, and it can still be moved."""
    with refusing(tmp_path) as site:
        site.run()
        site.settings.with_name("migration.checkpoint").unlink()
        ran = ferry("run", "-c", site.settings, "--json")
        assert (ran.code, ran.document["reasons"]) == (3, {"unrecorded_session": 4}), ran.talk
        site.settings.with_name("migration.checkpoint").unlink()
        found = ferry("reconcile", "-c", site.settings, "--json")
        assert (found.code, found.document["events"]["adopted"]) == (0, 4), found.talk
        verified(site)
        site.give()
        site.retried()
        assert ferry("run", "-c", site.settings, "--json").code == 0
        assert site.lies_in == site.own
