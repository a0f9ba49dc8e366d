"""`ferry show`: one event from the checkpoint alone, also while a run holds it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.kept import SECRET, finished, steps
from fakes.processes import Ran, toml

from engine import Record, open_checkpoint
from pipelines import items
from pipelines.items import Outcome
from pipelines.schedules import records as booked
from pipelines.valt.model import Booking

Told = Callable[..., Ran]
IDENTITY = {"opencast": "https://opencast.example.org", "panopto": "https://panopto.example.org"}
HOSTILE = "h\x1b[2J\u202e\n[/bold]"


@pytest.fixture
def file(tmp_path: Path) -> Path:
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


async def kept(file: Path, *records: Record) -> None:
    """Write a checkpoint."""
    async with open_checkpoint(file.parent / "migration.checkpoint", IDENTITY) as checkpoint:
        for record in records:
            await checkpoint.append(record)


async def test_one_document_while_a_run_goes_on(file: Path, told: Told) -> None:
    """Row, files, steps and advice; no lock is taken, no secret read, and no upload target told."""
    async with open_checkpoint(file.parent / "migration.checkpoint", IDENTITY) as checkpoint:
        for record in steps("lecture-1")[:5]:
            await checkpoint.append(record)
        ran = told("show", "lect", "-c", file, "--json")
    assert (ran.code, ran.talk) == (0, "")
    found = ran.document
    assert (found["version"], found["exit"], found["event_id"], found["stage"]) == (
        1, 0, "lecture-1", "shipping"
    )  # fmt: skip
    assert found["item"]["upload_id"] == "u-lecture-1"
    assert [one["role"] for one in found["history"]] == ["note", "intent", "answer", "answer", "intent"]
    assert SECRET not in ran.output
    assert SECRET not in told("show", "lecture-1", "-c", file).output


async def test_what_people_read(file: Path, told: Told) -> None:
    """A session's id leads there too; that an end replaced the records before it is said."""
    await kept(file, *steps("a"), finished("a", steps("a")))
    ran = told("show", "s-a", "-c", file)
    assert (ran.code, ran.talk) == (0, "")
    for line in (
        "event:          a",
        "title:          Analysis I",
        "session:        s-a",
        "stands:         verified",
        "next:           Nothing is left to do; `ferry verify` looks at it again.",
        "  (its first record is an end, which replaced all records before it)",
        "     1 note    ended as verified",
    ):
        assert line in ran.output.splitlines()


async def test_each_thing_that_is_not_carried_has_a_line(file: Path, told: Told) -> None:
    """Sentences with commas and semicolons stay apart, and what to do next is said."""
    why = "in de: the file is no XML; in en, e/c: gone"
    aspects = {"captions": {"outcome": "permanent", "reason": "gone", "why": why, "value": ["fr"]}}
    await kept(file, items.ended("a", Outcome.VERIFIED, left=["subjects"], taken=["title"], aspects=aspects))
    lines = told("show", "a", "-c", file).output.splitlines()
    at = lines.index(f"not carried:    captions: {why}")
    assert lines[at - 1] == "carried:        title, captions (fr)"
    assert lines[at + 1] == "                subjects"
    assert any("ferry retry --aspect NAME" in line for line in lines)


async def test_a_booking_alone(file: Path, told: Told) -> None:
    """An event of which only the booking is on record is shown with that."""
    booking = Booking(name="Seminar", room_id="r-1", start_at=1_719_817_200, duration=3600)
    end = booked.End(booked.Outcome.CREATED, schedule_id="77", booking=booking, created=True)
    await kept(file, booked.ended("e", "https://valt", end))
    ran = told("show", "e", "-c", file)
    assert ran.code == 0
    assert "booking:        created Seminar" in ran.output
    assert "schedule:       77" in ran.output
    assert told("show", "e", "-c", file, "--json").document["item"] is None


async def test_words_of_others_reach_no_terminal(file: Path, told: Told) -> None:
    """Neither by an id nor by a title, nor by what was asked for."""
    await kept(
        file,
        items.planned(HOSTILE, estimate=1, series=HOSTILE, folder_id=HOSTILE, title=HOSTILE),
        items.ended(HOSTILE, Outcome.PERMANENT, "gone", why=HOSTILE),
    )
    for asked in ("h", f"x{HOSTILE}"):
        ran = told("show", asked, "-c", file)
        assert not set("\x1b\u202e") & set(ran.output + ran.talk)
    assert "because:        gone: h\ufffd[2J\ufffd\ufffd[/bold]\n" in told("show", "h", "-c", file).output


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("c", "no event, nor any session, of that id is on record"),
        ("", "no event, nor any session, of that id is on record"),
        ("a", "2 events on record are meant (a1, a2)"),
        ("schedule:a1", "no event, nor any session, of that id is on record"),
    ],
)
async def test_an_event_that_is_not_there(wanted: str, sentence: str, file: Path, told: Told) -> None:
    """One sentence and exit 2; with --json stdout is one document all the same."""
    await kept(file, items.ended("a1", Outcome.VERIFIED), items.ended("a2", Outcome.VERIFIED))
    ran = told("show", wanted, "-c", file)
    assert (ran.code, ran.output, ran.talk.count("\n")) == (2, "", 1)
    assert sentence in ran.talk
    assert told("show", wanted, "-c", file, "--json").document == {"version": 1, "exit": 2}


async def test_a_checkpoint_that_is_not_there_is_two(file: Path, told: Told) -> None:
    """And none is made."""
    ran = told("show", "a", "-c", file)
    assert ran.code == 2
    assert "there is no checkpoint yet" in ran.talk
    assert not (file.parent / "migration.checkpoint").exists()
