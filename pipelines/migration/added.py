"""Streams added to sessions that exist: the records kept of them, and the state they fold to.

They lie under a subject of their own, beside the item's: an item that is done keeps one record only. The
intent is durable before a call that is not idempotent, and its answer after it. A stream that starts anew
gets a new generation, so that files of the old upload are not taken for files of the new one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import Record
from pipelines.items import STREAMS, AspectOutcome

OPEN = "stream.open"
OPENED = "stream.opened"
SUBMIT = "stream.submit"
SUBMITTED = "stream.submitted"
ANEW = "stream.anew"
ENDED = "stream.ended"


@dataclass(frozen=True, slots=True)
class AddedStream:
    """What the checkpoint says of one stream, by its file's name.

    `upload` has id, session_id, type and target (a secret) once a stream upload is open. `submitting` without
    `submitted`: ask before telling again. `ended` has outcome, reason, why, bytes and crc32.
    """

    generation: int = 1
    upload: Mapping[str, Any] | None = field(default=None, repr=False)
    submitting: bool = False
    submitted: bool = False
    ended: Mapping[str, Any] | None = None

    @property
    def done(self) -> bool:
        """Whether it is part of its session."""
        return self.ended is not None and self.ended["outcome"] == AspectOutcome.CARRIED

    def after(self, record: Record) -> "AddedStream":
        """Return the state with one more record in it; a kind it does not know changes nothing."""
        match record.kind:
            case "stream.opened":
                return AddedStream(self.generation, record.facts)
            case "stream.submit":
                return replace(self, submitting=True)
            case "stream.submitted":
                return replace(self, submitted=True)
            case "stream.anew":
                return AddedStream(self.generation + 1)
            case "stream.ended":
                return replace(self, ended=record.facts)
            case _:
                return self


def subject(event_id: str) -> str:
    """Return under what the checkpoint keeps the streams added to an event's session."""
    return STREAMS + event_id


def fold(records: Iterable[Record], name: str) -> AddedStream:
    """Return the state of the stream `name` from its subject's records, oldest first."""
    state = AddedStream()
    for record in records:
        if record.facts.get("stream") == name:
            state = state.after(record)
    return state


def open_(event_id: str, name: str, session_id: str, kind: str) -> Record:
    """Say that a stream upload is about to be made."""
    return Record(subject(event_id), OPEN, {"stream": name, "session_id": session_id, "type": kind})


def opened(event_id: str, name: str, *, upload_id: str, session_id: str, kind: str, target: str) -> Record:
    """Keep the stream upload: its id, its session and its target (a secret)."""
    facts = {"stream": name, "id": upload_id, "session_id": session_id, "type": kind, "target": target}
    return Record(subject(event_id), OPENED, facts)


def submit(event_id: str, name: str) -> Record:
    """Say that Panopto is about to be told that the file is there: from here on the session may have it."""
    return Record(subject(event_id), SUBMIT, {"stream": name})


def submitted(event_id: str, name: str) -> Record:
    """Keep that Panopto has taken it."""
    return Record(subject(event_id), SUBMITTED, {"stream": name})


def anew(event_id: str, name: str, reason: str) -> Record:
    """Give the stream upload up; the stream begins anew with another one."""
    return Record(subject(event_id), ANEW, {"stream": name, "reason": reason})


def ended(event_id: str, name: str, outcome: AspectOutcome, **facts: Any) -> Record:
    """Keep how it ended."""
    return Record(subject(event_id), ENDED, {"stream": name, "outcome": outcome.value, **facts})
