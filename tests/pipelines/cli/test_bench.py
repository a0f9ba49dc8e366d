"""`ferry bench`: bytes move, figures are told, and nothing is left where they went."""

import signal
import time
from pathlib import Path

import pytest
from fakes.processes import begun, ended, ferry, standing

MIB = 1024 * 1024

GIVEN_UP = {2, 6, 7}
"""States of a session upload that was cancelled, and whose files are being deleted or are."""


@pytest.mark.slow
def test_nothing_is_left_at_the_operators_panopto(tmp_path: Path) -> None:
    """Each number of parts in flight has its row; afterwards there is no session and no open upload."""
    with standing(tmp_path, events=2, largest=40 * MIB) as stand:
        settings = stand.folder / "migration.toml"
        ran = ferry("bench", "-c", settings, "--mib", "20", "--parts", "2", "--parts", "4", "--json")
        assert ran.code == 0, ran.talk
        tried = ran.document["tried"]
        assert [one["parts_in_flight"] for one in tried] == [2, 4]
        assert all(one["bytes"] >= 20 * MIB and one["mib_s"] > 0 for one in tried)
        assert all(one["integrity"] == "spot" and 0 < one["parts_checked"] <= one["parts"] for one in tried)
        assert stand.audit("sessions") == []
        assert not (stand.folder / "migration.checkpoint").exists()
        uploads = stand.audit("session-uploads")
    assert len(uploads) == 2
    assert {one["state"] for one in uploads} <= GIVEN_UP


@pytest.mark.slow
def test_a_run_that_is_ended_cancels_its_upload_too(tmp_path: Path) -> None:
    """A signal drains it: the exit is that of an interruption, and no upload is left open."""
    folder = tmp_path / "run"
    folder.mkdir()
    with standing(tmp_path, events=1, largest=64 * MIB, bandwidth=4) as stand:
        arguments = ("bench", "-c", stand.folder / "migration.toml", "--parts", "2", "--json")
        with begun(*arguments, folder=folder) as process:
            while not stand.audit("session-uploads"):
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            ran = ended(process, folder)
        uploads = stand.audit("session-uploads")
    assert ran.code == 130, ran.talk
    assert ran.document["tried"] == []
    assert len(uploads) == 1
    assert {one["state"] for one in uploads} <= GIVEN_UP


@pytest.mark.slow
@pytest.mark.parametrize(("status", "code"), [(403, 4), (500, 3)])
def test_an_upload_that_is_left_is_named(tmp_path: Path, status: int, code: int) -> None:
    """Panopto does not cancel it: what was measured is told all the same, and nothing more is begun."""
    refused = {"operation": "panopto.delete_session_upload", "action": "status", "times": 0}
    with standing(
        tmp_path, events=1, largest=8 * MIB, faults=[{**refused, "arguments": {"status": status}}]
    ) as stand:
        settings = stand.folder / "migration.toml"
        ran = ferry("bench", "-c", settings, "--mib", "8", "--parts", "2", "--parts", "4", "--json")
        (left,) = stand.audit("session-uploads")
        assert stand.audit("sessions") == []
    assert ran.code == code, ran.talk
    assert [one["parts_in_flight"] for one in ran.document["tried"]] == [2]
    assert f"session upload {left['session_upload_id']} could not be cancelled (" in ran.talk
    assert "no session comes of it" in ran.talk


def test_no_figures_are_no_table(tmp_path: Path) -> None:
    """A sentence that says why stands alone."""
    refused = {"operation": "panopto.create_session_upload", "action": "status", "times": 0}
    with standing(tmp_path, events=1, faults=[{**refused, "arguments": {"status": 403}}]) as stand:
        ran = ferry("bench", "-c", stand.folder / "migration.toml")
    assert ran.code == 4
    assert ran.output == ""
    assert "opens no session upload" in ran.talk


@pytest.mark.slow
def test_without_settings_a_sandbox_stands_in() -> None:
    """And the figures are a table for people."""
    ran = ferry("bench", "--mib", "8", "--parts", "4")
    assert ran.code == 0, ran.talk
    assert "CPU s/GiB" in ran.output
    assert "spot" in ran.output


def test_settings_that_select_nothing_are_refused(tmp_path: Path) -> None:
    """One sentence, the exit code of a setting, and one JSON document all the same."""
    with standing(tmp_path, events=1) as stand:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        settings = stand.settings(elsewhere, {"select.events": ["no-such-event"]})
        ran = ferry("bench", "-c", settings, "--json")
    assert ran.code == 2
    assert "select no file" in ran.talk
    assert ran.document["tried"] == []
