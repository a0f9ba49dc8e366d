"""The journal as a port, the records that a transfer writes to it, and the state that they fold to.

Intent is durable before a call that is not idempotent, and the answer before the next step. The engine
never learns what is behind the port: a file (`engine.checkpoint`), memory in tests, or another process.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from engine.model import Validator
from engine.wire import PartReceipt


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal: something that is so, about a subject.

    `facts` hold JSON values only, and some are secrets: an upload's target. A record that `closes` replaces
    all earlier ones of its subject: it must hold by itself whatever is still to be known of it.
    """

    subject: str
    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    closes: bool = False


class Journal(Protocol):
    """Where records go, and where they are read from when a run goes on."""

    async def append(self, record: Record) -> None:
        """Return when the record is durable. Raises LocalResource where it cannot be made so.

        A caller that is cancelled meanwhile leaves its record.
        """
        ...

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first."""
        ...


PROBED = "transfer.probed"
CREATE = "transfer.create"
CREATED = "transfer.created"
PART = "transfer.part"
COMPLETE = "transfer.complete"
COMPLETED = "transfer.completed"
ABANDONED = "transfer.abandoned"
ABORTED = "transfer.aborted"


@dataclass(frozen=True, slots=True)
class TransferState:
    """What the journal says of one transfer.

    `create_intended` without `upload`: a Create may have been answered to nobody. `complete_intended`
    without `completed`: the object may be whole; `md5` is then that of the whole file, where it was compared
    with the source's own. `orphans` are uploads given up and not known to be aborted.
    """

    validator: Validator | None = None
    part_size: int = 0
    create_intended: bool = False
    upload: str | None = None
    parts: Mapping[int, PartReceipt] = field(default_factory=dict)
    complete_intended: bool = False
    md5: str | None = None
    completed: Mapping[str, Any] | None = None
    orphans: tuple[str, ...] = ()

    def after(self, record: Record) -> "TransferState":
        """Return the state with one more record in it, parts left out; an unknown kind changes nothing."""
        facts = record.facts
        match record.kind:
            case "transfer.probed":
                validator = Validator(facts["size"], facts.get("etag"), facts.get("last_modified"))
                return TransferState(validator, facts["part_size"], orphans=self._given_up)
            case "transfer.create":
                return replace(self, create_intended=True)
            case "transfer.created":
                known = facts["upload"] == self.upload
                return replace(
                    self, upload=facts["upload"], orphans=self.orphans if known else self._given_up
                )
            case "transfer.complete":
                return replace(self, complete_intended=True, md5=facts.get("md5"))
            case "transfer.completed":
                return replace(self, completed=facts)
            case "transfer.abandoned":
                return TransferState(self.validator, self.part_size, orphans=self._given_up)
            case "transfer.aborted":
                return replace(self, orphans=tuple(one for one in self.orphans if one != facts["upload"]))
            case _:
                return self

    @property
    def _given_up(self) -> tuple[str, ...]:
        """The orphans, when the upload that is open has become one too."""
        return (*self.orphans, self.upload) if self.upload else self.orphans


def fold(records: Iterable[Record], name: str) -> TransferState:
    """Return the state of the transfer `name` from its subject's records, oldest first."""
    state = TransferState()
    parts: dict[int, PartReceipt] = {}
    for record in records:
        if record.facts.get("name") != name:
            continue
        if record.kind == PART:
            parts[record.facts["number"]] = receipt(record.facts)
            continue
        before, state = state.upload, state.after(record)
        if state.upload is None or state.upload != before:
            parts.clear()
    return replace(state, parts=parts)


def probed(subject: str, name: str, validator: Validator, part_size: int) -> Record:
    """Say what the source was when the transfer began, and the size of its parts: both hold from the first
    part that has arrived on."""
    facts = {
        "name": name,
        "size": validator.size,
        "etag": validator.etag,
        "last_modified": validator.last_modified,
        "part_size": part_size,
    }
    return Record(subject, PROBED, facts)


def create(subject: str, name: str) -> Record:
    """Say that a multipart upload is about to be created."""
    return Record(subject, CREATE, {"name": name})


def created(subject: str, name: str, upload: str) -> Record:
    """Keep the target's id of the multipart upload."""
    return Record(subject, CREATED, {"name": name, "upload": upload})


def part(subject: str, name: str, one: PartReceipt) -> Record:
    """Keep the receipt of a part."""
    facts = {
        "name": name,
        "number": one.number,
        "bytes": one.bytes,
        "crc32": one.crc32,
        "md5": one.md5,
        "etag": one.etag,
    }
    return Record(subject, PART, facts)


def receipt(facts: Mapping[str, Any]) -> PartReceipt:
    """Read the receipt of a part back."""
    return PartReceipt(facts["number"], facts["bytes"], facts["crc32"], facts["md5"], facts["etag"])


def complete(subject: str, name: str, md5: str | None = None) -> Record:
    """Say that the upload is about to be completed: from here on the object may exist.

    `md5` is that of the whole file, where it was compared with the source's own.
    """
    return Record(subject, COMPLETE, {"name": name} if md5 is None else {"name": name, "md5": md5})


def completed(subject: str, name: str, facts: Mapping[str, Any]) -> Record:
    """Keep what the target holds now: size, crc32, etag, parts, checked, level, md5."""
    return Record(subject, COMPLETED, {"name": name, **facts})


def abandoned(subject: str, name: str, reason: str) -> Record:
    """Give the multipart upload up; its parts count no more, and the file starts anew."""
    return Record(subject, ABANDONED, {"name": name, "reason": reason})


def aborted(subject: str, name: str, upload: str) -> Record:
    """Keep that a multipart upload which was given up is gone from the target."""
    return Record(subject, ABORTED, {"name": name, "upload": upload})
