"""What belongs to a film arrives beside it: captions, chapters, slides, pictures, files and cuts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.carried_site import Moved, events, standing_world
from fakes.processes import ferry
from pycaption import WebVTTReader

from pipelines.sandbox import World
from pipelines.sandbox.laden import CUES

pytestmark = pytest.mark.slow

LANGUAGES = {"German": "de", "English_USA": "en", "French": "fr"}
ODD_TIMES = [0.0, 1.041, 3.123, 10.41]
"""T00:00:00:0F1000, T00:00:01:41F1000, T00:00:03:123F1000 and T00:00:10:410F1000."""


def times(session: Mapping[str, Any], kind: str) -> list[float]:
    """Return when entries or images come, in seconds."""
    return [one["time"] for one in session[kind]]


@pytest.mark.carries("captions")
def test_captions(carried: Moved) -> None:
    """A track, an attachment and a catalogue, each as WebVTT, in its language, by the manifest."""
    session = carried.session("captions")
    assert {(one["language"], one["came"]) for one in session["captions"]} == {
        (language, "manifest") for language in LANGUAGES
    }
    files = {one["file"] for one in session["transcripts"]}
    assert files == {f"captions-{one}.vtt" for one in LANGUAGES.values()}
    sent = {carried.objects("captions")[file]["sha256"] for file in files}
    assert sent == {one["sha256"] for one in session["captions"]}
    assert sorted(carried.aspect("captions", "captions")["value"]) == ["de", "en", "fr"]
    assert "captions (de, en, fr)" in carried.row("captions")["carried"]


@pytest.mark.carries("captions in DFXP")
def test_captions_in_dfxp(carried: Moved) -> None:
    """As WebVTT they say the same at the same times as those that were WebVTT before."""
    converted, plain = (carried.caption("captions", f"captions-{one}.vtt") for one in ("fr", "de"))
    read = [list(WebVTTReader().read(one).get_captions("en-US")) for one in (converted, plain)]
    cues, wanted = ([(one.start, one.end, one.get_text()) for one in found] for found in read)
    assert converted.startswith("WEBVTT\n")
    assert [(start // 1000, end // 1000) for start, end, _ in cues] == [one[:2] for one in CUES]
    assert cues == wanted


@pytest.mark.carries("captions apart from the manifest")
def test_captions_that_the_manifest_may_not_bring(tmp_path: Path) -> None:
    """A site that passes them over gets each language once by a call of its own, and no film again."""
    world = World(World.seeded(events=1).series, (events()["captions"],))
    with standing_world(tmp_path, world, manifest_captions="refuse") as site:
        ran = ferry("run", "-c", site.settings(tmp_path, {"luminus": None}), "--json")
        assert ran.code == 0, ran.talk
        (session,) = site.audit("sessions")
        assert [(one["language"], one["came"]) for one in session["captions"]] == [
            (language, "upload") for language in LANGUAGES
        ]
        assert ran.document["aspects"]["captions"] == {"carried": 1}
        films = [one for one in site.audit("log") if one["path"].endswith("presenter.mp4")]
        assert len([one for one in films if one["call"] == "upload_part"]) == 1


@pytest.mark.carries("chapters")
@pytest.mark.parametrize("name", ["captions", "search_only"])
def test_chapters(name: str, carried: Moved) -> None:
    """They are the table of contents; a time of 10 frames of 25 lands on 0.4 s."""
    entries = carried.session(name)["entries"]
    assert [(one["time"], one["title"]) for one in entries] == [
        (0.0, "Introduction"), (12.4, "If a < b"), (30.5, "Questions")
    ]  # fmt: skip
    assert {one["video"] for one in entries} == {"presenter.mp4"}
    assert "chapters (3)" in carried.row(name)["carried"]


@pytest.mark.carries("segments of slides")
def test_segments(carried: Moved) -> None:
    """Where there are no chapters they are the table of contents, at odd times to the millisecond."""
    session = carried.session("segments")
    assert times(session, "entries") == ODD_TIMES
    titles = [one["title"] for one in session["entries"]]
    assert titles == ["Strains & stresses", "Slide 2", "Outlook", "Literature"]


@pytest.mark.carries("previews of slides")
def test_slides(carried: Moved) -> None:
    """Each picture comes up when its segment begins, though Opencast lists them in no order."""
    session = carried.session("captions")
    assert times(session, "images") == ODD_TIMES
    pictures = [carried.came_of("captions", one["file"]) for one in session["images"]]
    assert pictures == [{f"segment_{number}.jpg"} for number in (1, 3, 0, 2)]
    assert "previews of slides (4)" in carried.row("captions")["carried"]


@pytest.mark.carries("thumbnail")
def test_thumbnails(carried: Moved) -> None:
    """The player's picture of the presenter, not the lists', stands for the session."""
    session = carried.session("handout")
    assert carried.came_of("handout", session["thumbnail"]) == {"player.jpg"}
    assert "thumbnail" in carried.row("handout")["carried"]


@pytest.mark.carries("attachments")
def test_attachments(carried: Moved) -> None:
    """Byte for byte, with their media type; what only players need is none."""
    (found,) = carried.session("handout")["attachments"]
    assert found == {"file": "notes.pdf", "mediatype": "application/pdf"}
    assert carried.came_of("handout", "notes.pdf") == {"notes.pdf"}
    assert "attachments (notes.pdf)" in carried.row("handout")["carried"]


@pytest.mark.carries("cut list")
def test_cuts(carried: Moved) -> None:
    """A film out of the archive is whole, and shows what the editor kept of it."""
    session = carried.session("archive_only")
    cuts = [(one["start"], one["duration"], one["video"]) for one in session["cuts"]]
    assert cuts == [(0.0, 1.041, None), (20.0, 10.5, None), (58.0, 2.0, None)]
    assert session["duration"] == pytest.approx(46.459)
    assert carried.came_of("archive_only", "presenter.mp4") == {"camera.mp4"}
    assert "cut list (3)" in carried.row("archive_only")["carried"]
