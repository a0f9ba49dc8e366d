"""A migration dies at the Nth write, fsync or rename of its checkpoint, for every N, and is run again.

All of the pipeline and the engine runs in memory and virtual time over the checkpoint's own file code; only
the systems at the other ends are fakes. What the disk holds afterwards is read here by a reader of its own.
"""

import gc
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import pytest
from fakes.crashing_disk import CrashingDisk, Stopped
from fakes.furnished_site import FurnishedSite
from fakes.store_journal import Died
from fakes.swept_site import IN_FLIGHT, PART, PATH, SweptSite
from fakes.virtual_time import Deadlock, virtually

from engine.checkpoint import store

pytestmark = [
    pytest.mark.fault(30),
    pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning"),  # a kill leaves tasks that never began
]

Json = Any
Make = Callable[..., Any]
"""Makes a site; `lists` is whether its target lists what it holds."""
LEAST = 100
"""Operations that a whole run has at least; a sweep of fewer has not swept it."""


@pytest.fixture(autouse=True)
def buried() -> Iterator[None]:
    """Collect what killed processes left only where `run` asks for it, and before the next test begins.

    A collection at any other moment may meet a task that never began inside a named tuple's constructor,
    whose frame has no `__import__` to warn with: that is an error which no filter of warnings silences.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
    gc.collect()


@dataclass(frozen=True)
class Loss:
    """What becomes of what was written and not flushed; `seed` decides where chance does."""

    power: bool = False
    dropped: bool = False
    seed: int = 0


LOSSES = {
    "kept": Loss(),
    "dropped": Loss(power=True, dropped=True),
    **{f"torn {seed}": Loss(power=True, seed=seed) for seed in range(1, 9)},
}
SHORT = {"kept", "dropped", "torn 1", "torn 2"}


def nothing(site: SweptSite, disk: CrashingDisk) -> None:
    """Look at nothing more."""


Look = Callable[[Any, CrashingDisk], None]
"""Looks at a site once more after its second run."""


def run(site: SweptSite, disk: CrashingDisk) -> bool:
    """Run once; tell whether it lived to its end."""
    try:
        virtually(site.run(disk))
    except (Died, Stopped):
        return False
    except Deadlock as error:
        if not isinstance(error.__context__, Died):
            raise
        return False  # what a dead process left cannot be brought to an end either
    finally:
        gc.collect()
    return True


def lines(disk: CrashingDisk) -> list[Json]:
    """Read what the disk holds, up to what a crash tore off."""
    found: list[Json] = []
    try:
        content = disk.content(PATH)
    except KeyError:
        return found
    for line in content.split(b"\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def in_doubt(records: list[Json]) -> int:
    """Return the bytes of files whose Complete is on record as intended but not as answered."""
    sizes: dict[tuple[str, str], int] = {}
    doubtful: set[tuple[str, str]] = set()
    for record in records:
        key = (record.get("s", ""), record.get("f", {}).get("name", ""))
        match record.get("k"):
            case "transfer.probed":
                sizes[key] = record["f"]["size"]
            case "transfer.complete":
                doubtful.add(key)
            case "transfer.completed" | "transfer.abandoned" | "transfer.created":
                doubtful.discard(key)
            case _:
                pass
    return sum(sizes[key] for key in doubtful)


def assert_every_intent_is_there(site: SweptSite, records: list[Json]) -> None:
    """Assert that what was done at Panopto and LumiNUS was on record before: as an intent, or as an end."""
    kinds: dict[str, set[str]] = {}
    for record in records:
        kinds.setdefault(record.get("s", ""), set()).add(record.get("k", ""))
    if not any("item.ended" in seen for seen in kinds.values()):  # an end replaces what was said before
        assert len(site.panopto.uploads) <= sum(record.get("k") == "item.upload" for record in records)
    for session in site.panopto.sessions.values():
        assert kinds[session.description.rpartition("Opencast: ")[2]] & {"item.submit", "item.ended"}
    for members in site.luminus.applied:
        (name,) = (one for one, event in site.events.items() if event.title == members.name)
        assert kinds[name] & {"item.patch", "item.ended"}


def assert_no_receipt_is_paid_twice(site: SweptSite, records: list[Json]) -> None:
    """Assert that no part went to its upload once more of which the disk has kept the receipt."""
    uploads: dict[tuple[str, str], str] = {}
    receipts: list[tuple[str | None, int]] = []
    for record in records:
        key = (record.get("s", ""), record.get("f", {}).get("name", ""))
        if record.get("k") == "transfer.created":
            uploads[key] = record["f"]["upload"]
        if record.get("k") == "transfer.part":
            receipts.append((uploads[key], record["f"]["number"]))
    sent = Counter(zip(site.target.put_to, site.target.puts, strict=True))
    assert [one for one in receipts if sent[one] != 1] == []


def unkilled(*, make: Make = SweptSite, **settings: Any) -> Mapping[str, Any]:
    """Return the end of a run that nobody disturbed."""
    site, disk = make(**settings), CrashingDisk(Random(0))
    assert run(site, disk)
    assert site.sent_again == 0
    return site.end()


def died_at(
    number: int,
    loss: Loss,
    reference: Mapping[str, Any],
    *,
    lists: bool,
    make: Make = SweptSite,
    look: Look = nothing,
) -> bool:
    """Die at one operation and run again to the end; tell whether there was an operation to die at."""
    site, disk = make(lists=lists), CrashingDisk(Random(loss.seed * 10_000 + number))
    disk.kill_at = number
    lived = run(site, disk)
    disk.crash(power=loss.power, dropped=loss.dropped)
    found = lines(disk)
    assert_every_intent_is_there(site, found)
    assert run(site, disk)
    assert site.end() == reference
    assert all(state.outcome == "verified" and state.carried for state in site.states(disk).values())
    assert site.sent_again <= IN_FLIGHT * PART + (0 if lists else in_doubt(found))
    assert_no_receipt_is_paid_twice(site, found)
    look(site, disk)
    return not lived


def sweep(loss: Loss, *, lists: bool, make: Make = SweptSite, look: Look = nothing) -> int:
    """Die at the first operation, the second, ... until a run ends unharmed; return how many there were."""
    reference = unkilled(lists=lists, make=make)
    number = 1
    while died_at(number, loss, reference, lists=lists, make=make, look=look):
        number += 1
    assert number > LEAST
    return number - 1


@pytest.fixture(params=[False, True], ids=["as it grows", "rewritten often"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Have the file rewritten at the usual size, or as soon as 1 kB of it is dead."""
    if request.param:
        monkeypatch.setattr(store, "WORTH_REWRITING", 1000)
    return bool(request.param)


TELLS = pytest.mark.parametrize("lists", [False, True], ids=["silent target", "target that lists"])


@pytest.mark.slow
@TELLS
@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(loss, id=name, marks=() if name in SHORT else pytest.mark.long)
        for name, loss in LOSSES.items()
    ],
)
def test_it_dies_at_every_operation(
    loss: Loss, lists: bool, small: bool, record_property: Callable[[str, object], None]
) -> None:
    """The end is that of a run which nobody killed: one session an event, one PATCH, little sent again."""
    points = sweep(loss, lists=lists)
    record_property("injected", points)
    record_property("happened", f"{points} points, each ended as if nothing had been")


@TELLS
def test_it_dies_at_some_operations(lists: bool, record_property: Callable[[str, object], None]) -> None:
    """The quick form: every seventh operation, what is not flushed torn."""
    reference = unkilled(lists=lists)
    numbers = range(1, LEAST, 7)
    assert all(died_at(number, Loss(power=True, seed=9), reference, lists=lists) for number in numbers)
    record_property("injected", len(numbers))


ROADS = pytest.mark.parametrize("refuses", [False, True], ids=["by the manifest", "by calls"])


def everything(refuses: bool) -> Make:
    """Return what makes a site whose event carries everything."""
    return partial(FurnishedSite, refuses=refuses)


def spoken_once(site: FurnishedSite, disk: CrashingDisk) -> None:
    """Assert that no language is there twice, and that one which is not there is told as in doubt."""
    states = site.states(disk)
    (state,) = states.values()
    outcome, there, doubtful = site.told(states)
    assert len(set(site.spoken)) == len(site.spoken)
    assert sorted({*there, *doubtful}) == ["de", "en"]
    assert outcome == ("permanent" if doubtful else "carried")
    assert len(site.spoken) >= len(there)
    assert {one["outcome"] for name, one in state.aspects.items() if name != "captions"} == {"carried"}


@pytest.mark.slow
@ROADS
@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(LOSSES[name], id=name, marks=() if name == "torn 1" else pytest.mark.long)
        for name in sorted(SHORT)
    ],
)
def test_it_dies_while_it_carries_everything(
    loss: Loss, refuses: bool, small: bool, record_property: Callable[[str, object], None]
) -> None:
    """Captions, chapters, pictures, notes, tags, owner, id: each once; doubt is told, no film sent again."""
    points = sweep(loss, lists=False, make=everything(refuses), look=spoken_once)
    record_property("injected", points)


@ROADS
def test_it_dies_at_some_operations_with_everything(
    refuses: bool, record_property: Callable[[str, object], None]
) -> None:
    """The quick form: some from begin to end."""
    make, loss = everything(refuses), Loss(power=True, seed=9)
    reference = unkilled(make=make)
    whole = CrashingDisk(Random(0))
    assert run(make(), whole)
    numbers = range(5, whole.operations, 11)
    assert len(numbers) > 10
    assert all(
        died_at(number, loss, reference, lists=False, make=make, look=spoken_once) for number in numbers
    )
    record_property("injected", len(numbers))


@pytest.mark.slow
def test_it_dies_again_and_again(record_property: Callable[[str, object], None]) -> None:
    """Some operations after each start, power or not: it comes to the same end, whatever the tries cost."""
    reference, deaths = unkilled(), 0
    for seed in range(60):
        site, chance = SweptSite(), Random(seed)
        disk = CrashingDisk(chance)
        for _ in range(1000):
            disk.kill_at = chance.randint(3, 40)
            if run(site, disk):
                break
            deaths += 1
            disk.crash(power=chance.random() < 0.5, dropped=chance.random() < 0.3)
            assert_every_intent_is_there(site, lines(disk))
        assert site.end() == reference
    assert deaths > 300
    record_property("injected", deaths)
