"""What goes wrong with the small files beside a film, at Opencast's file server and at Panopto's S3."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.laden_runs import NOTES, RICH, Laden, laden

pytestmark = pytest.mark.slow

FILES: Mapping[str, str] = {
    "captions": "/de.vtt",
    "chapters": "/chapters.xml",
    "slides": "/segment_1.jpg",
    "thumbnail": "/player.jpg",
    "attachments": "/notes.pdf",
}
"""One file of each aspect; there is a thumbnail at either event."""

SENT = ("captions-de.vtt", "slide-0001.jpg", "thumbnail", "notes.pdf", "manifest.xml")
"""The same as they are called at Panopto."""

Property = Any


def at_source(match: str, action: str, **more: Any) -> dict[str, Any]:
    """Return a fault of the file server's."""
    return {"operation": "files.get_file", "match": match, "action": action, **more}


def status(code: int, **more: Any) -> dict[str, Any]:
    """Return the action of a bare status."""
    return {"action": "status", "arguments": {"status": code}, **more}


def all_is_there(site: Laden) -> None:
    """Assert that both sessions have all that they are to have, and that the report says so."""
    assert (site.has(site.rich), site.has(site.notes)) == (RICH, NOTES)
    told = {**site.told(site.rich), **site.told(site.notes)}
    assert {outcome for outcome, _ in told.values()} == {"carried"}, told


def nothing_more(site: Laden, code: int) -> None:
    """Assert that another run ends the same way and asks Panopto for nothing."""
    before = site.calls()
    assert site.run().code == code
    assert site.calls() == before


PASSING: Mapping[str, Any] = {
    "503 for a while": pytest.param(status(503, times=2), marks=pytest.mark.fault(8)),
    "429": pytest.param(status(429), marks=pytest.mark.fault(8)),
    "reset": {"action": "reset"},
    "short": pytest.param({"action": "short", "arguments": {"bytes": 20}}, marks=pytest.mark.fault(2)),
    "short, no length": pytest.param(
        {"action": "short_no_length", "arguments": {"bytes": 20}}, marks=pytest.mark.fault(3)
    ),
    "slow": {"action": "delay", "arguments": {"seconds": 1.0}},
    "expired": pytest.param(status(410), marks=pytest.mark.fault(11)),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_at_the_source_leaves_nothing_out(
    fault: Mapping[str, Any], tmp_path: Path, record_property: Property
) -> None:
    """Each file is struck: read again, whole, exit 0; no byte of a torn one is shown to anybody."""
    with laden(tmp_path, *(at_source(match, **fault) for match in FILES.values())) as site:
        ran = site.run()
        assert ran.code == 0, ran.talk
        all_is_there(site)
        nothing_more(site, 0)
        record_property("injected", len(site.books.struck()))


LASTING: Mapping[str, Any] = {
    "gone": pytest.param(status(404), marks=pytest.mark.fault(13)),
    "refused": pytest.param(status(403), marks=pytest.mark.fault(13)),
    "login page": pytest.param({"action": "html"}, marks=pytest.mark.fault(10)),
}


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_what_lasts_is_left_out_and_told(
    fault: Mapping[str, Any], tmp_path: Path, record_property: Property
) -> None:
    """Each file for ever: the lectures are verified, each aspect is told as permanent, once, exit 4."""
    faults = [at_source(match, times=0, **fault) for match in FILES.values()]
    with laden(tmp_path, *faults) as site:
        ran = site.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 2), ran.talk
        told = {**site.told(site.rich), **site.told(site.notes)}
        assert {name for name, (outcome, _) in told.items() if outcome == "permanent"} == set(FILES), told
        assert site.has(site.rich)["captions"] == ["English_USA", "French"]
        assert site.has(site.rich)["images"] == RICH["images"] - 1
        assert not site.has(site.notes)["thumbnail"]
        nothing_more(site, 4)
        record_property("injected", len(site.books.struck()))
        record_property("happened", f"told: {sorted({reason for _, reason in told.values() if reason})}")


@pytest.mark.fault(8)
@pytest.mark.parametrize("aspect", FILES)
def test_what_cannot_be_read_for_now_puts_the_item_off_once(
    aspect: str, tmp_path: Path, record_property: Property
) -> None:
    """All tries fail: exit 3. The next run has it: exit 0, nothing of a film is sent again."""
    times = 4 if aspect in {"captions", "thumbnail"} else 2  # Read again when furnished; one of two events.
    with laden(tmp_path, at_source(FILES[aspect], times=times, **status(503)), attempts=2) as site:
        ran = site.run()
        assert ran.code == 3, ran.talk
        assert ran.document["aspects"][aspect]["retryable"] >= 1
        films = site.calls()["film"]
        ran = site.run()
        assert ran.code == 0, ran.talk
        all_is_there(site)
        assert site.calls()["film"] == films == 2
        assert site.books.sent_again() == 0
        record_property("injected", times)


@pytest.mark.parametrize("aspect", [name for name in FILES if name != "captions"])
def test_no_lecture_waits_for_ever(aspect: str, tmp_path: Path) -> None:
    """What the next run cannot read either is left out, and told: exit 4, and both lectures are there."""
    with laden(tmp_path, at_source(FILES[aspect], times=0, **status(503)), attempts=2) as site:
        assert site.run().code == 3
        ran = site.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 2), ran.talk
        told = {**site.told(site.rich), **site.told(site.notes)}
        assert {name for name, (outcome, _) in told.items() if outcome == "permanent"} == {aspect}
        assert site.calls()["film"] == 2
        nothing_more(site, 4)


AT_TARGET: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Create lost": ("create_multipart_upload", {"action": "lose_answer"}),
    "part lost": ("upload_part", {"action": "lose_answer"}),
    "part 503": ("upload_part", status(503)),
    "part without ETag": ("upload_part", {"action": "no_etag"}),
    "Complete lost": ("complete_multipart_upload", {"action": "lose_answer"}),
    "Complete 500": ("complete_multipart_upload", status(500)),
    "Complete 200 with an error": ("complete_multipart_upload", {"action": "error_in_200"}),
}
ROWS: Mapping[str, Any] = {
    "Create lost": pytest.mark.fault(17),
    "part lost": pytest.mark.fault(15),
    "part 503": pytest.mark.fault(8),
    "part without ETag": pytest.mark.fault(16),
    "Complete lost": pytest.mark.fault(18),
    "Complete 500": pytest.mark.fault(8),
    "Complete 200 with an error": pytest.mark.fault(19),
}


@pytest.mark.parametrize("queries", ["off", "on"])
@pytest.mark.parametrize("fault", [pytest.param(one, marks=ROWS[one]) for one in AT_TARGET])
def test_what_passes_at_the_target_leaves_each_file_there_once(
    fault: str, queries: str, tmp_path: Path, record_property: Property
) -> None:
    """Each small file is struck: it is there once, byte for byte; no film is sent again, exit 0."""
    call, action = AT_TARGET[fault]
    faults = [{"operation": f"panopto.{call}", "match": name, **action} for name in SENT]
    with laden(tmp_path, *faults, object_queries=queries) as site:
        ran = site.run()
        assert ran.code == 0, ran.talk
        all_is_there(site)
        assert site.calls()["film"] == 2
        assert [one.completions for one in site.books.session_uploads] == [1, 1]
        nothing_more(site, 0)
        record_property("injected", len(site.books.struck()))
