"""The order of records and calls (I4), and one owner of a checkpoint (I10): its bytes held against the log.

The checkpoint is read as its documentation says, line by line, with nothing of ours. It must never have been
compacted: what a small campaign writes does not suffice for that.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaign.books import Books
from campaign.finding import Finding

SEAL = len(b',"c":"00000000"}')

ANSWERS: Mapping[str, str] = {
    "transfer.created": "transfer.create",
    "transfer.completed": "transfer.probed",
    "item.uploading": "item.upload",
    "item.submitted": "item.submit",
    "schedule.edited": "schedule.edit",
    "schedule.created": "schedule.create",
    "folder.made": "folder.make",
}
"""Records that tell an answer, and the one that must stand before it."""

INTENTS: Mapping[str, str] = {
    "create_multipart_upload": "transfer.create",
    "complete_multipart_upload": "transfer.complete",
    "put_session_upload": "item.submit",
}
"""Calls about a session upload, and the record that must be durable before each."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a checkpoint: its number, subject, kind and facts."""

    number: int
    subject: str = ""
    kind: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def lines(content: bytes) -> list[Line]:
    """Read a checkpoint up to what a kill tore off at its end. The header has no kind.

    Raises ValueError at a line, before the last, that is not as it was written.
    """
    found = []
    whole = content.split(b"\n")
    for number, one in enumerate(whole, 1):
        try:
            found.append(_line(one))
        except (ValueError, KeyError, IndexError):
            if any(rest.strip(b"\0") for rest in whole[number:]):
                raise ValueError(f"line {number} is not as it was written") from None
            break
    return found


def _line(content: bytes) -> Line:
    facts = json.loads(content)
    if int(facts["c"], 16) != zlib.crc32(content[:-SEAL]):
        raise ValueError("another checksum")
    return Line(facts["n"], facts.get("s", ""), facts.get("k", ""), facts.get("f", {}))


def two_writers(checkpoint: Sequence[Line]) -> Iterator[Finding]:
    """I10: tell each number that is not one more than the one before: two who append count for themselves."""
    for number, one in enumerate(checkpoint, 1):
        if one.number != number:
            yield Finding(10, f"line {number} of the checkpoint has the number {one.number}")


def unannounced(checkpoint: Sequence[Line], books: Books) -> Iterator[Finding]:
    """I4: tell each call that reached a service while its intent was not on record.

    Read at the moment of a kill, so the sweep over moments is what proves the order. Answers that stand in
    the checkpoint before their intents are told as well.
    """
    yield from _answers_first(checkpoint)
    owners = {one.facts["id"]: one.subject for one in checkpoint if one.kind == "item.uploading"}
    kinds: Mapping[str, set[str]] = defaultdict(set)
    for one in checkpoint:
        kinds[one.subject].add(one.kind)
    for request in books.log:
        intent = INTENTS.get(request.call)
        if request.service != "panopto" or intent is None or not request.about:
            continue
        owner = owners.get(request.about)
        if owner is None:
            yield Finding(4, f"{request.call} at session upload {request.about}, which is not on record")
        elif intent not in kinds[owner]:
            yield Finding(4, f"{request.call} of event {owner} without {intent} on record")
    yield from _opened(checkpoint, books, owners)
    yield from _captioned(checkpoint, books)
    yield from _changed(checkpoint, books)
    yield from _put_elsewhere(checkpoint, books)


def _answers_first(checkpoint: Iterable[Line]) -> Iterator[Finding]:
    seen: set[tuple[str, str, Any]] = set()
    for one in checkpoint:
        name = one.facts.get("name") if one.kind.startswith("transfer.") else None
        before = ANSWERS.get(one.kind)
        if before is not None and (one.subject, before, name) not in seen:
            yield Finding(4, f"{one.kind} of {one.subject} stands before {before}")
        seen.add((one.subject, one.kind, name))


def _opened(checkpoint: Iterable[Line], books: Books, owners: Mapping[str, str]) -> Iterator[Finding]:
    """Tell session uploads that nobody said would be made: no id, and no intent without one."""
    strangers = [one for one in books.session_uploads if one.session_upload_id not in owners]
    intents = sum(one.kind == "item.upload" for one in checkpoint)
    retried = sum(
        one.call == "create_session_upload" and one.status is None and one.applied for one in books.log
    )
    if len(strangers) > intents - len(owners) + retried:
        yield Finding(4, f"{len(strangers)} session uploads are not on record, nor was each said before")


def _captioned(checkpoint: Iterable[Line], books: Books) -> Iterator[Finding]:
    """Tell sessions that were given more captions, by calls of their own, than were said to be meant."""
    meant: Mapping[str, set[str]] = defaultdict(set)
    for one in checkpoint:
        if one.kind == "item.aspect":
            meant[one.subject].add(one.facts["aspect"])
    for session in books.sessions:
        added = sum(one["came"] == "upload" for one in session.captions)
        calls = {one for one in meant[session.event_id] if one.startswith("captions:")}
        if session.event_id and added > len(calls):
            yield Finding(4, f"session {session.session_id} was given captions without item.aspect on record")


def _put_elsewhere(checkpoint: Iterable[Line], books: Books) -> Iterator[Finding]:
    """Tell sessions that were moved to another folder than their uploads' before it was said on record."""
    opened = {one.session_upload_id: one.folder_id for one in books.session_uploads}
    meant = {
        one.subject for one in checkpoint if "level" in (one.facts.get("aspects") or {}).get("folder", {})
    }
    for session in books.sessions:
        upload = opened.get(session.session_upload_id or "")
        if upload and session.folder_id != upload and session.event_id not in meant:
            yield Finding(4, f"session {session.session_id} was moved without item.aspects on record")


def _changed(checkpoint: Sequence[Line], books: Books) -> Iterator[Finding]:
    patches = {one.facts["lecture_item"] for one in checkpoint if one.kind == "item.patch"}
    for item in books.lecture_items:
        if item.patches and item.lecture_item_id not in patches:
            yield Finding(4, f"lecture item {item.lecture_item_id} was changed without item.patch on record")
    bookings = {str(one.facts["schedule_id"]) for one in checkpoint if one.kind == "schedule.edit"}
    for schedule in books.schedules:
        if schedule.edits and str(schedule.schedule_id) not in bookings:
            yield Finding(4, f"schedule {schedule.schedule_id} was edited without schedule.edit on record")
    made = sum(one.created_by == "api" for one in books.schedules)
    meant = sum(one.kind == "schedule.create" for one in checkpoint)
    if made > meant:
        yield Finding(4, f"{made} schedules were made, and {meant} are on record as meant")


def false_ends(checkpoint: Iterable[Line], books: Books) -> Iterator[Finding]:
    """I9: tell each event whose last end on record is "verified" and which has not that one session."""
    ends = {one.subject: one.facts for one in checkpoint if one.kind == "item.ended"}
    sessions = {one.event_id: one for one in books.sessions if one.state == 4}
    for event_id, facts in ends.items():
        session = sessions.get(event_id)
        if facts["outcome"] == "verified" and (
            session is None or session.session_id != facts["session_id"].lower()
        ):
            yield Finding(9, f"event {event_id} is on record as verified and has no such session")
