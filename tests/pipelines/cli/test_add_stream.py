"""What `ferry add-stream` takes, says, and ends with."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Ran

from engine import LocalFile
from pipelines.app.adding import Told as Added
from pipelines.app.adding import session_of
from pipelines.cli.add_stream import code_of, document, lines, moment
from pipelines.cli.exits import Exit
from pipelines.config import SettingsError
from pipelines.items import ItemState
from pipelines.migration.add_stream import Wanted
from pipelines.migration.added import AddedStream
from pipelines.panopto.streams import StreamType

Told = Callable[..., Ran]
WANTED = Wanted("e", "s", LocalFile(Path("a.mp4")), "primary-a.mp4", StreamType.PRIMARY)
NOT_YET = AddedStream()
DONE = AddedStream(ended={"outcome": "carried", "bytes": 2048})
FAILED = AddedStream(ended={"outcome": "permanent", "reason": "processing_error", "why": "no codec"})


@pytest.mark.parametrize(
    ("before", "after", "dry_run", "code", "words"),
    [
        (NOT_YET, DONE, False, Exit.DONE, "added: primary-a.mp4 (PrimaryVideo), session s, 2.0 KiB"),
        (NOT_YET, NOT_YET, True, Exit.DONE, "would be added: primary-a.mp4 (PrimaryVideo), session s"),
        (DONE, DONE, False, Exit.DONE, "there already: primary-a.mp4 (PrimaryVideo), session s"),
        (NOT_YET, FAILED, False, Exit.PERMANENT, "failed: primary-a.mp4 (PrimaryVideo), session s: no codec"),
    ],
)
def test_how_it_ends(before: AddedStream, after: AddedStream, dry_run: bool, code: Exit, words: str) -> None:
    """A line, a code, and the same as a document; a dry run says that nothing was sent."""
    told = Added(WANTED, before, after)
    assert code_of(told) == code
    first, *rest = lines(told, dry_run)
    assert first == words
    assert rest == (["Nothing was sent or written."] if dry_run else [])
    found: dict[str, Any] = document(told, code, dry_run)
    assert (found["exit"], found["already_there"]) == (int(code), before.done)
    assert found["outcome"] == (after.ended or {}).get("outcome")


def test_a_moment_has_its_zone() -> None:
    """And is kept in UTC."""
    assert moment(None) is None
    assert moment("2026-07-01T09:15:00+02:00") == datetime(2026, 7, 1, 7, 15, tzinfo=UTC)
    for text in ("2026-07-01T09:15:00", "noon", ""):
        with pytest.raises(SettingsError, match="moment with its zone"):
            moment(text)


@pytest.mark.parametrize(
    ("event_id", "state"),
    [
        ("e", ItemState(planned={})),
        ("e", ItemState(session_id="s")),
        ("e", ItemState(ended={"outcome": "differs"}, session_id="s")),
        ("schedule:e", ItemState(ended={"outcome": "verified"}, session_id="s")),
    ],
)
def test_only_a_verified_session_gets_a_stream(event_id: str, state: ItemState) -> None:
    """Neither what is under way, nor what differs, nor what is no event."""
    with pytest.raises(SettingsError, match="verified sessions only"):
        session_of(event_id, state)


def test_what_is_not_on_record_is_not_told_to_wait() -> None:
    """An id of nothing, or only the beginning of one, stands nowhere, and ids are listed elsewhere."""
    with pytest.raises(SettingsError, match=r"^nope: no such event is on record; `ferry report` lists"):
        session_of("nope", ItemState())


@pytest.mark.parametrize("arguments", [(), ("a.mp4", "--track", "t")])
def test_one_source_is_named(arguments: tuple[str, ...], told: Told) -> None:
    """Neither none nor two; stdout is one document all the same."""
    ran = told("add-stream", "e", *arguments, "--type", "primary", "--json")
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert ran.talk in {
        "ferry: add-stream: name a file, or a track by --track\n",
        "ferry: --track: goes without a file; leave one of them out\n",
    }


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.mp4", "cannot be read (No such file or directory); name a file of this machine"),
        ("folder", "cannot be read (Is a directory); name a file of this machine"),
        ("empty.mp4", "is empty; name a file that holds a stream"),
    ],
)
def test_a_file_that_is_none_is_wrong_usage(name: str, said: str, tmp_path: Path, told: Told) -> None:
    """It is told before anything is asked of anybody, also by a dry run."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.mp4").touch()
    for dry_run in ((), ("--dry-run",)):
        ran = told("add-stream", "e", tmp_path / name, "--type", "primary", *dry_run)
        assert ran == Ran(2, "", f"ferry: {tmp_path / name}: {said}\n")
