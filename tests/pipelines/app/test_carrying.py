"""Which items `ferry carry` takes up: those that wait, are selected, and lack nothing at Panopto."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakes.memory_journal import MemoryJournal

from engine import Record
from pipelines import items
from pipelines.app.carrying import is_furnished, waiting_in
from pipelines.items import Outcome
from pipelines.migration.furnish.aspects import ExternalId, SubjectTags
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.furnish.wants import Wants
from pipelines.migration.keeping import Keeping
from pipelines.migration.planning import Rules
from pipelines.migration.select import Wanted

RIGHT = {"session_id": "s", "start": None}
CARRIED = [{"lecture_item": "l"}]


def item(name: str, *more: Record, series: str = "s1") -> Sequence[Record]:
    """The records of an item whose session is right."""
    planned = items.planned(name, estimate=None, series=series, folder_id="f")
    return [planned, items.right(name, "s", None), *more]


def ended(name: str, outcome: Outcome, reason: str | None = None, **facts: Any) -> Record:
    """An end that keeps what is known."""
    return items.ended(name, outcome, reason, whole=True, right=RIGHT, **{"series": "s1", **facts})


async def journal_of(*histories: Sequence[Record]) -> MemoryJournal:
    """A checkpoint of items."""
    journal = MemoryJournal()
    for records in histories:
        for record in records:
            await journal.append(record)
    return journal


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), {"waits", "begun", "before"}),
        (Wanted(events=frozenset({"other"})), {"waits", "begun"}),
        (Wanted(series=frozenset({"s1"})), {"waits", "begun", "before"}),
        (Wanted(events=frozenset({"before"})), {"waits", "begun", "before"}),
    ],
)
async def test_what_waits_is_taken_up(wanted: Wanted, expected: set[str]) -> None:
    """What was done before there was a LumiNUS as far as it is selected; none without a module."""
    journal = await journal_of(
        item("waits", ended("waits", Outcome.WAITING, "lecture_item")),
        item("begun"),
        item("before", ended("before", Outcome.VERIFIED)),
        item("done", ended("done", Outcome.VERIFIED, carried=CARRIED)),
        item("elsewhere", series="s2"),
        [items.planned("planned", estimate=None, series="s1", folder_id="f")],
        [items.planned("schedule:x", estimate=None, series="s1", folder_id="f")],
    )
    rules = Rules(wanted=wanted, modules={"s1": "m1"})
    checkpoint: Any = journal
    assert set(waiting_in(checkpoint, Keeping(journal), rules)) == expected


WANTS = Wants("a", tags=("x",))
MEANT = {
    "title": "A",
    "date": "2020-01-01T09:00:00+00:00",
    "duration": 9.0,
    "files": [],
    "wants": WANTS.facts,
}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"external_id": {"outcome": "carried"}}, False),
        ({"external_id": {"outcome": "carried"}, "tags": {"outcome": "retryable"}}, True),
        ({"external_id": {"outcome": "permanent"}, "tags": {"outcome": "carried"}}, True),
    ],
)
async def test_what_a_killed_run_left_to_be_furnished_is_a_run_s(
    told: dict[str, Any], expected: bool
) -> None:
    """An end would close it, and nobody would ever give its session the rest."""
    sessions: Any = None
    furnisher = Furnisher([ExternalId(sessions), SubjectTags(sessions)], MemoryJournal())
    upload = items.uploading("a", upload_id="u", folder_id="f", target="https://t/b/p", files=[])
    records = [
        items.planned("a", estimate=None, series="s1", folder_id="f"),
        upload,
        items.submit("a", MEANT),
        items.right("a", "s", None),
        items.aspects("a", told),
    ]
    assert is_furnished("a", items.fold(records), furnisher) is expected


async def test_what_never_wanted_anything_is_furnished() -> None:
    """An item of an older version has no such record."""
    assert is_furnished("a", items.fold(item("a")), Furnisher([], MemoryJournal()))
