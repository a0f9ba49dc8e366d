"""The history of an item in words."""

import pytest
from fakes.kept import SECRET, finished, steps

from engine import Record
from pipelines import items
from pipelines.report.history import ROLES, Step, starts, words
from pipelines.report.history import steps as told

NAME = "1/presenter.mp4"


def part(number: int, name: str = NAME) -> Record:
    """Return the receipt of a part of ten bytes."""
    facts = {"name": name, "number": number, "bytes": 10, "crc32": 1, "md5": None, "etag": "e"}
    return Record("a", "transfer.part", facts)


def test_each_record_has_its_line_and_none_the_target() -> None:
    """As many steps as records, in their order, with intents and answers told apart; a target is a secret."""
    records = [*steps("a"), finished("a", steps("a"))]
    found = told(records)
    assert [one.order for one in found] == list(range(1, len(records) + 1))
    assert [one.kind for one in found if one.role == "intent"] == ["item.upload", "item.submit", "item.patch"]
    assert not [one for one in found if SECRET in one.words or one.words == one.kind]


def test_parts_are_one_line_a_file() -> None:
    """However the parts of two files mix, and the records after them keep their numbers."""
    other = "1/presentation.mp4"
    found = told([part(1), part(1, other), part(2), part(3), items.submitted("a"), part(4)])
    assert found[:2] == [
        Step(1, "transfer.part", "answer", "presenter.mp4: 3 parts arrived, 30 bytes", 3),
        Step(2, "transfer.part", "answer", "presentation.mp4: part 1 arrived, 10 bytes", 1),
    ]
    assert [one.order for one in found[2:]] == [5, 6]


@pytest.mark.parametrize("kind", [kind for kind in ROLES if kind.startswith("transfer.")])
def test_every_kind_of_a_transfer_is_told_in_words(kind: str) -> None:
    """A person never reads the name of a kind instead."""
    facts = {"name": NAME, "number": 1, "bytes": 1, "size": 3, "parts": 1, "checked": 1, "level": "etag"}
    (step,) = told([Record("a", kind, facts)])
    assert step.words.startswith("presenter.mp4: ")
    assert kind not in step.words


@pytest.mark.parametrize("kind", [kind for kind in ROLES if kind.startswith("source.")])
def test_every_kind_of_the_source_is_told_in_words(kind: str) -> None:
    """What was written at Opencast is told with the mark that it was."""
    mark = {"role": "R", "action": "migrated"}
    facts = {**mark, "mark": mark, "archive_version": 4, "session_id": "s"}
    (step,) = told([Record("a", kind, facts)])
    assert kind not in step.words
    assert "R migrated" in step.words or "retract" in kind


def test_a_kind_of_a_later_version_is_told_by_its_name() -> None:
    """Nothing is guessed about it."""
    assert words(Record("a", "item.cooled")) == "item.cooled"


def test_why_it_was_begun_anew() -> None:
    """Once for each time."""
    assert starts([items.anew("a", "upload_timed_out"), items.anew("a", "cancelled")]) == [
        "upload_timed_out",
        "cancelled",
    ]


def test_an_end_says_why() -> None:
    """Its word and its sentence."""
    ended = items.ended("a", items.Outcome.PERMANENT, "gone", why="HTTP 404")
    assert words(ended) == "ended as permanent (gone: HTTP 404)"
