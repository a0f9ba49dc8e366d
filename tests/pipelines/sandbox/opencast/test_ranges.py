"""The static servlet's decisions, for any headers."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.opencast.ranges import entity_tag, reply

TAG = entity_tag("x.mp4", 1_600_000_000, 1000)
SPECS = st.text(alphabet="0123456789-, x=", max_size=12).map(lambda text: f"bytes={text}")


@given(asked=SPECS | st.text(max_size=20), size=st.integers(0, 1000))
def test_any_range_has_an_answer_within_the_file(asked: str, size: int) -> None:
    """Whatever is asked, the answer is 200 whole, 206 within the file, or 416 with neither body nor range."""
    answer = reply({"Range": asked}, size, TAG, 1_600_000_000, "video/mp4")
    assert answer.status in (200, 206, 416)
    if answer.status == 416:
        assert answer.stretches == ()
        assert "Content-Range" not in answer.headers
    if answer.status == 200:
        assert size == 0
        assert [(one.start, one.end) for one in answer.stretches] == [(0, size)]
    assert all(0 <= one.start < one.end <= size for one in answer.stretches if answer.status == 206)


@given(first=st.integers(0, 999), length=st.integers(1, 999), size=st.integers(1, 1000))
def test_a_range_is_cut_at_the_end(first: int, length: int, size: int) -> None:
    """A range that begins in the file ends where it was asked to, or where the file does."""
    answer = reply({"Range": f"bytes={first}-{first + length - 1}"}, size, TAG, 0, "video/mp4")
    if first >= size:
        assert answer.status == 416
    else:
        (stretch,) = answer.stretches
        assert (stretch.start, stretch.end) == (first, min(size, first + length))


def test_the_tag_is_of_name_time_and_length() -> None:
    """Any of the three changes the number; the bytes do not."""
    tags = {
        entity_tag("x.mp4", 1_600_000_000, 1000),
        entity_tag("y.mp4", 1_600_000_000, 1000),
        entity_tag("x.mp4", 1_600_000_001, 1000),
        entity_tag("x.mp4", 1_600_000_000, 1001),
    }
    assert len(tags) == 4
    assert all(tag.isdecimal() for tag in tags)


def test_if_range_takes_a_date_too() -> None:
    """A date not older than the file lets the range through; an older one does not."""
    for date, status in (
        ("Sun, 13 Sep 2020 12:26:40 GMT", 206),
        ("Sun, 13 Sep 2020 12:26:39 GMT", 200),
    ):
        headers = {"Range": "bytes=0-0", "If-Range": date}
        assert reply(headers, 1000, TAG, 1_600_000_000, "video/mp4").status == status
