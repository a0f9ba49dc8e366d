"""What `ferry source` asks for, says, and ends with."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import anyio
import pytest
from fakes.kept import finished, steps
from fakes.processes import Ran
from fakes.processes import toml as written

from engine import open_checkpoint
from pipelines.app.source.asked import Fate, Told
from pipelines.cli.exits import Exit
from pipelines.cli.source import NAMED, WORDS, code_of, document, lines, losable, meant, number
from pipelines.config import SettingsError
from pipelines.opencast.marks import FieldMark, RoleMark

Verb = Callable[..., Ran]
IDENTITY = {"opencast": "https://opencast.example.org", "panopto": "https://panopto.example.org"}


def test_every_fate_has_its_words() -> None:
    """None is counted in silence."""
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([], Exit.DONE),
        ([Fate.DONE, Fate.LEFT, Fate.ALREADY, Fate.TO_DO], Exit.DONE),
        ([Fate.DONE, Fate.RETRACTING], Exit.RETRYABLE),
        ([Fate.UNDECIDED], Exit.RETRYABLE),
        ([Fate.UNDECIDED, Fate.REFUSED], Exit.PERMANENT),
        ([Fate.REFUSED, Fate.BY_HAND], Exit.DIFFERS),
    ],
)
def test_the_code(fates: list[Fate], code: Exit) -> None:
    """Five where a person has to look, else four where Opencast refuses, else three."""
    assert code_of([Told("a", fate) for fate in fates]) == code


def test_the_document() -> None:
    """Every fate is counted, every event named."""
    told = document([Told("a", Fate.TO_DO, "w")], Exit.DONE, apply=False)
    assert (told["exit"], told["applied"], told["events"]["to do"], told["events"]["done"]) == (
        0,
        False,
        1,
        0,
    )
    assert told["items"] == [{"event_id": "a", "fate": "to do", "why": "w"}]


def test_what_people_read() -> None:
    """Who is left alone comes last; a look says that nothing was written, and how to delete as many."""
    found = [*(Told(f"l-{n}", Fate.LEFT, "x") for n in range(NAMED)), Told("a", Fate.TO_DO, "right")]
    told = list(lines(found, apply=False, counted=True))
    assert told[0] == "to do: a: right"
    assert told[NAMED] == "and 1 more, as --json names them"
    assert told[-2:] == ["Nothing was written.", "To delete them for good: --apply --events 1"]
    assert list(lines(found, apply=False))[-1] == "Nothing was written."
    assert list(lines(found, apply=True, counted=True))[-1] == f"{NAMED} left alone"
    assert list(lines([], apply=True)) == ["The report names no event."]


def test_which_mark_is_meant() -> None:
    """A role unless a field is said; not both, and none that would let somebody do more."""
    assert meant(None, "migrated", None) == RoleMark("ROLE_MIGRATED", "migrated")
    assert meant("R", "seen", None) == RoleMark("R", "seen")
    assert meant(None, "migrated", "source=moved") == FieldMark("source", "moved")
    for role, action, field in (("R", "x", "source=m"), ("R", "read", None), (None, "x", "title=m")):
        with pytest.raises(SettingsError):
            meant(role, action, field)


@pytest.mark.parametrize(("apply", "events"), [(True, None), (False, 3)])
def test_a_deletion_needs_the_number(apply: bool, events: int | None) -> None:
    """Neither does --apply delete without it, nor does the number alone."""
    assert number(False, None) is None
    assert number(True, 0) == 0
    option, other = ("--apply", "--events") if apply else ("--events", "--apply")
    with pytest.raises(SettingsError, match=f"^{option}: goes with {other}; look without both"):
        number(apply, events)


async def begun(folder: Path) -> Path:
    """Write settings and a checkpoint with one item that is verified; return the settings."""
    for name in ("a", "b"):
        (folder / f"{name}.secret").write_text("x")
        (folder / f"{name}.secret").chmod(0o600)
    account = {"username": "u", "password_file": "a.secret"}
    panopto = {"client_id": "c", "client_secret_file": "b.secret", "folder_id": str(UUID(int=1)), **account}
    settings = {
        "opencast": {"url": IDENTITY["opencast"], **account},
        "panopto": {"url": IDENTITY["panopto"], **panopto},
    }  # fmt: skip
    (folder / "migration.toml").write_text(written(settings))
    async with open_checkpoint(folder / "migration.checkpoint", IDENTITY) as checkpoint:
        for record in [*steps("a"), finished("a", steps("a"))]:
            await checkpoint.append(record)
    return folder / "migration.toml"


@pytest.mark.parametrize(
    ("verb", "row"),
    [
        ("mark", ("a", "verified", "another")),
        ("mark", ("a", "verified", "")),
        ("mark", ("stranger", "skipped", "")),
        ("unmark", ("stranger", "verified", "s-a")),
        ("retract", ("a", "verified", "another")),
    ],
)
def test_a_report_of_another_checkpoint_is_refused(
    verb: str, row: tuple[str, str, str], tmp_path: Path, told: Verb
) -> None:
    """Before anything is asked of a service: the sessions agree, or it is another one."""
    settings = anyio.run(begun, tmp_path)
    item = dict(zip(("event_id", "outcome", "session_id"), row, strict=True))
    (tmp_path / "r.json").write_text(json.dumps({"items": [item]}))
    ran = told("source", verb, "--from-report", tmp_path / "r.json", "-c", settings, "--json")
    assert (ran.code, ran.document["exit"], ran.document["items"]) == (2, 2, [])
    assert "is not a report of this checkpoint" in ran.talk


@pytest.mark.parametrize(
    ("name", "code", "words"), [("r.json", 2, "is no report"), ("none.json", 2, "none.json: cannot be read")]
)
def test_what_is_no_report_is_told(name: str, code: int, words: str, tmp_path: Path, told: Verb) -> None:
    """One sentence, and its code; a file that is not there is this machine's fault."""
    settings = anyio.run(begun, tmp_path)
    (tmp_path / "r.json").write_text("{}")
    ran = told("source", "mark", "--from-report", tmp_path / name, "-c", settings)
    assert (ran.code, words in ran.talk) == (code, True)


def test_what_may_be_lost_is_something_that_a_recording_carries() -> None:
    """A mistyped name would keep events without a word of why."""
    assert losable(["slides", "streams"]) == {"slides", "streams"}
    with pytest.raises(
        SettingsError, match=r"^--losing: a recording carries no slide; say one of captions, "
    ):
        losable(["slide"])
