"""The records of an item: the intent before a call that is not idempotent, and the answer after it.

Their facts are what a later run needs, and nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import Record
from pipelines.items.words import Outcome

PLANNED = "item.planned"
UPLOAD = "item.upload"
UPLOADING = "item.uploading"
SUBMIT = "item.submit"
SUBMITTED = "item.submitted"
SESSION = "item.session"
RIGHT = "item.right"
ASPECT = "item.aspect"
ASPECTS_KNOWN = "item.aspects"
PATCH = "item.patch"
CARRIED = "item.carried"
FOUND = "item.found"
ANEW = "item.anew"
DELETE = "item.delete"
DELETED = "item.deleted"
ENDED = "item.ended"


def planned(
    event_id: str,
    *,
    estimate: int | None,
    series: str,
    folder_id: str,
    path: Sequence[str] = (),
    title: str = "",
    date: str = "",
) -> Record:
    """Put an event into the plan: what it orders by, where it goes, and what a person knows it by.

    `path` are the folder at the top and the names that lead to its folder, whose id may be empty until the
    item is begun.
    """
    facts = {"bytes": estimate, "series": series, "folder_id": folder_id, "title": title, "date": date}
    return Record(event_id, PLANNED, {**facts, **({"path": list(path)} if path else {})})


def placed(event_id: str, plan: Mapping[str, Any], folder_id: str) -> Record:
    """Keep the id of the folder that the path of a plan's row leads to."""
    return Record(event_id, PLANNED, {**plan, "folder_id": folder_id})


def upload(event_id: str, folder_id: str) -> Record:
    """Say that a session upload is about to be made."""
    return Record(event_id, UPLOAD, {"folder_id": folder_id})


def uploading(
    event_id: str,
    *,
    upload_id: str,
    folder_id: str,
    target: str,
    files: list[dict[str, Any]],
    taken: Sequence[str] = (),
    left: Sequence[str] = (),
) -> Record:
    """Keep the session upload: its id, its target (a secret) and the files that will be sent there.

    `taken` and `left` say in words what of the event goes there, and what it has besides.
    """
    facts = {"id": upload_id, "folder_id": folder_id, "target": target, "files": files}
    return Record(event_id, UPLOADING, {**facts, "taken": list(taken), "left": list(left)})


def submit(event_id: str, meant: Mapping[str, Any]) -> Record:
    """Say that Panopto is about to be told that the upload is complete: from here on a session may exist.

    `meant` has title, date, duration (s or None) and files to verify by, and bytes, parts, checked, level.
    """
    return Record(event_id, SUBMIT, meant)


def submitted(event_id: str) -> Record:
    """Keep that Panopto has taken it."""
    return Record(event_id, SUBMITTED)


def session(event_id: str, session_id: str) -> Record:
    """Keep the session's id as soon as it is seen."""
    return Record(event_id, SESSION, {"session_id": session_id})


def right(event_id: str, session_id: str, start: str | None) -> Record:
    """Keep that the session is what was meant; `start` is its start as Panopto tells it (ISO 8601)."""
    return Record(event_id, RIGHT, {"session_id": session_id, "start": start})


def aspect(event_id: str, call: str) -> Record:
    """Say that a call is about to be made that is not idempotent: `captions:de`."""
    return Record(event_id, ASPECT, {"aspect": call})


def aspects(event_id: str, told: Mapping[str, Mapping[str, Any]]) -> Record:
    """Keep how aspects of the session stand: each has outcome, reason, why, perhaps value.

    Every call that was begun for one of them is answered by it.
    """
    return Record(event_id, ASPECTS_KNOWN, {"aspects": told})


def patch(event_id: str, lecture_item: str, before: Mapping[str, Any], members: Mapping[str, Any]) -> Record:
    """Say that a lecture item is about to be changed, from what to what."""
    return Record(event_id, PATCH, {"lecture_item": lecture_item, "before": before, "members": members})


def carried(event_id: str, lecture_item: str, facts: Mapping[str, Any]) -> Record:
    """Keep that a lecture item was read back and is as it should be.

    `facts` are members, before (None where nothing had to be changed), presenter_from, publish_why, cut.
    """
    return Record(event_id, CARRIED, {"lecture_item": lecture_item, **facts})


def found(event_id: str, session_ids: Sequence[str], meant: Mapping[str, Any]) -> Record:
    """Keep that Panopto holds sessions of an event which no record tells of; `meant` is what one is to be.

    It has folder_id, title, date (None where nobody knows), and duration (s or None).
    """
    return Record(event_id, FOUND, {**meant, "session_ids": list(session_ids)})


def anew(event_id: str, reason: str, session_id: str | None = None) -> Record:
    """Give the session upload up; the item begins anew with another one.

    `session_id` is a session that is right, stays, and is an earlier one from now on.
    """
    replaced = {"session_id": session_id} if session_id else {}
    return Record(event_id, ANEW, {"reason": reason, **replaced})


def delete(event_id: str, session_id: str) -> Record:
    """Say that a session is about to be deleted: it failed, or its run is rolled back."""
    return Record(event_id, DELETE, {"session_id": session_id})


def deleted(event_id: str, session_id: str) -> Record:
    """Keep that it is deleted."""
    return Record(event_id, DELETED, {"session_id": session_id})


def ended(
    event_id: str, outcome: Outcome, reason: str | None = None, *, whole: bool = False, **facts: Any
) -> Record:
    """Keep how an item ended. One that is done, or that will begin anew, needs nothing else remembered.

    Nor does one of which `whole` says that a later run finds all that it needs in `facts`.
    """
    closes = whole or outcome in {Outcome.VERIFIED, Outcome.PERMANENT, Outcome.SKIPPED}
    return Record(event_id, ENDED, {"outcome": outcome.value, "reason": reason, **facts}, closes)
