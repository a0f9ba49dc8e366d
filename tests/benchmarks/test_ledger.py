"""What may come to the target is what the source has, and nothing else."""

import hashlib

import pytest

from benchmarks.discard.ledger import Ledger, Void
from engine.integrity import composite_etag

ONE, TWO, WHOLE = (hashlib.md5(data).hexdigest() for data in (b"one", b"2", b"one2"))
ROWS = (("a.mp4", 1, 3, ONE), ("a.mp4", 2, 1, TWO), ("a.mp4", 0, 4, WHOLE))


def test_parts_are_answered_with_their_true_md5s() -> None:
    """In any order, and the object's ETag is the one that S3 gives."""
    ledger = Ledger(ROWS)
    upload = ledger.create("a.mp4")
    assert ledger.store_part(upload, "a.mp4", 2, 1) == TWO
    assert ledger.store_part(upload, "a.mp4", 1, 3) == ONE
    assert ledger.complete(upload, "a.mp4", [1, 2]) == composite_etag([ONE, TWO])
    assert ledger.objects["a.mp4"][0] == 4
    assert (ledger.parts, ledger.again) == (2, 0)


def test_an_object_in_one_put_is_answered_with_its_md5() -> None:
    """Its number is 0, and a second time counts as sent again."""
    ledger = Ledger(ROWS)
    assert ledger.store_object("a.mp4", 4) == WHOLE
    ledger.store_object("a.mp4", 4)
    assert ledger.again == 1


@pytest.mark.parametrize(("number", "length"), [(1, 2), (3, 3), (2, 3), (0, 3)])
def test_a_part_that_is_not_the_sources_is_void(number: int, length: int) -> None:
    """Another length or another number is nothing that the source has."""
    ledger = Ledger(ROWS)
    upload = ledger.create("a.mp4")
    with pytest.raises(Void, match="not the source's"):
        ledger.store_part(upload, "a.mp4", number, length)


def test_an_object_without_one_of_its_parts_is_void() -> None:
    """Neither with the parts that came nor with those that did not."""
    ledger = Ledger(ROWS)
    upload = ledger.create("a.mp4")
    ledger.store_part(upload, "a.mp4", 1, 3)
    for numbers in ([1], [1, 2], []):
        with pytest.raises(Void):
            ledger.complete(upload, "a.mp4", numbers)
    assert ledger.objects == {}


def test_an_upload_is_its_keys_and_ends() -> None:
    """A part for another key's upload, or for one that was given up, is void."""
    ledger = Ledger((*ROWS, ("b.mp4", 1, 3, ONE)))
    upload = ledger.create("a.mp4")
    with pytest.raises(Void, match="no upload of it"):
        ledger.store_part(upload, "b.mp4", 1, 3)
    ledger.abort(upload)
    with pytest.raises(Void, match="no upload of it"):
        ledger.store_part(upload, "a.mp4", 1, 3)


def test_a_table_that_could_mean_two_parts_is_refused() -> None:
    """One key, number and length have one MD5."""
    with pytest.raises(ValueError, match="two parts"):
        Ledger((*ROWS, ("a.mp4", 1, 3, TWO)))
