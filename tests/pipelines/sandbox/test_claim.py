"""The folder of a sandbox: a person's files in it stay, and only one sandbox at a time serves from it."""

from pathlib import Path

import pytest

from pipelines.sandbox import Sandbox, World
from pipelines.sandbox.claim import claimed
from pipelines.sandbox.handout import MARK, NAMES

SMALL = World.seeded(7, 2, largest=20_000, typical=20_000)


def held(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
async def test_a_file_that_no_sandbox_wrote_is_not_written_over(tmp_path: Path, name: str) -> None:
    """Settings, tables, checkpoints and secrets of a person make the folder theirs, as it is."""
    (tmp_path / name).write_text(f"mine\n{MARK}\n")
    before = held(tmp_path)
    with pytest.raises(ValueError, match=f"holds a {name} that no sandbox wrote"):
        async with Sandbox(SMALL, folder=tmp_path):
            pass
    assert held(tmp_path) == before


async def test_its_own_folder_is_taken_again(tmp_path: Path) -> None:
    """What a sandbox wrote, another may write over, whatever a run has left beside it."""
    for _ in range(2):
        async with Sandbox(SMALL, folder=tmp_path) as sandbox:
            assert sandbox.settings_file.read_text().startswith(f"{MARK}\n")
        (tmp_path / "migration.checkpoint").write_text("of a run")


async def test_a_second_sandbox_is_refused_while_the_first_serves(tmp_path: Path) -> None:
    """The first keeps its sandbox.json and its objects; when it has gone, the folder is free."""
    async with Sandbox(SMALL, folder=tmp_path) as first:
        (tmp_path / "panopto-objects").mkdir()
        (tmp_path / "panopto-objects" / "one").write_text("of the first")
        before = held(tmp_path / "panopto-objects"), (tmp_path / "sandbox.json").read_bytes()
        with pytest.raises(ValueError, match="Another sandbox serves from the folder"):
            async with Sandbox(SMALL, folder=tmp_path):
                pass
        assert (held(tmp_path / "panopto-objects"), (tmp_path / "sandbox.json").read_bytes()) == before
        assert str(first.details["pid"]).encode() in before[1]
    with claimed(tmp_path):
        pass
