"""The seeded world holds what it promises, and own files become events."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.sandbox.media import SeededMedia
from pipelines.sandbox.recordings import Event
from pipelines.sandbox.shapes import CATALOGUE
from pipelines.sandbox.world import World


def channels(event: Event) -> list[str]:
    """The channels that an event is published on."""
    return [one.channel for one in event.publications]


def test_the_same_seed_makes_the_same_world() -> None:
    """A seed is a world, and another seed another one."""
    assert World.seeded(7, 20) == World.seeded(7, 20)
    assert World.seeded(7, 20).events[3].identifier != World.seeded(8, 20).events[3].identifier


def test_an_event_does_not_depend_on_how_many_others_there_are() -> None:
    """The first events of a large world are those of a small one."""
    assert World.seeded(7, 40).events[:16] == World.seeded(7, 16).events


def test_title_and_date_tell_every_event_apart() -> None:
    """No two events have both title and date in common, though some titles come again."""
    events = World.seeded(3, 500).events
    assert len({(one.title, one.start) for one in events}) == 500
    assert len({one.title for one in events}) < 500
    assert len({one.identifier for one in events}) == 500


def test_titles_are_legal_xml_and_hostile_all_the_same() -> None:
    """Titles hold ampersands, tags, emoji and other scripts, but no character that XML forbids."""
    everything = "".join(one.title for one in World.seeded(7, 16).events)
    assert all(mark in everything for mark in ("&", "<", "🐟", "ö", "à", "م", "量"))
    assert not any(ord(letter) < 32 for letter in everything)


def test_event_1_is_one_large_file() -> None:
    """The first event is one stream in one file of exactly the size asked for."""
    (event,) = World.seeded(7, 1, largest=123_456_789).events
    (element,) = (track for made in event.publications for track in made.media)
    assert element.media is not None
    assert element.media.size == 123_456_789


def test_the_first_sixteen_hold_every_shape_of_a_demonstration() -> None:
    """Within the default world are all shapes that a run must carry or skip."""
    events = World.seeded(7, 16).events
    assert channels(events[7]) == []
    assert channels(events[8]) == ["engage-live"]
    assert events[9].status == "PROCESSING"
    assert channels(events[10]) == ["internal", "engage-player", "api"]
    assert events[10].publications[1].media == ()
    assert channels(events[14]) == ["internal"]
    assert all(track.media and track.media.size > 0 for track in events[6].publications[0].media)
    assert {track.size for track in events[6].publications[0].media} == {-1, 0}
    assert all(element.signed for element in events[5].files)
    sizes = [track.media.size for one in events for track in one.files if track.media]
    assert max(sizes) == 210_000_000
    assert any(5_242_880 < size < 10_000_000 for size in sizes)
    assert any(size == 7345 for size in sizes)


def test_bookings_come_after_the_events() -> None:
    """They are far in the future, one at a time; unless they are asked for, the first 16 have none."""
    world, plain = World.seeded(7, 16, bookings=6), World.seeded(7, 16)
    assert plain.bookings == ()
    assert world.events[:16] == plain.events
    assert world.bookings == world.events[16:]
    assert {one.status for one in world.bookings} == {"SCHEDULED"}
    plans = sorted((one.scheduling for one in world.bookings if one.scheduling), key=lambda one: one.start)
    assert len(plans) == 6
    assert {one.agent for one in plans[:2]} == {"agent-hs3", "agent-theatre-b"}
    assert plans[0].start > datetime(2036, 1, 1, tzinfo=UTC)
    assert all((later.start - earlier.end).days >= 2 for earlier, later in pairwise(plans))
    assert len({(one.title, one.identifier) for one in world.events}) == 22
    assert all(one.publications == one.archive == () for one in world.bookings)


@pytest.mark.parametrize("number", [2, 3])
def test_the_second_and_the_third_booking_cross_an_edge_of_daylight_saving(number: int) -> None:
    """In Europe/London it ends with another offset than it began with, and lasts 90 minutes all the same."""
    plan = World.seeded(7, 1, bookings=number).bookings[-1].scheduling
    assert plan is not None
    london = ZoneInfo("Europe/London")
    offsets = [moment.astimezone(london).utcoffset() for moment in (plan.start, plan.end)]
    assert offsets[0] != offsets[1]
    assert (plan.end - plan.start).total_seconds() == 5400


def test_what_was_scheduled_once_is_no_booking() -> None:
    """A booking is still to come; the catalogue has one, and a lecture that was recorded by its schedule."""
    world = World.seeded(7, 18)
    assert world.bookings == (world.events[16],)
    assert world.events[17].scheduling is not None


def test_students_may_read_some_events() -> None:
    """Everybody, learners of a course or staff alone; one forbids its learners what it allows everybody."""
    events = [one for one in World.seeded(7, 16).events if one.series and one.series.tabled]
    roles = [{role.partition("_")[2] for role in one.readers} for one in events]
    assert any("ANONYMOUS" in one for one in roles)
    assert any("Learner" in one and "ANONYMOUS" not in one for one in roles)
    assert {"MIGRATION"} in roles
    assert all("MIGRATION" in one for one in roles)
    forbidding = [one for one in events if one.denied]
    assert forbidding
    assert all(role.endswith("_Learner") for one in forbidding for role in one.denied)
    assert any("ROLE_ANONYMOUS" in one.readers for one in forbidding)


def test_an_element_is_replaced_where_it_stands() -> None:
    """Editing an element leaves the others alone and makes a new version of the archive."""
    event = World.seeded(7, 2).events[1]
    element = event.publications[1].media[0]
    edited = event.with_element(type(element)(element.identifier, "x/y", "video/mp4", "z.mp4", None, 0))
    assert [one.name == "z.mp4" for one in edited.files].count(True) == 1
    assert len(edited.files) == len(event.files)
    assert edited.archive_version == (event.archive_version or 0) + 1


def test_an_event_is_replaced_or_added() -> None:
    """A world can be told of one more event, or of another in place of one."""
    world = World.seeded(7, 3)
    changed = replace(world.events[1], title="Other")
    assert [one.title == "Other" for one in world.with_event(changed).events] == [False, True, False]
    assert len(world.with_event(replace(changed, identifier="new")).events) == 4


def test_beyond_the_sixteen_come_all_states() -> None:
    """Every status that Opencast knows is in the catalogue, and what follows are ordinary lectures."""
    count = len(CATALOGUE)
    events = World.seeded(7, count + 12).events
    assert {one.status for one in events} >= {
        "SCHEDULED", "RECORDING", "INGESTING", "PENDING", "PROCESSING", "PAUSED", "PROCESSED",
        "RECORDING_FAILURE", "PROCESSING_FAILURE", "PROCESSING_CANCELLED", "",
    }  # fmt: skip
    assert all(channels(one) == ["internal", "engage-player"] for one in events[count:])


def test_an_event_of_a_shape_is_that_of_the_whole_world() -> None:
    """Tests ask for shapes by name; what they get is what the seeded world has under that number."""
    world = World.shaped("captions", "archive_only", typical=20_000, largest=300_000)
    whole = World.seeded(7, len(CATALOGUE), largest=300_000, typical=20_000)
    assert world.events == (whole.events[13], whole.events[30])
    with pytest.raises(ValueError, match="nonsense"):
        World.shaped("nonsense")


def test_renditions_of_one_film_are_of_one_length() -> None:
    """Three qualities of two flavors have one duration, and the bytes say the same as the API."""
    tracks = [track for made in World.seeded(7, 4).events[3].publications for track in made.media]
    films = [one for one in tracks if one.flavor != "presenter/preview"]
    assert len(films) == 6
    assert len({one.streams.duration for one in films if one.streams}) == 1
    for one in films:
        assert isinstance(one.media, SeededMedia)
        assert one.streams is not None
        assert one.media.duration == one.streams.duration


def test_own_files_become_events(tmp_path: Path) -> None:
    """Media files are found by their bytes, in subfolders too; others are told, but for hidden ones."""
    (tmp_path / "week 1").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "notes").write_text("no film")
    (tmp_path / ".notes").write_text("no film")
    (tmp_path / "week 1" / "nowhere.mp4").symlink_to(tmp_path / "gone")
    film, sound = SeededMedia("f", 9000, 5500), SeededMedia("s", 8000, 2500, video=False)
    (tmp_path / "week 1" / "first & last.mp4").write_bytes(film.read(0, 9000))
    (tmp_path / "talk.m4a").write_bytes(sound.read(0, 8000))
    (tmp_path / "notes.mp4").write_text("no film")
    world = World.from_folder(tmp_path)
    assert world.left_out == (tmp_path / "notes.mp4", tmp_path / "week 1" / "nowhere.mp4")
    assert {one.title for one in world.events} == {"week 1/first & last.mp4", "talk.m4a"}
    by_title = {one.title: one.publications[0].media[0] for one in world.events}
    film_streams, sound_streams = by_title["week 1/first & last.mp4"].streams, by_title["talk.m4a"].streams
    assert film_streams is not None
    assert sound_streams is not None
    assert (film_streams.duration, film_streams.video) == (5500, True)
    assert (sound_streams.duration, sound_streams.video) == (2500, False)
    media = by_title["talk.m4a"].media
    assert media is not None
    assert media.read(4000, 9000) == sound.read(4000, 9000)


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_a_folder_without_media_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    """Nothing to serve is said at once, with the folder named."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=name):
        World.from_folder(tmp_path / name)
