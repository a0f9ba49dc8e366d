"""What holds of cutting a file into parts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Empty, TooLarge
from engine.parts import GIB, MIB, PANOPTO_PARTS, PREFERRED, S3_PARTS, PartLimits, cut, part_size

AT_EDGES = [1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 25_000_000, 10_000 * PREFERRED, 10_000 * PREFERRED + 1]

limits_of_any_kind = st.builds(
    lambda low, more, count: PartLimits(low, low + more, count),
    st.integers(1, 10 * MIB),
    st.integers(0, 5 * GIB),
    st.integers(1, 20_000),
)


@pytest.mark.fault(22)
@pytest.mark.parametrize("size", [*AT_EDGES, PANOPTO_PARTS.largest - 1, PANOPTO_PARTS.largest])
def test_panopto_limits_hold_at_every_edge(size: int) -> None:
    """Parts at Panopto have 5 MiB to 25 MB and are at most 10,000, whatever the size of the file."""
    chosen = part_size(size, PANOPTO_PARTS)
    assert 5_242_880 <= chosen <= 25_000_000
    assert len(cut(size, chosen)) <= 10_000


@pytest.mark.fault(22)
@given(limits=limits_of_any_kind, share=st.fractions(0, 1), preferred=st.integers(1, 6 * GIB))
def test_any_limits_hold(limits: PartLimits, share: Fraction, preferred: int) -> None:
    """Every file that can fit does fit, within the limits, whatever was preferred."""
    size = max(1, int(limits.largest * share))
    chosen = part_size(size, limits, preferred)
    assert limits.minimum <= chosen <= limits.maximum
    assert len(cut(size, chosen)) <= limits.count


def test_the_preferred_size_is_kept_while_it_suffices() -> None:
    """16 MiB parts up to 10,000 of them, and whole MiB above."""
    assert part_size(10_000 * PREFERRED, PANOPTO_PARTS) == PREFERRED
    assert part_size(10_000 * PREFERRED + 1, PANOPTO_PARTS) == 17 * MIB


def test_a_preferred_size_that_just_suffices_is_kept() -> None:
    """It is not rounded up to whole MiB."""
    assert part_size(10_000_000, PartLimits(1, 10 * MIB, 10), preferred=1_000_000) == 1_000_000


@pytest.mark.parametrize("limits", [(0, 5, 1), (-1, 5, 1), (6, 5, 1), (1, 5, 0)])
def test_limits_that_no_part_keeps_are_a_mistake(limits: tuple[int, int, int]) -> None:
    """No bytes at least, less at most than at least, or no parts at all."""
    with pytest.raises(ValueError, match=r"no part limits: .* bytes, "):
        PartLimits(*limits)


@pytest.mark.parametrize(("size", "chosen"), [(0, 4), (4, 0), (0, 0)])
def test_nothing_is_not_cut(size: int, chosen: int) -> None:
    """Neither no bytes, nor into parts of none."""
    with pytest.raises(ValueError, match=f"no cut: {size} bytes into parts of {chosen}"):
        cut(size, chosen)


def test_the_largest_parts_need_not_be_whole_mib() -> None:
    """Where 23 MiB are too few and 24 too many for Panopto, parts have its 25,000,000 bytes."""
    assert part_size(10_000 * 23 * MIB + 1, PANOPTO_PARTS) == 25_000_000


def test_a_preference_outside_the_limits_is_brought_inside() -> None:
    """A wish below the least or above the most becomes the least or the most."""
    assert part_size(GIB, PANOPTO_PARTS, preferred=1) == PANOPTO_PARTS.minimum
    assert part_size(GIB, PANOPTO_PARTS, preferred=GIB) == PANOPTO_PARTS.maximum


@pytest.mark.fault(22)
def test_too_large_shows_the_sum() -> None:
    """The refusal tells the size, the part it would need, and what fits."""
    with pytest.raises(TooLarge) as refusal:
        part_size(300 * GIB, PANOPTO_PARTS)
    text = str(refusal.value)
    assert "300.0 GiB" in text
    assert "parts of 32,212,255 bytes" in text
    assert "10,000 parts of 25,000,000 bytes = 232.8 GiB" in text
    assert text.endswith("; encode it smaller at the source")


def test_s3_holds_what_panopto_cannot() -> None:
    """300 GiB fit S3's own limits."""
    assert part_size(300 * GIB, S3_PARTS) == 31 * MIB


@pytest.mark.fault(22)
def test_no_bytes_are_refused() -> None:
    """An empty file has no parts."""
    with pytest.raises(Empty) as refusal:
        part_size(0, PANOPTO_PARTS)
    assert str(refusal.value) == "the source has no bytes; nothing was sent"


@pytest.mark.parametrize("size", [-1, -(10**9)])
def test_an_unknown_size_is_a_mistake_of_the_caller(size: int) -> None:
    """Opencast's -1 must never get here."""
    with pytest.raises(ValueError, match="no size"):
        part_size(size, PANOPTO_PARTS)


@given(size=st.integers(1, 10**12), chosen=st.integers(1, 10**10))
def test_parts_meet_without_gap_and_overlap(size: int, chosen: int) -> None:
    """Neighbouring parts touch, the first starts at 0 and the last ends with the file."""
    parts = cut(size, chosen)
    first, last = parts[0], parts[-1]
    assert (first.number, first.span.start) == (1, 0)
    assert (last.number, last.span.stop) == (len(parts), size)
    middle = max(1, len(parts) // 2)
    if middle < len(parts):
        assert parts.part(middle).span.stop == parts.part(middle + 1).span.start
        assert parts.part(middle).span.length == chosen


def test_a_cut_reads_as_a_sequence() -> None:
    """Iterating, slicing and asking by number tell the same parts."""
    parts = cut(10, 4)
    assert [part.number for part in parts] == [1, 2, 3]
    assert list(parts[1:]) == [parts.part(2), parts.part(3)]
    assert parts.part(3).span.length == 2


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_part_beyond_the_file_is_no_part(number: int) -> None:
    """Numbers run from 1 to the last."""
    with pytest.raises(IndexError, match=rf"no part {number} of 3"):
        cut(10, 4).part(number)
