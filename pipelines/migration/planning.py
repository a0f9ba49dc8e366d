"""Makes the plan: discovers, selects and places events, and keeps one compact record of each that is to move.

The rows go to the checkpoint and come back in the order of shipping, largest first, so that the tail of a run
is short. The order is by an estimate; it decides nothing else.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from engine import FerryError, Journal, Observer, Record, silence
from pipelines import items
from pipelines.config import SettingsError
from pipelines.items import ItemState, Outcome
from pipelines.migration.again import NOTHING, Comparison
from pipelines.migration.changes import Seen, Shown, seen_of
from pipelines.migration.place import NoFolder, Placed, place
from pipelines.migration.select import Selected, Skip, Wanted, select
from pipelines.migration.stages import Compared, ItemEnded, Planning
from pipelines.opencast.model import Event, Unread

UNNAMED = "(unnamed)"
"""The item that stands for events which break every list, so that not even their ids can be read."""

NOT_SELECTED = "not_selected"
"""Why an event is left that exists and could be moved: the operator's selection."""

TOGETHER = 200
"""Records that are appended at once: they share one write to the disk."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the plan. `date` is when it was recorded (ISO 8601), empty where nobody knows.

    `folder_id` is the folder that it goes to or, with a `path`, the one that these names lead down from.
    """

    event_id: str
    estimate: int | None
    series: str
    folder_id: str
    warnings: tuple[str, ...] = ()
    title: str = ""
    date: str = ""
    seen: Seen | None = field(default=None, compare=False)
    path: tuple[str, ...] = ()

    @property
    def place(self) -> Placed:
        """Where it goes."""
        return Placed(self.folder_id, self.path)


@dataclass(frozen=True, slots=True)
class Left:
    """An event that is not moved: skipped, or permanently out of reach."""

    event_id: str
    outcome: Outcome
    reason: str
    why: str
    title: str = ""
    series: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """By what an event is decided upon: the operator's selection, publications, folders and modules.

    `refused_folder` is where an event goes that its own folder does not take.
    `again` is whether lecture items that were right are to be looked at once more. `shown` is what sessions
    show, and `moves` whether films that changed after they were moved are moved again.
    """

    wanted: Wanted = field(default_factory=Wanted)
    channels: tuple[str, ...] = ("engage-player", "api")
    folders: Mapping[str, str] = field(default_factory=dict)
    default_folder: str | None = None
    folder_template: str = ""
    refused_folder: str | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    shown: Shown = field(default_factory=Shown)
    moves: bool = True


def decide(found: Event | Unread, rules: Rules, taken: int) -> Row | Left:
    """Decide about one event; `taken` counts those that were taken before it, for the limit of a pilot."""
    if isinstance(found, Unread):
        outcome = Outcome.PERMANENT if found.identifier else Outcome.RETRYABLE
        return Left(found.identifier or UNNAMED, outcome, found.reason, found.why)
    selected = select(found, rules.wanted, rules.channels)
    if isinstance(selected, Skip):
        return left(found, Outcome.SKIPPED, selected.reason, selected.why)
    if rules.wanted.limit is not None and taken >= rules.wanted.limit:
        why = f"the limit of {rules.wanted.limit} events is reached"
        return left(found, Outcome.SKIPPED, NOT_SELECTED, why)
    return _placed(selected, rules)


def _placed(selected: Selected, rules: Rules) -> Row | Left:
    event = selected.event
    where = place(event, rules.folders, rules.default_folder, rules.folder_template)
    if isinstance(where, NoFolder):
        return left(event, Outcome.PERMANENT, "no_folder", where.why)
    return Row(
        event.identifier,
        selected.estimate,
        event.series,
        where.folder_id,
        selected.warnings,
        title=event.title,
        date=_date(event),
        seen=seen_of(selected, rules.shown),
        path=where.path,
    )


def left(event: Event, outcome: Outcome, reason: str, why: str) -> Left:
    """Leave an event out, with what a person knows it by."""
    return Left(event.identifier, outcome, reason, why, event.title, event.series, _date(event))


def _date(event: Event) -> str:
    return event.recorded.isoformat() if event.recorded else ""


async def noting(found: AsyncIterator[Event | Unread], series: set[str]) -> AsyncIterator[Event | Unread]:
    """Pass events on, and note the series that they are of."""
    async for one in found:
        if isinstance(one, Event):
            series.add(one.series)
        yield one


async def decisions(found: AsyncIterator[Event | Unread], rules: Rules) -> AsyncIterator[Row | Left]:
    """Decide about every event that is discovered, in its order."""
    taken = 0
    async for one in found:
        decision = decide(one, rules, taken)
        taken += isinstance(decision, Row)
        yield decision


def is_carried_on(decision: Row | Left, state: ItemState, modules: Collection[str]) -> bool:
    """Tell whether LumiNUS is to have an event: the operator's table has a module for its series.

    What Panopto has is of the series that it was moved for, as its session lies in that one's folder. What
    was done before is taken up again only where it is selected.
    """
    if isinstance(decision, Left) and decision.reason == NOT_SELECTED and state.outcome is Outcome.VERIFIED:
        return False
    moved = state.under_way and state.series is not None
    series = decision.series if isinstance(decision, Row) and not moved else state.series
    return series in modules


def planned(row: Row, folder_id: str = "") -> Record:
    """Put an event into the plan; `folder_id` is its folder where its path was followed already."""
    return items.planned(
        row.event_id,
        estimate=row.estimate,
        series=row.series,
        folder_id=folder_id if row.path else row.folder_id,
        path=(row.folder_id, *row.path) if row.path else (),
        title=row.title,
        date=row.date,
    )


def _is_same(state: ItemState, row: Record) -> bool:
    """Tell whether a row is in the plan; where its path led to in an earlier run is no part of it."""
    known = state.planned
    return known is not None and ({**known, "folder_id": ""} if "path" in known else known) == row.facts


def record_of(decision: Row | Left, state: ItemState, carries: bool = False) -> Record | None:
    """Return what the checkpoint is told of a decision; None where it knows, or where the item is done.

    An item that is under way stays so, whatever is published now: shipping it tells what became of it.
    `carries` is whether LumiNUS is to have it as well; for that its series must be on record, which an older
    version did not keep.
    """
    lacks_series = carries and state.series is None
    if state.settled(carries) or (state.under_way and not lacks_series):
        return None
    if isinstance(decision, Row):
        row = planned(decision)
        same = _is_same(state, row) and state.outcome in {Outcome.WAITING, Outcome.RETRYABLE}
        return None if same else row
    if state.outcome is decision.outcome and state.reason == decision.reason:
        return None
    facts: dict[str, Any] = {"title": decision.title, "series": decision.series, "date": decision.date}
    facts |= {"given_up": list(state.uploads)} if state.uploads else {}
    return items.ended(decision.event_id, decision.outcome, decision.reason, why=decision.why, **facts)


@dataclass(frozen=True, slots=True)
class Plan:
    """The items to move, largest first, and about how many bytes: of those whose size anybody knows.

    `changed` are those whose sessions are right and whose events are others by now, with their rows;
    `compared` counts what was found of them, and of the others.
    """

    order: tuple[str, ...]
    bytes: int
    changed: Mapping[str, Record] = field(default_factory=dict)
    compared: Compared = field(default_factory=Compared, compare=False)


def is_unknown(decision: Row | Left, state: ItemState) -> bool:
    """Tell whether neither Opencast nor the checkpoint has ever heard of an event."""
    return isinstance(decision, Left) and decision.reason == "gone" and state == ItemState()


def estimate_of(decision: Row | Left, state: ItemState) -> int | None:
    """Return about how many bytes an item has to be moved; one that is at Panopto already has none."""
    return decision.estimate if isinstance(decision, Row) and state.right is None else None


class Planner:
    """Writes a plan into the checkpoint."""

    def __init__(
        self,
        journal: Journal,
        observer: Observer = silence,
        modules: Collection[str] = (),
        *,
        again: bool = False,
        comparison: Comparison | None = None,
    ) -> None:
        self._journal = journal
        self._observer = observer
        self._modules = modules
        self._again = again
        self._comparison = comparison or Comparison(journal.history)

    async def plan(
        self,
        decided: AsyncIterator[Row | Left],
        known: Iterable[str],
        whole: bool,
        named: Collection[str] = (),
    ) -> Plan:
        """Record every decision, and return what is to be moved.

        `known` are the subjects of the checkpoint before; `whole` tells whether every event of the source was
        looked at. One that was planned earlier and is not there now is still tried where the look was whole
        (a list may lack an event that exists), and left out where it was not. Raises SettingsError where
        Opencast has never heard of an event that the settings have `named`.
        """
        unknown: list[str] = []
        seen: dict[str, int | None] = {}
        names: set[str] = set()
        batch: list[Record] = []
        changed: dict[str, Record] = {}
        async for decision in decided:
            names.add(decision.event_id)
            state = self._state(decision.event_id)
            if decision.event_id in named and is_unknown(decision, state):
                unknown.append(decision.event_id)
                continue
            carries = is_carried_on(decision, state, self._modules)
            settled = state.settled(carries, self._again)
            found = NOTHING
            if isinstance(decision, Row) and decision.seen is not None:
                found = self._comparison.meet(decision.event_id, decision.seen, decision.date, state)
            told = (found.note, record_of(decision, state, carries))
            batch += [record for record in told if record is not None]
            if found.change and (row := record_of(decision, ItemState())) is not None:
                changed[decision.event_id] = row
                seen[decision.event_id] = row.facts["bytes"] if found.change.media else None
            elif not settled and (isinstance(decision, Row) or state.under_way):
                seen[decision.event_id] = estimate_of(decision, state)
            elif isinstance(decision, Left) and not settled:
                self._observer(ItemEnded(decision.event_id, decision.outcome, decision.reason, decision.why))
            if len(batch) >= TOGETHER:
                await self._append(batch)
                self._observer(Planning(len(names), len(seen)))
        await self._append(batch)
        if unknown:
            raise SettingsError(
                f"select.events names what Opencast does not have: {', '.join(unknown[:5])}"
                + (f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""),
                advice="correct the names; nothing was moved",
            )
        seen.update(await self._earlier([one for one in known if one not in names], whole))
        order = sorted(seen, key=lambda one: (-(seen[one] or 0), one))
        size = sum(size or 0 for size in seen.values())
        return Plan(tuple(order), size, changed, self._comparison.found)

    def _state(self, event_id: str) -> ItemState:
        return items.fold(self._journal.history(event_id))

    async def _append(self, batch: list[Record]) -> None:
        """Append records at once; raises what the first that failed raised."""
        failed: list[FerryError] = []

        async def append(record: Record) -> None:
            try:
                await self._journal.append(record)
            except FerryError as error:
                failed.append(error)

        async with anyio.create_task_group() as group:
            for record in batch:
                group.start_soon(append, record)
        batch.clear()
        if failed:
            raise failed[0]

    async def _earlier(self, known: Sequence[str], whole: bool) -> dict[str, int | None]:
        """Take up what earlier runs planned and this one did not come across."""
        found: dict[str, int | None] = {}
        left: list[Record] = []
        for event_id in known:
            state = self._state(event_id)
            if event_id == UNNAMED and state.outcome is Outcome.RETRYABLE:
                left.append(items.ended(UNNAMED, Outcome.SKIPPED, NOT_SELECTED, why="all could be named now"))
            if whole and (note := await self._comparison.miss(event_id, state)) is not None:
                left.append(note)
            selected = whole or state.outcome is not Outcome.VERIFIED
            settled = state.settled(selected and state.series in self._modules, self._again)
            if settled or state.outcome is Outcome.SKIPPED:
                continue
            if state.right is not None:
                found[event_id] = None
            elif state.planned is None:
                continue
            elif whole or state.upload is not None:
                found[event_id] = state.planned["bytes"]
            else:
                why = "it is not among the series and events of [select]"
                left.append(items.ended(event_id, Outcome.SKIPPED, NOT_SELECTED, why=why))
        await self._append(left)
        return found
