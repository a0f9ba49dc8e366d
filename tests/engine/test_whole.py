"""The MD5 of a whole file: taken part by part, and judged together with a second reading."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from engine.integrity import crc32
from engine.whole import FileSum, Proof, proof
from engine.wire import PartReceipt

PARTS = [b"one", b"two", b"three", b"f"]
MD5 = hashlib.md5(b"".join(PARTS)).hexdigest()


def receipts(*parts: bytes) -> list[PartReceipt]:
    """Return the receipts of parts."""
    return [PartReceipt(number, len(one), crc32(one), None, "x") for number, one in enumerate(parts, 1)]


def flow(whole: FileSum, number: int, data: bytes, *, cut: bool = False) -> bool:
    """Let a part flow by, or half of it; tell whether it was summed."""
    part = whole.part(number)
    if part is None:
        return False
    if cut:
        part.update(memoryview(data[: len(data) // 2]))
        return True
    part.update(memoryview(data))
    part.flowed(crc32(data))
    return True


def test_parts_in_order_come_to_the_whole() -> None:
    """It is the MD5 of all bytes, and of no fewer."""
    whole = FileSum()
    for number, data in enumerate(PARTS, 1):
        assert whole.md5(receipts(*PARTS)) is None
        assert flow(whole, number, data)
    assert whole.md5(receipts(*PARTS)) == MD5


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=40))
def test_whatever_is_tried_it_is_right_or_not_told(tries: list[tuple[int, bool]]) -> None:
    """Parts that are cut, repeated or out of order never make another sum than that of the file."""
    whole = FileSum()
    for number, cut in tries:
        flow(whole, number, (*PARTS, b"beyond")[number - 1], cut=cut)
    assert whole.md5(receipts(*PARTS)) in {None, MD5}
    for number, data in enumerate(PARTS, 1):
        flow(whole, number, data)
    done = 5 in {number for number, cut in tries if not cut}
    assert whole.md5(receipts(*PARTS)) == MD5 or done


def test_a_part_that_was_another_one_when_it_was_sent_again() -> None:
    """What was summed is not what was sent, so nothing is told."""
    whole = FileSum()
    for number, data in enumerate(PARTS, 1):
        flow(whole, number, data)
    assert not flow(whole, 2, b"twX")
    assert whole.md5(receipts(b"one", b"twX", b"three", b"f")) is None


def test_what_a_second_reading_says() -> None:
    """Other bytes than were sent were damaged on the way; the same ones are right by the source's MD5."""
    assert proof("AB", 7, 7, "ab") is Proof.RIGHT
    assert proof("ab", 7, 7, "cd") is Proof.SOURCE_DIFFERS
    assert proof("ab", 7, 7, None) is Proof.SOURCE_DIFFERS
    assert proof("ab", 7, 8, "ab") is Proof.DAMAGED_ON_THE_WAY
    assert proof("ab", 7, 8, "cd") is Proof.DAMAGED_ON_THE_WAY
