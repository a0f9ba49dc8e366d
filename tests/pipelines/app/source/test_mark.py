"""Marks are set once, seen to be there, and known to the checkpoint; whatever becomes of the answers."""

from dataclasses import replace

import pytest
from fakes.memory_journal import Killed
from fakes.source_site import SourceSite, fates, source_site

from engine import AccountRefused
from pipelines import items, sources
from pipelines.items import Outcome
from pipelines.opencast.marks import FieldMark, RoleMark
from pipelines.sandbox import Fault, Switches

ROLE = RoleMark("ROLE_MIGRATED")
FIELD = FieldMark("subjects", "moved")
EDITOR = Switches(opencast_account="editor")


def granted(site: SourceSite) -> list[int]:
    """How often the mark stands in the list of each event."""
    line = {"role": "ROLE_MIGRATED", "action": "migrated", "allow": True}
    return [row["acl"].count(line) for row in site.rows().values()]


async def test_a_dry_run_writes_nothing() -> None:
    """It says the same, and neither side is changed."""
    async with source_site() as site:
        found = await site.marker(ROLE, dry=True).mark_all(site.asked())
        assert fates(found) == {"to do": 3}
        assert granted(site) == [0, 0, 0]
        assert len(site.journal.log) == 3


@pytest.mark.parametrize("mark", [ROLE, FIELD])
async def test_a_mark_is_set_once(mark: RoleMark | FieldMark) -> None:
    """Intent, answer, and the item is closed again; the second time nothing is called."""
    async with source_site() as site:
        assert fates(await site.marker(mark).mark_all(site.asked())) == {"done": 3}
        name = site.names[0]
        assert site.kinds(name)[1:] == ["source.mark", "source.marked", "item.ended"]
        assert [one.kind for one in site.journal.history(name)] == ["item.ended"]
        state = items.fold(site.journal.history(name))
        assert (state.outcome, state.session_id) == (Outcome.VERIFIED, f"s-{name}")
        known = sources.fold(site.journal.history(name))
        assert known.marks == (mark.facts,)
        assert known.archive_version == site.rows()[name]["archive_version"]
        assert fates(await site.marker(mark).mark_all(site.asked())) == {"already": 3}
        calls = [row["add_ace"] + row["put_metadata"] for row in site.rows().values()]
        assert calls == [1, 1, 1]


async def test_what_is_still_to_be_done_of_an_item_is_kept() -> None:
    """That LumiNUS is to be looked at once more, and calls of which no answer is known."""
    async with source_site() as site:
        (end,) = site.journal.history(site.names[0])
        facts = {**end.facts, items.SEEN_ANEW: True, "asked": ["captions:de"]}
        await site.journal.append(replace(end, facts=facts))
        await site.marker(ROLE).mark_all(site.asked())
        state = items.fold(site.journal.history(site.names[0]))
        assert (state.seen_anew, state.asked) == (True, {"captions:de"})


async def test_what_stands_in_a_field_is_kept() -> None:
    """A list gets one value more, and none of the others is lost."""
    async with source_site() as site:
        before = {name: row["metadata"]["subjects"] for name, row in site.rows().items()}
        await site.marker(FIELD).mark_all(site.asked())
        assert {name: row["metadata"]["subjects"] for name, row in site.rows().items()} == {
            name: [*subjects, "moved"] for name, subjects in before.items()
        }
        text = FieldMark("location", "moved")
        places = [row["metadata"]["location"] for row in site.rows().values()]
        found = await site.marker(text).mark_all(site.asked())
        assert fates(found).get("by hand", 0) == sum(bool(one) for one in places)


async def test_a_mark_is_taken_away_by_who_set_it() -> None:
    """An event that the checkpoint did not mark is left alone, though it has the role."""
    async with source_site() as site:
        await site.writing.grant(site.names[1], "migrated", "ROLE_MIGRATED")
        await site.marker(ROLE).mark_one(site.names[0], site.journal.history(site.names[0]))
        assert fates(await site.marker(ROLE, dry=True).unmark_all(site.asked())) == {"left": 2, "to do": 1}
        assert fates(await site.marker(ROLE).unmark_all(site.asked())) == {"done": 1, "left": 2}
        assert granted(site) == [0, 1, 0]
        assert fates(await site.marker(ROLE).unmark_all(site.asked())) == {"left": 3}


async def test_a_line_that_forbids_is_not_turned_around() -> None:
    """Granting would make a permission of it."""
    async with source_site() as site:
        name = site.names[0]
        event = site.opencast.emulated._holdings.event(name)
        assert event is not None
        reading = RoleMark("ROLE_X", "read")  # The sandbox holds refusals of reading alone.
        site.opencast.emulated._holdings.put(replace(event, denied=("ROLE_X",)))
        found = await site.marker(reading).mark_one(name, site.journal.history(name))
        assert found.fate == "by hand"
        assert site.rows()[name]["add_ace"] == 0


async def test_an_event_that_a_workflow_has_waits() -> None:
    """Nothing is written; when the workflow begins after the look, the empty 403 is no refusal."""
    async with source_site() as site:
        site.opencast.emulated.process(site.names[0])
        assert fates(await site.marker(ROLE).mark_all(site.asked())) == {"done": 2, "undecided": 1}
    late = Fault("opencast.add_ace", "status", times=0, arguments={"status": 403})
    async with source_site(faults=[late]) as site:
        assert fates(await site.marker(ROLE).mark_all(site.asked())) == {"undecided": 3}


async def test_an_event_that_the_account_may_not_write_is_refused() -> None:
    """By a page with 403, unlike a workflow's: the others are marked."""
    async with source_site() as site:
        event = site.opencast.emulated._holdings.event(site.names[0])
        assert event is not None
        site.opencast.emulated._holdings.put(replace(event, grants=()))
        found = await site.marker(ROLE).mark_all(site.asked())
        assert fates(found) == {"done": 2, "refused": 1}
        assert (
            "the right to write in the event's access control list"
            in found[0].why + found[1].why + found[2].why
        )


async def test_an_event_that_is_gone_is_left() -> None:
    """The others are marked."""
    async with source_site() as site:
        site.opencast.emulated.remove(site.names[0])
        assert fates(await site.marker(ROLE).mark_all(site.asked())) == {"done": 2, "left": 1}


@pytest.mark.parametrize("dry", [True, False])
async def test_an_account_without_the_role_ends_it_at_once(dry: bool) -> None:
    """It is named, before anything is written, by a dry run too."""
    async with source_site(Switches()) as site:
        with pytest.raises(AccountRefused, match="ROLE_API_EVENTS_ACL_EDIT"):
            await site.marker(ROLE, dry=dry).mark_all(site.asked())
        with pytest.raises(AccountRefused, match="ROLE_API_EVENTS_ACL_DELETE"):
            await site.marker(ROLE, dry=dry).unmark_all(site.asked())
        with pytest.raises(AccountRefused, match="ROLE_API_EVENTS_METADATA_EDIT"):
            await site.marker(FIELD, dry=dry).mark_all(site.asked())
        assert granted(site) == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "arguments", "writes"),
    [
        ("lose_answer", {}, 1),
        ("reset", {}, 1),
        ("status", {"status": 429, "headers": {"Retry-After": "0"}}, 1),
        ("status", {"status": 503}, 1),
        ("status", {"status": 500}, 1),
    ],
)
async def test_an_answer_that_does_not_come(action: str, arguments: dict[str, object], writes: int) -> None:
    """The event is looked at before anything is written again, so that it is written once."""
    for call, mark in (("add_ace", ROLE), ("put_metadata", FIELD)):
        fault = Fault(f"opencast.{call}", action, times=3, arguments=arguments)
        async with source_site(faults=[fault]) as site:
            found = await site.marker(mark).mark_all(site.asked())
            assert fates(found) == {"done": 3}
            assert [row[call] for row in site.rows().values()] == [writes] * 3


@pytest.mark.slow
async def test_an_answer_that_never_comes_leaves_the_event_undecided() -> None:
    """The intent stays on record, and the next time it is gone on with."""
    fault = Fault("opencast.add_ace", "status", times=9, arguments={"status": 500})
    async with source_site(faults=[fault]) as site:
        assert fates(await site.marker(ROLE).mark_all(site.asked())) == {"undecided": 3}
        assert sources.fold(site.journal.history(site.names[0])).open == "source.mark"
        assert fates(await site.marker(ROLE).mark_all(site.asked())) == {"done": 3}
        assert granted(site) == [1, 1, 1]


@pytest.mark.parametrize("status", [401, 302])
async def test_an_account_that_is_refused_ends_it(status: int) -> None:
    """A write is no place where a login page is taken for a yes."""
    headers = {"Location": "https://127.0.0.1:9/login.html"}
    fault = Fault("opencast.add_ace", "status", times=0, arguments={"status": status, "headers": headers})
    async with source_site(faults=[fault]) as site:
        with pytest.raises(AccountRefused):
            await site.marker(ROLE).mark_all(site.asked())
    page = {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>"}
    async with source_site(faults=[Fault("opencast.add_ace", "status", times=0, arguments=page)]) as site:
        with pytest.raises(AccountRefused):
            await site.marker(ROLE).mark_all(site.asked())


@pytest.mark.slow
@pytest.mark.parametrize("act", ["mark_one", "unmark_one"])
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("end", [1, 2, 3])
async def test_killed_at_every_record(act: str, kept: bool, end: int) -> None:
    """Whatever was on record, the next one goes on: the call is made once, and the item is closed again."""
    async with source_site() as site:
        name = site.names[0]
        if act == "unmark_one":
            await site.marker(ROLE).mark_one(name, site.journal.history(name))
        site.journal.end_at(end, kept=kept)
        with pytest.raises(Killed):
            await getattr(site.marker(ROLE), act)(name, site.journal.history(name))
        site.journal = site.journal.copy()
        again = await getattr(site.marker(ROLE), act)(name, site.journal.history(name))
        assert again.fate in {"done", "already", "left"}
        row = site.rows()[name]
        assert (row["add_ace"], row["delete_ace"]) == (1, int(act == "unmark_one"))
        known = sources.fold(site.journal.history(name))
        if act == "mark_one":
            assert site.kinds(name)[-1] == "item.ended"
        assert (known.open, known.marks) == ("", (ROLE.facts,) if act == "mark_one" else ())
