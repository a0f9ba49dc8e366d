"""The modules of a sandbox's world."""

import re
from pathlib import Path
from urllib.parse import unquote

from aiohttp import ClientSession

from pipelines.sandbox import Sandbox, Switches, World
from pipelines.sandbox.luminus import modules

SERIES = World.seeded(7, 1).series
FOLDERS = {one.identifier: f"00000000-0000-4000-8000-00000000000{n}" for n, one in enumerate(SERIES)}


def test_every_tabled_series_has_a_module_that_imports_its_folder() -> None:
    """Written in three ways, published at once in some of them; no two modules have an id in common."""
    made = modules.tabled(SERIES, FOLDERS, 7)
    assert set(made) == {one.identifier for one in SERIES if one.tabled}
    fragments = []
    for series, module in made.items():
        assert module.web_lecture is not None
        assert module.web_lecture.folder_id == FOLDERS[series]
        fragments.append(module.web_lecture.fragment.format(module.web_lecture.folder_id))
        assert re.search(FOLDERS[series], unquote(fragments[-1]))
        assert module.may_update
    assert len({re.sub(r"[0-9a-f-]{36}", "", one) for one in fragments}) == 3
    everything = (*made.values(), *modules.others(SERIES, FOLDERS, 7))
    assert len({one.id for one in everything}) == len({one.code for one in everything}) == len(made) + 2
    assert {one.web_lecture.auto_publish for one in made.values() if one.web_lecture} == {True, False}


def test_ids_follow_from_the_seed() -> None:
    """So a table written by hand outlives a restart."""
    assert modules.tabled(SERIES, FOLDERS, 7) == modules.tabled(SERIES, FOLDERS, 7)
    first, other = (next(iter(modules.tabled(SERIES, FOLDERS, seed).values())) for seed in (7, 8))
    assert first.id != other.id


def test_two_modules_are_in_no_table() -> None:
    """One has no web lecture; in the other the account may update nothing."""
    bare, read_only = modules.others(SERIES, FOLDERS, 7)
    assert (bare.web_lecture, bare.may_update) == (None, True)
    assert read_only.web_lecture is not None
    assert not read_only.may_update


async def test_own_films_have_a_module_too(tmp_path: Path) -> None:
    """Their one series is in the tables."""
    film = World.seeded(7, 1, largest=20_000, typical=20_000).events[0].publications[0].media[0].media
    assert film is not None
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.mp4").write_bytes(film.read(0, film.size))
    async with Sandbox(World.from_folder(tmp_path / "films"), folder=tmp_path / "out") as sandbox:
        lines = (tmp_path / "out" / "modules.csv").read_text().splitlines()
        assert [line.partition(",")[0] for line in lines] == ["series", "own-files"]
        folder = sandbox.panopto.series_folders["own-files"]
        sandbox.panopto.site.add_session(folder, "a")
        async with ClientSession() as http, http.get(f"{sandbox.audit_url}/lecture-items") as reply:
            (row,) = await reply.json()
        assert (row["folder_id"], row["module_id"]) == (folder.id, lines[1].partition(",")[2])


async def test_cross_listed_by_a_switch() -> None:
    """The second module's list has two items for each session, the others' one."""
    world = World.seeded(7, 1, largest=20_000, typical=20_000)
    async with Sandbox(world, Switches(cross_listed="on")) as sandbox:
        for one in world.series[:2]:
            sandbox.panopto.site.add_session(sandbox.panopto.series_folders[one.identifier], one.title)
        names = [row["name"] for row in sandbox.luminus.rows()]
        assert sorted(names) == sorted([world.series[0].title] + [world.series[1].title] * 2)
