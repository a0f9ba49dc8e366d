"""What a run would do, found out without writing anything anywhere."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine import PANOPTO, Refused
from pipelines.items import ItemState, Outcome
from pipelines.migration.again import met
from pipelines.migration.folder_paths import NoSuchFolder
from pipelines.migration.found import UNRECORDED
from pipelines.migration.place import Placed, unused
from pipelines.migration.planning import Left, Row, is_carried_on

FindFolder = Callable[[Placed], Awaitable[str | None]]
"""Returns the id of a folder, None where it is not there. Raises NoSuchFolder where it cannot be told."""

LONGEST_LIST = 20
"""Problems of one kind that are named; of more, the number."""


@dataclass(slots=True)
class Preview:
    """Items by what a run would do with them, and what the operator should mend first.

    `bytes` counts the items whose size Opencast tells; `unknown` those whose size it does not. `to_carry`
    are the sessions, by event, that have yet to come to LumiNUS; `luminus` is None where nothing goes there.
    `to_make` are the folders that are not there and would be made.
    `aside` counts the items that go to the `refused_folder`, as far as can be seen; without one none do.
    `found` counts the items whose sessions were found by their marker and are not right: no run moves them.
    """

    to_move: int = 0
    bytes: int = 0
    unknown: int = 0
    done: int = 0
    under_way: int = 0
    found: int = 0
    again: int = 0
    moves: bool = True
    changed: Counter[str] = field(default_factory=Counter)
    to_carry: dict[str, str] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    permanent: Counter[str] = field(default_factory=Counter)
    retryable: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    folders: dict[Placed, "Share"] = field(default_factory=dict)
    to_make: set[Placed] = field(default_factory=set)
    refused_folder: str | None = None
    aside: int = 0
    luminus: "ToLuminus | None" = None
    access: "WhoSees | None" = None

    def count(self, decision: Row | Left, state: ItemState, carries: bool = False) -> None:
        """Take one decision in, against what the checkpoint says of the item."""
        if isinstance(decision, Row) and self._is_taken_up(decision, state, carries):
            return
        if state.settled(carries):
            self.done += 1
        elif state.right is not None:
            self.to_carry[decision.event_id] = state.right["session_id"]
            if self.luminus is not None and carries:
                self.luminus.to_carry[_series(decision, state)] += 1
        elif state.found is not None:
            self.found += 1
        elif isinstance(decision, Left) and not state.under_way:
            self._left(decision)
        else:
            self.under_way += state.under_way
            onward = _series(decision, state) if carries else None
            if self.luminus is not None:
                self.luminus.count(onward)
            there = Placed(state.upload["folder_id"]) if state.upload is not None else None
            self._row(decision, onward, state.under_way, there)

    @property
    def new(self) -> int:
        """How many items would be begun that have no session."""
        return self.to_move - self.under_way - self.again

    def _is_taken_up(self, row: Row, state: ItemState, carries: bool) -> bool:
        """Count what has changed of an item that is done; tell whether a run takes it up for that."""
        if row.seen is None:
            return False
        found = met(row.event_id, row.seen, row.date, state, moves=self.moves)
        self.changed.update(found.found.words)
        if found.change.media:
            onward = row.series if carries else None
            if self.luminus is not None:
                self.luminus.count(onward)
            self.again += 1
            self._row(row, onward, begun=True)
        return bool(found.change.words)

    def _left(self, decision: Left) -> None:
        match decision.outcome:
            case Outcome.SKIPPED:
                self.skipped[decision.reason] += 1
                return
            case Outcome.RETRYABLE:
                self.retryable[decision.reason] += 1
            case _:
                self.permanent[decision.reason] += 1
        if decision.why:
            self.problems.append(f"{decision.event_id}: {decision.why}")

    def _row(
        self, decision: Row | Left, onward: str | None, begun: bool, there: Placed | None = None
    ) -> None:
        """Take in what is to be moved; `there` is where its session upload is open, wherever others go."""
        self.to_move += 1
        if isinstance(decision, Left):
            return
        self.bytes += decision.estimate or 0
        self.unknown += decision.estimate is None
        share = self.folders.setdefault(there or decision.place, Share(decision.series))
        share.count(decision, onward, begun)
        self.problems += [f"{decision.event_id}: {warning}" for warning in decision.warnings]
        if decision.estimate is not None and decision.estimate > PANOPTO.limits.largest:
            self.problems.append(
                f"{decision.event_id}: about {decision.estimate:,} bytes, and Panopto's parts hold "
                f"{PANOPTO.limits.largest:,} at most"
            )

    @property
    def fresh(self) -> Iterator[str]:
        """The items that would be begun, in the order in which `hold_back` asks for them."""
        return (row.event_id for share in self.folders.values() for row in share.fresh)

    async def hold_back(self, held: Callable[[str, str], Awaitable[Sequence[str]]]) -> None:
        """Take out what a run would not begin, as Panopto holds sessions of it that are not on record.

        `held` gives those of an event and the folder that it would go to.
        """
        for share in self.folders.values():
            there = share.folder_id
            for row in [row for row in share.fresh if there and await held(row.event_id, there)]:
                self.to_move -= 1
                self.bytes -= row.estimate or 0
                self.unknown -= row.estimate is None
                self.retryable[UNRECORDED] += 1
        if count := self.retryable[UNRECORDED]:
            self.problems.append(
                f"Panopto has sessions of {count} events of which the checkpoint does not tell: "
                "`ferry reconcile` takes them in"
            )

    async def look(self, place: Placed, find: FindFolder, table: Mapping[str, str]) -> None:
        """Look where a folder is: note what would be made, take out what would have nowhere to go."""
        share = self.folders[place]
        try:
            share.folder_id = await find(place)
            if share.folder_id is None and not place.path:
                self._refused(place, table, "Panopto does not have it")
            elif share.folder_id is None:
                self.to_make |= {one for one in place.lineage if await find(one) is None}
        except (NoSuchFolder, Refused) as error:
            self._refused(place, table, str(error))

    async def look_aside(self, find: FindFolder) -> None:
        """Look whether the operator's folder for what its own refuses is there; else nothing goes to it."""
        if self.refused_folder is None:
            return
        why = "Panopto does not have it"
        try:
            if await find(Placed(self.refused_folder)) is not None:
                return
        except (NoSuchFolder, Refused) as error:
            why = str(error)
        self.problems.append(f"panopto.refused_folder_id: folder {self.refused_folder}: {why}")
        self.refused_folder = None

    def _refused(self, place: Placed, table: Mapping[str, str], why: str) -> None:
        """Count what its own folder would not take: it goes to the operator's one, or nowhere."""
        share = self.folders[place]
        of = f" of series {share.series}" if share.series in table else ""
        if self.refused_folder is None:
            self._without(share)
            self.problems.append(f"folder {place}{of}: {why}")
            return
        share.folder_id = self.refused_folder
        self.aside += share.items
        unseen = ", where LumiNUS does not see it" if share.mapped else ""
        goes = f"{share.items} of it go to folder {self.refused_folder}{unseen}"
        self.problems.append(f"folder {place}{of}: {why}; {goes}")

    def _without(self, share: "Share") -> None:
        self.to_move -= share.items
        self.bytes -= share.bytes
        self.unknown -= share.unknown
        self.permanent["no_folder"] += share.items
        if self.luminus is not None:
            self.luminus.without(share)


@dataclass(slots=True)
class Share:
    """What would go to one folder; `series` is that of its first item, `mapped` what goes on, by series.

    `fresh` are the items that would be begun; `folder_id` is None until it was found at Panopto.
    """

    series: str
    folder_id: str | None = None
    items: int = 0
    bytes: int = 0
    unknown: int = 0
    mapped: Counter[str] = field(default_factory=Counter)
    fresh: list[Row] = field(default_factory=list)

    def count(self, row: Row, onward: str | None, begun: bool) -> None:
        """Take one item in, by which series it goes on to LumiNUS, and whether it is under way already."""
        if not begun:
            self.fresh.append(row)
        self.items += 1
        self.bytes += row.estimate or 0
        self.unknown += row.estimate is None
        if onward is not None:
            self.mapped[onward] += 1


@dataclass(slots=True)
class WhoSees:
    """How many of the events to begin are to have which access level, by the table of roles.

    `unmapped` counts the events of each role without a row, `unknown` those whose access list is not told.
    """

    levels: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    unknown: int = 0


@dataclass(slots=True)
class ToLuminus:
    """What goes on to LumiNUS: items at Panopto already, and items to move whose series has a module.

    Both by series. `unmapped` are items to move whose series has none; `stops` are those that something
    stands against, by reason.
    """

    to_carry: Counter[str] = field(default_factory=Counter)
    mapped: Counter[str] = field(default_factory=Counter)
    unmapped: int = 0
    stops: Counter[str] = field(default_factory=Counter)

    @property
    def items(self) -> Counter[str]:
        """How many items of each series are to come to LumiNUS; no series without any."""
        return self.to_carry + self.mapped

    def count(self, onward: str | None) -> None:
        """Take an item in that is to move, and by which series it goes on."""
        if onward is None:
            self.unmapped += 1
        else:
            self.mapped[onward] += 1

    def without(self, share: Share) -> None:
        """Take out what has no folder to go to."""
        self.mapped -= share.mapped
        self.unmapped -= share.items - share.mapped.total()


def _series(decision: Row | Left, state: ItemState) -> str:
    """Return the series that an item goes on by: what Panopto has is of the one it was moved for."""
    return state.series if state.under_way and state.series is not None else decision.series


async def preview(
    decided: AsyncIterator[Row | Left],
    state_of: Callable[[str], ItemState],
    folders: Mapping[str, str],
    find: FindFolder,
    modules: Collection[str] = (),
    *,
    moves: bool = True,
    refused_folder: str | None = None,
) -> Preview:
    """Count what a run would do. `folders` is the operator's table; each folder is asked for once.

    `modules` are the series that are carried on to LumiNUS; `moves` is whether films that changed are moved
    again; `refused_folder` is where that goes which its own folder does not take.
    """
    seen = Preview(moves=moves, refused_folder=refused_folder, luminus=ToLuminus() if modules else None)
    series: set[str] = set()
    async for decision in decided:
        state = state_of(decision.event_id)
        seen.count(decision, state, is_carried_on(decision, state, modules))
        if isinstance(decision, Row):
            series.add(decision.series)
    await seen.look_aside(find)
    for place in seen.folders:
        await seen.look(place, find, folders)
    idle = unused(folders, series)
    seen.problems += [f"series {one}: no event to move is of it" for one in idle[:LONGEST_LIST]]
    if len(idle) > LONGEST_LIST:
        seen.problems.append(f"{len(idle) - LONGEST_LIST} more series of the table have no event to move")
    return seen
