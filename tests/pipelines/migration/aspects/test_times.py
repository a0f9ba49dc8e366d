"""Times of MPEG-7 and SMIL become whole milliseconds, or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.refusals import BadTimes
from pipelines.migration.aspects.times import clip_time, media_duration, media_time


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("T00:00:01:41F1000", 1041),
        ("T00:00:02:82F1000", 2082),
        ("T00:00:10:410F1000", 10410),
        ("T00:00:00:0F25", 0),
        ("T01:07:35,0F25", 4055000),
        ("T00:00:01:12F25", 1480),
        ("T26:00:00", 93600000),
        ("T00:00:03:0F0", 3000),
        (" T0:0:5:1F3 ", 5333),
    ],
)
def test_points(text: str, milliseconds: int) -> None:
    """The fraction is an unpadded integer over its denominator, and may be left out."""
    assert media_time(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("PT04S818N1000F", 4818),
        ("PT02M24S554N1000F", 144554),
        ("PT01H30M", 5400000),
        ("PT0H22M25S", 1345000),
        ("P1DT1S", 86401000),
        ("P2D", 172800000),
        ("PT12N25F", 480),
    ],
)
def test_durations(text: str, milliseconds: int) -> None:
    """Each of the units may be missing."""
    assert media_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0ms", 0),
        ("217751ms", 217751),
        ("npt=1.5s", 1500),
        ("12.5", 12500),
        ("01:02:03.5", 3723500),
        ("2:03", 123000),
        ("1.5min", 90000),
        ("1h", 3600000),
    ],
)
def test_clips(text: str, milliseconds: int) -> None:
    """SMIL counts in a unit, in seconds where none is told, or as a clock does."""
    assert clip_time(text) == milliseconds


@pytest.mark.parametrize("read", [media_time, media_duration, clip_time])
@pytest.mark.parametrize(
    "text",
    ["", "T", "P", "PT", "T1", "T-1:00:00", "PT5N", "T00:00:01:5F0", "1e9s", "T0٣:00:00", "-5ms", "smpte=1"],
)
def test_what_is_no_time_is_refused(read: object, text: str) -> None:
    """One sentence has the text in it, cut to a length."""
    with pytest.raises(BadTimes, match="is no time"):
        read(text)  # type: ignore[operator]


@given(st.integers(0, 10**9), st.sampled_from([25, 1000]))
def test_points_and_durations_agree_with_what_opencast_writes(milliseconds: int, rate: int) -> None:
    """A time in Opencast's form, of whole frames at either rate, comes back."""
    frames = milliseconds % 1000 * rate // 1000
    seconds = milliseconds // 1000
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    expected = seconds * 1000 + frames * 1000 // rate
    assert media_time(f"T{hours:02d}:{minutes:02d}:{rest:02d}:{frames}F{rate}") == expected
    assert media_duration(f"PT{hours:02d}H{minutes:02d}M{rest:02d}S{frames}N{rate}F") == expected


@given(st.text() | st.from_regex(r"P?T?[0-9:HMSNFD.]*(ms|s)?"))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    """Nothing but BadTimes is raised, and no time is negative."""
    for read in (media_time, media_duration, clip_time):
        try:
            assert read(text) >= 0
        except BadTimes:
            continue
