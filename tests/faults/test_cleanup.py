"""What runs leave open at Panopto is cleared up, over whole commands; the sandbox's own books judge."""

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import Books, read
from fakes.processes import Ran, Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
QUICK: Mapping[str, Any] = {
    "largest": 11 * MIB,
    "typical": 6 * MIB,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "seconds_to_delete": 0.0,
}
Property = Callable[[str, object], None]
Fault = Mapping[str, Any]


def strikes(call: str, action: str, nth: int = 1, times: int = 1, **arguments: Any) -> Fault:
    """Return a fault of Panopto's."""
    return {
        "operation": f"panopto.{call}", "action": action, "nth": nth, "times": times, "arguments": arguments
    }  # fmt: skip


STALLS = strikes("upload_part", "stall", 2, 50)
"""Every part but the first hangs, so that a run can be killed with everything open."""


def configured(stand: Stand) -> Path:
    """Write the settings of all runs of a sandbox, whose checkpoint lies beside them."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, {"luminus": None, "transfer.part_size_mib": 5, "transfer.attempts": 2})


def killed(stand: Stand, settings: Path) -> Books:
    """Begin a run, and kill it where its second part hangs; return what is open then."""
    folder = stand.folder / "killed"
    folder.mkdir(exist_ok=True)
    with begun("run", "-c", settings, folder=folder) as process:
        end = time.monotonic() + 30
        while not [one for one in read(stand).log if one.call == "upload_part" and one.fault]:
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    return read(stand)


def opened(books: Books) -> set[str]:
    """Return the session uploads that are open."""
    return {one.session_upload_id for one in books.session_uploads if one.state == 0}


def cleanup(settings: Path, *more: str, code: int = 0) -> Any:
    """Run the verb, hold its end against what is expected, and return its document."""
    ran: Ran = ferry("cleanup", "-c", settings, "--json", *more)
    assert (ran.code, ran.document["exit"]) == (code, code), f"{ran.talk}{ran.output}"
    return ran.document


def moved(stand: Stand, settings: Path) -> None:
    """Run to the end: one session an event, and all of them right."""
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    books = read(stand)
    approve(findings(books, Bounds(events={one.event_id for one in books.sources})))


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "fault",
    [None, strikes("delete_session_upload", "lose_answer"),
     strikes("delete_session_upload", "status", status=429),
     strikes("delete_session_upload", "status", status=503),
     strikes("delete_session_upload", "status", status=401),
     strikes("abort_multipart_upload", "lose_answer")],
    ids=["answered", "lost", "429", "503", "401", "abort lost"],
)  # fmt: skip
def test_what_a_killed_run_left_is_kept_unless_all_is_to_go(
    fault: Fault | None, tmp_path: Path, record_property: Property
) -> None:
    """A run would go on with it; with --all-open all of it is gone, nothing is left, and all begins anew."""
    faults = [STALLS, *([fault] if fault else [])]
    with standing(tmp_path, events=1, faults=faults, object_queries="on", **QUICK) as stand:
        settings = configured(stand)
        left = killed(stand, settings)
        assert (len(opened(left)), bool(left.multipart_uploads)) == (1, True)
        for words in ((), ("--apply",)):
            assert cleanup(settings, *words)["session_uploads"]["kept"] == 1
        assert read(stand).multipart_uploads == left.multipart_uploads
        assert cleanup(settings, "--all-open")["session_uploads"]["to cancel"] == 1
        assert opened(read(stand)) == opened(left)
        unsure = fault is not None and fault["operation"] == "panopto.abort_multipart_upload"
        told = cleanup(settings, "--all-open", "--apply", code=3 if unsure else 0)
        assert told["session_uploads"]["cancelled"] == 1
        assert told["aborted_uploads"] + told["orphan_uploads"] == len(left.multipart_uploads)
        assert (opened(read(stand)), read(stand).multipart_uploads) == (set(), [])
        calls = read(stand).calls("delete_session_upload")
        again = cleanup(settings, "--all-open", "--apply")
        assert (again["session_uploads"]["over"], again["aborted_uploads"]) == (1, 0)
        assert read(stand).calls("delete_session_upload") == calls
        record_property("injected", 1 + bool(fault))
        record_property("happened", f"1 session upload, {len(left.multipart_uploads)} multipart uploads gone")


@pytest.mark.fault(17)
def test_what_an_item_gave_up_is_found_even_when_it_is_done(
    tmp_path: Path, record_property: Property
) -> None:
    """Panopto did not know a session upload for a while, so another was made: the first is cancelled."""
    unknown = strikes("get_session_upload", "status", 1, 3, status=404)
    with standing(tmp_path, events=1, faults=[{**STALLS, "times": 1}, unknown], **QUICK) as stand:
        settings = configured(stand)
        first = opened(killed(stand, settings))
        moved(stand, settings)
        left = read(stand)
        assert opened(left) == first
        told = cleanup(settings)
        assert [one["session_upload_id"] for one in told["items"]] == list(first)
        assert opened(read(stand)) == first
        assert cleanup(settings, "--apply")["session_uploads"]["cancelled"] == 1
        assert cleanup(settings, "--apply")["session_uploads"]["over"] == 1
        books = read(stand)
        assert (opened(books), books.multipart_uploads) == (set(), [])
        assert {one.session_id for one in books.sessions} == {one.session_id for one in left.sessions}
        assert ferry("verify", "-c", settings, "--json").code == 0
        record_property("injected", 4)
        record_property("happened", "the session upload that was given up is cancelled; one session")


@pytest.mark.fault(17)
def test_what_failed_for_good_and_could_not_be_cancelled_is_cancelled(
    tmp_path: Path, record_property: Property
) -> None:
    """The source is gone and Panopto does not let it be cancelled: the item ends, and its upload is open."""
    gone = {**strikes("", "status", 2, 100, status=404), "operation": "files.get_file"}
    deaf = strikes("delete_session_upload", "status", 1, 2, status=400)
    with standing(tmp_path, events=1, faults=[gone, deaf], **QUICK) as stand:
        settings = configured(stand)
        assert ferry("run", "-c", settings, "--json").code == 4
        left = opened(read(stand))
        assert len(left) == 1
        assert cleanup(settings, "--apply", code=3)["session_uploads"]["undecided"] == 1
        assert opened(read(stand)) == left
        assert cleanup(settings, "--apply")["session_uploads"]["cancelled"] == 1
        assert opened(read(stand)) == set()
        record_property("injected", 3)
        record_property("happened", "told as not decided, then cancelled")


@pytest.mark.fault(17)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
def test_a_cleanup_that_is_killed_is_made_again(action: str, tmp_path: Path) -> None:
    """Before the session upload was cancelled, and after: the next one looks, and nothing is left."""
    fault = strikes("delete_session_upload", action, 1, 1 if action == "stall" else 3)
    with standing(tmp_path, events=1, faults=[{**STALLS, "times": 1}, fault], **QUICK) as stand:
        settings = configured(stand)
        killed(stand, settings)
        folder = tmp_path / "cleaning"
        folder.mkdir()
        with begun("cleanup", "--apply", "--all-open", "-c", settings, folder=folder) as process:
            end = time.monotonic() + 30
            while not [one for one in read(stand).log if one.call == "delete_session_upload" and one.fault]:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        fate = "cancelled" if action == "stall" else "over"
        assert cleanup(settings, "--apply", "--all-open")["session_uploads"][fate] == 1
        assert opened(read(stand)) == set()
        moved(stand, settings)
