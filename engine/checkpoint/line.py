"""The form of one line: a JSON object that starts with its number and ends with the CRC of all before it.

::

    {"n":7,"s":"event-1","k":"transfer.part","f":{"name":"presenter.mp4"},"c":"9a0b1c2d"}
    ╰──────────────────────────── the CRC-32 is of these bytes ──────────╯
           ╰───────────────────────────── the body ─────────────────────╯
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from engine.integrity import crc32
from engine.journal import Record

FORMAT = "lecture-ferry checkpoint"
VERSION = 1
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; what goes on without an end of line for longer was not written here."""

FIRST_BYTES = b'{"n":1,"format":"%b"' % FORMAT.encode()
"""How a file begins that has never been compacted."""

_SEAL_LENGTH = len(b',"c":"00000000"}')
_START = re.compile(rb'\{"n":')
_END = re.compile(rb',"c":"[0-9a-f]{8}"\}')


class Entry(NamedTuple):
    """A record ready to be written: its subject, whether it closes it, and its body."""

    subject: str
    closes: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: which format, for whom (names to strings, as the services' addresses), since when."""

    identity: Mapping[str, str]
    created: str
    format: str = field(default=FORMAT)
    version: int = VERSION

    @property
    def body(self) -> bytes:
        """Its bytes between number and CRC."""
        facts = {
            "format": self.format,
            "version": self.version,
            "identity": dict(self.identity),
            "created": self.created,
        }
        return orjson.dumps(facts)[1:-1]


def entry_of(record: Record) -> Entry:
    """Return a record as it is written; raises TypeError where its facts are no JSON."""
    line: dict[str, Any] = {"s": record.subject, "k": record.kind, "f": dict(record.facts)}
    if record.closes:
        line["x"] = True
    return Entry(record.subject, record.closes, orjson.dumps(line)[1:-1])


def record_of(body: bytes) -> Record:
    """Return the record of a body."""
    line = orjson.loads(b"{%b}" % body)
    return Record(line["s"], line["k"], line["f"], line.get("x", False))


def frame(number: int, body: bytes) -> bytes:
    """Return a whole line, its end included."""
    sealed = b'{"n":%d,%b' % (number, body)
    return b"%b%b\n" % (sealed, _seal(sealed))


def unframe(line: bytes) -> tuple[int, bytes] | None:
    """Return number and body of a line without its end, or None where it is not whole."""
    sealed = line[:-_SEAL_LENGTH]
    if not line.endswith(_seal(sealed)):
        return None
    head, comma, body = sealed.partition(b",")
    number = head.removeprefix(b'{"n":')
    return (int(number), body) if comma and number.isdigit() else None


def body_of(line: bytes, number: int) -> bytes | None:
    """Return the body of a line that is whole and has this number, or None: `unframe`, but quicker."""
    sealed = line[:-_SEAL_LENGTH]
    head = b'{"n":%d,' % number
    return sealed[len(head) :] if sealed.startswith(head) and line.endswith(_seal(sealed)) else None


def _seal(sealed: bytes) -> bytes:
    return b',"c":"%08x"}' % crc32(sealed)


def holds_line(data: bytes) -> bool:
    """Tell whether a whole line stands anywhere in these bytes, between whatever else."""
    starts = [match.start() for match in _START.finditer(data)]
    ends = [match.end() for match in _END.finditer(data)]
    return any(unframe(data[start:end]) for start in starts for end in ends if start < end)
