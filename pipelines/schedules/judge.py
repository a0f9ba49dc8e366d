"""Judges one event by itself: its scheduling held against the schedule that it leads to.

What is right already is `equal`, whatever else could be said of it: nothing is sent then. After that an event
whose time has come is `past`, or `already_recording`, whatever else is wrong with it: nothing can be sent.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from pipelines.opencast.model import Event, Scheduling, Unread
from pipelines.schedules.convert import Unbookable, convert, epoch
from pipelines.schedules.details import described, lacking, shared_with
from pipelines.schedules.verdict import Lead, Site, Tables, Terms, Verdict, in_slot
from pipelines.valt.model import Booking, Schedule
from pipelines.valt.recurrence import NEVER, write_recurrence
from pipelines.valt.sharing import write_share

RECORDED = frozenset({"INGESTING", "PROCESSING", "PROCESSED"})
"""An event keeps its scheduling when it is recorded; these states say that it was."""


def scheduling_of(event: Event) -> Scheduling | None:
    """Return what is still to be recorded of an event."""
    return None if event.status in RECORDED else event.scheduling


def judge(
    found: Event | Unread,
    lead: Lead | None,
    tables: Tables,
    site: Site,
    terms: Terms,
    claimed: Collection[str] = (),
    *,
    whole: Booking | None = None,
) -> Verdict:
    """Return the verdict on one event. `claimed` are the schedules that events lead to.

    `whole` is the recurring schedule of which the event is the first recording to come.
    """
    if isinstance(found, Unread):
        return _unjudged(found.identifier, lead).turned("error", "unreadable", found.why)
    scheduling = scheduling_of(found)
    if scheduling is None:
        verdict = _unjudged(found.identifier, lead, found.title)
        return verdict.turned("skip", "not_scheduled", "nothing is to be recorded of it")
    verdict = _Case(found, scheduling, lead, tables, site, terms, claimed, whole).verdict()
    return _in_time(verdict, scheduling, site)


def _unjudged(event_id: str, lead: Lead | None, title: str = "") -> Verdict:
    """Return what is known of an event that is not held against VALT: where it leads."""
    schedule_id = lead.schedule_id if lead else None
    return Verdict(event_id, "skip", title=title, schedule_id=schedule_id, made=bool(lead and lead.made))


def _in_time(verdict: Verdict, scheduling: Scheduling, site: Site) -> Verdict:
    """Return the verdict, or that it comes too late."""
    if verdict.word == "equal" or epoch(scheduling.start) > site.now:
        return verdict
    target = verdict.target
    if target is None or not target.is_started or target.is_over(site.now):
        return verdict.turned("skip", "past", "its start is past")
    if verdict.word == "update" and "start_at" not in verdict.changes:
        return verdict
    return verdict.turned("skip", "already_recording", RECORDING)


RECORDING = "its schedule is being recorded"
FOUND = "found by its room, start, duration and name; the table of schedules has no line for it"


class _Case:
    """One event with all that is said about it."""

    def __init__(
        self,
        event: Event,
        scheduling: Scheduling,
        lead: Lead | None,
        tables: Tables,
        site: Site,
        terms: Terms,
        claimed: Collection[str],
        whole: Booking | None,
    ) -> None:
        self._event = event
        self._scheduling = scheduling
        self._lead = lead
        self._tables = tables
        self._site = site
        self._terms = terms
        self._claimed = claimed
        self._whole = whole
        self._target = site.schedules.get(lead.schedule_id) if lead else None
        self._booking: Booking | None = None

    def verdict(self) -> Verdict:
        """Judge as if there were time."""
        if (wrong := self._room()) is not None:
            return wrong
        made = convert(
            self._event,
            self._scheduling,
            self._tables.rooms[self._scheduling.agent].id,
            pattern=self._terms.name,
            longest_hours=self._terms.longest_hours,
        )
        if isinstance(made, Unbookable):
            return self._error(made.reason, made.why)
        made = self._booking = self._whole or self._detailed(made)
        if self._lead is None:
            return self._without_schedule(made)
        if self._target is None:
            return self._lost(self._lead)
        return self._against(made, self._lead, self._target)

    def _detailed(self, booking: Booking) -> Booking:
        """Return a booking with what the tables of fields and shares say of the event."""
        return replace(
            booking,
            template=described(self._event, self._tables.fields, self._site.templates),
            share=shared_with(self._event.acl, self._tables.shares),
        )

    def _room(self) -> Verdict | None:
        """Return what is wrong with the room, if anything."""
        agent = self._scheduling.agent
        row = self._tables.rooms.get(agent)
        if row is None:
            return self._error("no_room", f"the table of rooms has no line for the agent {agent!r}")
        room = self._site.rooms.get(row.id)
        if room is None:
            return self._error("unknown_room_id", f"VALT has no room {row.id}, which the agent {agent} has")
        if row.name and not _same(row.name, room.name):
            return self._error(
                "room_name_mismatch",
                f"room {room.id} is called {room.name!r}, and the table has {row.name!r}",
            )
        return None

    def _without_schedule(self, booking: Booking) -> Verdict:
        """Judge an event that leads to no schedule; one that is there already is never made again."""
        there = [one for one in in_slot(self._site, booking) if one.id not in self._claimed]
        for one in there:
            if one.name == booking.name and not one.is_recurring:
                return self._of("equal", why=FOUND, target=one)
        if there:
            return self._error(
                "no_schedule_id",
                f"schedule {there[0].id} ({there[0].name}) has its room and time already; "
                "name it in the table of schedules if it is the one",
            )
        if not self._terms.create:
            return self._error(
                "no_schedule_id", "the table of schedules has no line for it, and valt.create is off"
            )
        if self._site.unreadable:
            which = ", ".join(sorted(self._site.unreadable)).strip(", ") or "without an id"
            why = f"VALT tells a schedule in an unknown form ({which}), which may be the one for it already"
            return self._error("unreadable", why)
        return self._incomplete(booking, {}) or self._too_soon() or self._of("create")

    def _lost(self, lead: Lead) -> Verdict:
        if lead.schedule_id in self._site.unreadable:
            return self._error("unreadable", f"VALT tells schedule {lead.schedule_id} in an unknown form")
        by = "was made for it" if lead.made else "the table has for it"
        return self._error("unknown_schedule_id", f"VALT shows no schedule {lead.schedule_id}, which {by}")

    def _against(self, booking: Booking, lead: Lead, target: Schedule) -> Verdict:
        """Hold the booking against the schedule as it is."""
        changes = changes_to(target, booking, self._site.now)
        if not changes:
            return self._of("equal")
        wrong = self._untouchable(lead, target) or self._incomplete(booking, target.template)
        if wrong is not None:
            return wrong
        late = None if target.is_started else self._too_soon()
        return late or self._of("update", changes=changes)

    def _incomplete(self, booking: Booking, told: Mapping[str, str] | None) -> Verdict | None:
        """Return what stands against the fields, if they are to be sent; `told` are those that VALT has."""
        if not booking.template:
            return None
        if told is None:
            return self._error("unreadable", "VALT tells the fields of its schedule in an unknown form")
        missing = lacking({**told, **booking.template}, self._site.templates)
        if not missing:
            return None
        named = ", ".join(f"{one.name or 'a field'} ({one.id})" for one in missing)
        return self._error(
            "required_field", f"VALT's template requires {named}, and there is no value for it"
        )

    def _too_soon(self) -> Verdict | None:
        margin = self._terms.margin_seconds
        if epoch(self._scheduling.start) >= self._site.now + margin:
            return None
        return self._of("skip", "too_soon", f"it begins in less than {margin} s by VALT's clock")

    def _untouchable(self, lead: Lead, target: Schedule) -> Verdict | None:
        """Return why the schedule is left alone, if it is."""
        also = self._terms.edit_also
        if target.is_over(self._site.now):
            return self._error(
                "past_target", f"schedule {target.id} ({target.name}) is over and records nothing more"
            )
        if target.is_started and "started" not in also:
            return self._of("skip", "already_recording", RECORDING)
        if len(target.rooms) > 1 and "many_rooms" not in also:
            rooms = ", ".join(room.name or room.id for room in target.rooms)
            why = f"schedule {target.id} has {len(target.rooms)} rooms ({rooms}), and an edit may drop some"
            return self._error("multi_room", why)
        if target.is_recurring and "recurring" not in also and self._whole is None:
            return self._error(
                "recurring_target", f"schedule {target.id} records more than once ({target.recurrence})"
            )
        if lead.names and not any(_same(name, target.name) for name in lead.names):
            return self._error(
                "name_mismatch",
                f"schedule {target.id} is called {target.name!r}, and the table expects "
                f"{self._tables.schedules[self._event.identifier].name!r}",
            )
        return None

    def _error(self, reason: str, why: str) -> Verdict:
        return self._of("error", reason, why)

    def _of(
        self,
        word: Any,
        reason: str | None = None,
        why: str = "",
        *,
        target: Schedule | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> Verdict:
        target = target or self._target
        lead = self._lead
        return Verdict(
            self._event.identifier,
            word,
            reason,
            why,
            self._event.title,
            self._booking,
            target.id if target else lead.schedule_id if lead else None,
            lead is not None and lead.made,
            target,
            changes or {},
        )


def changes_to(target: Schedule, booking: Booking, now: float) -> dict[str, Any]:
    """Return the members of a schedule that differ from a booking, as they are to be.

    `start_at` and `duration` go together, but for a start that is past and stays: VALT would refuse it.
    A schedule that recurs, and is not to, does so no more: a new name or time would hold for each recording.
    """
    changes: dict[str, Any] = {}
    if target.name != booking.name:
        changes["name"] = booking.name
    if booking.room_id not in {room.id for room in target.rooms}:
        changes["room"] = booking.room_id
    if target.start_at != booking.start_at or target.duration != booking.duration:
        changes["start_at"], changes["duration"] = booking.start_at, booking.duration
        if target.start_at == booking.start_at <= now:
            del changes["start_at"]
    if booking.repeats is not None and target.repeats != booking.repeats:
        changes["recurrence"] = write_recurrence(booking.repeats)
    elif booking.repeats is None and target.is_recurring:
        changes["recurrence"] = NEVER
    return {**changes, **_details_to(target, booking)}


def _details_to(target: Schedule, booking: Booking) -> dict[str, Any]:
    """Return the fields and the sharing that differ. All fields go together: VALT might drop the others."""
    changes: dict[str, Any] = {}
    held = target.template or {}
    if any(held.get(name) != value for name, value in booking.template.items()):
        changes["template"] = {**held, **booking.template}
    if booking.share is not None and target.share != booking.share:
        changes["share"] = write_share(booking.share)
    return changes


def _same(one: str, other: str) -> bool:
    """Tell whether two names are the same but for space."""
    return one.split() == other.split()
