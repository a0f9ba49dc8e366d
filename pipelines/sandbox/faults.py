"""Faults as data: which request of which operation goes wrong, and how.

A fault names an operation (``"panopto.upload_part"``: the service and the name of its route), a text that
"METHOD path?query" must contain, the number of the request that it strikes and an action. A script of faults
counts the requests and hands each fault out when its turn has come; who answers the request plays it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import orjson

ACTIONS: Mapping[str, str] = {
    # played before or around the operation, whatever it is
    "status": "answer with arguments status, headers, body and leave the operation undone",
    "delay": "wait arguments.seconds, then go on",
    "reset": "reset the connection before the operation is applied",
    "stall": "say nothing (for arguments.seconds, then reset; for ever without)",
    "lose_answer": "apply the operation, then reset the connection instead of answering",
    # bodies that Opencast's file server sends
    "short": "declare the whole length, send arguments.bytes of it and close",
    "short_no_length": "declare no length, send arguments.bytes and close as if that were all",
    "flip": "change one byte (at arguments.at), of what is sent or of what is stored",
    "trickle": "send arguments.bytes a second",
    "wrong_range": "answer 206 with another range than the one asked for",
    "ignore_range": "answer 200 with the whole file",
    "html": "answer 200 with a login page",
    "stall_body": "send arguments.bytes of the body, then nothing more",
    "change": "from this request on the file is another one of the same size, with validators of its own",
    # bodies that Panopto's S3 receives, and its answers
    "cut": "take arguments.bytes of the body, then reset",
    "stop_reading": "take arguments.bytes of the body, then read no more",
    "wrong_etag": "apply the operation and answer with another MD5 as its ETag",
    "opaque_etag": "apply the operation and answer with an ETag that is no MD5",
    "no_etag": "apply the operation and answer without an ETag",
    "empty": "apply the operation and answer 200 with an empty body",
    "error_in_200": "leave the operation undone and answer 200 with an <Error> body",
    # what Panopto's processing makes of an upload
    "state": "end in arguments.state with arguments.message",
    "alter": "make the session with other fields than the manifest's (arguments: name, start_time, ...)",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    `operation` is "service.route"; `match` must occur in "METHOD path?query"; `nth` (from 1) is the first of
    the matching requests that is struck, `times` how many in a row are (0: all from there on). With `every`
    the same comes again so many requests after `nth`, and again after that.
    """

    operation: str
    action: str
    match: str = ""
    nth: int = 1
    times: int = 1
    every: int = 0
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"No fault action is called {self.action!r}; there are {', '.join(ACTIONS)}.")
        if self.nth < 1 or self.times < 0 or self.every < 0:
            raise ValueError(f"The fault at {self.operation} needs nth >= 1, times >= 0 and every >= 0.")

    def strikes(self, number: int) -> bool:
        """Whether the matching request with this number, counted from 1, is struck."""
        after = number - self.nth
        if self.every and after > 0:
            after %= self.every
        return after >= 0 and (self.times == 0 or after < self.times)

    def number(self, name: str, default: float) -> float:
        """The argument of that name as a number."""
        return float(self.arguments.get(name, default))


def read(path: Path) -> tuple[Fault, ...]:
    """The faults in a JSON file: a list of objects with the fields of `Fault`.

    Raises ValueError with one sentence that names the file and the entry.
    """
    try:
        entries = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ValueError(f"The faults in {path} cannot be read: {error}.") from error
    if not isinstance(entries, list):
        raise ValueError(f"The faults in {path} are no list.")
    return tuple(_fault(path, number, entry) for number, entry in enumerate(entries, 1))


def _fault(path: Path, number: int, entry: object) -> Fault:
    known = {one.name for one in fields(Fault)}
    if not isinstance(entry, dict) or not {"operation", "action"} <= entry.keys() <= known:
        raise ValueError(
            f"Entry {number} of {path} must be an object with operation and action, and no field but "
            f"{', '.join(sorted(known))}."
        )
    try:
        return Fault(**entry)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Entry {number} of {path}: {error}") from error


@dataclass(slots=True)
class _Line:
    """One fault and how often its operation was asked for and struck."""

    fault: Fault
    seen: int = 0
    struck: int = 0


class FaultScript:
    """Faults in the order in which they are tried; each counts all requests that match it."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lines = [_Line(fault) for fault in faults]

    def check(self, operations: Iterable[str]) -> None:
        """Raise ValueError (one sentence) where a fault names an operation that no server has."""
        known = sorted(operations)
        for line in self._lines:
            if line.fault.operation not in known:
                raise ValueError(
                    f"No operation is called {line.fault.operation!r}; there are {', '.join(known)}."
                )

    def add(self, fault: Fault) -> None:
        """Try one more fault; it counts from now on."""
        self._lines.append(_Line(fault))

    def take(self, operation: str, subject: str) -> Fault | None:
        """The fault that strikes this request, if one does. `subject` is "METHOD path?query"."""
        taken: _Line | None = None
        for line in self._lines:
            if line.fault.operation != operation or line.fault.match not in subject:
                continue
            line.seen += 1
            if taken is None and line.fault.strikes(line.seen):
                taken = line
        if taken is None:
            return None
        taken.struck += 1
        return taken.fault

    def statistics(self) -> list[dict[str, Any]]:
        """For each fault how many requests matched it and how many it struck."""
        return [
            {
                "operation": line.fault.operation,
                "action": line.fault.action,
                "match": line.fault.match,
                "seen": line.seen,
                "struck": line.struck,
            }
            for line in self._lines
        ]
