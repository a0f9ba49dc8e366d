"""`ferry status`: what a checkpoint says, also one that a run was killed over."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.processes import Ran, toml

from engine import open_checkpoint
from pipelines import items
from pipelines.items import Outcome

Told = Callable[..., Ran]
IDENTITY = {"opencast": "https://opencast.example.org", "panopto": "https://panopto.example.org"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Settings whose secrets are beside them."""
    (tmp_path / "secret").touch(mode=0o600)
    (tmp_path / "secret").write_text("hush")
    account = {"username": "u", "password_file": "secret"}
    client = {"client_id": "c", "client_secret_file": "secret"}
    path = tmp_path / "migration.toml"
    path.write_text(
        toml(
            {
                "opencast": {"url": IDENTITY["opencast"], **account},
                "panopto": {"url": IDENTITY["panopto"], **account, **client},
            }
        )
    )
    return path


async def begun(file: Path, identity: dict[str, str] | None = None) -> Path:
    """Write a checkpoint of four items, and return its path."""
    path = file.parent / "migration.checkpoint"
    async with open_checkpoint(path, identity or IDENTITY) as checkpoint:
        for name in "abcd":
            await checkpoint.append(items.planned(name, estimate=1, series="", folder_id="f"))
        await checkpoint.append(items.ended("a", Outcome.VERIFIED))
        await checkpoint.append(items.ended("b", Outcome.PERMANENT, "gone"))
        await checkpoint.append(items.ended("c", Outcome.SKIPPED, "live"))
    return path


def status(told: Told, file: Path) -> Ran:
    """Ask for the document; stderr says nothing, but for the one sentence of what cannot be counted."""
    ran = told("status", "-c", file, "--json")
    assert ran.document["exit"] == ran.code
    assert ran.talk.count("\n") == (not any(ran.document["outcomes"].values()))
    return ran


async def test_what_waits_is_named_once_a_reason_and_how_far_the_others_are(file: Path, told: Told) -> None:
    """A person learns why items wait and what to do, and where those are that have no end."""
    path = file.parent / "migration.checkpoint"
    ends = [items.ended(name, Outcome.WAITING, "luminus_account", why="put a new token") for name in "ab"]
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        for record in (
            *ends,
            items.right("c", "s-c", None),
            items.planned("d", estimate=1, series="", folder_id="f"),
        ):
            await checkpoint.append(record)
        await checkpoint.append(items.uploading("e", upload_id="u", folder_id="f", target="t", files=[]))
        await checkpoint.append(items.submitted("e"))
    ran = told("status", "-c", file)
    assert ran.code == 3
    assert "waiting: 2 items, luminus_account: put a new token\n" in ran.output
    assert "1 carrying, 2 luminus_account, 1 not_begun, 1 processing" in ran.output


async def test_the_whole_checkpoint_is_counted(file: Path, told: Told) -> None:
    """Outcomes and reasons are those of all items, and the code is that of the worst."""
    await begun(file)
    ran = status(told, file)
    assert ran.code == 4
    assert {name: count for name, count in ran.document["outcomes"].items() if count} == {
        "verified": 1,
        "permanent": 1,
        "skipped": 1,
        "waiting": 1,
    }
    assert ran.document["reasons"] == {"gone": 1, "live": 1, "not_begun": 1}


async def test_people_get_a_table(file: Path, told: Told) -> None:
    """Without --json stdout is for reading."""
    await begun(file)
    ran = told("status", "-c", file)
    assert ran.code == 4
    assert "1  permanent" in ran.output
    assert ran.output.endswith("Some items cannot be moved, as told above.\n")


async def test_a_torn_end_is_left_out_and_left_alone(file: Path, told: Told) -> None:
    """A line that was not whole when its process died counts for nothing, and looking changes nothing."""
    path = await begun(file)
    torn = path.read_bytes()[:-7]
    path.write_bytes(torn)
    ran = status(told, file)
    assert ran.document["outcomes"]["skipped"] == 0
    assert ran.document["outcomes"]["waiting"] == 2
    assert path.read_bytes() == torn


async def test_while_a_run_holds_it(file: Path, told: Told) -> None:
    """Looking needs no lock."""
    path = await begun(file)
    async with open_checkpoint(path, IDENTITY):
        assert status(told, file).code == 4


def test_no_checkpoint_yet(file: Path, told: Told) -> None:
    """Before the first run there is nothing to show, which is told with what begins one."""
    ran = status(told, file)
    assert ran.code == 2
    assert ran.talk.count("\n") == 1
    assert "there is no checkpoint yet; `ferry run` begins one" in ran.talk
    assert "one that is lost is made anew by `ferry reconcile`" in ran.talk


@pytest.mark.parametrize("left", [0, 20, 5000], ids=["empty", "its beginning", "zeros"])
async def test_a_checkpoint_that_says_nothing_any_more_is_not_all_done(
    file: Path, told: Told, left: int
) -> None:
    """Emptied, cut to its beginning or filled with zeros: ten, and what brings it back."""
    path = await begun(file)
    path.write_bytes(bytes(left) if left > 20 else path.read_bytes()[:left])
    ran = status(told, file)
    assert ran.code == 10
    assert "then `ferry reconcile` adds what it does not know" in ran.talk


async def test_a_damaged_line_is_named(file: Path, told: Told) -> None:
    """A byte that flipped in the middle is ten, with the line."""
    path = await begun(file)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"item.planned", b"item.plannee")
    path.write_bytes(b"".join(lines))
    ran = status(told, file)
    assert ran.code == 10
    assert "line 3" in ran.talk


async def test_a_checkpoint_of_another_migration(file: Path, told: Told) -> None:
    """What belongs to other servers is not counted as ours."""
    await begun(file, {**IDENTITY, "panopto": "https://other.example.org"})
    ran = status(told, file)
    assert ran.code == 10
    assert "another migration" in ran.talk


async def test_what_failed_is_named_with_its_reason(file: Path, told: Told) -> None:
    """For people each item that failed or differs is a line; nothing in it reaches the terminal raw."""
    path = await begun(file)
    async with open_checkpoint(path, IDENTITY) as checkpoint:
        await checkpoint.append(items.ended("d", Outcome.RETRYABLE, "timed_out", why="no answer\x1b[2J"))
    ran = told("status", "-c", file)
    assert "retryable: d: no answer\ufffd[2J\n" in ran.output
    assert "permanent: b: gone\n" in ran.output
    assert "verified: a" not in ran.output
    assert "skipped: c" not in ran.output
