"""`ferry add-stream` over whole runs: a session gets one stream more, whatever becomes of the answers."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Stand, begun, ferry, standing

from pipelines.sandbox.media import SeededMedia

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
FILM = SeededMedia("added", 12_000_000, 3_000)
"""Shorter than any lecture: a longer one would make its session longer, and `ferry verify` tell so."""


def moved(stand: Stand) -> tuple[Path, Mapping[str, Any]]:
    """Move what the sandbox has; return the settings, and one session of the audit."""
    folder = stand.folder / "run"
    folder.mkdir()
    settings = stand.settings(folder, {"luminus": None})
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    return settings, stand.audit("sessions")[0]


def event_of(stand: Stand, session: Mapping[str, Any]) -> str:
    """Return the event that a session was made of, by its marker."""
    return str(session["description"].rpartition("Opencast: ")[2])


def film(folder: Path) -> Path:
    """Write a film of three parts."""
    path = folder / "a film.mp4"
    path.write_bytes(FILM.read(0, FILM.size))
    return path


def completed(stand: Stand) -> list[Mapping[str, Any]]:
    """The stream uploads that Panopto has processed."""
    return [one for one in stand.audit("stream-uploads") if one["state"] == 4]


def added_once(stand: Stand, session_id: str, event: str, settings: Path) -> None:
    """Assert that the session has exactly one stream more, whole, and that nothing else was made."""
    (upload,) = completed(stand)
    assert (upload["session_id"], upload["completions"], len(upload["files"])) == (session_id, 1, 1)
    (stored,) = [one for one in stand.audit("objects") if one["key"] == upload["files"][0]]
    assert stored["size"] == FILM.size
    assert len(stand.audit("sessions")) == 1
    shown = ferry("show", event, "-c", settings, "--json").document
    assert [(one["name"], one["outcome"]) for one in shown["added"]] == [(upload["files"][0], "carried")]


STRUCK = [
    {},
    {"operation": "panopto.create_stream_upload", "action": "lose_answer"},
    {"operation": "panopto.put_stream_upload", "action": "lose_answer"},
    {"operation": "panopto.create_stream_upload", "action": "status", "arguments": {"status": 429}},
    {"operation": "panopto.put_stream_upload", "action": "status", "arguments": {"status": 503}},
    {"operation": "panopto.get_stream_upload", "action": "status", "arguments": {"status": 403}},
]


@pytest.mark.fault(24)
@pytest.mark.parametrize("fault", STRUCK, ids=["answered", "lost POST", "lost PUT", "429", "503", "expired"])
def test_a_local_file_is_added_once(fault: Mapping[str, Any], tmp_path: Path) -> None:
    """A dry run sends nothing; the command adds it; said again, it does nothing."""
    with standing(tmp_path, events=1, faults=[fault] if fault else [], **QUICK) as stand:
        settings, session = moved(stand)
        event, path = event_of(stand, session), film(tmp_path)
        command = ("add-stream", event, path, "--type", "secondary", "-c", settings, "--json")
        tried = ferry(*command, "--dry-run")
        assert (tried.code, tried.document["already_there"]) == (0, False), tried.talk
        assert stand.audit("stream-uploads") == []
        ran = ferry(*command)
        assert (ran.code, ran.document["outcome"], ran.document["bytes"]) == (0, "carried", FILM.size), (
            ran.talk
        )
        again = ferry(*command)
        assert (again.code, again.document["already_there"]) == (0, True), again.talk
        added_once(stand, session["session_id"], event, settings)


def test_what_comes_after_knows_no_other_session(tmp_path: Path) -> None:
    """A later run moves nothing, and what looks at the whole checkpoint finds all as it was meant."""
    with standing(tmp_path, events=1, **QUICK) as stand:
        settings, session = moved(stand)
        event = event_of(stand, session)
        assert ferry("add-stream", event, film(tmp_path), "--type", "primary", "-c", settings).code == 0
        before = ferry("report", "-c", settings, "--format", "json").document
        assert (len(before["items"]), before["schedules"]) == (1, [])
        for verb in ("run", "status", "verify", "reconcile"):
            ran = ferry(verb, "-c", settings)
            assert ran.code == 0, (verb, ran.output)
        added_once(stand, session["session_id"], event, settings)


@pytest.mark.fault(30)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
@pytest.mark.parametrize("call", ["create_stream_upload", "put_stream_upload", "upload_part"])
def test_one_that_is_killed_goes_on(call: str, action: str, tmp_path: Path) -> None:
    """Between intent and answer of each call, before it was done and after: one stream is there at last."""
    match = "primary-" if call == "upload_part" else ""
    times = 1 if action == "stall" else 3
    fault = {"operation": f"panopto.{call}", "action": action, "match": match, "times": times}
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings, session = moved(stand)
        event, path = event_of(stand, session), film(tmp_path)
        command = ("add-stream", event, path, "--type", "primary", "-c", settings, "--json")
        (tmp_path / "killed").mkdir()
        with begun(*command, folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not [one for one in stand.audit("log") if one["call"] == call and one["fault"]]:
                assert time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        ran = ferry(*command)
        assert ran.code == 0, ran.talk
        added_once(stand, session["session_id"], event, settings)


def test_a_track_is_added_by_its_flavor(tmp_path: Path) -> None:
    """From Opencast to Panopto as any film goes; a flavor that nobody has is refused by what there is."""
    with standing(tmp_path, events=1, **QUICK) as stand:
        settings, session = moved(stand)
        event = event_of(stand, session)
        command = ("add-stream", event, "--type", "presentation", "-c", settings, "--json")
        refused = ferry(*command, "--track", "nobody/none")
        assert (refused.code, refused.document["exit"]) == (2, 2)
        assert "no track is nobody/none; name one of" in refused.talk
        flavor = refused.talk.rpartition("(")[2].partition(")")[0]
        ran = ferry(*command, "--track", flavor, "--start", "2026-10-01T09:15:00+02:00")
        assert (ran.code, ran.document["outcome"]) == (0, "carried"), ran.talk
        (upload,) = completed(stand)
        assert upload["stream_type"] == "SecondaryPresentation"
        assert upload["stream_start"] == "2026-10-01T07:15:00+00:00"
