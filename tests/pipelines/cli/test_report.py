"""`ferry report`: from the checkpoint alone, also while a run holds it and after a kill."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from fakes.kept import SECRET, finished, steps
from fakes.processes import Ran, toml

from engine import open_checkpoint
from pipelines import items
from pipelines.items import Outcome

Told = Callable[..., Ran]
IDENTITY = {"opencast": "https://opencast.example.org", "panopto": "https://panopto.example.org"}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Settings without any of the secrets that they name."""
    account = {"username": "u", "password_file": "gone"}
    path = tmp_path / "migration.toml"
    path.write_text(
        toml(
            {
                "opencast": {"url": IDENTITY["opencast"], **account},
                "panopto": {"url": IDENTITY["panopto"], **account, "client_id": "c"},
            }
        )
    )
    return path


async def begun(file: Path) -> Path:
    """Write a checkpoint of an item that is done, one under way and one that is skipped; return its path."""
    path = file.parent / "migration.checkpoint"
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        for record in [*steps("a"), finished("a", steps("a")), *steps("b")[:3]]:
            await checkpoint.append(record)
        await checkpoint.append(items.ended("c", Outcome.SKIPPED, "live", why="=1+1\x1b[2J"))
    return path


async def test_one_document(file: Path, told: Told) -> None:
    """JSON holds each item once with its columns; no secret of the settings was needed."""
    await begun(file)
    ran = told("report", "-c", file, "--format", "json")
    assert (ran.code, ran.talk) == (0, "")
    assert ran.document["version"] == 1
    assert [item["outcome"] for item in ran.document["items"]] == ["verified", "waiting", "skipped"]
    assert ran.document["items"][0]["lecture_items"] == ["l-1"]
    assert ran.document["totals"]["items"] == {"skipped": 1, "verified": 1, "waiting": 1}
    assert ran.document["schedules"] == []


async def test_csv_is_for_spreadsheets(file: Path, told: Told) -> None:
    """A line an item below the names of the columns."""
    await begun(file)
    ran = told("report", "-c", file, "--format", "csv")
    found = list(csv.DictReader(io.StringIO(ran.output)))
    assert [item["event_id"] for item in found] == ["a", "b", "c"]
    assert found[2]["why"] == "'=1+1\ufffd[2J"


async def test_people_get_a_table(file: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --format stdout is for reading, as wide as COLUMNS says, and safe for a terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    await begun(file)
    ran = told("report", "-c", file)
    assert ran.code == 0
    assert max(map(len, ran.output.splitlines())) <= 80
    assert "3 items" in ran.output
    assert "\x1b" not in ran.output


def names(folder: Path) -> set[str]:
    """Return what lies in a folder."""
    return {one.name for one in folder.iterdir()}


def contents(*paths: Path) -> list[bytes]:
    """Return what files hold."""
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("style", ["table", "json", "csv"])
async def test_the_same_again_without_a_secret(file: Path, told: Told, style: str) -> None:
    """Made twice it is the same, while a run holds the checkpoint, too, and holds no upload's target."""
    path = await begun(file)
    assert SECRET.encode() in path.read_bytes()
    first = told("report", "-c", file, "--format", style)
    assert (first.code, first.talk) == (0, "")
    async with open_checkpoint(path, IDENTITY):
        assert told("report", "-c", file, "--format", style) == first
    assert "canary" not in first.output + first.talk


async def test_after_a_kill(file: Path, told: Told) -> None:
    """A line that was not whole when its process died counts for nothing, and looking changes nothing."""
    path = await begun(file)
    torn = path.read_bytes()[:-7]
    path.write_bytes(torn)
    ran = told("report", "-c", file, "--format", "json")
    assert [item["event_id"] for item in ran.document["items"]] == ["a", "b"]
    assert path.read_bytes() == torn


async def test_into_a_file(file: Path, told: Told, tmp_path: Path) -> None:
    """What was there is replaced whole, and nothing lies beside it afterwards."""
    await begun(file)
    output = tmp_path / "report.csv"
    output.write_text("old")
    before = names(tmp_path)
    ran = told("report", "-c", file, "--format", "csv", "--output", output)
    assert (ran.code, ran.output, ran.talk) == (0, "", "")
    piped = told("report", "-c", file, "--format", "csv").output
    assert output.read_bytes() == b"\xef\xbb\xbf" + piped.encode()
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    "name",
    ["migration.checkpoint", "migration.checkpoint.lock", "migration.toml", "./x/../migration.checkpoint"],
)
async def test_the_migrations_own_files_are_left_alone(file: Path, told: Told, name: str) -> None:
    """A report never replaces the checkpoint it is made from."""
    path = await begun(file)
    (file.parent / "x").mkdir()
    before = contents(path, file)
    ran = told("report", "-c", file, "--output", file.parent / name)
    assert ran.code == 2
    assert "file of the migration itself" in ran.talk
    assert contents(path, file) == before


@pytest.mark.parametrize("verb", ["report", "redirects"])
@pytest.mark.parametrize("name", ["folders.csv", "gone"])
def test_what_the_settings_name_is_left_alone(file: Path, told: Told, verb: str, name: str) -> None:
    """Neither a table of the operator's nor a file of secrets is written over."""
    anyio.run(begun, file)
    file.write_text(file.read_text().replace("[panopto]", '[panopto]\nfolders = "folders.csv"'))
    table = file.parent / "folders.csv"
    table.write_text("series,folder_id\n")
    ran = told(verb, "-c", file, "--output", file.parent / name)
    assert (ran.code, table.read_text()) == (2, "series,folder_id\n")
    assert "file of the migration itself" in ran.talk


async def test_a_link_to_the_checkpoint_is_the_checkpoint(file: Path, told: Told) -> None:
    """Another name for it changes nothing."""
    path = await begun(file)
    link = file.parent / "link"
    link.symlink_to(path)
    assert told("report", "-c", file, "--output", link).code == 2


async def test_a_report_is_no_folder(file: Path, told: Told) -> None:
    """Wrong usage, before anything is written."""
    await begun(file)
    ran = told("report", "-c", file, "--output", file.parent)
    assert (ran.code, ran.talk) == (2, f"ferry: {file.parent}: is a folder; name a file\n")


async def test_a_folder_that_is_not_there(file: Path, told: Told) -> None:
    """It is one sentence, and nine."""
    await begun(file)
    ran = told("report", "-c", file, "--output", file.parent / "none" / "report.csv")
    assert (ran.code, ran.output) == (9, "")
    assert f"{file.parent / 'none' / 'report.csv'}: No such file or directory" in ran.talk
    assert ran.talk.count("\n") == 1


def test_no_checkpoint_yet(file: Path, told: Told) -> None:
    """Before the first run there is nothing to report."""
    ran = told("report", "-c", file, "--format", "json")
    assert (ran.code, ran.output) == (2, "")
    assert "there is no checkpoint yet" in ran.talk
