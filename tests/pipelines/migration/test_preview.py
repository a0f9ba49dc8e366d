"""What a run would do: counted against the checkpoint, with what the operator should mend first."""

from collections.abc import AsyncIterator, Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PANOPTO, Record
from pipelines import items
from pipelines.cli.exits import Exit
from pipelines.cli.plan import code_of, document, write
from pipelines.items import Outcome, fold
from pipelines.migration.folder_paths import NoSuchFolder
from pipelines.migration.place import Placed
from pipelines.migration.planning import UNNAMED, Left, Row
from pipelines.migration.preview import LONGEST_LIST, Preview, preview

UPLOADING = items.uploading("e", upload_id="u", folder_id="f", target="t", files=[])


async def each(decided: Iterable[Row | Left]) -> AsyncIterator[Row | Left]:
    """Give decisions one by one."""
    for one in decided:
        yield one


async def seen(
    *decided: Row | Left,
    checkpoint: Mapping[str, list[Record]] | None = None,
    folders: Mapping[str, str] | None = None,
    missing: Iterable[str] = (),
    asked: list[str] | None = None,
    modules: Iterable[str] = (),
    refused_folder: str | None = None,
) -> Preview:
    """Look at decisions; `missing` folders are not at Panopto."""

    async def find(place: Placed) -> str | None:
        if asked is not None:
            asked.append(str(place))
        if "Twice" in place.path:
            raise NoSuchFolder("there are two")
        return None if missing & {place.folder_id, *place.path} else str(place)

    known, missing = checkpoint or {}, set(missing)
    return await preview(
        each(decided),
        lambda name: fold(known.get(name, [])),
        folders or {},
        find,
        set(modules),
        refused_folder=refused_folder,
    )


def row(name: str, estimate: int | None = 10, series: str = "s", folder: str = "f", *warnings: str) -> Row:
    """Return the decision to move an event."""
    return Row(name, estimate, series, folder, warnings)


@pytest.mark.parametrize("end", [Outcome.DIFFERS, Outcome.WAITING])
async def test_what_was_found_and_is_not_right_is_not_to_move(
    end: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run sends nothing of an item that reconcile found to differ, or to be in the making."""
    known = {"a": [items.found("a", ["s-1"], {}), items.ended("a", end, "title")]}
    seen_now = await seen(row("a", 5), checkpoint=known)
    assert (seen_now.to_move, seen_now.bytes, seen_now.under_way, seen_now.found) == (0, 0, 0, 1)
    write(seen_now)
    assert (
        "1 items were found at Panopto and are not right: `ferry status` says why" in capsys.readouterr().out
    )


async def test_items_are_counted_by_what_would_happen() -> None:
    """To move, skipped, permanent and retryable are told apart; sizes nobody knows are counted by number."""
    found = await seen(
        row("a", 5),
        row("b", None),
        Left("c", Outcome.SKIPPED, "live", "it is live"),
        Left("d", Outcome.SKIPPED, "live", "it is live"),
        Left("e", Outcome.PERMANENT, "gone", "it is gone"),
        Left(UNNAMED, Outcome.RETRYABLE, "unreadable", "place 3 is broken"),
    )
    assert (found.to_move, found.bytes, found.unknown) == (2, 5, 1)
    assert (found.skipped, found.permanent, found.retryable) == ({"live": 2}, {"gone": 1}, {"unreadable": 1})
    assert found.problems == ["e: it is gone", f"{UNNAMED}: place 3 is broken"]


async def test_the_checkpoint_counts() -> None:
    """What is verified is done; what is under way goes on, even where a skip would be decided now."""
    found = await seen(
        row("a"),
        row("b"),
        Left("c", Outcome.SKIPPED, "live", "it is live"),
        row("d"),
        checkpoint={
            "a": [items.ended("a", Outcome.VERIFIED)],
            "b": [UPLOADING],
            "c": [UPLOADING],
            "d": [items.ended("d", Outcome.PERMANENT, "no_folder")],
        },
    )
    assert (found.done, found.under_way, found.to_move, found.bytes) == (1, 2, 3, 20)
    assert not found.skipped


async def test_each_folder_is_asked_for_once() -> None:
    """A folder that Panopto does not have is told once, with the series that the table sends there."""
    asked: list[str] = []
    found = await seen(
        row("a", series="s1", folder="f1"),
        row("b", series="s1", folder="f1"),
        row("c", series="", folder="home"),
        folders={"s1": "f1"},
        missing={"f1", "home"},
        asked=asked,
    )
    assert asked == ["f1", "home"]
    assert (found.to_move, found.permanent) == (0, {"no_folder": 3})
    assert found.problems == [
        "folder f1 of series s1: Panopto does not have it",
        "folder home: Panopto does not have it",
    ]


async def test_what_a_folder_refuses_goes_to_the_operators_one(capsys: pytest.CaptureFixture[str]) -> None:
    """As far as a plan can see it, it is told and counted, and the code is that of the run."""
    found = await seen(
        row("a", series="s1", folder="f1"),
        row("b", series="s2", folder="f2"),
        folders={"s1": "f1"},
        missing={"f1"},
        modules=["s1"],
        refused_folder="team",
    )
    assert (found.to_move, found.aside, found.permanent) == (2, 1, {})
    goes = "1 of it go to folder team, where LumiNUS does not see it"
    assert found.problems == [f"folder f1 of series s1: Panopto does not have it; {goes}"]
    assert code_of(found) is Exit.PERMANENT
    assert document(found, Exit.PERMANENT)["to_refused_folder"] == 1
    write(found)
    assert "1 of them go to the folder for what its own does not take" in capsys.readouterr().out


async def test_an_operators_folder_that_is_not_there_takes_nothing() -> None:
    """What would go there is told as before, beside that folder itself."""
    found = await seen(row("a", folder="f1"), missing={"f1", "team"}, refused_folder="team")
    assert (found.to_move, found.aside, found.permanent) == (0, 0, {"no_folder": 1})
    assert found.problems == [
        "panopto.refused_folder_id: folder team: Panopto does not have it",
        "folder f1: Panopto does not have it",
    ]


async def test_folders_that_would_be_made_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Each once, with those above it; nothing is taken out, and nothing in them can be there already."""
    found = await seen(
        Row("a", 1, "s", "top", path=("2026", "Heat")),
        Row("b", 1, "s", "top", path=("2026", "Heat")),
        Row("c", 1, "t", "top", path=("2026", "Light")),
        Row("d", 1, "u", "top", path=("2025", "Old")),
        missing={"2026"},
    )
    assert found.to_move == 4
    made = ["2026 below top", "2026/Heat below top", "2026/Light below top"]
    assert document(found, Exit.DONE)["folders_to_make"] == made
    write(found)
    assert f"3 folders would be made: {', '.join(made)}" in " ".join(capsys.readouterr().out.split())


async def test_what_is_under_way_needs_no_other_folder() -> None:
    """Its session upload is open in a folder that is there: what its series is called by now makes none."""
    asked: list[str] = []
    found = await seen(
        Row("e", 1, "s", "top", path=("Called anew",)),
        checkpoint={"e": [UPLOADING]},
        missing={"Called anew"},
        asked=asked,
    )
    assert (found.to_move, found.under_way, found.to_make) == (1, 1, set())
    assert asked == ["f"]


async def test_a_folder_that_is_there_twice_is_a_problem() -> None:
    """What would go there is told as no_folder, with the sentence that a run would end with."""
    found = await seen(Row("a", 1, "s", "top", path=("Twice",)), row("b"))
    assert (found.to_move, found.permanent) == (1, {"no_folder": 1})
    assert found.problems == ["folder Twice below top: there are two"]
    assert not found.to_make


async def test_warnings_and_rows_of_the_table_without_events_are_told() -> None:
    """A series of the table that no event is of was probably written wrongly; of many, the number is told."""
    table = {f"idle{number:03}": "f" for number in range(LONGEST_LIST + 3)}
    found = await seen(row("a", 1, "s", "f", "no date"), folders={"s": "f", **table})
    assert found.problems[0] == "a: no date"
    assert found.problems[1] == "series idle000: no event to move is of it"
    assert found.problems[-1] == "3 more series of the table have no event to move"
    assert len(found.problems) == 1 + LONGEST_LIST + 1


@pytest.mark.parametrize(("more", "problems"), [(0, 0), (1, 1)])
async def test_what_is_too_large_by_its_estimate_is_told_with_both_numbers(more: int, problems: int) -> None:
    """A file of as many bytes as Panopto's parts hold is fine, one more is a problem."""
    size = PANOPTO.limits.largest + more
    found = await seen(row("a", size))
    assert len(found.problems) == problems
    assert all(f"{size:,}" in one and f"{PANOPTO.limits.largest:,}" in one for one in found.problems)


@given(st.lists(st.sampled_from(["skipped", "permanent", "retryable", "row"]), max_size=6))
async def test_the_code_is_that_of_the_worst_item(kinds: list[str]) -> None:
    """A plan says 4 where items cannot be moved, 3 where some cannot be read now, else 0."""
    found = await seen(
        *(
            row(f"{number}") if kind == "row" else Left(f"{number}", Outcome(kind), "gone", "why")
            for number, kind in enumerate(kinds)
        )
    )
    expected = (
        Exit.PERMANENT if "permanent" in kinds else Exit.RETRYABLE if "retryable" in kinds else Exit.DONE
    )
    assert code_of(found) is expected
    assert document(found, expected)["exit"] == int(expected)


async def test_what_is_at_panopto_and_not_at_luminus_is_counted_by_itself() -> None:
    """It moves no bytes, and is neither done nor to be moved."""
    verified = items.ended("a", Outcome.VERIFIED, session_id="s-1", series="s")
    found = await seen(row("a"), row("b"), checkpoint={"a": [verified]}, modules={"s"})
    assert (found.to_carry, found.to_move, found.done, found.bytes) == ({"a": "s-1"}, 1, 0, 10)
    found = await seen(row("a"), checkpoint={"a": [verified]})
    assert (found.to_carry, found.done) == ({}, 1)


async def test_what_goes_on_to_luminus_is_counted() -> None:
    """By the series that it is moved for; what has no folder goes nowhere, unless it has one by now."""
    found = await seen(
        row("a"),
        row("b"),
        row("c", series="t"),
        row("d", folder="gone"),
        row("e", series="t", folder="gone"),
        row("i", series="t", folder="gone"),
        row("f"),
        row("g", series="moved"),
        Left("h", Outcome.SKIPPED, "live", "it is live", series="s"),
        checkpoint={
            "a": [items.ended("a", Outcome.VERIFIED, session_id="s-1", series="s")],
            "c": [items.planned("c", estimate=1, series="s", folder_id="f"), UPLOADING],
            "i": [items.planned("i", estimate=1, series="s", folder_id="f"), UPLOADING],
        },
        missing={"gone"},
        modules={"s"},
    )
    assert found.luminus is not None
    told = document(found, code_of(found))["luminus"]
    assert told == {"to_carry": 1, "mapped": 4, "unmapped": 1, "stops": {}}
    assert found.luminus.items == {"s": 5}


async def test_without_luminus_nothing_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the document nor to people."""
    found = await seen(row("a"))
    assert document(found, Exit.DONE)["luminus"] is None
    write(found)
    assert "LumiNUS" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stops", "code"),
    [
        ({}, 0),
        ({"no_right": 1}, 4),
        ({"unknown_module": 1, "luminus_quota": 2}, 4),
        ({"luminus_account": 2}, 3),
        ({"lecture_item": 2}, 3),
        ({"unreachable": 2}, 3),
    ],
)
async def test_what_stands_against_carrying_has_a_code(
    stops: dict[str, int], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four where a run would end items for good, three where they would wait; people see the numbers."""
    found = await seen(row("a"), row("b", series="t"), modules={"s"})
    assert found.luminus is not None
    found.luminus.stops.update(stops)
    assert code_of(found) == code
    write(found)
    output = capsys.readouterr().out
    assert "1 of them go on to LumiNUS; 1 have no row in the table of modules" in output
    for reason, count in stops.items():
        assert f"{count} cannot go on to LumiNUS as things are: {reason}" in output
