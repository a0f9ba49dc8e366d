"""Takes up what has changed at the source of an item whose session is right.

::

    films ──── others? ── anew, planned ──> shipped as a new session; the earlier one stays
                 └─ the same, or some of those that were sent: nothing is moved
    words, subjects ──── PUT session ── read back ── end with what is set now, and the aspects to be set again

The event is read again just before: what is done is decided by what it is then. A session that somebody has
given other words, or that cannot be changed, stays right, and the aspect `metadata` tells why it was not.
Subjects that cannot be read for now put its words off to the next run.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from engine import Final, Gone, Journal, Record, Source, Stopping, Unreadable, Validator
from pipelines import items
from pipelines.items import AspectOutcome, ItemState, Outcome
from pipelines.migration.aspects.captions import captions_of
from pipelines.migration.aspects.tags import tags_of
from pipelines.migration.changes import MEDIA, UNCHANGED, Seen, Shown, change_of, description_of, seen_of
from pipelines.migration.ends import End, known, noted
from pipelines.migration.films import Films, by_sizes, by_sums
from pipelines.migration.furnish.furnisher import failed, left
from pipelines.migration.furnish.wants import CaptionFile, Wants, kept_in, wants_of
from pipelines.migration.receipts import kept_in as receipts_in
from pipelines.migration.select import Selected, Skip, select
from pipelines.migration.subjects import Learn, Learned, as_listed, told_alone
from pipelines.migration.verify import fingerprint
from pipelines.opencast.model import Event
from pipelines.panopto.manifest import title_of
from pipelines.panopto.model import Session


class NotAsSet(Final):
    """A session does not show what it was just set to."""

    code = "not_as_set"


class EditedThere(Final):
    """Somebody gave a session other words at Panopto: they stay."""

    code = "edited_there"


class Events(Protocol):
    """Reads an event as it is now."""

    async def event(self, event_id: str) -> Event:
        """Return the event. Raises Gone, Unreadable, or a Transient error."""
        ...


class Panopto(Protocol):
    """The calls (pipelines.panopto.client.Panopto)."""

    async def session(self, session_id: str) -> Session | None:
        """Return a session, or None where Panopto knows none by that id."""
        ...

    async def update_session(self, session_id: str, name: str, description: str) -> None:
        """Set what a session is called and how it is described."""
        ...


Look = Callable[[Source], Awaitable[Validator]]
"""Tells what a source is now. Raises Empty, Gone, Unreadable, or a Transient error."""

FILMS = ("media", "sums")
"""What was seen of films: what they are told to be by now, and the sums of those that were sent."""


class Renewal:
    """Renews items of one run. `moves` is whether films that changed are moved again; `look` looks at one."""

    def __init__(
        self,
        events: Events,
        panopto: Panopto,
        journal: Journal,
        channels: tuple[str, ...],
        look: Look,
        *,
        shown: Shown | None = None,
        moves: bool = True,
        learn: Learn = as_listed,
    ) -> None:
        self._look = look
        self._learn = learn
        self._events = events
        self._panopto = panopto
        self._journal = journal
        self._channels = channels
        self._shown = shown or Shown()
        self._moves = moves

    async def renew(self, event_id: str, planned: Record) -> End | None:
        """Return how an item ends whose session stays; None where it is to be shipped anew.

        `planned` is its row of the plan. Raises Stopping and Transient errors.
        """
        state = items.fold(self._journal.history(event_id))
        try:
            selected = select(await self._events.event(event_id), channels=self._channels)
        except (Gone, Unreadable):
            return End(Outcome.VERIFIED)  # The next run that meets it looks again.
        if isinstance(selected, Skip):
            return End(Outcome.VERIFIED)
        seen = seen_of(selected, self._shown)
        recorded = selected.event.recorded
        change = change_of(seen, recorded.isoformat() if recorded else "", state) or UNCHANGED
        if change.media and self._moves and recorded:
            try:
                films = await self._films(selected, state)
            except Stopping:
                raise
            except Final:
                return End(Outcome.VERIFIED)  # What cannot be read cannot be moved.
            if films is Films.OTHERS:
                await self._journal.append(items.anew(event_id, MEDIA, state.session_id))
                await self._journal.append(planned)
                return None
            if films is Films.SAME:
                same = {**(state.seen or {}), "media": seen["media"]}
                await self._journal.append(noted(event_id, state, seen=same))
                state = items.fold(self._journal.history(event_id))
        if change.metadata or change.subjects:
            before = kept_in(known(state), event_id)
            learned = await self._learn(selected.event, before)
            if learned.unread.get("outcome") == AspectOutcome.RETRYABLE:
                await self._journal.append(self._put_off(state, learned))
            else:
                now = replace(selected, event=learned.event)
                await self._journal.append(await self._reworded(now, seen, state, learned.unread))
        return End(Outcome.VERIFIED)

    def _put_off(self, state: ItemState, learned: Learned) -> Record:
        """Return the end that tells that subjects could not be read: what was seen stays as it was."""
        told = {**state.aspects.get("tags", {}), **learned.unread}
        wants = {**(known(state).get("wants") or {}), "unread": learned.unread}
        return noted(learned.event.identifier, state, aspects={**state.aspects, "tags": told}, wants=wants)

    async def _films(self, selected: Selected, state: ItemState) -> Films:
        """Tell what films that look otherwise are. Raises as `look` does."""
        known_by_sums = by_sums(state.seen or {}, selected.streams)
        if known_by_sums is not None:
            return known_by_sums
        event_id = selected.event.identifier
        found = [await self._look(Source(event_id, one.track)) for one in selected.streams]
        return by_sizes(receipts_in(known(state)), [one.size for one in found])

    async def _reworded(
        self, selected: Selected, seen: Seen, state: ItemState, unread: Mapping[str, Any]
    ) -> Record:
        """Set the words of a session, and return the end that tells of it."""
        event, before = selected.event, kept_in(known(state), selected.event.identifier)
        title, description = title_of(event.title, event.identifier), description_of(event, self._shown)
        wants = self._wants(selected, state, unread)
        aspects = _settled(state.aspects, before, self._shown)
        try:
            if not _is_worded(state, title, description):
                await self._set(state, title, description)
        except Stopping:
            raise
        except Final as error:
            return noted(event.identifier, state, aspects={**aspects, "metadata": failed(error)})
        again = opened(aspects, before, wants, self._shown) | told_alone(unread, self._shown)
        is_new = bool(again) or not _is_worded(state, title, description)
        return noted(
            event.identifier,
            state,
            title=title,
            described=fingerprint(description),
            seen={**seen, **{name: one for name, one in (state.seen or seen).items() if name in FILMS}},
            wants=wants.facts,
            aspects=aspects | again,
            **({items.SEEN_ANEW: True} if is_new else {}),
        )

    async def _set(self, state: ItemState, title: str, description: str) -> None:
        """Set the words and read them back, unless they are there already.

        Raises EditedThere where others are there than on record, NotAsSet where that is so afterwards, and
        Refused.
        """
        session_id, wanted = state.session_id or "", (fingerprint(title), fingerprint(description))
        before = await self._panopto.session(session_id)
        if before is not None and _words(before) == wanted:
            return
        if before is not None and _is_edited(state, before):
            raise EditedThere(
                "shows a title or description that somebody gave it at Panopto",
                where=f"session {session_id}",
                advice="what was changed at Opencast is to be written there by hand",
            )
        await self._panopto.update_session(session_id, title, description)
        after = await self._panopto.session(session_id)
        if after is None or _words(after) != wanted:
            raise NotAsSet(
                "shows another title or description than it was just given",
                where=f"session {session_id}",
                advice="look at it there",
            )

    def _wants(self, selected: Selected, state: ItemState, unread: Mapping[str, Any]) -> Wants:
        """Return what the session is to get now; captions that it has were brought by its manifest."""
        before = kept_in(known(state), selected.event.identifier)
        had = {one.language: one for one in before.captions} if before else {}
        found = captions_of(selected.publication) if "captions" in self._shown.aspects else ()
        captions = [
            had.get(one.language) or CaptionFile(one.key, one.form, one.language, sent=False) for one in found
        ]
        tags = tags_of(selected.event.subjects) if "tags" in self._shown.aspects else ()
        wants = wants_of(selected.event, tags, captions, cut=bool(before and before.cut), unread=unread)
        return replace(wants, series=state.series or "")


def _words(session: Session) -> tuple[str, str]:
    """Return sums of the words that a session shows."""
    return fingerprint(session.name), fingerprint(session.description)


def _is_edited(state: ItemState, session: Session) -> bool:
    """Tell whether a session shows other words than it was given, as far as these are on record."""
    facts, (title, description) = known(state), _words(session)
    given = facts.get("title")
    return (given is not None and fingerprint(given) != title) or (
        facts.get("described", description) != description
    )


def _is_worded(state: ItemState, title: str, description: str) -> bool:
    """Tell whether a session has these words already, as far as it is on record."""
    facts = known(state)
    return (facts.get("title"), facts.get("described")) == (title, fingerprint(description))


def _settled(
    aspects: Mapping[str, Mapping[str, Any]], before: Wants | None, shown: Shown
) -> dict[str, Mapping[str, Any]]:
    """Return the aspects without those that are told anew: words, and subjects that no tags show."""
    gone = {"metadata", *told_alone(before.unread if before else {}, shown)}
    return {name: told for name, told in aspects.items() if name not in gone}


def opened(
    aspects: Mapping[str, Mapping[str, Any]], before: Wants | None, wants: Wants, shown: Shown
) -> dict[str, Mapping[str, Any]]:
    """Return the aspects that are to be set again, as others are wanted now than `before`.

    An owner stays where nobody is named any more, and captions that are gone at the source stay too.
    """
    was = before or Wants(wants.event_id)
    languages = {one.language for one in wants.captions} - {one.language for one in was.captions}
    others = {
        "tags": set(wants.tags) != set(was.tags) or bool(was.unread or wants.unread),
        "owner": bool(wants.presenters) and wants.presenters != was.presenters,
        "captions": bool(languages),
    }
    again = left(AspectOutcome.RETRYABLE, "changed", "it changed at the source, and is set again")
    return {
        name: {**aspects.get(name, {}), **again}
        for name, other in others.items()
        if other and name in shown.aspects
    }
