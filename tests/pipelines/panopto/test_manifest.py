"""What stands in a manifest, and what can be read back from a description."""

import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.panopto.manifest import (
    NAMESPACE,
    Manifest,
    Video,
    VideoType,
    describe,
    event_of,
    legal,
    title_of,
    write,
)

XML_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

anything = st.text(st.characters(exclude_categories=()), max_size=40)
titles = anything.filter(lambda text: XML_ILLEGAL.sub("", text).strip() != "")
dates = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
videos = st.builds(
    Video,
    file=st.from_regex(r"[a-z0-9][a-z0-9-]{0,11}\.mp4", fullmatch=True),
    crc32=st.none() | st.integers(0, 0xFFFFFFFF),
    type=st.sampled_from(VideoType),
    title=anything,
)
manifests = st.builds(
    Manifest, title=titles, description=anything, date=dates, videos=st.lists(videos, max_size=3).map(tuple)
)


def text_at(element: etree._Element, path: str) -> str:
    """The text of the child at a path, '' where it is empty."""
    found = element.find("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
    assert found is not None
    return found.text or ""


@pytest.mark.fault(36, 37)
@given(manifests)
def test_what_is_written_is_read_back(manifest: Manifest) -> None:
    """Title, description, instant and streams come back, minus what XML cannot hold."""
    root = etree.fromstring(write(manifest))
    assert text_at(root, "Title") == XML_ILLEGAL.sub("", manifest.title)
    assert text_at(root, "Description") == XML_ILLEGAL.sub("", manifest.description)
    assert datetime.fromisoformat(text_at(root, "Date")) == manifest.date.replace(microsecond=0)
    elements = root.findall(f"{{{NAMESPACE}}}Videos/{{{NAMESPACE}}}Video")
    assert len(elements) == len(manifest.videos)
    for element, video in zip(elements, manifest.videos, strict=True):
        assert text_at(element, "File") == video.file
        assert text_at(element, "Type") == video.type
        checksum = element[-2].get("Checksum")
        assert (None if checksum is None else int(checksum, 16)) == video.crc32
        assert checksum is None or len(checksum) == 8


@given(manifests)
def test_the_bytes_are_utf8_with_a_declaration(manifest: Manifest) -> None:
    """The declaration comes first and tells the truth."""
    written = write(manifest)
    assert re.match(rb"<\?xml version='1\.0' encoding='utf-8'\?>", written, re.IGNORECASE)
    written.decode("utf-8")


@pytest.fixture(scope="module", params=["2.0", "2.1"])
def schema(request: pytest.FixtureRequest) -> etree.XMLSchema:
    """A published schema, where the references are at hand."""
    reference = os.environ.get("FERRY_REFERENCE")
    if reference is None:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    path = Path(reference) / "panopto-ucs" / "schemas" / f"universal-capture-{request.param}.xsd"
    return etree.XMLSchema(etree.parse(path))


@pytest.mark.fault(37)
@given(manifest=manifests)
def test_every_manifest_validates(schema: etree.XMLSchema, manifest: Manifest) -> None:
    """Both published 2.x schemas take whatever is written."""
    schema.assertValid(etree.fromstring(write(manifest)))


def test_a_date_without_zone_is_refused() -> None:
    """Nobody guesses the zone of a date that cannot be corrected later."""
    with pytest.raises(ValueError, match="zone"):
        Manifest("t", "d", datetime(2024, 1, 1), ())  # noqa: DTZ001 - that is the point


def test_a_summer_morning_is_written_as_its_instant() -> None:
    """09:15 in Zurich's summer is 07:15 in UTC."""
    summer = timezone(timedelta(hours=2))
    written = write(Manifest("t", "d", datetime(2024, 7, 1, 9, 15, 0, 999_999, summer), ()))
    assert b"<Date>2024-07-01T07:15:00Z</Date>" in written


@pytest.mark.parametrize("title", ["", " \t ", "\x0b\x00"])
def test_a_blank_title_is_the_events_id(title: str) -> None:
    """What has no letter left has the id for a title, and a manifest takes no blank one."""
    assert title_of(title, "event-1") == "event-1"
    with pytest.raises(ValueError, match="title"):
        Manifest(title, "d", datetime(2024, 1, 1, tzinfo=UTC), ())


@pytest.mark.fault(36)
def test_hostile_titles_stay_what_they_are() -> None:
    """Markup, emoji and other scripts are text; only control characters go."""
    title = 'R&D <b>\x0b"quoted"</b> 講義 \U0001f600 \u202eשלום'
    assert title_of(title, "e") == title.replace("\x0b", "")


def test_a_description_in_full() -> None:
    """The event's words, an empty line, presenters, location, and the marker as the last line."""
    text = describe("First.\r\nSecond.\n", ["Ada Lovelace ", " ", "Emmy\nNoether"], "HG F 30", "e-1")
    assert text == (
        "First.\nSecond.\n\nPresenters: Ada Lovelace, Emmy Noether\nLocation: HG F 30\nOpencast: e-1"
    )


def test_a_description_without_anything_is_the_marker() -> None:
    """Blank presenters and locations have no line, and one presenter is not several."""
    assert describe("", [" "], "", "e-1") == "Opencast: e-1"
    assert describe(" ", ["Ada"], "", "e-1") == "Presenter: Ada\nOpencast: e-1"


@given(anything, st.lists(anything, max_size=3), anything)
def test_the_marker_is_always_found(words: str, presenters: list[str], location: str) -> None:
    """Whatever the words are, the last line carries the event's id."""
    text = describe(words, presenters, location, "ID-of/event 7")
    assert text.rpartition("\n")[2] == "Opencast: ID-of/event 7"
    assert event_of(text) == "ID-of/event 7"
    assert event_of(text + "\r\n") == "ID-of/event 7"
    assert legal(text) == text


@pytest.mark.fault(36)
@given(anything, anything.filter(bool))
def test_any_id_comes_back_from_its_marker(words: str, event_id: str) -> None:
    """Ids are what anybody chose: a session is known by its marker whatever it holds, and XML takes it."""
    text = describe(words, [], "", event_id)
    assert event_of(text) == event_of(f"{text}\r\n") == event_id
    assert legal(text) == text


def test_a_marker_in_the_words_is_not_the_marker() -> None:
    """A description that was copied from another session does not claim to be that event."""
    assert event_of(describe("Opencast: other", [], "", "mine")) == "mine"
    assert event_of("Opencast: other\nand more words") is None


@pytest.mark.parametrize("text", ["", "Opencast:", "Opencast: ", "see Opencast: e-1", "opencast: e-1"])
def test_what_is_no_marker_names_no_event(text: str) -> None:
    """A session that somebody else made belongs to no event."""
    assert event_of(text) is None
