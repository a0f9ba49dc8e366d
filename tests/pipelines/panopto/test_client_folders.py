"""Our calls about folders to an emulated Panopto: made in one try, listed to the end, searched for."""

from pathlib import Path

import pytest
from fakes.panopto_caller import served
from fakes.panopto_client import calls, client_at

from engine import Refused, Throttled, Transient
from pipelines.sandbox import Fault, Switches

CREATE = "panopto.create_folder"
AT_ONCE = Switches(rate_limit="off", folder_lag=0)


async def test_a_folder_is_made_and_listed(tmp_path: Path) -> None:
    """In its parent, with its name trimmed; a second one of the name is another folder."""
    async with served(tmp_path, AT_ONCE) as site, client_at(site) as panopto:
        made = await panopto.create_folder(site.folder, "Heat ")
        again = await panopto.create_folder(site.folder, "Heat")
        assert (made.name, made.parent_id) == ("Heat", site.folder)
        listed = [one async for one in panopto.children(site.folder)]
        assert sorted(one.id for one in listed) == sorted([made.id, again.id])
        assert [one.id async for one in panopto.children(made.id)] == []


async def test_children_are_listed_to_the_end(tmp_path: Path) -> None:
    """Three pages, each folder once."""
    async with served(tmp_path, AT_ONCE) as site, client_at(site) as panopto:
        made = {(await panopto.create_folder(site.folder, f"Series {number}")).id for number in range(60)}
        listed = [one.id async for one in panopto.children(site.folder)]
        assert (len(listed), set(listed)) == (60, made)
        assert calls(site, "folder_children") == [200] * 4


async def test_a_search_finds_others_too(tmp_path: Path) -> None:
    """By the beginnings of words and anywhere; each has its parent. An empty search is refused."""
    async with served(tmp_path, AT_ONCE) as site, client_at(site) as panopto:
        made = await panopto.create_folder(site.folder, "Heat & light")
        other = await panopto.create_folder(made.id, "Heater, light")
        found = {one.id: one.parent_id async for one in panopto.folders_named("Heat & light")}
        assert found == {made.id: site.folder, other.id: made.id}
        with pytest.raises(Refused, match="does not search for folder ''"):
            [one async for one in panopto.folders_named("")]


@pytest.mark.fault(26)
async def test_where_the_account_may_not_create_it_is_refused(tmp_path: Path) -> None:
    """The sentence names both folders; a 403 is believed after one new token."""
    async with served(tmp_path) as site, client_at(site) as panopto:
        parent = site.panopto.public_folder.id
        with pytest.raises(Refused, match=rf"makes no folder 'Heat' in folder {parent} \(no permission\)"):
            await panopto.create_folder(parent, "Heat")
        assert calls(site, "create_folder") == [403, 403]


async def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    """A 401 was not done, so the call is made once more."""
    async with served(tmp_path, AT_ONCE) as site, client_at(site) as panopto:
        await panopto.folder(site.folder)
        site.panopto.tokens.expire_all()
        await panopto.create_folder(site.folder, "Heat")
        assert calls(site, "create_folder") == [401, 200]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(CREATE, "lose_answer"), Transient),
        (Fault(CREATE, "reset"), Transient),
        (Fault(CREATE, "status", arguments={"status": 503}), Transient),
        (Fault(CREATE, "status", arguments={"status": 429}), Throttled),
    ],
)
async def test_a_folder_is_asked_for_in_one_try(fault: Fault, kind: type[Transient], tmp_path: Path) -> None:
    """Whatever goes wrong: whoever asked looks whether it is there before asking again."""
    async with served(tmp_path, AT_ONCE, faults=[fault]) as site, client_at(site) as panopto:
        with pytest.raises(kind):
            await panopto.create_folder(site.folder, "Heat")
        assert len(calls(site, "create_folder")) == 1
