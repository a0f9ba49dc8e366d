"""A folder is asked for once a run, before a session upload goes there; one that is missing is made."""

from collections import Counter
from collections.abc import AsyncIterator
from itertools import count

import anyio
import anyio.lowlevel
import pytest
from fakes.memory_journal import Killed, MemoryJournal

from engine import FerryError, Refused, ServerFault, Throttled, TimedOut
from pipelines.items import PERMANENT, is_item
from pipelines.migration import made
from pipelines.migration.folder_paths import FolderPaths, NoSuchFolder
from pipelines.migration.folders import LOOKS, TRIES, Folders
from pipelines.migration.place import Placed
from pipelines.panopto.model import Folder

HEAT = Placed("top", ("2026", "Heat"))


class Site:
    """A Panopto of folders, whose lists lag behind by `lag` seconds; it counts the calls.

    `answers` are raised in turn by the calls that make folders; those in `applied` make one all the same.
    """

    def __init__(self, *known: str) -> None:
        self.there = {name: Folder(name, name) for name in known}
        self.since: dict[str, float] = {}
        self.calls: Counter[str] = Counter()
        self.asked: list[str] = []
        self.answers: list[FerryError] = []
        self.applied = True
        self.down = False
        self.lag = 0.0
        self.now = 0.0
        self.searches = True
        self.lists = True
        self.journal = MemoryJournal()
        self._ids = count(1)
        self.folders = self.begin()

    def begin(self) -> Folders:
        """Begin another run."""
        self.folders = Folders(self, self.journal, self.sleep)  # type: ignore[arg-type]
        return self.folders

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await anyio.lowlevel.checkpoint()
        self.now += seconds

    def add(self, name: str, parent_id: str) -> Folder:
        """Make a folder."""
        folder = Folder(f"id-{next(self._ids)}", name, parent_id)
        self.there[folder.id], self.since[folder.id] = folder, self.now
        return folder

    def named(self, name: str) -> list[str]:
        """Return the ids of all folders of a name."""
        return [one.id for one in self.there.values() if one.name.strip() == name]

    async def folder(self, folder_id: str) -> Folder | None:
        """Return a folder that is there."""
        self.asked.append(folder_id)
        await anyio.lowlevel.checkpoint()
        if self.down:
            raise ServerFault("answers HTTP 500")
        return self.there.get(folder_id)

    async def children(self, folder_id: str) -> AsyncIterator[Folder]:
        """Yield what is listed in a folder."""
        self.calls["children"] += 1
        await anyio.lowlevel.checkpoint()
        for one in self._listed() if self.lists else ():
            if one.parent_id == folder_id:
                yield one

    async def folders_named(self, name: str) -> AsyncIterator[Folder]:
        """Yield what begins with a name."""
        self.calls["search"] += 1
        await anyio.lowlevel.checkpoint()
        if not self.searches:
            raise Refused("searches for no such word (HTTP 400)")
        for one in self._listed():
            if one.name.startswith(name):
                yield one

    def _listed(self) -> list[Folder]:
        return [one for one in self.there.values() if self.since.get(one.id, -1e9) + self.lag <= self.now]

    async def create_folder(self, parent_id: str, name: str) -> Folder:
        """Make a folder, or not."""
        self.calls["create"] += 1
        await anyio.lowlevel.checkpoint()
        error = self.answers.pop(0) if self.answers else None
        if error is None:
            return self.add(name, parent_id)
        if self.applied and not isinstance(error, Throttled | Refused):
            self.add(name, parent_id)
        raise error


async def test_a_folder_is_asked_for_once() -> None:
    """However many items go there at the same time, one call is made for each folder."""
    site = Site("f", "g")
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(site.folders.at, Placed("f"))
            group.start_soon(site.folders.at, Placed("g"))
    assert sorted(site.asked) == ["f", "g"]


async def test_a_folder_that_is_not_there_is_one_of_the_permanent_reasons() -> None:
    """Each item that would go there is told so, with what to do, after one call."""
    site = Site()
    for place in (Placed("f"), Placed("f"), Placed("f", ("2026",))):
        with pytest.raises(NoSuchFolder, match="no folder f; correct the table") as caught:
            await site.folders.at(place)
    assert site.asked == ["f"]
    assert caught.value.code in PERMANENT


async def test_a_fault_is_not_remembered() -> None:
    """A Panopto that was down says nothing about its folders: the next item asks again."""
    site = Site("f")
    site.down = True
    with pytest.raises(ServerFault):
        await site.folders.at(Placed("f"))
    site.down = False
    await site.folders.at(Placed("f"))
    assert site.asked == ["f", "f"]


async def test_a_path_is_made_once_however_many_go_there() -> None:
    """Ten items at once, of two series of one year: three folders, each in its parent; none is an item."""
    site = Site("top")
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(site.folders.at, HEAT)
            group.start_soon(site.folders.at, Placed("top", ("2026", "Light")))
    (year,), (heat,) = site.named("2026"), site.named("Heat")
    assert (site.there[year].parent_id, site.there[heat].parent_id) == ("top", year)
    assert site.calls["create"] == 3
    assert await site.folders.at(HEAT) == heat
    assert not [one for one in site.journal.subjects() if is_item(one)]


async def test_a_folder_that_is_there_is_taken() -> None:
    """By its name without what stands around it; one elsewhere of the same name is another one."""
    site = Site("top", "other")
    site.add("2026", "other")
    year = site.add(" 2026 ", "top")
    assert await site.folders.at(Placed("top", ("2026",))) == year.id
    assert (site.calls["create"], site.journal.log) == (0, [])


async def test_what_lies_in_a_folder_is_listed_once() -> None:
    """A thousand series of one year are no thousand lists."""
    site = Site("top")
    year = site.add("2026", "top")
    for number in range(20):
        site.add(f"Series {number}", year.id)
    for number in range(20):
        await site.folders.at(Placed("top", ("2026", f"Series {number}")))
    assert (site.calls["children"], site.calls["search"]) == (2, 0)


async def test_where_the_list_is_empty_a_search_still_finds_it() -> None:
    """Some sites list no children even to an administrator."""
    site = Site("top")
    year = site.add("2026", "top")
    site.add("2026 and later", "top")
    site.lists = False
    assert await site.folders.at(Placed("top", ("2026",))) == year.id


async def test_several_of_one_name_are_told_and_nothing_is_guessed() -> None:
    """The sentence names them and what to do; later items hear the same without another call."""
    site = Site("top")
    site.add("2026", "top")
    site.add("2026", "top")
    for _ in range(2):
        with pytest.raises(
            NoSuchFolder, match=r"2 folders named '2026' in folder top \(id-1, id-2\); rename"
        ):
            await site.folders.at(HEAT)
    assert (site.calls["children"], site.calls["create"]) == (1, 0)


async def test_an_account_that_may_not_create_is_told_once() -> None:
    """Nothing is in doubt afterwards: the next run asks anew, and waits for no list."""
    site = Site("top")
    site.answers = [Refused("makes no folder '2026' in folder top (no permission)", where="panopto")]
    for _ in range(2):
        with pytest.raises(NoSuchFolder, match=r"panopto: makes no folder '2026'.*; let the account create"):
            await site.folders.at(HEAT)
    assert (site.calls["create"], site.now) == (1, 0)
    assert await site.begin().at(HEAT) == site.named("Heat")[0]
    assert site.now == 0


@pytest.mark.parametrize("searches", [True, False])
@pytest.mark.parametrize("lag", [0.0, 5.0, 29.0])
async def test_a_lost_answer_makes_no_second_folder(lag: float, searches: bool) -> None:
    """It is looked for past the time that lists lag behind, and its id is on record then."""
    site = Site("top")
    site.lag, site.searches, site.answers = lag, searches, [TimedOut("no answer in time")]
    found = await site.folders.at(Placed("top", ("2026",)))
    assert site.named("2026") == [found]
    assert site.calls["create"] == 1
    assert made.fold(site.journal.history("folder:top/2026")).folder_id == found


async def test_an_answer_that_was_lost_on_the_way_there_is_followed_by_another_try() -> None:
    """It is not there after all looks: it is made, once."""
    site = Site("top")
    site.applied, site.answers = False, [ServerFault("answers HTTP 503")]
    await site.folders.at(Placed("top", ("2026",)))
    assert (len(site.named("2026")), site.calls["create"], site.now) == (1, 2, sum(LOOKS))


async def test_a_throttled_call_is_waited_for() -> None:
    """It was not done, so nothing is looked for."""
    site = Site("top")
    site.answers = [Throttled("too many calls", retry_after=7.0)]
    await site.folders.at(Placed("top", ("2026",)))
    assert (len(site.named("2026")), site.now) == (1, 7.0)


async def test_after_some_tries_the_item_fails_for_now() -> None:
    """The error is Transient, and the next run looks before it asks."""
    site = Site("top")
    site.applied, site.answers = False, [ServerFault("answers HTTP 500")] * TRIES
    with pytest.raises(ServerFault):
        await site.folders.at(Placed("top", ("2026",)))
    assert site.calls["create"] == TRIES
    assert made.fold(site.journal.history("folder:top/2026")).asked


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("moment", [1, 2, 3, 4])
async def test_killed_at_any_record(moment: int, kept: bool) -> None:
    """Whether the record was durable or not, the next run ends with one folder of each name."""
    site = Site("top")
    site.lag = 5.0
    site.journal.end_at(moment, kept=kept)
    with pytest.raises(Killed):
        await site.folders.at(HEAT)
    site.journal.go_on()
    found = await site.begin().at(HEAT)
    assert (len(site.named("2026")), site.named("Heat")) == (1, [found])


async def test_what_was_made_is_known_by_its_id() -> None:
    """Also where no list shows it, or somebody has renamed it; one that is deleted is made again."""
    site = Site("top")
    site.lag = 1e6
    place = Placed("top", ("2026",))
    folder_id = await site.folders.at(place)
    site.there[folder_id] = Folder(folder_id, "Year 2026", "top")
    assert await site.begin().at(place) == folder_id
    del site.there[folder_id]
    assert await site.begin().at(place) == site.named("2026")[0] != folder_id


async def test_finding_makes_nothing() -> None:
    """What is not there is None, and below it nothing is asked for; a top that is not there is an error."""
    site = Site("top")
    paths = FolderPaths(site, site.journal.history)
    assert await paths.find(HEAT) is None
    assert await paths.find(Placed("nowhere")) is None
    with pytest.raises(NoSuchFolder, match="no folder nowhere"):
        await paths.find(Placed("nowhere", ("2026",)))
    assert site.calls == {"children": 1, "search": 1}
    year = site.add("2026", "top")
    heat = site.add("Heat", year.id)
    assert await FolderPaths(site, site.journal.history).find(HEAT) == heat.id
    assert site.journal.log == []
