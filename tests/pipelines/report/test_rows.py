"""What a row tells of an item: the same whether its end is on record or only its steps."""

from dataclasses import asdict, replace

import pytest
from fakes.kept import CARRIED, MEANT, MEMBERS, SECRET, finished, steps

from engine import Record
from pipelines import items
from pipelines.items import AspectOutcome, Outcome
from pipelines.migration.furnish.furnisher import carried, left
from pipelines.report.rows import Row, row, rows


def of(*records: Record) -> Row:
    """Return the row of an item with these records."""
    return row("e", items.fold(records))


def test_an_item_that_is_done() -> None:
    """Every column of an item that LumiNUS has, from the one record that is left of it."""
    assert of(finished("e", steps("e"))) == Row(
        "e",
        title="Analysis I",
        outcome="verified",
        reason="",
        why="",
        series="s-1",
        session_id="s-e",
        upload_id="u-e",
        folder_id="f-1",
        date="2024-07-01T07:15:00+00:00",
        duration=2700.0,
        bytes=3000,
        parts=3,
        checked=2,
        integrity="spot",
        files=1,
        proven=None,
        unchecked=("1 of 3 parts not compared with the target", "unverified at the source: presenter.mp4"),
        lecture_items=("l-1",),
        presenter_from="the event's presenters",
        published="yes",
        published_why="published in engage-player",
        carried=("title", "1 stream", "LumiNUS name, presenter, publish, startDate, description"),
        not_carried=("captions", "LumiNUS presenter beyond 500 units, in full: Ada, Bo"),
        aspects=(),
    )


def test_each_aspect_has_its_line() -> None:
    """What was carried is named with what it is, what was not with why; the access list is told once."""
    told = {
        "external_id": carried(),
        "captions": carried({"value": ["de", "en"]}),
        "chapters": left(
            AspectOutcome.PERMANENT,
            "past_the_end",
            "2 entries begin after the end",
        )
        | {"value": 3},
        "access": left(AspectOutcome.RETRYABLE, "throttled", "asks for fewer calls"),
    }
    found = of(
        items.right("e", "s-e", None),
        items.aspects("e", told),
        items.ended("e", Outcome.VERIFIED, left=["access list", "name of the series"], aspects=told),
    )
    assert found.carried == ("captions (de, en)", "chapters (3)", "external id")
    assert found.not_carried == (
        "chapters: 2 entries begin after the end", "access list: asks for fewer calls", "name of the series"
    )  # fmt: skip
    assert [str(one) for one in found.aspects] == [
        "captions carried",
        "chapters permanent (2 entries begin after the end)",
        "access list retryable (asks for fewer calls)",
        "external id carried",
    ]


def test_a_kill_before_the_end_loses_nothing() -> None:
    """All steps without an end say the same; only the outcome is not there yet."""
    before, after = of(*steps("e")), of(*steps("e"), finished("e", steps("e")))
    assert before == replace(after, outcome="waiting")


@pytest.mark.parametrize("count", range(11))
def test_a_kill_anywhere_has_a_row(count: int) -> None:
    """After any record there is a row, which never holds the upload's target."""
    found = of(*steps("e")[:count])
    assert found.outcome == "waiting"
    assert SECRET not in repr(asdict(found))
    assert found.folder_id == ("f-1" if count else "")
    assert found.bytes == (3000 if count > 4 else None)


def test_an_item_that_is_not_moved() -> None:
    """A skip has its reason and its sentence, and nothing else."""
    found = of(items.ended("e", Outcome.SKIPPED, "live", why="it is a live stream"))
    assert (found.outcome, found.reason, found.why) == ("skipped", "live", "it is a live stream")
    assert (found.session_id, found.bytes, found.carried, found.not_carried) == ("", None, (), ())


def test_what_is_not_moved_has_its_title() -> None:
    """A skip is known by the title and the date of its end, what was not begun by those of its plan."""
    skipped = of(items.ended("e", Outcome.SKIPPED, "live", title="Optics", series="s-2", date="2024-07-01"))
    assert (skipped.title, skipped.series, skipped.date) == ("Optics", "s-2", "2024-07-01")
    facts = {"bytes": 9, "series": "s-2", "folder_id": "f", "title": "Optics", "date": "2024-07-01"}
    planned = of(Record("e", "item.planned", facts))
    assert (planned.title, planned.series, planned.date) == ("Optics", "s-2", "2024-07-01")


def test_an_end_of_an_older_version() -> None:
    """What an older checkpoint does not tell is empty."""
    found = of(
        Record("e", "item.ended", {"outcome": "verified", "reason": None, "session_id": "s"}, closes=True)
    )
    assert (found.outcome, found.session_id, found.title, found.parts) == ("verified", "s", "", None)


def test_what_luminus_did_not_get() -> None:
    """An item whose session is right and which did not come through names LumiNUS and the reason."""
    records = steps("e")[:8]
    end = items.ended("e", Outcome.PERMANENT, "no_presenter", why="nobody is named")
    assert of(*records, end).not_carried[-1] == "LumiNUS: nobody is named"
    assert "LumiNUS" not in str(of(*records).not_carried)


def test_an_item_that_is_taken_up_again_keeps_what_was_known() -> None:
    """A later run that looks for its lecture item does not forget the session before it."""
    found = of(finished("e", steps("e")), items.right("e", "s-e", None))
    assert (found.outcome, found.title, found.checked) == ("waiting", "Analysis I", 2)


def test_two_lecture_items() -> None:
    """Both ids are told, what is the same of both once, and what differs of each."""
    other = {**CARRIED, "members": {**MEMBERS, "publish": False}, "publish_why": "kept: as it is", "cut": {}}
    found = of(*steps("e", "l-2"), items.carried("e", "l-1", other))
    assert found.lecture_items == ("l-1", "l-2")
    assert found.presenter_from == "the event's presenters"
    assert found.published == "yes"
    assert found.published_why == "no: kept: as it is; yes: published in engage-player"
    assert sum(words.startswith("LumiNUS ") for words in found.carried) == 1


@pytest.mark.parametrize(("publish", "told"), [(True, "yes"), (False, "no"), (None, "")])
def test_who_sees_it_is_one_word(publish: bool | None, told: str) -> None:
    """Yes, no, or nothing where nobody knows; the reason stands by itself."""
    facts = {**CARRIED, "members": {**MEMBERS, "publish": publish}}
    found = of(*steps("e"), items.carried("e", "l-1", facts))
    assert (found.published, found.published_why) == (told, "published in engage-player")


def test_rows_are_in_the_order_of_their_events() -> None:
    """Whatever order the checkpoint has them in."""
    states = [(name, items.fold(steps(name))) for name in "cab"]
    assert [found.event_id for found in rows(states)] == ["a", "b", "c"]
    assert rows(states) == rows(states[::-1])


def test_the_numbers_are_those_of_the_session() -> None:
    """Bytes, parts and what was compared are taken from what the session was meant to be."""
    assert of(*steps("e", bytes=7, parts=1, checked=0)).bytes == 7
    assert MEANT["bytes"] == 3000
