"""The closed lists of an item: how it stands, why, what it carries, and what else a checkpoint keeps."""

from enum import StrEnum


class Outcome(StrEnum):
    """How an item stands. The list is closed; `waiting` is also what has not been begun."""

    VERIFIED = "verified"
    SKIPPED = "skipped"
    WAITING = "waiting"
    RETRYABLE = "retryable"
    PERMANENT = "permanent"
    DIFFERS = "differs"


class AspectOutcome(StrEnum):
    """How one aspect of a session stands: carried, to be tried again by a later run, or out of reach."""

    CARRIED = "carried"
    RETRYABLE = "retryable"
    PERMANENT = "permanent"


SKIPS = ("not_ready", "live", "nothing_published", "no_media", "playlist_only", "not_selected")
PERMANENT = (
    "unreadable",
    "not_allowed",
    "gone",
    "refused",
    "changed",
    "source_differs",
    "too_large",
    "empty",
    "no_folder",
    "processing_error",
    "unknown_module",
    "no_web_lecture",
    "no_right",
    "no_presenter",
    "invalid",
)

SEEN_ANEW = "seen_anew"
"""The fact of an end that LumiNUS is to be looked at once more."""

ASPECTS = (
    "captions",
    "chapters",
    "slides",
    "thumbnail",
    "attachments",
    "cuts",
    "tags",
    "folder",
    "access",
    "owner",
    "availability",
    "external_id",
    "metadata",
    "date",
)
"""What a recording carries besides its films, title, date and description; each has its own outcome.

The last two tell of a title, a description or a date that changed at the source after it was carried.
"""

TOLD_BEFORE = frozenset({"folder"})
"""Aspects that are told before a session upload is open: what its manifest brings does not replace them."""

SCHEDULES = "schedule:"
"""How the subjects begin under which the checkpoint keeps schedules: they are no items."""


STREAMS = "stream:"
"""How the subjects begin under which the checkpoint keeps streams that were added to sessions."""

RUNS = "run:"
"""How the subjects begin under which the checkpoint keeps its runs."""

FOLDERS = "folder:"
"""How the subjects begin under which the checkpoint keeps folders that were made."""


def is_item(subject: str) -> bool:
    """Tell whether a subject of the checkpoint is an item."""
    return not subject.startswith((SCHEDULES, STREAMS, RUNS, FOLDERS))


def is_schedule(subject: str) -> bool:
    """Tell whether a subject of the checkpoint is a schedule."""
    return subject.startswith(SCHEDULES)
