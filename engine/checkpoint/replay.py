"""From the bytes of a file to what it says: a torn end is left out, a damaged middle is refused.

Only the last line may be bad, and only where nothing whole stands in it or follows it: that is what a
write cut short by a crash or a power loss looks like. Anything else would forget records that were
acknowledged, so it ends with the line named.
"""

import orjson

from engine.checkpoint.line import (
    FIRST_BYTES,
    FORMAT,
    LONGEST_LINE,
    VERSION,
    Entry,
    Header,
    body_of,
    holds_line,
    unframe,
)
from engine.checkpoint.live import Live, Place
from engine.errors import CheckpointDamaged, CheckpointForeign, FerryError

ADVICE = "restore it from a backup, or take it away; then `ferry reconcile` adds what it does not know"
"""What to do with a file that is refused."""

_LONGEST_TORN_START = 4096


class Replay:
    """The lines of one file, fed as chunks of bytes in order; `end` judges what is left over.

    After `end`: `header` (None where the file says nothing yet), `live`, `number` of the last line, `size` in
    bytes of all that stands, `cut` bytes after it that do not, and whether the last line has its `\\n`
    (`ended`).
    """

    def __init__(self, where: str) -> None:
        self.header: Header | None = None
        self.live = Live()
        self.number = 0
        self.size = 0
        self.cut = 0
        self.ended = True
        self._where = where
        self._lines = 0
        self._bad: bytes | None = None
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises CheckpointDamaged or CheckpointForeign."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            self._take(line)
        if len(self._rest) > LONGEST_LINE:
            raise self._refusal()

    def end(self) -> None:
        """Judge what follows the last whole line. Raises CheckpointDamaged or CheckpointForeign."""
        if self._bad is not None and self._rest.strip(b"\0"):
            raise self._refusal()
        tail = b"" if self._bad is None else self._bad + b"\n"
        tail += self._rest
        self._end_with(tail, tail.rstrip(b"\0"))

    def _end_with(self, tail: bytes, text: bytes) -> None:
        if self._bad is None and unframe(text) is not None:
            self._take(text)
            self.size -= 1
            self.ended = False
            self.cut = len(tail) - len(text)
            return
        if holds_line(text) or (self.header is None and not self._is_torn_start(tail, text)):
            raise self._refusal()
        self.cut = len(tail)

    @staticmethod
    def _is_torn_start(tail: bytes, text: bytes) -> bool:
        begins_as_ours = FIRST_BYTES.startswith(text[: len(FIRST_BYTES)])
        return begins_as_ours and b"\n" not in text and len(tail) <= _LONGEST_TORN_START

    def _take(self, line: bytes) -> None:
        body = body_of(line, self.number + 1)
        if body is None or self._bad is not None or self.header is None:
            self._take_unusual(line)
        else:
            self.live.add(self._entry(body), Place(self.size, len(line)))
            self._count(self.number + 1, len(line))

    def _take_unusual(self, line: bytes) -> None:
        """Take the header, the first line that is not whole, or refuse a line."""
        if self._bad is not None:
            raise self._refusal()
        framed = unframe(line)
        if framed is None:
            self._bad = line
            return
        number, body = framed
        if self.header is not None:
            raise self._damaged(f"has number {number} where {self.number + 1} should be")
        self.header = self._header(body)
        self._count(number, len(line))

    def _count(self, number: int, length: int) -> None:
        self.number = number
        self.size += length + 1
        self._lines += 1

    def _entry(self, body: bytes) -> Entry:
        try:
            line = orjson.loads(b"{%b}" % body)
            return Entry(line["s"], line.get("x", False), body)
        except (KeyError, ValueError) as error:
            raise self._damaged("is no record") from error

    def _header(self, body: bytes) -> Header:
        try:
            line = orjson.loads(b"{%b}" % body)
            header = Header(line["identity"], line["created"], line["format"], line["version"])
        except (KeyError, ValueError) as error:
            raise self._not_ours() from error
        if header.format != FORMAT:
            raise self._not_ours()
        if header.version != VERSION:
            raise self._other_version()
        return header

    def _refusal(self) -> FerryError:
        """Tell what the line after the last whole one is: damaged, or none of ours."""
        line = self._rest if self._bad is None else self._bad
        if self.header is not None:
            return self._damaged("cannot be trusted: it is not what was written")
        if line.startswith(b"\0"):
            what = "begins with zeros where its first line should be"
            return CheckpointForeign(what, where=self._where, advice=ADVICE)
        if FORMAT.encode() not in line:
            return self._not_ours()
        return (
            self._other_version()
            if _names_other_version(line)
            else self._damaged("is not the header that was written")
        )

    def _damaged(self, what: str) -> CheckpointDamaged:
        return CheckpointDamaged(f"line {self._lines + 1} {what}", where=self._where, advice=ADVICE)

    def _not_ours(self) -> CheckpointForeign:
        return CheckpointForeign("is no checkpoint", where=self._where, advice="name another file")

    def _other_version(self) -> CheckpointForeign:
        return CheckpointForeign(
            f"was written by another version (this one reads format {VERSION})",
            where=self._where,
            advice="go on with the version that began it",
        )


def _names_other_version(line: bytes) -> bool:
    try:
        header = orjson.loads(line)
    except ValueError:
        return False
    return isinstance(header, dict) and header.get("format") == FORMAT and header.get("version") != VERSION
