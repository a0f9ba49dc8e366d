"""What the session of an event is meant to be: its words, and how long it is without its cuts."""

from dataclasses import replace

import pytest
from fakes.migration_site import lecture
from hypothesis import given
from hypothesis import strategies as st

from engine import TransferResult
from pipelines.config.template import FIELDS
from pipelines.migration.gather import Gathered
from pipelines.migration.meant import manifest_of, meant, shown_ms, told
from pipelines.panopto.manifest import Cut, Thumbnail
from pipelines.panopto.schema import InvalidManifest

FILES = (
    {"name": "presenter.mp4", "role": "Primary", "duration_ms": 9000},
    {"name": "presentation.mp4", "role": "Secondary", "duration_ms": 60_000},
    {"name": "board.mp4", "role": "Secondary", "duration_ms": None},
)
RESULTS = {
    file["name"]: TransferResult(100, 0xAB, '"etag"', parts=1, checked=0, level="crc") for file in FILES
}
spans = st.tuples(st.integers(0, 60), st.integers(1, 30))


def test_an_event_tells_every_field_of_a_template() -> None:
    """No more, and no fewer."""
    assert tuple(told(lecture("e"))) == FIELDS


def test_the_operators_words_are_in_the_manifest() -> None:
    """The template words the description; without one it is the default."""
    event = lecture("e", subjects=("maths", "logic"), series_title="S", presenters=("Ada",))
    assert manifest_of(event, FILES, RESULTS).description == "Presenters: Ada\nOpencast: e"
    worded = manifest_of(event, FILES, RESULTS, "{series}: {subjects}")
    assert worded.description == "S: maths, logic\nOpencast: e"


def test_a_session_is_as_long_as_its_longest_stream_without_cuts() -> None:
    """In seconds; cuts of one stream leave the others as long as they are."""
    manifest = manifest_of(lecture("e"), FILES, RESULTS)
    assert meant(manifest, FILES, RESULTS)["duration"] == 60.0
    cut = replace(manifest, cuts=(Cut(1000, 500), Cut(59_000, 5000)))
    assert meant(cut, FILES, RESULTS)["duration"] == 58.5
    of_one = replace(manifest, videos=tuple(replace(one, cuts=(Cut(0, 9000),)) for one in manifest.videos))
    assert meant(of_one, FILES, RESULTS)["duration"] == 60.0
    assert meant(cut, FILES[2:], RESULTS)["duration"] is None


@pytest.mark.fault(37)
def test_two_files_of_one_name_are_refused_before_anything_names_them() -> None:
    """Of such a manifest Panopto would tell state 5: its item ends with a sentence, and no call is made."""
    beside = Gathered(thumbnail=Thumbnail("Presenter.mp4", None))
    with pytest.raises(InvalidManifest, match="two files have one name"):
        manifest_of(lecture("e"), FILES, RESULTS, gathered=beside)


@pytest.mark.parametrize("cuts", [(), (Cut(100, 5),)])
def test_nothing_is_cut_beyond_the_end(cuts: tuple[Cut, ...]) -> None:
    """Such a cut takes nothing away."""
    assert shown_ms(100, cuts) == 100


@given(st.integers(0, 80), st.lists(spans, max_size=5))
def test_each_moment_is_cut_once(length: int, cut: list[tuple[int, int]]) -> None:
    """However cuts overlap: what is left is what is in none of them."""
    gone = {at for start, duration in cut for at in range(start, start + duration)}
    assert shown_ms(length, [Cut(*one) for one in cut]) == len(set(range(length)) - gone)
