"""What its own folder does not take goes to the operator's one, whole and once, and is told; or nowhere."""

from collections.abc import Callable

import pytest
from fakes.memory_journal import Killed
from fakes.migration_site import HOME, Fuse, Site, lecture
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import FerryError, Refused, ServerFault, Throttled, Unreachable
from pipelines import items
from pipelines.app.retrying import again
from pipelines.panopto.aspects import Level

OURS = "for the team"
"""The operator's folder for what its own does not take."""


def refuses(*folders: str, call: str = "create") -> Callable[[str, str], FerryError | None]:
    """Refuse a call for these folders."""
    told = "opens no session upload in folder {} (no permission)"
    return lambda name, folder: Refused(told.format(folder)) if name == call and folder in folders else None


async def site_of(*names: str, path: tuple[str, ...] = (), series: str = "s") -> Site:
    """Return a site whose own folder refuses the lectures, and whose operator has chosen another."""
    site = Site(*(lecture(name, series=series) for name in names))
    site.refused_folder_id = OURS
    site.panopto.folders |= {OURS}
    site.panopto.fault = refuses(HOME)
    for name in names:
        home = "" if path else HOME
        await site.journal.append(
            items.planned(name, estimate=None, series=series, folder_id=home, path=path)
        )
    return site


async def released(site: Site, *names: str) -> None:
    """Have `ferry retry --aspect folder` said of lectures."""
    for name in names:
        await again(name, site.state(name), ["folder"], site.journal)


def folders(site: Site) -> list[str]:
    """Return where the sessions are."""
    return [one.folder_id for one in site.panopto.sessions.values()]


async def test_it_arrives_whole_in_the_operators_folder() -> None:
    """Each is verified there by one session upload, and one sentence names both folders and what to do."""
    site = await site_of("a", "b")
    await site.run(in_flight=1)
    assert set(site.outcomes().values()) == {("verified", None)}
    assert folders(site) == [OURS, OURS]
    told = site.state("a").aspects["folder"]
    assert (told["outcome"], told["reason"]) == ("permanent", "refused")
    assert told["why"] == (
        f"opens no session upload in folder {HOME} (no permission), so that folder {OURS} has it instead of "
        f"{HOME}; let the account create in its own or correct the table of folders, then "
        "`ferry retry --aspect folder`"
    )
    # The second is spared the folder that has refused the first.
    assert site.panopto.calls["create"] == 3
    before = site.panopto.calls.copy()
    await site.run()
    assert site.panopto.calls == before


async def test_without_such_a_folder_it_is_not_moved() -> None:
    """As before there was one; the sentence tells that one may be chosen."""
    site = await site_of("a")
    site.refused_folder_id = None
    await site.run()
    assert site.outcomes() == {"a": ("permanent", "refused")}
    assert "panopto.refused_folder_id" in (site.state("a").ended or {})["why"]
    assert site.state("a").aspects == {}


async def test_a_folder_that_is_not_there_refuses_too() -> None:
    """No session upload is asked for there."""
    site = await site_of("a")
    site.panopto.folders.remove(HOME)
    await site.run()
    assert (site.outcomes(), folders(site)) == ({"a": ("verified", None)}, [OURS])
    assert site.state("a").aspects["folder"]["reason"] == "no_folder"
    assert site.panopto.calls["create"] == 1


async def test_a_folder_in_which_none_may_be_made_refuses_too() -> None:
    """Once the right is there the folder is made, and the session moved to it."""
    site = await site_of("a", path=(HOME, "2026"))
    site.panopto.fault = refuses("2026", call="create_folder")
    await site.run()
    assert (site.outcomes(), folders(site)) == ({"a": ("verified", None)}, [OURS])
    assert "instead of 2026 below home" in site.state("a").aspects["folder"]["why"]
    site.panopto.fault = refuses()
    await released(site, "a")
    await site.run()
    assert folders(site) == ["f1"]


async def test_where_both_refuse_it_is_not_moved() -> None:
    """The item's sentence is about the operator's folder."""
    site = await site_of("a")
    site.panopto.fault = refuses(HOME, OURS)
    await site.run()
    assert site.outcomes() == {"a": ("permanent", "refused")}
    assert OURS in (site.state("a").ended or {})["why"]
    site.panopto.fault = refuses()
    await site.planned()
    await site.run()
    assert (site.outcomes(), folders(site)) == ({"a": ("verified", None)}, [HOME])
    assert site.state("a").aspects["folder"]["outcome"] == "carried"


async def test_what_passes_sends_nothing_elsewhere() -> None:
    """A folder that does not answer has not refused."""
    site = await site_of("a")
    site.panopto.fault = lambda call, _: Unreachable("down") if call == "create" else None
    await site.run()
    assert site.outcomes() == {"a": ("retryable", "unreachable")}
    assert site.state("a").aspects == {}


async def test_it_is_moved_once_the_right_is_there() -> None:
    """It lies in its own folder then, and is compared with that; a level that is another one is told."""
    site = await site_of("a")
    site.panopto.levels = {HOME: Level.PUBLIC}
    await site.run()
    site.panopto.fault = refuses()
    await site.run()
    assert folders(site) == [OURS]
    await released(site, "a")
    await site.run()
    state = site.state("a")
    assert (site.outcomes(), folders(site)) == ({"a": ("verified", None)}, [HOME])
    assert state.aspects["folder"]["value"] == f"{HOME}, where it is Public and was Restricted"
    assert (state.ended or {})["folder_id"] == HOME
    assert len(site.panopto.uploads) == 1


async def test_a_row_of_the_table_goes_before_what_is_on_record() -> None:
    """The operator has corrected it."""
    site = await site_of("a")
    await site.run()
    site.table, site.panopto.folders = {"s": "other"}, {HOME, OURS, "other"}
    await released(site, "a")
    await site.run()
    assert folders(site) == ["other"]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("does not move session s-u1 to folder home (no permission)"), "permanent"),
        (Throttled("slower"), "retryable"),
        (ServerFault("answers 503"), "retryable"),
    ],
)
async def test_a_move_that_fails_leaves_it_where_it_is(error: FerryError, outcome: str) -> None:
    """Nothing gets lost of where it lies and where it belongs, so that it can be moved later."""
    site = await site_of("a")
    await site.run()
    await released(site, "a")
    site.panopto.fault = lambda call, _: error if call == "move_session" else None
    await site.run()
    told = site.state("a").aspects["folder"]
    assert (told["outcome"], told["lies_in"], told["path"]) == (outcome, OURS, [HOME])
    assert site.outcomes() == {"a": ("verified", None)}
    site.panopto.fault = refuses()
    await released(site, "a")
    await site.run()
    assert folders(site) == [HOME]
    assert site.state("a").aspects["folder"]["outcome"] == "carried"


async def test_a_move_without_an_effect_is_told() -> None:
    """A yes is no proof: it is looked whether the session is there."""
    site = await site_of("a")
    await site.run()
    await released(site, "a")

    async def nothing(session_id: str, folder_id: str) -> None:
        return

    site.panopto.move_session = nothing  # type: ignore[method-assign]
    site.panopto.fault = refuses()
    await site.run()
    told = site.state("a").aspects["folder"]
    assert (told["outcome"], told["reason"], told["lies_in"]) == ("permanent", "not_as_set", OURS)


async def test_what_a_person_moved_stays() -> None:
    """To its own folder: that is what was wanted; elsewhere: it is told, and left."""
    site = await site_of("a", "b")
    await site.run()
    await site.panopto.move_session("s-u1", HOME)
    await site.panopto.move_session("s-u2", "elsewhere")
    site.panopto.fault = refuses(HOME, call="move_session")
    await released(site, "a", "b")
    await site.run()
    assert folders(site) == [HOME, "elsewhere"]
    stands = {site.state(name).aspects["folder"].get("reason", "") for name in ("a", "b")}
    assert stands == {"", "edited_there"}


async def test_a_lost_checkpoint_makes_none_twice() -> None:
    """Although its own folder takes it by now, the one in the operator's folder is found by its marker."""
    site = await site_of("a")
    await site.run()
    lost = await site_of("a")
    lost.panopto = site.panopto
    lost.panopto.fault = refuses()
    await lost.run()
    assert lost.outcomes() == {"a": ("retryable", "unrecorded_session")}
    assert folders(site) == [OURS]


async def test_a_kill_right_after_the_decision_holds_it() -> None:
    """The next run does not ask its own folder again, though that takes it by now."""
    site = await site_of("a")
    records = [one.kind for one in (await recorded()).journal.log]
    site.journal.end_at(records.index("item.aspects") + 1, kept=True)
    with pytest.RaisesGroup(Killed, allow_unwrapped=True, flatten_subgroups=True):
        await site.run()
    site.journal.go_on()
    site.panopto.fault = refuses()
    await site.run()
    assert folders(site) == [OURS]


async def recorded() -> Site:
    """Return a site after a run that nothing disturbed."""
    site = await site_of("a")
    await site.run()
    return site


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 40), st.booleans()), max_size=4),
    st.lists(st.tuples(st.booleans(), st.integers(1, 15), st.booleans()), max_size=3),
)
async def test_killed_any_number_of_times_there_is_one_session(
    kills: list[tuple[bool, int, bool]], later: list[tuple[bool, int, bool]]
) -> None:
    """At records, before and after calls, while it arrives or is moved: one session, in one folder."""
    site = await site_of("a", "b")
    await killed(site, kills)
    assert folders(site) == [OURS, OURS]
    assert set(site.panopto.submits.values()) == {1}
    site.panopto.fault = refuses()
    await released(site, "a", "b")
    await killed(site, later)
    assert folders(site) == [HOME, HOME]
    assert set(site.outcomes().values()) == {("verified", None)}
    assert {site.state(name).aspects["folder"]["outcome"] for name in ("a", "b")} == {"carried"}


async def killed(site: Site, kills: list[tuple[bool, int, bool]]) -> None:
    """Run, be killed so often, and run to the end."""
    for at_record, number, kept in kills:
        if at_record:
            site.journal.end_at(number, kept=kept)
        else:
            site.panopto.fuse = Fuse(number)
        try:
            await site.run()
        except* Killed:
            pass
        site.journal.go_on()
        site.panopto.fuse = Fuse()
    await site.run()
