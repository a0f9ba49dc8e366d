"""What Panopto's S3 knows of its multipart uploads, and which parts make a whole object.

Rules of S3, with the part sizes that Panopto takes (upload-python-sample panopto_uploader.py, PART_SIZE).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pipelines.sandbox.panopto.s3xml import AskedPart, S3Error
from pipelines.sandbox.switches import Switches


@dataclass(frozen=True, slots=True)
class Part:
    """A part that arrived whole: its file, size and the MD5 of the bytes received.

    `opaque` is the ETag that it was answered with where a fault made one that is no MD5.
    """

    path: Path
    size: int
    md5: str
    opaque: str | None = None


@dataclass(slots=True)
class MultipartUpload:
    """An open multipart upload; a part sent again replaces the one of its number."""

    id: str
    target: str
    key: str
    parts: dict[int, Part] = field(default_factory=dict)


class OpenUploads:
    """The multipart uploads that are neither completed nor aborted."""

    def __init__(self) -> None:
        self._open: dict[str, MultipartUpload] = {}

    def __iter__(self) -> Iterator[MultipartUpload]:
        return iter(self._open.values())

    def add(self, upload: MultipartUpload) -> None:
        """Open one."""
        self._open[upload.id] = upload

    def find(self, target: str, key: str, upload_id: str | None) -> MultipartUpload:
        """The open upload of that id and key; without an id the key's latest one.

        The second is the dialect of Panopto/UploadAPISamples, which never sends an uploadId with a part.
        Raises S3Error (NoSuchUpload).
        """
        if upload_id is None:
            mine = [one for one in self._open.values() if (one.target, one.key) == (target, key)]
            found = mine[-1] if mine else None
        else:
            found = self._open.get(upload_id)
        if found is None or (found.target, found.key) != (target, key):
            raise S3Error("NoSuchUpload", "The specified upload does not exist.")
        return found

    def close(self, upload: MultipartUpload) -> None:
        """Completed or aborted: its id is not known any more."""
        self._open.pop(upload.id, None)

    def forget(self, target: str) -> list[Path]:
        """Close all of one target; returns the files of their parts."""
        mine = [one for one in self._open.values() if one.target == target]
        for one in mine:
            self.close(one)
        return [part.path for one in mine for part in one.parts.values()]

    def has(self, upload: MultipartUpload) -> bool:
        """Whether it is still open."""
        return upload.id in self._open


def part_number(text: str, switches: Switches) -> int:
    """A part number as the query gives it. Raises S3Error (InvalidArgument)."""
    if not text.isdecimal() or not 1 <= int(text) <= switches.largest_part_number:
        limit = switches.largest_part_number
        raise S3Error("InvalidArgument", f"Part number must be an integer between 1 and {limit}, inclusive.")
    return int(text)


def chosen(parts: Mapping[int, Part], asked: Sequence[AskedPart], switches: Switches) -> list[Part]:
    """The parts of a whole object in their order.

    Raises S3Error: InvalidPartOrder, InvalidPart (never sent, or another ETag), EntityTooSmall (all but the
    last must have the smallest size).
    """
    numbers = [one.number for one in asked]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise S3Error("InvalidPartOrder", "The list of parts was not in ascending order.")
    found = []
    for one in asked:
        part = parts.get(one.number)
        if part is None or (part.opaque or part.md5) != one.etag.strip('"').lower():
            raise S3Error("InvalidPart", f"Part {one.number} could not be found, or its ETag does not match.")
        found.append(part)
    if any(part.size < switches.smallest_part for part in found[:-1]):
        raise S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size.")
    return found


def composite_etag(parts: Sequence[Part]) -> str:
    """S3's ETag of an object made of parts: the MD5 of their MD5s, a dash, and their number."""
    digest = hashlib.md5(b"".join(bytes.fromhex(part.md5) for part in parts), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(parts)}"
