"""A report is done exactly, once, where it is still so; by the sandbox's own books."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.access_site import AccessSite, access_site, line_of
from fakes.memory_journal import Killed
from fakes.panopto_client import calls

from pipelines import items
from pipelines.access.grant import Fate
from pipelines.access.report import AccessReport, report_in
from pipelines.cli.text import document
from pipelines.items import Outcome
from pipelines.panopto.aspects import Level, Principal
from pipelines.sandbox import Fault

WRITES = ("update_session_access", "create_session_permission", "delete_session_permission")
ADA = [("Creator", "lovelace")]
BOTH = [*ADA, ("Viewer", "All staff")]


def written(site: AccessSite) -> list[int]:
    """How often each call that changes something was made and taken."""
    return [calls(site.panopto, name).count(200) for name in WRITES]


def ada_edits(site: AccessSite) -> str:
    """Let the first event be seen by the organisation and edited by ada, and return it."""
    name = site.names[0]
    site.allow(name, "ROLE_USER", "ROLE_ADA", writes=["ROLE_ADA"])
    return name


def both(site: AccessSite) -> str:
    """Let staff see the first event as well, and return it."""
    name = site.names[0]
    site.allow(name, "ROLE_USER", "ROLE_ADA", "ROLE_STAFF", writes=["ROLE_ADA"])
    return name


async def test_a_look_writes_nothing_and_a_report_is_done_once(tmp_path: Path) -> None:
    """Level and permissions are as the list says; then nothing differs, and nothing is done again."""
    async with access_site(tmp_path) as site:
        name = ada_edits(site)
        report = await site.look()
        assert written(site) == [0, 0, 0]
        assert [one.differs for one in report.lines].count(True) == 1
        found = await site.grant(report)
        assert found[name].fate is Fate.DONE
        assert site.audited(name) == ("Organization", ADA)
        assert {one.fate for key, one in found.items() if key != name} == {Fate.ALREADY}
        assert written(site) == [1, 1, 0]
        assert not any(one.differs for one in (await site.look()).lines)
        assert {one.fate for one in (await site.grant(report)).values()} == {Fate.ALREADY}
        assert written(site) == [1, 1, 0]


async def test_what_is_on_record_then(tmp_path: Path) -> None:
    """The aspect has level and permissions; the item is verified as before, and one record again."""
    async with access_site(tmp_path) as site:
        name = ada_edits(site)
        await site.grant(await site.look())
        aspect = site.aspect(name)
        assert (aspect["outcome"], aspect["level"]) == ("carried", "Organization")
        assert [(one["role"], one["name"]) for one in aspect["granted"]] == ADA
        (end,) = site.journal.history(name)
        assert (end.kind, items.fold([end]).outcome) == (items.ENDED, Outcome.VERIFIED)
        kept = len(site.journal.log)
        await site.grant(await site.look())
        assert len(site.journal.log) == kept


async def test_what_is_not_allowed_any_more_is_narrowed_first(tmp_path: Path) -> None:
    """Only what we granted is taken away; what a person granted by hand stays and is listed."""
    async with access_site(tmp_path) as site:
        name = ada_edits(site)
        await site.grant(await site.look())
        (person,) = await site.aspects.users("jsmith")
        await site.aspects.grant(site.sessions[name], "Viewer", person)
        site.allow(name, "ROLE_STAFF")
        before = len(site.panopto.audit.log)
        report = await site.look()
        assert [one.principal_id for one in line_of(report, name).difference.others if not one.inherited] == [
            person.id
        ]
        assert (await site.grant(report))[name].fate is Fate.DONE
        assert site.audited(name) == ("Restricted", [("Viewer", "All staff"), ("Viewer", "jsmith")])
        order = [one.call for one in site.panopto.audit.log[before:] if one.call in WRITES]
        assert order == [WRITES[0], WRITES[2], WRITES[1]]


@pytest.mark.parametrize("what", ["list", "level", "permission", "folder"])
async def test_what_has_changed_since_is_left_alone_and_named(what: str, tmp_path: Path) -> None:
    """Whoever changed it; the other sessions are done."""
    async with access_site(tmp_path) as site:
        name, other = site.names[:2]
        for one in (name, other):
            site.allow(one, "ROLE_STAFF")
        report = await site.look()
        match what:
            case "list":
                site.allow(name, "ROLE_STAFF", "ROLE_USER")
            case "level":
                await site.aspects.set_access(site.sessions[name], Level.PUBLIC)
            case "permission":
                (person,) = await site.aspects.users("jsmith")
                await site.aspects.grant(site.sessions[name], "Viewer", person)
            case _:
                site.panopto.panopto.default_folder.access.grants.clear()
        before = site.audited(name)
        found = await site.grant(report)
        assert found[name].fate is Fate.CHANGED
        assert found[name].why.endswith(": look again")
        assert site.audited(name) == before
        assert site.aspect(name) == {}
        if what != "folder":
            assert found[other].fate is Fate.DONE
            assert site.audited(other)[1] == [("Viewer", "All staff")]


@pytest.mark.parametrize(
    ("roles", "reason", "why", "granted"),
    [
        (("ROLE_GONE", "ROLE_STAFF"), "unknown_principal", "finds no user nobody", [("Viewer", "All staff")]),
        (("ROLE_TWICE",), "several_principals", "has 2 of the name: group Physics I", []),
        (("ROLE_NEW", "ROLE_STAFF"), "no_row", "no row for ROLE_NEW", [("Viewer", "All staff")]),
    ],
)
async def test_what_is_not_there_is_told_and_the_rest_is_granted(
    roles: Sequence[str], reason: str, why: str, granted: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Nothing is guessed."""
    async with access_site(tmp_path) as site:
        name = site.names[0]
        site.allow(name, *roles)
        found = await site.grant(await site.look())
        assert found[name].fate is Fate.IN_PART
        assert why in found[name].why
        assert site.audited(name) == ("Restricted", granted)
        aspect = site.aspect(name)
        assert (aspect["outcome"], aspect["reason"]) == ("permanent", reason)
        assert items.fold(site.journal.history(name)).outcome is Outcome.VERIFIED


async def test_a_folder_that_is_wider_is_for_a_person(tmp_path: Path) -> None:
    """Nothing is asked of Panopto, as no session is narrower than its folder."""
    async with access_site(tmp_path, folder_access="Organization") as site:
        found = await site.grant(await site.look())
        assert {one.fate for one in found.values()} == {Fate.BY_HAND}
        assert written(site) == [0, 0, 0]
        assert site.aspect(site.names[0])["reason"] == "inherits_wider"


async def test_a_list_that_is_not_told_changes_nothing(tmp_path: Path) -> None:
    """The event is gone at the source: its session stays as it is."""
    async with access_site(tmp_path) as site:
        name = ada_edits(site)
        await site.grant(await site.look())
        site.opencast.emulated.remove(name)
        report = await site.look()
        line = line_of(report, name)
        assert (line.wanted, line.differs, line.lacks) == (None, False, True)
        assert "does not tell its access list" in line.unread
        assert (await site.grant(report))[name].fate is Fate.LEFT
        assert site.audited(name) == ("Organization", ADA)


async def test_one_that_is_refused_keeps_no_other_from_theirs(tmp_path: Path) -> None:
    """The outcome is Panopto's own word; what was granted is on record as ours."""
    refused = Fault("panopto.create_session_permission", "status", arguments={"status": 400})
    async with access_site(tmp_path, [refused]) as site:
        name = both(site)
        found = await site.grant(await site.look())
        assert found[name].fate is Fate.REFUSED
        assert site.audited(name) == ("Organization", [("Viewer", "All staff")])
        aspect = site.aspect(name)
        assert (aspect["outcome"], aspect["reason"]) == ("permanent", "refused")
        assert [one["role"] for one in aspect["granted"]] == ["Viewer"]
        assert (await site.grant(await site.look()))[name].fate is Fate.DONE
        assert site.audited(name) == ("Organization", BOTH)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, False])
async def test_killed_at_every_record_it_goes_on(kept: bool, tmp_path: Path) -> None:
    """The same report, given again, ends it: granted once, known as ours, and taken away when it is to be."""
    for number in range(1, 5):
        async with access_site(tmp_path) as site:
            name = both(site)
            report = await site.look()
            site.journal.end_at(number, kept=kept)
            with pytest.raises(Killed):
                await site.grant(replace(report, lines=(line_of(report, name),)))
            site.journal = site.journal.copy()
            assert items.fold(site.journal.history(name)).outcome is Outcome.VERIFIED
            fate = (await site.grant(report))[name].fate
            assert fate in {Fate.DONE, Fate.ALREADY}
            assert site.audited(name) == ("Organization", BOTH)
            assert written(site) == [1, 2, 0]
            site.allow(name)
            await site.grant(await site.look())
            assert site.audited(name) == ("Restricted", [])


@pytest.mark.slow
@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("after", [False, True])
async def test_killed_at_every_call_it_goes_on(call: str, after: bool, tmp_path: Path) -> None:
    """Before it was done, and after: nobody has more than the report says, at any time."""
    for number in (1, 2):
        async with access_site(tmp_path) as site:
            name = both(site)
            if call == WRITES[2]:
                await site.grant(await site.look())
                site.allow(name, "ROLE_USER")
            report = await site.look()
            dying = Dying(site.aspects, call, number, after=after)
            site.aspects, real = dying, site.aspects  # type: ignore[assignment]
            try:
                await site.grant(report)
            except Killed:
                assert dying.dead
            site.aspects = real
            assert (await site.grant(report))[name].fate in {Fate.DONE, Fate.ALREADY}
            expected = [] if call == WRITES[2] else BOTH
            assert site.audited(name)[1] == expected
            rights = [(one["role"], one["name"]) for one in site.aspect(name)["granted"]]
            assert rights == expected


class Dying:
    """A client whose process ends at a call of one kind, before it is made or after."""

    def __init__(self, aspects: object, call: str, number: int, *, after: bool) -> None:
        self._aspects = aspects
        self._name = dict(zip(WRITES, ("set_access", "grant", "revoke"), strict=True))[call]
        self._left = number
        self._after = after
        self.dead = False

    def __getattr__(self, name: str) -> object:
        call = getattr(self._aspects, name)
        if name != self._name:
            return call

        async def dying(*arguments: object) -> None:
            self._left -= 1
            self.dead = self._left == 0
            if self.dead and not self._after:
                raise Killed
            await call(*arguments)
            if self.dead:
                raise Killed

        return dying


async def test_what_somebody_else_granted_meanwhile_is_not_ours(tmp_path: Path) -> None:
    """It is as wanted, so nothing is done; and it is never taken away by us."""
    async with access_site(tmp_path) as site:
        name = site.names[0]
        site.allow(name, "ROLE_STAFF")
        report = await site.look()
        right = line_of(report, name).difference.grant[0]
        staff = Principal(right.id, right.name, "Group")
        await site.aspects.grant(site.sessions[name], "Viewer", staff)
        assert (await site.grant(report))[name].fate is Fate.ALREADY
        assert site.aspect(name)["granted"] == []
        site.allow(name)
        assert not line_of(await site.look(), name).differs


async def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Two looks at the same have the same digest."""
    async with access_site(tmp_path) as site:
        ada_edits(site)
        site.allow(site.names[1], "ROLE_GONE", "ROLE_USER", denies=["ROLE_NEW"])
        report = await site.look()
        back = report_in(document({"exit": 5, **report.document}), "report.json")
        assert back == report
        assert back.digest == (await site.look()).digest
        site.allow(site.names[2], "ROLE_USER")
        assert (await site.look()).digest != report.digest
    assert AccessReport({}).digest == report_in(document(AccessReport({}).document), "r").digest
