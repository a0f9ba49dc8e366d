"""What holds of checksums, of ETags and of what is hashed."""

import hashlib
import zlib
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.integrity import (
    EtagRule,
    EtagStep,
    Spot,
    Verdict,
    checksum_text,
    combine,
    composite_etag,
    crc32,
    expected_etag,
    judge,
)
from engine.wire import PartReceipt

MD5 = hashlib.md5(b"lecture").hexdigest()
GUIDS = ["0" * 31 + str(digit) for digit in range(10)]


def receipt_of(number: int, data: bytes) -> PartReceipt:
    """Make the receipt that a relay would write for these bytes."""
    return PartReceipt(number, len(data), crc32(data), None, "etag")


@given(st.binary(), st.binary())
def test_crc_goes_on_from_where_it_was(first: bytes, second: bytes) -> None:
    """The CRC of a window after another is zlib's of both."""
    assert crc32(memoryview(second), crc32(bytearray(first))) == zlib.crc32(first + second)


@given(st.lists(st.binary(max_size=5000), max_size=20), st.randoms())
def test_parts_combine_to_the_whole_in_any_order_of_arrival(parts: list[bytes], chance: Random) -> None:
    """However a file is cut and whenever its parts settle, the combined CRC is the file's."""
    receipts = [receipt_of(number, data) for number, data in enumerate(parts, start=1)]
    chance.shuffle(receipts)
    assert combine(sorted(receipts, key=lambda one: one.number)) == zlib.crc32(b"".join(parts))


@pytest.mark.parametrize("numbers", [[2], [1, 3], [2, 1], [1, 1]])
def test_a_missing_part_is_not_combined_over(numbers: list[int]) -> None:
    """A CRC over a gap would look like any other, so there is none."""
    with pytest.raises(ValueError, match="should be"):
        combine([receipt_of(number, b"x") for number in numbers])


def test_a_checksum_is_eight_hex_digits() -> None:
    """Leading zeros stay, as the schema's pattern wants."""
    assert checksum_text(0xAB) == "000000ab"
    assert checksum_text(zlib.crc32(b"123456789")) == "cbf43926"


@pytest.mark.parametrize("etag", [MD5, f'"{MD5}"', f'W/"{MD5}"', f' "{MD5.upper()}" '])
def test_an_md5_is_known_in_every_dress(etag: str) -> None:
    """Quotes, a weak prefix and upper case do not matter."""
    assert judge(etag, MD5) is Verdict.SAME


@pytest.mark.parametrize(
    "etag", ["", '"abc"', f'"{MD5}-2"', f"X{MD5}X", '"123e4567-e89b-12d3-a456-426614174000"', "z" * 32]
)
def test_what_is_no_md5_says_nothing(etag: str) -> None:
    """Anything but 32 hex digits is opaque."""
    assert judge(etag, MD5) is Verdict.OPAQUE


@given(st.binary(), st.binary())
def test_other_bytes_are_never_the_same(sent: bytes, stored: bytes) -> None:
    """The verdict on an MD5 ETag follows the bytes."""
    digests = [hashlib.md5(data).hexdigest() for data in (stored, sent)]
    assert judge(f'"{digests[0]}"', digests[1]) is (Verdict.SAME if sent == stored else Verdict.DIFFERS)


def steps(*answers: tuple[int, str]) -> list[EtagStep]:
    """Feed (part, ETag) answers to a fresh rule and collect what it says."""
    rule, said = EtagRule(), []
    for part, etag in answers:
        rule, step = rule.after(part, etag, MD5)
        said.append(step)
    return said


def test_a_damaged_part_is_sent_again_and_then_counts() -> None:
    """One wrong ETag asks for the part again; the right one settles it."""
    assert steps((1, GUIDS[0]), (1, MD5)) == [EtagStep.RESEND, EtagStep.KEEP]


def test_the_same_wrong_etag_twice_stops() -> None:
    """A target that stores something else does so the same way each time."""
    assert steps((1, GUIDS[0]), (1, f'"{GUIDS[0]}"')) == [EtagStep.RESEND, EtagStep.STOP]


def test_two_different_wrong_etags_are_opaque() -> None:
    """A target that answers GUIDs is not damaged: the level falls."""
    assert steps((1, GUIDS[0]), (1, GUIDS[1])) == [EtagStep.RESEND, EtagStep.FALL_TO_CRC]


def test_wrong_etags_of_different_parts_do_not_mix() -> None:
    """Each part has its own history."""
    assert steps((1, GUIDS[0]), (2, GUIDS[0]), (3, GUIDS[1])) == [EtagStep.RESEND] * 3


def test_a_part_that_is_settled_takes_nothing_from_the_others() -> None:
    """What was wrong with another part is still known when one has arrived."""
    assert steps((1, GUIDS[0]), (2, MD5), (1, GUIDS[0])) == [EtagStep.RESEND, EtagStep.KEEP, EtagStep.STOP]


def test_a_target_that_has_answered_md5s_is_not_called_opaque() -> None:
    """Once an ETag was an MD5, two different wrong ones are damage: sent again, and never a lower level."""
    answers = [(1, MD5), (2, GUIDS[0]), (2, GUIDS[1]), (2, GUIDS[2]), (2, MD5)]
    expected = [EtagStep.KEEP, EtagStep.RESEND, EtagStep.RESEND, EtagStep.RESEND, EtagStep.KEEP]
    assert steps(*answers) == expected


def test_an_etag_of_another_shape_falls_at_once() -> None:
    """Sending the part again would not make an MD5 of it."""
    assert steps((1, '"etag-1"')) == [EtagStep.FALL_TO_CRC]


def test_an_etag_of_another_shape_is_damage_where_one_was_an_md5() -> None:
    """The target answers digests: the part is sent again."""
    assert steps((1, MD5), (2, '"etag-1"')) == [EtagStep.KEEP, EtagStep.RESEND]


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([*GUIDS[:3], MD5]))))
def test_a_wrong_etag_is_never_kept(answers: list[tuple[int, str]]) -> None:
    """No history makes a part count under a wrong ETag without the level falling or the part going again."""
    for (_, etag), step in zip(answers, steps(*answers), strict=True):
        assert (step is EtagStep.KEEP) == (etag == MD5)


def test_what_is_settled_leaves_no_trace() -> None:
    """The rule remembers only parts that are still wrong."""
    rule, _ = EtagRule().after(1, GUIDS[0], MD5)
    rule, _ = rule.after(1, MD5, MD5)
    assert rule.wrong == {}


def test_a_composite_etag_is_the_md5_of_md5s() -> None:
    """As S3 computes it, for two parts written out here by hand."""
    halves = [hashlib.md5(half) for half in (b"a" * 100, b"b" * 7)]
    whole = hashlib.md5(halves[0].digest() + halves[1].digest()).hexdigest()
    assert composite_etag(half.hexdigest() for half in halves) == f"{whole}-2"


def test_an_object_is_expected_under_the_md5s_of_its_parts() -> None:
    """However they are dressed; where one of them is no MD5, nothing can be expected."""
    parts = [PartReceipt(1, 9, 0, None, f'"{GUIDS[1]}"'), PartReceipt(2, 9, 0, None, MD5.upper())]
    assert expected_etag(parts) == composite_etag([GUIDS[1], MD5])
    assert expected_etag([*parts, PartReceipt(3, 9, 0, None, '"etag-3"')]) is None


def test_spot_hashes_the_first_part_whatever_it_has_spent() -> None:
    """The first part of several is always hashed, a lone part within the budget only."""
    spot = Spot()
    spot.spent(100.0, now=0.0)
    assert spot.wants(1, parts=2, now=0.0)
    assert not spot.wants(2, parts=2, now=0.0)
    assert not spot.wants(1, parts=1, now=0.0)


def test_spot_hashes_again_when_the_span_has_passed() -> None:
    """What was spent counts for ten seconds."""
    spot = Spot(share=0.2, span=10.0)
    assert spot.wants(5, parts=9, now=0.0)
    spot.spent(1.9, now=10.0)
    assert spot.wants(5, parts=9, now=10.0)
    spot.spent(0.1, now=11.0)
    assert not spot.wants(5, parts=9, now=19.9)
    assert spot.wants(5, parts=9, now=20.0)


def test_spot_has_a_fifth_of_a_core_over_ten_seconds() -> None:
    """That is what holds where nothing else is said."""
    spot = Spot()
    assert spot.wants(2, parts=2, now=0.0)
    spot.spent(0.25, now=0.0)
    assert not spot.wants(2, parts=2, now=0.0)
    spot.spent(5.0, now=0.0)
    assert spot.wants(2, parts=2, now=10.0)


def test_spot_forgets_each_cost_in_its_turn() -> None:
    """What was spent within the span counts on when something older is forgotten."""
    spot = Spot(share=0.2, span=10.0)
    assert spot.wants(2, parts=2, now=0.0)
    spot.spent(0.1, now=0.0)
    spot.spent(2.5, now=5.0)
    assert not spot.wants(2, parts=2, now=10.0)


def test_spot_spends_no_more_in_a_short_run() -> None:
    """A run that is younger than the span has its share of the seconds that have passed, one at the least."""
    spot = Spot(share=0.2, span=10.0)
    assert spot.wants(5, parts=9, now=100.0)
    spot.spent(0.3, now=100.5)
    assert not spot.wants(5, parts=9, now=101.4)
    assert spot.wants(5, parts=9, now=101.6)


@example([(1.0, 0.5), (3.0, 0.5), *[(1.0, 0.0)] * 2, (1.0, 0.5), (2.0, 0.25), (1.0, 0.5), (1.0, 0.5)])
@given(st.lists(st.tuples(st.floats(0.001, 3), st.floats(0, 0.5)), min_size=1, max_size=200))
def test_spot_keeps_to_its_share(parts: list[tuple[float, float]]) -> None:
    """In any ten seconds, and while the first ones pass, it costs its share and one part at most."""
    spot, now, spent = Spot(0.2, 10.0), 0.0, []
    for pause, cost in parts:
        now += pause
        if spot.wants(2, 100, now):
            spot.spent(cost, now)
            spent.append((now, cost))
            since = now - parts[0][0]
            assert since >= 10.0 or sum(cost for _, cost in spent) <= 0.2 * max(since, 1.0) + 0.5 + 1e-9
    for end, _ in spent:
        recent = [cost for when, cost in spent if end - 10.0 < when <= end]
        assert sum(recent) <= 2.0 + 0.5 + 1e-9
