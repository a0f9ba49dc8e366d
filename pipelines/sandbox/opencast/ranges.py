"""What Opencast's static file servlet answers to a GET, decided from its headers alone.

Every line of this was measured by running the real servlet (opencast/opencast 436e9532,
StaticResourceServlet.java) in Jetty: the ETag is an unquoted number and is compared byte for byte, a 416 has
no Content-Range, a range of an empty file is ignored.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime

BOUNDARY = "MATTERHORN_MIME_BOUNDARY"


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes [start, end) of a file of `size` bytes."""

    start: int
    end: int
    size: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start

    @property
    def content_range(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and headers of a reply, and the stretches of the file that follow."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    stretches: tuple[Stretch, ...] = ()


def entity_tag(name: str, modified: int, size: int) -> str:
    """The servlet's ETag: the CRC-32 of name, time of change and length, in decimals, unquoted."""
    return str(zlib.crc32(f"{name}{modified * 1000}{size}".encode()))


def reply(request: Mapping[str, str], size: int, tag: str, modified: int, mediatype: str) -> Reply:
    """The answer to a GET with those headers for a file of that size; `modified` in seconds since 1970."""
    standing = {"ETag": tag, "Last-Modified": formatdate(modified, usegmt=True), "Accept-Ranges": "bytes"}
    if request.get("If-None-Match") == tag:
        return Reply(304, standing)
    standing["Content-Type"] = mediatype
    whole = Stretch(0, size, size)
    asked = request.get("Range")
    if asked is None or size == 0 or not _still(request.get("If-Range"), tag, modified):
        return Reply(200, standing, (whole,))
    stretches = _parsed(asked, size)
    if not stretches:
        return Reply(416)
    if len(stretches) == 1:
        return Reply(206, standing | {"Content-Range": stretches[0].content_range}, stretches)
    standing["Content-Type"] = f"multipart/byteranges; boundary={BOUNDARY}"
    return Reply(206, standing, stretches)


def _still(condition: str | None, tag: str, modified: int) -> bool:
    """Whether If-Range lets the range through: a date not older than the file, or the raw tag."""
    if condition is None or condition == tag:
        return True
    try:
        return parsedate_to_datetime(condition).timestamp() >= modified
    except (ValueError, TypeError):
        return False


def _parsed(text: str, size: int) -> tuple[Stretch, ...]:
    """The stretches that a Range header asks for; none where one of them is wrong or begins past the end."""
    unit, equals, rest = text.partition("=")
    if unit.strip() != "bytes" or not equals:
        return ()
    found = [_one(part.strip(), size) for part in rest.split(",")]
    stretches = tuple(one for one in found if one)
    return stretches if len(stretches) == len(found) else ()


def _one(text: str, size: int) -> Stretch | None:
    first, dash, last = text.partition("-")
    if not dash or not (first or last) or not all(part.isdecimal() for part in (first, last) if part):
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return Stretch(start, end, size) if start < size and start < end else None


def multipart_head(stretch: Stretch, mediatype: str) -> bytes:
    """What stands before a stretch in a reply of several."""
    head = f"\r\n--{BOUNDARY}\r\nContent-Type: {mediatype}\r\nContent-Range: {stretch.content_range}\r\n\r\n"
    return head.encode()


MULTIPART_END = f"\r\n--{BOUNDARY}--\r\n".encode()
