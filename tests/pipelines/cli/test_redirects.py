"""`ferry redirects`: from the checkpoint alone, for lists and for servers."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.kept import SECRET, finished, steps
from fakes.processes import Ran, toml

from engine import Record, open_checkpoint
from pipelines import items
from pipelines.items import Outcome

Told = Callable[..., Ran]
IDENTITY = {"opencast": "https://opencast.example.org", "panopto": "https://panopto.example.org"}
VIEWER = "https://panopto.example.org/Panopto/Pages/Viewer.aspx?id="
ALL = ("csv", "json", "nginx", "apache", "haproxy")
SERVERS = ALL[2:]


def settings(folder: Path, panopto: str = IDENTITY["panopto"]) -> Path:
    """Write settings without any of the secrets that they name."""
    account = {"username": "u", "password_file": "gone"}
    path = folder / "migration.toml"
    path.write_text(
        toml(
            {
                "opencast": {"url": IDENTITY["opencast"], **account},
                "panopto": {"url": panopto, **account, "client_id": "c"},
            }
        )
    )
    return path


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Settings of a migration."""
    return settings(tmp_path)


async def begun(file: Path, *records: Record) -> Path:
    """Write a checkpoint of an item that is done, one under way and these records; return its path."""
    path = file.parent / "migration.checkpoint"
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        for record in [*steps("a"), finished("a", steps("a")), *steps("b")[:3], *records]:
            await checkpoint.append(record)
    return path


async def test_a_list_of_all_old_addresses(file: Path, told: Told) -> None:
    """Without --format it is CSV; what has no session yet is counted beside it."""
    await begun(file)
    ran = told("redirects", "-c", file)
    rows = list(csv.DictReader(io.StringIO(ran.output)))
    assert (ran.code, ran.talk) == (0, "events with redirects: 1; without a right session: 1 waiting\n")
    assert {row["new_url"] for row in rows} == {f"{VIEWER}s-a"}
    assert "https://opencast.example.org/paella7/ui/watch.html?id=a" in {row["old_url"] for row in rows}


async def test_the_player_has_an_address_of_its_own(file: Path, told: Told) -> None:
    """Lists name the host on which the links were, where it is not the API's."""
    await begun(file)
    ran = told("redirects", "-c", file, "--format", "json", "--player", "https://video.example.edu/")
    assert ran.document["version"] == 1
    [entry] = ran.document["redirects"]
    assert (entry["event_id"], entry["session_id"], entry["new_url"]) == ("a", "s-a", f"{VIEWER}s-a")
    assert "https://video.example.edu/play/a" in entry["old_urls"]
    assert "opencast.example.org" not in ran.output


@pytest.mark.parametrize("style", SERVERS)
async def test_a_server_is_told_what_to_answer(file: Path, told: Told, style: str) -> None:
    """The event and its viewer are there, and above them what to do, with the status that was asked for."""
    await begun(file)
    ran = told("redirects", "-c", file, "--format", style, "--status", "301")
    assert ran.code == 0
    assert ran.output.startswith("# ")
    assert "301" in "".join(line for line in ran.output.splitlines() if line.startswith("#"))
    assert f"{VIEWER}s-a" in ran.output


@pytest.mark.parametrize("style", ALL)
async def test_the_same_again_into_a_file(file: Path, told: Told, style: str, tmp_path: Path) -> None:
    """A file holds what stdout gets, while a run holds the checkpoint, too, and no secret of an upload."""
    path = await begun(file)
    output = tmp_path / "redirects"
    async with open_checkpoint(path, IDENTITY):
        ran = told("redirects", "-c", file, "--format", style, "--output", output)
    assert (ran.code, ran.output) == (0, "")
    piped = told("redirects", "-c", file, "--format", style).output
    assert output.read_bytes() == piped.encode()
    assert SECRET not in piped


@pytest.mark.parametrize("style", SERVERS)
async def test_an_id_that_a_server_could_misread_is_left_out(file: Path, told: Told, style: str) -> None:
    """It is named in one line, whatever it is, the others are written, and the code is 4."""
    hostile = 'x" "y";\n}\nreturn 200\x1b[2J'
    await begun(file, *steps(hostile), finished(hostile, steps(hostile)))
    ran = told("redirects", "-c", file, "--format", style)
    assert (ran.code, ran.talk.count("\n")) == (4, 2)
    assert f"cannot stand in {style} safely" in ran.talk
    assert "\x1b" not in ran.talk
    assert "return 200" not in ran.output
    assert f"{VIEWER}s-a" in ran.output


async def test_sessions_that_differ_come_with_a_warning(file: Path, told: Told) -> None:
    """They are left out unless --differing says that they are better than nothing."""
    await begun(file, *steps("c")[:7], items.ended("c", Outcome.DIFFERS, "duration", session_id="s-c"))
    without = told("redirects", "-c", file)
    assert (without.code, "s-c" in without.output) == (0, False)
    assert "1 differs" in without.talk
    ran = told("redirects", "-c", file, "--differing")
    assert (ran.code, f"{VIEWER}s-c" in ran.output) == (0, True)
    assert "warning: the sessions of 1 of them are not what was meant" in ran.talk


async def test_the_migrations_own_files_are_left_alone(file: Path, told: Told) -> None:
    """Redirects never replace the checkpoint that they are made from."""
    path = await begun(file)
    before = path.read_bytes()
    assert told("redirects", "-c", file, "--output", path).code == 2
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url", ["video.example.edu", 'https://a/";', "https://a b", "https://a/?x=1", "https://$host"]
)
async def test_an_address_that_a_server_could_misread(file: Path, told: Told, url: str) -> None:
    """It is refused in one sentence that names the option."""
    await begun(file)
    ran = told("redirects", "-c", file, "--player", url)
    assert (ran.code, ran.output) == (2, "")
    assert "--player" in ran.talk


def test_a_panopto_address_that_a_server_could_misread(tmp_path: Path, told: Told) -> None:
    """A variable of nginx in the settings does not become one of the server's."""
    file = settings(tmp_path, panopto="https://panopto.example.org/$host")
    (tmp_path / "migration.checkpoint").write_text("")
    ran = told("redirects", "-c", file, "--format", "nginx")
    assert (ran.code, ran.output) == (2, "")
    assert "panopto.url" in ran.talk


def test_no_checkpoint_yet(file: Path, told: Told) -> None:
    """Before the first run nothing leads anywhere."""
    ran = told("redirects", "-c", file)
    assert (ran.code, ran.output) == (2, "")
    assert "there is no checkpoint yet" in ran.talk
