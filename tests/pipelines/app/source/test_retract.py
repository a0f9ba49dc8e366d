"""Events are deleted only where their sessions are right now, and are told gone only when they are gone."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.memory_journal import Killed
from fakes.source_site import CARRIED, EVERYTHING, SourceSite, fates, source_site

from engine import AccountRefused, Record
from pipelines import items, sources
from pipelines.app.source.asked import Fate, Told
from pipelines.app.source.retract import Retracter
from pipelines.app.source.work import check, may_be_lost, to_be_gone
from pipelines.config import Settings, SettingsError
from pipelines.migration.aspects.thumbnail import thumbnail_of
from pipelines.report.aspects import WORDS
from pipelines.sandbox import Fault, Switches

ACCOUNT: Mapping[str, Any] = {"url": "https://a.example", "username": "u", "password": "p"}
EDITOR = Switches(opencast_account="editor", retraction_seconds=5.0)


async def retracted(site: SourceSite, retracter: Retracter | None = None) -> list[Told]:
    """Look at all events, and delete those that are to be."""
    retracter, asked = retracter or site.retracter(), site.asked()
    return await retracter.retract_all(asked, await retracter.look_at_all(asked))


def there(site: SourceSite) -> list[bool]:
    """Which events are at Opencast."""
    return [row["there"] for row in site.rows().values()]


async def test_a_look_deletes_nothing() -> None:
    """It tells how many would be, and asks Panopto for each of them."""
    async with source_site() as site:
        retracter = site.retracter(dry=True)
        assert fates(await retracter.look_at_all(site.asked())) == {"to do": 3}
        assert fates(await retracted(site, retracter)) == {"to do": 3}
        assert all(there(site))
        assert len(site.journal.log) == 3
        assert sorted(set(site.panopto.asked)) == sorted(site.panopto.sessions)


async def test_they_go_after_a_fresh_look_at_panopto() -> None:
    """Twice each: once to be counted, once just before. Intent, answer, and the item is closed again."""
    async with source_site() as site:
        assert fates(await retracted(site)) == {"done": 3}
        assert not any(there(site))
        assert len(site.panopto.asked) == 6
        name = site.names[0]
        assert site.kinds(name)[1:] == ["source.retract", "source.retracted", "item.ended"]
        assert sources.fold(site.journal.history(name)).retracted
        assert fates(await retracted(site)) == {"already": 3}


@pytest.mark.parametrize("what", ["title", "missing", "unread", "after the look"])
async def test_a_session_that_is_not_right_keeps_its_event(what: str) -> None:
    """Whatever report and checkpoint say."""
    async with source_site() as site:
        name = site.names[0]
        session = site.panopto.sessions[f"s-{name}"]
        retracter, asked = site.retracter(), site.asked()
        looked = await retracter.look_at_all(asked) if what == "after the look" else []
        if what == "missing":
            del site.panopto.sessions[session.id]
        elif what == "unread":
            site.panopto.sessions[session.id] = replace(session, duration=None)
        else:
            site.panopto.sessions[session.id] = replace(session, name="Something else")
        looked = looked or await retracter.look_at_all(asked)
        found = await retracter.retract_all(asked, looked)
        assert fates(found) == {"by hand": 1, "done": 2}
        assert there(site) == [True, False, False]
        assert sources.fold(site.journal.history(name)) == sources.SourceState()


async def changed(site: SourceSite, **facts: object) -> None:
    """Let the end of the first item say other things."""
    (end,) = site.journal.history(site.names[0])
    await site.journal.append(Record(end.subject, end.kind, {**end.facts, **facts}, end.closes))


@pytest.mark.parametrize(
    ("aspects", "losing", "goes"),
    [
        ({"captions": {"outcome": "carried"}}, (), True),
        ({"captions": {"outcome": "retryable", "reason": "throttled"}}, ("captions",), False),
        ({"slides": {"outcome": "permanent", "reason": "no_place"}}, (), False),
        ({"slides": {"outcome": "permanent", "reason": "no_place"}}, ("slides",), True),
    ],
)
async def test_what_was_not_carried_keeps_the_event(
    aspects: dict[str, dict[str, str]], losing: tuple[str, ...], goes: bool
) -> None:
    """It is at the source alone; only what cannot be carried may be lost, and only by its name."""
    async with source_site() as site:
        await changed(site, aspects={**dict.fromkeys(EVERYTHING, CARRIED), **aspects})
        found = await retracted(site, site.retracter(losing=losing))
        assert fates(found) == ({"done": 3} if goes else {"done": 2, "left": 1})
        assert there(site)[0] is not goes
        whys = {one.why for one in found if one.fate is Fate.LEFT}
        assert all(why.startswith(f"not carried: its {WORDS[name]} (") for why in whys for name in aspects)


async def test_what_was_never_tried_keeps_the_event() -> None:
    """An aspect that was not wanted, or that an older version did not know, is on no record."""
    async with source_site() as site:
        event = await site.opencast.client.event(site.names[0])
        had = {one for one in EVERYTHING if one != "thumbnail"}
        assert thumbnail_of(event.public[0]) is not None
        await changed(site, aspects=dict.fromkeys(had, CARRIED))
        (left,) = [one for one in await retracted(site) if one.fate is Fate.LEFT]
        assert (left.event_id, left.why) == (
            site.names[0],
            "nothing was ever carried of its thumbnail, which the source alone has",
        )
        assert there(site) == [True, False, False]
        assert fates(await retracted(site, site.retracter(losing=["thumbnail"]))) == {"already": 2, "done": 1}


async def test_rights_that_nobody_was_given_keep_the_event() -> None:
    """Where a table says who is to have what, the access list is granted before it is deleted."""
    async with source_site() as site:
        await changed(site, aspects=dict.fromkeys([one for one in EVERYTHING if one != "access"], CARRIED))
        (left,) = [one for one in await retracted(site) if one.fate is Fate.LEFT]
        assert (left.event_id, left.why) == (
            site.names[0],
            "its access list was never granted: `ferry access` first, for it is at the source alone",
        )
        assert there(site) == [True, False, False]


def test_only_a_table_of_roles_asks_for_rights(tmp_path: Path) -> None:
    """Without one nobody was ever to be given any."""
    told: dict[str, Any] = {"opencast": ACCOUNT, "panopto": {**ACCOUNT, "client_id": "c"}}
    without = Settings.model_validate(told)
    assert may_be_lost(without, frozenset({"slides"})) == {"slides", "access"}
    told["session"] = {"roles": tmp_path / "roles.csv"}
    assert may_be_lost(Settings.model_validate(told), frozenset()) == frozenset()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"left": ["stream presentation"]}, "its stream presentation was not moved"),
        ({"changed": "media_changed"}, "its films have changed since they were sent"),
        ({"seen": {"sums": ["0" * 32]}}, "its films have changed since they were sent"),
    ],
)
async def test_films_that_panopto_has_not_keep_the_event(facts: dict[str, Any], why: str) -> None:
    """One that was left behind, and ones that are others by now under the same keys."""
    async with source_site() as site:
        await changed(site, **facts)
        found = await retracted(site)
        assert fates(found) == {"done": 2, "left": 1}
        assert why in next(one.why for one in found if one.fate is Fate.LEFT)
        assert there(site) == [True, False, False]


@pytest.mark.parametrize("track", ["another", None])
async def test_what_was_published_anew_keeps_the_event(track: str | None) -> None:
    """Panopto has not what would be deleted; without a record of what was sent nobody knows."""
    async with source_site() as site:
        (end,) = site.journal.history(site.names[0])
        receipts = [{**end.facts["receipts"][0], "track": track}] if track else []
        await changed(site, receipts=receipts)
        assert fates(await retracted(site)) == {"done": 2, "left": 1}
        assert there(site) == [True, False, False]


@pytest.mark.parametrize(
    ("tags", "told"),
    [(["Physics, applied", "Optics"], {"done": 3}), (["Physics, applied"], {"done": 2, "left": 1})],
)
async def test_all_subjects_are_held_against_the_tags(tags: list[str], told: Mapping[str, int]) -> None:
    """One with a comma is one; a second one that was not carried keeps the event, a mark of ours does not."""
    async with source_site() as site:
        name = site.names[0]
        await changed(
            site, aspects={**dict.fromkeys(EVERYTHING, CARRIED), "tags": {**CARRIED, "value": tags}}
        )
        await site.journal.append(sources.mark(name, {"field": "subjects", "value": "moved"}))
        await site.writing.set_field(name, "subjects", ["Physics, applied", "Optics", "moved"])
        assert fates(await retracted(site)) == told


async def test_subjects_that_may_not_be_read_keep_the_event() -> None:
    """Unless tags may be lost; the sentence names the role."""
    async with source_site(
        faults=[Fault("opencast.get_metadata", "status", times=0, arguments={"status": 403})]
    ) as site:
        for name in site.names:
            await site.writing.set_field(name, "subjects", ["Optics"])
        found = await retracted(site)
        assert fates(found) == {"refused": 3}
        assert "ROLE_API_EVENTS_METADATA_VIEW" in found[0].why
        assert fates(await retracted(site, replace(site.retracter(), losing=frozenset({"tags"})))) == {
            "done": 3
        }


async def test_a_retraction_that_does_not_end_is_told() -> None:
    """It is waited for so long, with ever longer pauses; the next one goes on waiting, and calls nothing."""
    async with source_site(Switches(opencast_account="editor", retraction="off")) as site:
        assert fates(await retracted(site, site.retracter(wait=60.0))) == {"retracting": 3}
        assert max(site.slept) <= 30
        assert all(there(site))
        assert fates(await retracted(site, site.retracter(wait=1.0))) == {"retracting": 3}
        assert [row["delete_event"] for row in site.rows().values()] == [1, 1, 1]
        assert not sources.fold(site.journal.history(site.names[0])).retracted


async def test_events_that_went_by_other_hands() -> None:
    """They are left: this checkpoint deleted none. A site that answers 404 to everything is not believed."""
    async with source_site() as site:
        site.opencast.emulated.remove(site.names[0])
        assert fates(await retracted(site)) == {"done": 2, "left": 1}
    closed = {"status": 404, "headers": {"Content-Type": "text/html"}, "body": "<html>"}
    faults = [
        Fault(f"opencast.{name}", "status", nth=nth, times=0, arguments=closed)
        for name, nth in (("get_event", 7), ("me", 2), ("roles", 2))
    ]
    async with source_site(faults=faults) as site:
        found = await retracted(site)
        assert fates(found) == {"refused": 3}, found
        assert sources.fold(site.journal.history(site.names[0])) == sources.SourceState()


async def test_an_event_that_a_workflow_has_waits() -> None:
    """Another workflow than ours: it is no retraction."""
    async with source_site() as site:
        site.opencast.emulated.process(site.names[0])
        assert fates(await retracted(site)) == {"done": 2, "undecided": 1}
        assert there(site) == [True, False, False]


async def test_an_account_without_the_role_ends_it_at_once() -> None:
    """Nothing is looked at."""
    async with source_site(Switches()) as site:
        with pytest.raises(AccountRefused, match="ROLE_API_EVENTS_DELETE"):
            await site.retracter(dry=True).look_at_all(site.asked())


async def test_an_opencast_that_leaves_files_behind_deletes_nothing() -> None:
    """Before Opencast 10 what is published would stay where it is, and nothing would know of it."""
    async with source_site(Switches(opencast_account="editor", opencast_api="1.5.0")) as site:
        with pytest.raises(SettingsError, match="Opencast 10"):
            await site.retracter().look_at_all(site.asked())
        assert all(there(site))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("action", "arguments", "deletions"),
    [
        ("lose_answer", {}, 1),
        ("reset", {}, 1),
        ("status", {"status": 429}, 1),
        ("status", {"status": 500}, 1),
    ],
)
async def test_an_answer_that_does_not_come(
    action: str, arguments: dict[str, object], deletions: int
) -> None:
    """The event is looked at before its deletion is asked for again."""
    fault = Fault("opencast.delete_event", action, times=3, arguments=arguments)
    async with source_site(faults=[fault]) as site:
        assert fates(await retracted(site)) == {"done": 3}
        assert [row["delete_event"] for row in site.rows().values()] == [deletions] * 3


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("end", [1, 2, 3])
async def test_killed_at_every_record(kept: bool, end: int) -> None:
    """The next one goes on where it was, and tells the event gone; it is deleted once."""
    async with source_site() as site:
        name = site.names[0]
        site.journal.end_at(end, kept=kept)
        with pytest.raises(Killed):
            await site.retracter().retract(name, site.journal.history(name))
        site.journal = site.journal.copy()
        again = await site.retracter().retract(name, site.journal.history(name))
        assert again.fate in {Fate.DONE, Fate.ALREADY}
        assert sources.fold(site.journal.history(name)).retracted
        assert site.rows()[name]["delete_event"] == 1
        assert items.fold(site.journal.history(name)).outcome == "verified"


def test_the_number_has_to_be_said() -> None:
    """It counts what is to be gone in the end, so that a command which was stopped can be given again."""
    looked = [
        Told("a", Fate.TO_DO), Told("b", Fate.RETRACTING), Told("c", Fate.ALREADY), Told("d", Fate.LEFT),
        Told("e", Fate.BY_HAND), Told("f", Fate.UNDECIDED),
    ]  # fmt: skip
    assert to_be_gone(looked) == 3
    check(3, looked)
    with pytest.raises(SettingsError, match="3 events are to be retracted, and not 4"):
        check(4, looked)
