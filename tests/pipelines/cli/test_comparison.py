"""Every object held against its source: whatever is wrong at the target is found."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import items
from pipelines.cli.comparison import Books, Comparison, as_booked, compared
from pipelines.items import ItemState, Outcome, fold

Lists = dict[str, list[dict[str, Any]]]


def audit() -> Lists:
    """Return the audit of two events with a session each, the first of two streams."""
    return {
        "sources": [
            {"event_id": "a", "sha256": "a1"},
            {"event_id": "a", "sha256": "a2"},
            {"event_id": "a", "sha256": "another rendition"},
            {"event_id": "b", "sha256": "b1"},
            {"event_id": "c", "sha256": "c1"},
        ],
        "objects": [
            {"session_upload_id": "ua", "key": "presenter.mp4", "size": 10, "sha256": "a1"},
            {"session_upload_id": "ua", "key": "presentation.mp4", "size": 5, "sha256": "a2"},
            {"session_upload_id": "ua", "key": "manifest.xml", "size": 1, "sha256": "m"},
            {"session_upload_id": "ub", "key": "presenter.mp4", "size": 20, "sha256": "b1"},
        ],
        "sessions": [
            session("ua", "a", "presenter.mp4", "presentation.mp4"),
            session("ub", "b", "presenter.mp4"),
        ],
    }


def session(upload: str, event_id: str, *files: str) -> dict[str, Any]:
    """Return a session as the audit lists it."""
    return {
        "session_upload_id": upload,
        "title": f"Lecture {event_id}",
        "description": f"Words.\nOpencast: {event_id}",
        "files": list(files),
    }


def state(outcome: Outcome, reason: str | None = None) -> ItemState:
    """Return an item that ended."""
    return fold([items.ended("x", outcome, reason)])


def comparison(lists: Lists) -> Comparison:
    """Compare with a checkpoint in which both are verified and a third is skipped."""
    verified = state(Outcome.VERIFIED)
    states = {"a": verified, "b": verified, "c": state(Outcome.SKIPPED, "live")}
    return compared(states, Books.of(**lists))


def test_what_is_as_it_was_sent_is_no_difference() -> None:
    """Rows are by size with those that are not verified last; manifests count as no file."""
    found = comparison(audit())
    assert not found.wrong
    assert [(one.event_id, one.files, one.bytes, one.identical) for one in found.lines] == [
        ("b", 1, 20, True),
        ("a", 2, 15, True),
        ("c", 0, 0, None),
    ]
    assert (found.lines[0].title, found.lines[2].reason) == ("Lecture b", "live")


def wrong_hash(lists: Lists) -> None:
    """One byte of an object is another."""
    lists["objects"][3]["sha256"] = "b2"


def hash_of_another_event(lists: Lists) -> None:
    """An object is whole, and another event's."""
    lists["objects"][3]["sha256"] = "a1"


def one_file_twice(lists: Lists) -> None:
    """Both streams hold the same file."""
    lists["objects"][1]["sha256"] = "a1"


def missing_object(lists: Lists) -> None:
    """A session names a file that is not there."""
    del lists["objects"][1]


def no_files(lists: Lists) -> None:
    """A session of no files."""
    lists["sessions"][1]["files"] = []


def missing_session(lists: Lists) -> None:
    """An item is verified and Panopto has no session of it."""
    del lists["sessions"][1]


def double_session(lists: Lists) -> None:
    """An event came twice, each time whole."""
    lists["sessions"].append(session("ub", "b", "presenter.mp4"))


def stray_session(lists: Lists) -> None:
    """A session is of an event that nobody moved."""
    lists["sessions"].append(session("ub", "z", "presenter.mp4"))


def unmarked_session(lists: Lists) -> None:
    """A session says of no event."""
    lists["sessions"].append({**session("ub", "b", "presenter.mp4"), "description": "Words."})


@pytest.mark.parametrize(
    "spoil",
    [
        wrong_hash, hash_of_another_event, one_file_twice, missing_object, no_files, missing_session,
        double_session, stray_session, unmarked_session,
    ],
    ids=lambda spoil: spoil.__name__,
)  # fmt: skip
def test_what_is_wrong_is_found(spoil: Callable[[Lists], None]) -> None:
    """Whatever is spoilt, the comparison says so, and of the event that it was."""
    lists = audit()
    spoil(lists)
    found = comparison(lists)
    assert found.wrong
    assert found.strays == (spoil in {stray_session, unmarked_session})
    assert len([one for one in found.lines if one.identical is False]) == 1 - found.strays


MEMBERS = {
    "id": "l",
    "name": "Lecture a",
    "presenter": "Ada",
    "publish": False,
    "startDate": "2020-01-01T09:00:00+00:00",
    "description": "",
}
ROW = {
    "lecture_item_id": "l",
    "session_id": "s",
    "name": "Lecture a",
    "presenter": "Ada",
    "publish": False,
    "start_date": "2020-01-01T17:00:00.25+08:00",
    "description": None,
}


def carried(*rows: dict[str, Any]) -> tuple[str, bool | None]:
    """Return what is told of an item that was carried to one lecture item, where LumiNUS has these."""
    end = items.ended(
        "a", Outcome.VERIFIED, session_id="s", carried=[{"lecture_item": "l", "members": MEMBERS}]
    )
    books = Books.of(**audit(), lecture_items=rows)
    (line,) = compared({"a": fold([end])}, books).lines
    return line.shown, line.carried


def test_a_lecture_item_as_it_was_to_be_is_no_difference() -> None:
    """Its start is an instant, whatever its offset; a description that is absent is an empty one."""
    assert carried(ROW) == ("hidden", True)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Lecture"},
        {"presenter": ""},
        {"publish": True},
        {"publish": None},
        {"start_date": "2020-01-01T09:00:02+00:00"},
        {"description": "Old"},
        {"lecture_item_id": "another"},
    ],
)
def test_a_lecture_item_that_is_otherwise_is_found(change: dict[str, Any]) -> None:
    """Each of its members counts, and that it is the one that was carried to."""
    assert carried({**ROW, **change})[1] is False


def test_a_lecture_item_too_many_or_too_few_is_found() -> None:
    """One that nobody set, beside one that is right, or none at all."""
    assert carried(ROW, {**ROW, "lecture_item_id": "m"})[1] is False
    assert carried()[1] is False


BOOKED = {
    "schedule_id": "101",
    "room_id": "39",
    "start": "2036-10-26T01:15:00+01:00",
    "duration": 5400,
    "after": {"name": "Optics", "start_at": 2108592900, "duration": 5400},
}
SCHEDULE = {"schedule_id": 101, "room_ids": [39], "start_at": 2108592900, "duration": 5400, "name": "Optics"}


def test_a_schedule_as_it_was_booked_is_no_difference() -> None:
    """A start is an instant, whatever the zone that shows it; ids are numbers there and texts here."""
    assert as_booked(BOOKED, [{**SCHEDULE, "schedule_id": 7}, SCHEDULE])


@pytest.mark.parametrize(
    "change",
    [
        {"schedule_id": 102},
        {"room_ids": [41]},
        {"room_ids": [39, 41]},
        {"start_at": 2108592900 + 3600},
        {"duration": 5399},
        {"name": "Statics"},
    ],
)
def test_a_schedule_that_is_otherwise_is_found(change: dict[str, Any]) -> None:
    """Its id, room, start, duration and name each count."""
    assert not as_booked(BOOKED, [{**SCHEDULE, **change}])
