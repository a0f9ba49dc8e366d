"""The state of an item, folded from its records: oldest first, and one that is not known changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine import Record
from pipelines.items.words import SEEN_ANEW, TOLD_BEFORE, AspectOutcome, Outcome


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
                before = {name: told for name, told in self.aspects.items() if name in TOLD_BEFORE}
                return replace(self, meant=facts, aspects={**before, **facts.get("aspects", {})})
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
