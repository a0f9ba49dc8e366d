"""What a recording is: its films and its words arrive, by the audit of a whole migration."""

from collections import Counter
from datetime import datetime

import pytest
from fakes.carried_site import Moved
from lxml import etree

pytestmark = pytest.mark.slow

FILM = "{http://tempuri.org/UniversalCaptureSpecification/v1}Video"


def streams(carried: Moved, name: str) -> dict[str, str]:
    """Return what each stream of a session is, by its file, as its manifest says."""
    videos = etree.fromstring(carried.session(name)["manifest"].encode()).iter(FILM)
    return {one.findtext("{*}File") or "": one.findtext("{*}Type") or "" for one in videos}


@pytest.mark.carries("films")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("large_file", {"presenter.mp4": "Primary"}),
        ("two_streams", {"presenter.mp4": "Primary", "presentation.mp4": "Secondary"}),
        (
            "three_streams",
            {"presenter.mp4": "Primary", "presentation.mp4": "Secondary", "secondary.mp4": "Secondary"},
        ),
        ("search_only", {"presenter.mp4": "Primary", "presentation.mp4": "Secondary"}),
    ],
)
def test_films(name: str, wanted: dict[str, str], carried: Moved) -> None:
    """One, two, three streams, and those that only the search service tells, byte for byte."""
    assert streams(carried, name) == wanted
    assert all(carried.came_of(name, film) for film in wanted)
    assert carried.session(name)["state"] == 4
    words = "1 stream" if len(wanted) == 1 else f"{len(wanted)} streams"
    assert words in carried.row(name)["carried"]


@pytest.mark.carries("sound alone")
def test_sound_alone(carried: Moved) -> None:
    """It is a stream of its own kind, as long as it was."""
    assert streams(carried, "audio_only") == {"audio.m4a": "Audio"}
    assert carried.came_of("audio_only", "audio.m4a") == {"sound.m4a"}


@pytest.mark.carries("title")
def test_titles(carried: Moved) -> None:
    """Each as it is, whatever its script and its signs."""
    for name in carried.arrived:
        assert carried.session(name)["title"] == carried.metadata(name)["title"]


@pytest.mark.carries("description")
def test_descriptions(carried: Moved) -> None:
    """The description's own lines come first, and the event's id last."""
    for name in carried.arrived:
        told = carried.session(name)["description"]
        assert told.startswith(carried.metadata(name)["description"])
        assert told.endswith(f"Opencast: {carried.events[name].identifier}")
    assert "description" in carried.row("told")["carried"]


@pytest.mark.carries("recording date")
def test_recording_dates(carried: Moved) -> None:
    """When it was recorded, not when it was moved."""
    for name in carried.arrived:
        wanted = datetime.fromisoformat(carried.metadata(name)["startDate"])
        assert datetime.fromisoformat(carried.session(name)["date"]) == wanted


@pytest.mark.carries("people", "place, language and rights")
def test_what_has_no_field_is_told_in_the_description(carried: Moved) -> None:
    """A line each, in the order of the template; what nobody gave has none."""
    assert carried.session("told")["description"].splitlines() == [
        "Second term.",
        "Bring a pencil.",
        "",
        "Presenters: Ada Brennan",
        "Contributors: Li Wei, Marta Ruiz",
        "Location: HS 3",
        "Language: eng",
        "Rights: The University",
        "Licence: CC-BY",
        "Source: Capture agent 3",
        f"Opencast: {carried.events['told'].identifier}",
    ]
    words = ("presenters", "contributors", "location", "language", "rightsholder", "license", "source")
    assert {f"{one} (in the description)" for one in words} <= set(carried.row("told")["carried"])
    for name in carried.arrived:
        given = carried.metadata(name)
        assert ("Location: " in carried.session(name)["description"]) == bool(given["location"])


@pytest.mark.carries("series")
def test_series(carried: Moved) -> None:
    """A session is in the folder that the table gives its series."""
    folders = {one["folder_id"]: one["name"] for one in carried.books["folders"]}
    seen = set()
    for name in carried.arrived:
        series = carried.events[name].series
        if series is not None and series.tabled:
            assert folders[carried.session(name)["folder_id"]] == series.title
            seen.add(series.title)
    assert len(seen) > 2


@pytest.mark.carries("subjects")
def test_subjects(carried: Moved) -> None:
    """All of them are tags, one with a comma is one; an event without any has none."""
    assert carried.session("told")["tags"] == ["Physics, applied", "Optics"]
    assert carried.aspect("told", "tags")["value"] == ["Physics, applied", "Optics"]
    for name in carried.arrived:
        assert carried.session(name)["tags"] == carried.metadata(name)["subjects"]


def test_subjects_cost_one_call_of_each_event_that_has_any(carried: Moved) -> None:
    """Over both runs, the second of which found nothing changed."""
    having = sum(bool(carried.metadata(name)["subjects"]) for name in carried.arrived)
    assert carried.calls("opencast")["get_metadata"] == having > 1


@pytest.mark.carries("live streams and playlists")
@pytest.mark.parametrize(("name", "reason"), [("live", "live"), ("playlists_only", "playlist_only")])
def test_what_is_no_file_is_skipped_and_told(name: str, reason: str, carried: Moved) -> None:
    """A sentence says why; nothing of it is at Panopto."""
    row = carried.row(name)
    assert (row["outcome"], row["reason"], row["session_id"]) == ("skipped", reason, "")
    assert row["why"]
    assert name not in carried.arrived


@pytest.mark.carries("statistics, comments, annotations")
def test_what_is_not_carried_is_not_asked_for(carried: Moved) -> None:
    """Opencast is asked for events, series and files alone, and it is only read."""
    assert set(carried.calls("opencast")) == {
        "version", "list_events", "get_series", "get_asset", "get_media", "get_metadata", "episodes",
        "episode", "sign",
    }  # fmt: skip
    assert set(carried.calls("files")) == {"get_file"}


def test_each_film_is_sent_once(carried: Moved) -> None:
    """Whatever became of its parts: one PUT a part of S3, one session an event; a second run sends none."""
    films = [one for one in carried.books["objects"] if one["key"].endswith((".mp4", ".m4a"))]
    assert carried.puts == (sum(one["parts"] for one in films),) * 2
    assert max(Counter(one["description"] for one in carried.books["sessions"]).values()) == 1
    assert carried.runs[1].document["bytes"] == {"sent": 0, "sent_again": 0, "skipped": 0}
    assert carried.runs[1].document["outcomes"] == carried.runs[0].document["outcomes"]
