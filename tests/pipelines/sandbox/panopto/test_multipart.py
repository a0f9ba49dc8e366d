"""Which parts make a whole object."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.panopto.multipart import Part, chosen, composite_etag
from pipelines.sandbox.panopto.s3xml import AskedPart, S3Error, asked
from pipelines.sandbox.switches import Switches

SWITCHES = Switches(smallest_part=10, largest_part=100)


def part(number: int, size: int) -> Part:
    """A part whose bytes are its number."""
    return Part(Path(str(number)), size, hashlib.md5(bytes([number]), usedforsecurity=False).hexdigest())


@given(
    st.dictionaries(st.integers(1, 20), st.integers(0, 100), min_size=1),
    st.lists(st.integers(1, 20), min_size=1),
)
def test_an_object_is_whole_or_refused(sizes: dict[int, int], numbers: list[int]) -> None:
    """Accepted are exactly the ascending lists of parts that are there, all but the last of full size."""
    parts = {number: part(number, size) for number, size in sizes.items()}
    wanted = [AskedPart(number, f'"{part(number, 0).md5}"') for number in numbers]
    ascending = numbers == sorted(set(numbers))
    there = all(number in parts for number in numbers)
    good = ascending and there and all(sizes[number] >= 10 for number in numbers[:-1])
    if good:
        assert chosen(parts, wanted, SWITCHES) == [parts[number] for number in numbers]
    else:
        with pytest.raises(S3Error, match=r"InvalidPartOrder|InvalidPart|EntityTooSmall"):
            chosen(parts, wanted, SWITCHES)


def test_the_composite_etag_is_the_one_of_s3() -> None:
    """The MD5 of the parts' binary MD5s, and their number."""
    both = (
        hashlib.md5(b"\1", usedforsecurity=False).digest()
        + hashlib.md5(b"\2", usedforsecurity=False).digest()
    )
    expected = hashlib.md5(both, usedforsecurity=False).hexdigest()
    assert composite_etag([part(1, 0), part(2, 0)]) == f"{expected}-2"


def test_the_list_of_parts_is_read_with_and_without_namespace() -> None:
    """SDKs send S3's namespace, Panopto's own samples none; quotes around the ETag may be missing."""
    inside = "<Part><ETag>abc</ETag><PartNumber>7</PartNumber></Part>"
    for space in ("", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'):
        body = f"<CompleteMultipartUpload{space}>{inside}</CompleteMultipartUpload>"
        assert asked(body.encode()) == [AskedPart(7, "abc")]
