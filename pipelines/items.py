"""An item is one event's migration: the records that the pipeline keeps of it, and the state they fold to.

Like the engine's, these records say the intent before a call that is not idempotent and the answer after it.
An item that starts anew (Panopto timed its session upload out) gets a new generation, so that files of the
old one are not taken for files of the new one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine import Record


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


@dataclass(frozen=True, slots=True)
class ItemState:
    """What the checkpoint says of one item.

    `planned` has bytes, series and folder_id. `upload` has id, folder_id, target (a secret) and files once a
    session upload is open; `meant` is what its session is to be, once Panopto is about to be told that it is
    complete. `meant` without `submitted`: ask before telling again. `right` has session_id and start once the
    session is known to be what was meant: from then on nothing is shipped any more. `patches` are lecture
    items that were about to be changed, until they are `carried`: read back as they should be; by their ids.
    `found` has session_ids and what they are to be, where Panopto was found to hold sessions that no record
    told of: nothing is shipped then. `aspects` are how those of the session stand, by their names; `asked`
    are those of which a call that is not idempotent was begun, and no answer is known. `given_up` are session
    uploads of earlier generations, by their ids. `deleting` is its session, which was right, once a rollback
    is about to delete it. `earlier_sessions` are those that the session took the place of when its films had
    changed at the source, oldest first. `earlier` is how it ended before it was taken up again.
    """

    planned: Mapping[str, Any] | None = None
    generation: int = 1
    upload: Mapping[str, Any] | None = field(default=None, repr=False)
    meant: Mapping[str, Any] | None = None
    submitted: bool = False
    session_id: str | None = None
    right: Mapping[str, Any] | None = None
    patches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    carried: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    found: Mapping[str, Any] | None = None
    aspects: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    given_up: tuple[str, ...] = ()
    deleting: str | None = None
    earlier_sessions: tuple[str, ...] = ()
    ended: Mapping[str, Any] | None = None
    earlier: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """How the item stands now."""
        return Outcome(self.ended["outcome"]) if self.ended else Outcome.WAITING

    @property
    def reason(self) -> str | None:
        """Why it stands so, in one word of a closed list, or None."""
        return self.ended.get("reason") if self.ended else None

    @property
    def under_way(self) -> bool:
        """Whether Panopto has something of it: it is gone on with then, whatever is published now."""
        return self.upload is not None or self.right is not None or self.found is not None

    @property
    def series(self) -> str | None:
        """The event's series when it was planned; None where it never was."""
        facts = self.planned or self.ended or self.earlier
        return facts.get("series")

    def settled(self, carries: bool = False, again: bool = False) -> bool:
        """Whether no run has anything left to do for it.

        `carries` is whether LumiNUS is to have it as well, `again` whether that is to be looked at once more.
        Each run looks again at a skip, at a session that differed, and at what could not be moved, since its
        cause may be mended; but not at what Panopto has received and could not process, nor at what is being
        rolled back.
        """
        if self.reason == "processing_error" or self.deleting is not None:
            return True
        return (
            self.outcome is Outcome.VERIFIED
            and not self.lacking
            and (not carries or (bool(self.carried) and not again and not self.seen_anew))
        )

    @property
    def seen(self) -> Mapping[str, Any] | None:
        """What was seen of the event when its session was made, where that is on record."""
        return (self.ended or self.meant or self.earlier).get("seen")

    @property
    def seen_anew(self) -> bool:
        """Whether what its session shows was changed, and LumiNUS has not been looked at since."""
        return bool((self.ended or self.earlier).get(SEEN_ANEW))

    @property
    def lacking(self) -> tuple[str, ...]:
        """The aspects that a later run tries again."""
        return tuple(name for name, one in self.aspects.items() if one["outcome"] == AspectOutcome.RETRYABLE)

    @property
    def uploads(self) -> tuple[str, ...]:
        """The ids of its session uploads that are on record, oldest first."""
        kept = self.ended or self.earlier
        last = (kept.get("upload_id"), (self.upload or {}).get("id"))
        return tuple(dict.fromkeys(one for one in (*kept.get("given_up", ()), *self.given_up, *last) if one))

    @property
    def stage(self) -> str:
        """How far an item is that has no end: not_begun, shipping, processing at Panopto, or carrying on.

        Or rolling_back.
        """
        if self.deleting is not None:
            return "rolling_back"
        if self.right is not None:
            return "carrying"
        if self.submitted or self.found is not None:
            return "processing"
        return "shipping" if self.upload is not None else "not_begun"

    def after(self, record: Record) -> "ItemState":
        """Return the state with one more record in it; a kind it does not know changes nothing."""
        facts = record.facts
        match record.kind:
            case "item.planned":
                return replace(self._open, planned=facts)
            case "item.uploading":
                return replace(self._open, upload=facts)
            case "item.submit":
                return replace(self, meant=facts, aspects=facts.get("aspects", {}))
            case "item.submitted":
                return replace(self, submitted=True)
            case "item.session":
                return replace(self, session_id=facts["session_id"])
            case "item.found":
                session_id = facts["session_ids"][0]
                return replace(self._open, found=facts, session_id=session_id, deleting=None)
            case "item.anew":
                return self._anew(facts)
            case "item.delete" if self.right is not None:
                return replace(self._open, right=None, deleting=facts["session_id"])
            case "item.ended":
                return self._at_end(facts)
            case _:
                return self._after_carry(record)

    def _anew(self, facts: Mapping[str, Any]) -> "ItemState":
        """Begin anew. What was done at the source, and sessions that stay, are not forgotten."""
        replaced = (facts["session_id"],) if facts.get("session_id") else ()
        kept = self.ended or self.earlier
        return ItemState(
            self.planned,
            self.generation + 1,
            given_up=self.uploads,
            earlier_sessions=(*self.earlier_sessions, *replaced),
            earlier={"source": kept["source"]} if "source" in kept else {},
        )

    def _after_carry(self, record: Record) -> "ItemState":
        """Take in what happens once the session is right."""
        facts = record.facts
        match record.kind:
            case "item.right":
                return replace(self._open, right=facts, session_id=facts["session_id"])
            case "item.patch":
                return replace(self._open, patches={**self.patches, facts["lecture_item"]: facts})
            case "item.aspect":
                return replace(self._open, asked=self.asked | {facts["aspect"]})
            case "item.aspects":
                told = facts["aspects"]
                asked = frozenset(one for one in self.asked if one.partition(":")[0] not in told)
                return replace(self, aspects={**self.aspects, **told}, asked=asked)
            case "item.carried":
                open_patches = {
                    name: one for name, one in self.patches.items() if name != facts["lecture_item"]
                }
                carried = {**self.carried, facts["lecture_item"]: facts}
                return replace(self, patches=open_patches, carried=carried)
            case _:
                return self

    @property
    def _open(self) -> "ItemState":
        """The state without its end, when it is taken up again."""
        return self if self.ended is None else replace(self, ended=None, earlier=self.ended)

    def _at_end(self, facts: Mapping[str, Any]) -> "ItemState":
        """Return the state at an end, whose record may be the only one that is left of the item."""
        session_id = facts.get("session_id") or self.session_id
        right = facts.get("right") or self.right
        if right is None and facts["outcome"] == Outcome.VERIFIED:
            right = {"session_id": session_id}
        carried = {one["lecture_item"]: one for one in facts.get("carried", ())} or self.carried
        aspects = facts.get("aspects") or self.aspects
        return replace(
            self,
            ended=facts,
            session_id=session_id,
            right=right,
            carried=carried,
            aspects=aspects,
            asked=frozenset(facts.get("asked", ())),
            earlier_sessions=tuple(facts.get("earlier_sessions") or self.earlier_sessions),
        )


def fold(records: Iterable[Record]) -> ItemState:
    """Return the state of an item from its records, oldest first."""
    state = ItemState()
    for record in records:
        state = state.after(record)
    return state


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


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many items stand how, and why; and how many of their aspects stand how."""

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    aspects: Mapping[tuple[str, AspectOutcome], int] = field(default_factory=dict)

    @classmethod
    def of(cls, states: Iterable[ItemState]) -> "Outcomes":
        """Count the items of a checkpoint."""
        outcomes: Counter[Outcome] = Counter()
        reasons: Counter[str] = Counter()
        told: Counter[tuple[str, AspectOutcome]] = Counter()
        for state in states:
            outcomes[state.outcome] += 1
            if why := state.reason or (None if state.ended else state.stage):
                reasons[why] += 1
            told.update((name, AspectOutcome(one["outcome"])) for name, one in state.aspects.items())
        return cls(outcomes, dict(sorted(reasons.items())), dict(sorted(told.items())))

    @property
    def exit_code(self) -> int:
        """Of 3 (retryable or waiting), 4 (permanent) and 5 (differs) the highest; a skip never raises it.

        An aspect counts as its item would: what could not be carried is not passed over in silence.
        """
        outcomes = {outcome for _, outcome in self.aspects}
        for code, outcome in ((4, AspectOutcome.PERMANENT), (3, AspectOutcome.RETRYABLE)):
            if outcome in outcomes:
                return max(code, self.of_items)
        return self.of_items

    @property
    def of_items(self) -> int:
        """The same of the items alone."""
        if self.outcomes.get(Outcome.DIFFERS):
            return 5
        if self.outcomes.get(Outcome.PERMANENT):
            return 4
        return 3 if self.outcomes.get(Outcome.RETRYABLE) or self.outcomes.get(Outcome.WAITING) else 0
