"""The records of an item in words, in their order: what was asked, what was answered, and what was found.

Records carry no times. Parts that no other record stands between are told as one line a file.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from engine import Record
from pipelines.report.aspects import aspect_lines

Facts = Mapping[str, Any]

INTENT, ANSWER, NOTE = "intent", "answer", "note"

PART = "transfer.part"

ROLES: Mapping[str, str] = {
    "transfer.create": INTENT,
    "transfer.created": ANSWER,
    PART: ANSWER,
    "transfer.complete": INTENT,
    "transfer.completed": ANSWER,
    "transfer.aborted": ANSWER,
    "item.upload": INTENT,
    "item.uploading": ANSWER,
    "item.submit": INTENT,
    "item.submitted": ANSWER,
    "item.aspect": INTENT,
    "item.aspects": ANSWER,
    "item.patch": INTENT,
    "item.carried": ANSWER,
    "item.delete": INTENT,
    "item.deleted": ANSWER,
    "source.mark": INTENT,
    "source.marked": ANSWER,
    "source.unmark": INTENT,
    "source.unmarked": ANSWER,
    "source.retract": INTENT,
    "source.retracted": ANSWER,
}
"""What a kind of record is, where it is no mere note: an intent before a call, or the answer to one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record in words, or several parts of one file; `order` counts records from 1."""

    order: int
    kind: str
    role: str
    words: str
    records: int = 1


def steps(records: Sequence[Record]) -> list[Step]:
    """Return the records of a subject as steps, oldest first; none of them holds an upload's target."""
    told: list[Step] = []
    for parts, group in groupby(enumerate(records, 1), lambda one: one[1].kind == PART):
        if parts:
            told += _parts(group)
        else:
            told += (Step(order, one.kind, ROLES.get(one.kind, NOTE), words(one)) for order, one in group)
    return told


def starts(records: Sequence[Record]) -> list[str]:
    """Return why an item was begun anew, each time, as far as it is on record."""
    return [str(record.facts.get("reason") or "") for record in records if record.kind == "item.anew"]


def _parts(numbered: Iterable[tuple[int, Record]]) -> Iterator[Step]:
    """Tell parts that no other record stands between, those of each file as one."""
    by_file: dict[str, list[tuple[int, Facts]]] = defaultdict(list)
    for order, record in numbered:
        by_file[record.facts["name"]].append((order, record.facts))
    for name, found in by_file.items():
        count = sum(facts["bytes"] for _, facts in found)
        which = f"part {found[0][1]['number']}" if len(found) == 1 else f"{len(found)} parts"
        told = f"{file_of(name)}: {which} arrived, {count} bytes"
        yield Step(found[0][0], PART, ANSWER, told, len(found))


def file_of(name: str) -> str:
    """Return the file's own name from that of its transfer, which begins with its start."""
    return name.partition("/")[2] or name


def words(record: Record) -> str:
    """Return what a record means. Of a kind that is not known its name is all that is told."""
    facts = record.facts
    if record.kind.startswith("transfer."):
        return f"{file_of(str(facts.get('name') or ''))}: {_of_transfer(record.kind, facts)}"
    if record.kind.startswith("source."):
        return _of_source(record.kind, facts)
    return _until_submitted(record.kind, facts) or _from_session(record.kind, facts) or record.kind


def _of_transfer(kind: str, facts: Facts) -> str:
    match kind:
        case "transfer.probed":
            return f"measured at the source, {facts['size']} bytes in parts of {facts['part_size']}"
        case "transfer.create":
            return "about to open a multipart upload"
        case "transfer.created":
            return "a multipart upload is open"
        case "transfer.complete":
            return "about to be put together"
        case "transfer.completed":
            return ", ".join(("whole at the target", *_measures(facts)))
        case "transfer.abandoned":
            return f"its multipart upload was given up ({facts.get('reason')}): it starts anew"
        case "transfer.aborted":
            return "the multipart upload that was given up is gone from the target"
        case _:
            return kind


def _measures(facts: Facts) -> Iterator[str]:
    if facts.get("size") is not None:
        yield f"{facts['size']} bytes"
    if facts.get("parts") is not None:
        yield f"{facts.get('checked') or 0} of {facts['parts']} parts compared"
    if facts.get("level"):
        yield f"level {facts['level']}"


def _until_submitted(kind: str, facts: Facts) -> str:
    match kind:
        case "item.planned":
            where = facts.get("folder_id") or "/".join(facts.get("path") or ())
            return f"planned: to folder {where}, series {facts.get('series') or 'none'}"
        case "item.upload":
            return f"about to open a session upload in folder {facts.get('folder_id')}"
        case "item.uploading":
            return f"session upload {facts.get('id')} is open, for {_named(facts)}"
        case "item.submit":
            return "about to tell Panopto that all of it is there: from here on a session may exist"
        case "item.submitted":
            return "Panopto has taken it"
        case "item.anew":
            stays = f"session {facts['session_id']} stays" if facts.get("session_id") else ""
            before = stays or "the session upload was given up"
            return f"{before} ({facts.get('reason')}): it begins anew with another"
        case "item.delete":
            return f"about to delete its session {facts.get('session_id')}, which failed or is rolled back"
        case "item.deleted":
            return f"its session {facts.get('session_id')} is deleted"
        case _:
            return ""


def _from_session(kind: str, facts: Facts) -> str:
    match kind:
        case "item.session":
            return f"its session is {facts.get('session_id')}"
        case "item.right":
            return f"session {facts.get('session_id')} is what was meant: nothing is sent any more"
        case "item.found":
            return f"found at Panopto, not on record before: {', '.join(facts.get('session_ids') or ())}"
        case "item.aspect":
            return f"about to be given {facts.get('aspect')}"
        case "item.aspects":
            return ", ".join(map(str, aspect_lines(facts.get("aspects") or {})))
        case "item.patch":
            return f"about to change lecture item {facts.get('lecture_item')}"
        case "item.carried":
            return f"lecture item {facts.get('lecture_item')} was read back as it should be"
        case "item.ended":
            return _end(facts)
        case _:
            return ""


def _of_source(kind: str, facts: Facts) -> str:
    match kind:
        case "source.mark":
            return f"about to be marked at Opencast by {_mark(facts)}"
        case "source.marked":
            return f"marked at Opencast by {_mark(facts['mark'])}"
        case "source.unmark":
            return f"about to lose its mark at Opencast, {_mark(facts)}"
        case "source.unmarked":
            return f"has its mark at Opencast no more, {_mark(facts['mark'])}"
        case "source.retract":
            return f"about to be deleted at Opencast: session {facts.get('session_id')} was right just now"
        case "source.retracted":
            return "gone from Opencast"
        case _:
            return kind


def _mark(facts: Facts) -> str:
    return " ".join(str(value) for value in facts.values())


def _named(facts: Facts) -> str:
    return ", ".join(file["name"] for file in facts.get("files") or ()) or "no file"


def _end(facts: Facts) -> str:
    why = ": ".join(one for one in (facts.get("reason"), facts.get("why")) if one)
    return f"ended as {facts.get('outcome')}" + (f" ({why})" if why else "")
