"""What is compared with a target's ETags, at each level, and what follows."""

import hashlib

import pytest

from engine.checks import Checks
from engine.errors import PartDiffers, TargetDiffers
from engine.integrity import Level, Spot
from engine.progress import LevelFell
from engine.wire import PartReceipt

MD5 = hashlib.md5(b"part").hexdigest()
OTHER = hashlib.md5(b"other").hexdigest()


def receipt(number: int = 1, etag: str = MD5, md5: str | None = MD5) -> PartReceipt:
    """Return the receipt of a part."""
    return PartReceipt(number, 4, 1, md5, etag)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [(Level.CRC, [False, False]), (Level.SPOT, [True, False]), (Level.ETAG, [True, True])],
)
def test_which_parts_are_hashed(level: Level, wanted: list[bool]) -> None:
    """None, the first one where no budget is left, all."""
    checks = Checks(level, Spot(share=0.0))
    assert [checks.wants(number, 5) for number in (1, 2)] == wanted


def test_a_budget_that_is_spent_comes_back() -> None:
    """At level spot hashing pauses until ten seconds have gone by."""
    now = [0.0]
    checks = Checks(Level.SPOT, Spot(share=0.2, span=10.0), clock=lambda: now[0])
    assert checks.wants(2, 5)
    checks.spent(3.0)
    assert not checks.wants(2, 5)
    assert checks.wants(1, 5)
    now[0] = 10.0
    assert checks.wants(2, 5)


@pytest.mark.parametrize("etag", [MD5, f'"{MD5}"', MD5.upper(), f'W/"{MD5}"'])
def test_a_receipt_that_agrees_keeps_its_digest(etag: str) -> None:
    """However the ETag is written."""
    assert Checks(Level.ETAG).judge("a", receipt(etag=etag), "host").md5 == MD5


@pytest.mark.parametrize(("level", "md5"), [(Level.CRC, MD5), (Level.ETAG, None)])
def test_what_was_not_compared_has_no_digest(level: Level, md5: str | None) -> None:
    """A receipt tells of no check that nobody made, and no ETag is judged."""
    assert Checks(level).judge("a", receipt(etag=OTHER, md5=md5), "host").md5 is None


def test_the_same_wrong_etag_twice_stops() -> None:
    """Once is damage, twice the same is a target that stores something else."""
    checks = Checks(Level.ETAG)
    with pytest.raises(PartDiffers):
        checks.judge("a", receipt(etag=OTHER), "host")
    with pytest.raises(TargetDiffers):
        checks.judge("a", receipt(etag=f'"{OTHER}"'), "host")


def test_the_same_wrong_etag_of_two_parts_is_twice_damage() -> None:
    """Parts of the same number of two files are not mixed up."""
    checks = Checks(Level.ETAG)
    for part in (("a", 1), ("b", 1)):
        with pytest.raises(PartDiffers):
            checks.judge(part, receipt(etag=OTHER), "host")


def test_two_different_wrong_etags_fall_to_crc_once() -> None:
    """From there on nothing is hashed or judged, and nobody is told again."""
    told: list[object] = []
    checks = Checks(Level.ETAG, observer=told.append)
    with pytest.raises(PartDiffers):
        checks.judge("a", receipt(etag=OTHER), "host")
    third = hashlib.md5(b"third").hexdigest()
    assert checks.judge("a", receipt(etag=third), "host").md5 is None
    assert checks.judge("b", receipt(etag="opaque"), "host").md5 is None
    assert told == [LevelFell("host", "crc")]
    assert not checks.wants(1, 5)


def test_where_etags_have_been_digests_a_second_wrong_one_is_damage_again() -> None:
    """The level does not fall at a target whose ETags were proven."""
    checks = Checks(Level.ETAG)
    checks.judge("z", receipt(), "host")
    for wrong in (b"1", b"2", b"3"):
        with pytest.raises(PartDiffers):
            checks.judge("a", receipt(etag=hashlib.md5(wrong).hexdigest()), "host")
    assert checks.judge("a", receipt(), "host").md5 == MD5
    assert checks.level is Level.ETAG
