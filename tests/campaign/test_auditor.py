"""The auditor finds what it must: each invariant is broken by one row; a good world tells nothing."""

import zlib
from dataclasses import replace
from typing import Any

import pytest

from campaign.aspects import strange_owners
from campaign.auditor import Bounds, approve, dishonest, findings, miscounted
from campaign.books import (
    Books,
    Count,
    Event,
    File,
    LectureItem,
    Object,
    OpenUpload,
    Request,
    Schedule,
    Session,
    SessionUpload,
    read,
    rows,
)
from campaign.order import Line, false_ends, lines, two_writers, unannounced
from campaign.surroundings import chosen_by_source, growing, leaked, strange_files, too_much_memory

FILE = File("e-1", "http://oc/static/e-1/presenter.mp4", 100, "aa")
SLIDES = File("e-1", "http://oc/static/e-1/slides.mp4", 50, "bb")
SLIDE = File("e-1", "http://oc/static/e-1/segment_0.jpg", 5, "ee")
OTHER = File("e-2", "http://oc/static/e-2/presenter.mp4", 100, "cc")
OBJECT = Object("u-1", "presenter.mp4", 100, "aa")
MANIFEST = Object("u-1", "manifest.xml", 10, "dd")
IMAGE = Object("u-1", "slide-0001.jpg", 5, "ee")
CAPTIONS = {"language": "German", "came": "upload"}
SESSION = Session(
    "s-1",
    "u-1",
    "f-1",
    "Analysis",
    "Limits. Opencast: e-1",
    4,
    ["presenter.mp4"],
    captions=[CAPTIONS, {"language": "French", "came": "manifest"}],
    images=[{"file": "slide-0001.jpg"}],
    thumbnail="slide-0001.jpg",
    tags=["Analysis", "Gone since"],
    external_id="E-1",
    owner="unified\\ada",
)
EVENTS = [
    Event("e-1", {"subjects": ["analysis", "Limits"], "creator": ["Ada"]}),
    Event("e-2", {"subjects": ["Optics", "Limits"], "creator": ["Bo"]}),
]
OWNERS = {"Ada": "unified\\ada", "Bo": "unified\\bo"}
UPLOAD = SessionUpload("u-1", "s-1", 4, 1)
ITEM = LectureItem("l-1", "s-1", 1)
SCHEDULE = Schedule(7, "Analysis", [1], 1000, 2000, 1, "api")


def request(number: int, call: str, **more: Any) -> Request:
    """Make a request to Panopto that went well, one a second."""
    row = Request(
        number, float(number), 0.5, "panopto", call, "u-1", "/", {"Host": "pa"}, 200, 200, None, 0, 0
    )
    return replace(row, **more)


LOG = [
    request(1, "create_session_upload"),
    request(2, "create_multipart_upload"),
    request(3, "upload_part", bytes_in=110),
    request(4, "complete_multipart_upload"),
    request(5, "put_session_upload"),
]
GOOD = Books(
    sources=[FILE, SLIDES, SLIDE, OTHER],
    objects=[OBJECT, MANIFEST, IMAGE],
    sessions=[SESSION],
    session_uploads=[UPLOAD],
    lecture_items=[ITEM],
    schedules=[SCHEDULE],
    requests=[Count("panopto", "upload_part", 2, 115, 0)],
    log=LOG,
    events=EVENTS,
)
BOUNDS = Bounds(events=["e-1"], again=0, gap=2.0)


def told(found: Any) -> list[int]:
    """Return the numbers of the invariants that are told as broken."""
    return [one.invariant for one in found]


def test_a_good_world_tells_nothing() -> None:
    """So that what the other tests find comes from the row that they change."""
    approve(findings(GOOD, BOUNDS))
    approve(findings(Books()))


BROKEN: dict[str, tuple[int, dict[str, Any]]] = {
    "another byte": (1, {"objects": [replace(OBJECT, sha256="ab"), MANIFEST, IMAGE]}),
    "another event's file": (1, {"objects": [replace(OBJECT, sha256="cc"), MANIFEST, IMAGE]}),
    "no session yet, and no source": (
        1,
        {"objects": [OBJECT, MANIFEST, IMAGE, Object("u-9", "presenter.mp4", 1, "xx")]},
    ),
    "one file twice": (1, {"objects": [*GOOD.objects, replace(OBJECT, key="slides.mp4", size=0)]}),
    "a file that is no object": (1, {"sessions": [replace(SESSION, files=["presenter.mp4", "slides.mp4"])]}),
    "two sessions": (2, {"sessions": [SESSION, replace(SESSION, session_id="s-2", external_id=None)]}),
    "another event's slide": (1, {"objects": [OBJECT, MANIFEST, replace(IMAGE, sha256="cc")]}),
    "a slide that is no object": (1, {"sessions": [replace(SESSION, images=[{"file": "slide-2.jpg"}])]}),
    "an attachment that is no object": (1, {"sessions": [replace(SESSION, attachments=[{"file": "a.pdf"}])]}),
    "another event's tag": (1, {"sessions": [replace(SESSION, tags=["Optics"])]}),
    "another event's id": (1, {"sessions": [replace(SESSION, external_id="e-2")]}),
    "captions twice": (2, {"sessions": [replace(SESSION, captions=[CAPTIONS, CAPTIONS])]}),
    "completed twice": (2, {"session_uploads": [replace(UPLOAD, completions=2)]}),
    "patched twice": (2, {"lecture_items": [replace(ITEM, patches=2)]}),
    "edited twice": (2, {"schedules": [replace(SCHEDULE, edits=2)]}),
    "booked twice": (2, {"schedules": [SCHEDULE, replace(SCHEDULE, schedule_id=8, edits=0)]}),
    "no session": (2, {"sessions": []}),
    "a session that failed": (2, {"sessions": [replace(SESSION, state=5)]}),
    "bytes again": (3, {"requests": [Count("panopto", "upload_part", 2, 116, 0)]}),
    "an hour of nothing": (6, {"log": [*LOG, request(6, "get_session", at=3600.0)]}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(name: str) -> None:
    """By its invariant, and nothing else is told."""
    invariant, changes = BROKEN[name]
    assert told(findings(replace(GOOD, **changes), BOUNDS)) == [invariant]


def test_another_owner_is_found() -> None:
    """By the operator's table; the account that moved it is nobody's row."""
    approve(strange_owners(GOOD, OWNERS))
    for owner, broken in (("unified\\bo", [1]), ("unified\\ferry", [])):
        assert told(strange_owners(replace(GOOD, sessions=[replace(SESSION, owner=owner)]), OWNERS)) == broken


def test_what_is_found_fails_a_test() -> None:
    """With all that was found in its message."""
    with pytest.raises(AssertionError, match=r"I1: presenter.mp4 of session upload u-1"):
        approve(findings(replace(GOOD, objects=[replace(OBJECT, sha256="ab")])))


def test_objects_without_a_session_may_be_any_source() -> None:
    """Which event they are of is known only when the session exists."""
    approve(findings(replace(GOOD, sessions=[], session_uploads=[replace(UPLOAD, state=0)])))


# -- the run's own word ------------------------------------------------------------------------

OUTCOMES = {"verified": 1, "skipped": 1, "waiting": 0, "retryable": 0, "permanent": 0, "differs": 0}


def document(code: int = 0, **outcomes: int) -> dict[str, Any]:
    """Make the document of a run."""
    return {"exit": code, "outcomes": {**OUTCOMES, **outcomes}, "bytes": {"sent": 105, "sent_again": 10}}


def test_honest_books() -> None:
    """The document of the good world tells what is there."""
    approve(dishonest(GOOD, document(), 0, planned=2))
    approve(miscounted(GOOD, [document()]))


@pytest.mark.parametrize(
    ("said", "code", "planned"),
    [
        (document(), 3, 2),
        (document(), 0, 3),
        (document(0, retryable=1), 0, 3),
        (document(3, waiting=0), 3, 2),
        (document(4, permanent=1, differs=1), 4, 4),
        (document(0, verified=2), 0, 3),
        (document(0, verified=0), 0, 1),
        ({**document(0), "aspects": {"captions": {"permanent": 1}}}, 0, 2),
        ({**document(4), "aspects": {"captions": {"retryable": 1}}}, 4, 2),
    ],
    ids=["code", "plan", "not done", "nothing waits", "differs", "too many", "too few", "lost", "not lost"],
)
def test_dishonest_books_are_found(said: dict[str, Any], code: int, planned: int) -> None:
    """Exit code, sum, and what is told as verified."""
    assert set(told(dishonest(GOOD, said, code, planned))) == {9}


def test_bytes_that_are_not_told_are_found() -> None:
    """Sent and sent again are what arrived."""
    assert told(miscounted(GOOD, [document(), document()])) == [9]


# -- the checkpoint's bytes --------------------------------------------------------------------

HEADER = Line(1)
RECORDS = [
    ("item.planned", {}),
    ("item.upload", {}),
    ("item.uploading", {"id": "u-1"}),
    ("transfer.probed", {"name": "a"}),
    ("transfer.create", {"name": "a"}),
    ("transfer.created", {"name": "a"}),
    ("transfer.complete", {"name": "a"}),
    ("transfer.completed", {"name": "a"}),
    ("item.submit", {}),
    ("item.submitted", {}),
    ("item.aspect", {"aspect": "captions:de"}),
    ("item.patch", {"lecture_item": "l-1"}),
    ("schedule.edit", {"schedule_id": 7}),
    ("schedule.create", {}),
    ("item.ended", {"outcome": "verified", "session_id": "S-1"}),
]
CHECKPOINT = [HEADER, *(Line(number, "e-1", *one) for number, one in enumerate(RECORDS, 2))]


def without(kind: str) -> list[Line]:
    """Return the checkpoint without the records of one kind."""
    return [one for one in CHECKPOINT if one.kind != kind]


def test_intents_that_stand_before_their_calls() -> None:
    """Nothing is told of a checkpoint that has them all."""
    approve(unannounced(CHECKPOINT, GOOD))
    approve(false_ends(CHECKPOINT, GOOD))
    approve(two_writers(CHECKPOINT))


@pytest.mark.parametrize(
    "kind",
    [
        "item.upload",
        "item.uploading",
        "transfer.create",
        "transfer.complete",
        "item.submit",
        "item.aspect",
        "item.patch",
        "schedule.edit",
        "schedule.create",
    ],
)
def test_a_call_without_its_intent_is_found(kind: str) -> None:
    """Whichever of the intents is not on record."""
    assert set(told(unannounced(without(kind), GOOD))) == {4}


def test_an_answer_before_its_intent_is_found() -> None:
    """The order of the lines is that of what became durable."""
    swapped = [CHECKPOINT[0], CHECKPOINT[1], CHECKPOINT[3], CHECKPOINT[2], *CHECKPOINT[4:]]
    assert told(unannounced(swapped, GOOD)) == [4]


def test_a_session_upload_whose_answer_was_lost_was_announced() -> None:
    """One intent serves the call that is made again after it; a stranger is still told."""
    books = replace(
        GOOD,
        session_uploads=[UPLOAD, SessionUpload("u-2", None, 0, 0)],
        log=[request(1, "create_session_upload", about="u-2", status=None), *LOG[1:]],
    )
    approve(unannounced(CHECKPOINT, books))
    assert told(unannounced(CHECKPOINT, replace(books, log=LOG))) == [4]


def test_a_move_without_its_intent_is_found() -> None:
    """A session is in another folder than its upload's: what it was before is on record by then."""
    books = replace(GOOD, session_uploads=[replace(UPLOAD, folder_id="f-9")])
    assert told(unannounced(CHECKPOINT, books)) == [4]
    meant = Line(0, "e-1", "item.aspects", {"aspects": {"folder": {"level": "Restricted"}}})
    approve(unannounced([*CHECKPOINT, meant], books))


def test_an_end_without_its_session_is_found() -> None:
    """Another session, or none, or one that failed."""
    for sessions in ([], [replace(SESSION, session_id="s-9")], [replace(SESSION, state=5)]):
        assert told(false_ends(CHECKPOINT, replace(GOOD, sessions=sessions))) == [9]


def test_two_writers_are_found() -> None:
    """A number twice."""
    assert told(two_writers([HEADER, Line(2), Line(2)])) == [10]


def sealed(body: bytes) -> bytes:
    """Write a line as the documentation of the format says."""
    return body[:-1] + b',"c":"%08x"}\n' % zlib.crc32(body[:-1])


def test_lines_are_read_as_the_documentation_says() -> None:
    """What was torn off at the end is left out; a line in the middle that is changed is told."""
    first, second = sealed(b'{"n":1,"format":"x"}'), sealed(b'{"n":2,"s":"e","k":"item.planned","f":{}}')
    assert lines(first + second) == [Line(1), Line(2, "e", "item.planned", {})]
    assert lines(first + second[:-5]) == [Line(1)]
    assert lines(first + second + bytes(100)) == lines(first + second)
    with pytest.raises(ValueError, match="line 1 "):
        lines(first.replace(b"x", b"y") + second)


# -- what surrounds a run ----------------------------------------------------------------------


def test_memory_beyond_its_budget_is_found() -> None:
    """A peak, and growth behind the time in which pools fill."""
    assert told(too_much_memory([99, 101], 100)) == [5]
    flat = [(float(items), 1000 + items % 7) for items in range(100)]
    filling = [(float(items), min(items * 100, 3000)) for items in range(100)]
    leak = [(float(items), 1000 + 50 * items) for items in range(100)]
    assert [told(growing(samples, 1.0)) for samples in (flat, filling, leak)] == [[], [], [5]]


@pytest.mark.parametrize("form", [b"x a/b c? x", b"a%2Fb%20c%3F", b"YS9iIGM/"])
def test_a_secret_is_found(form: bytes) -> None:
    """As it is, quoted, and in base64; its value is not told."""
    (found,) = leaked({"log": b"<" + form + b">", "report": b""}, {"token": "a/b c?"})
    assert (found.invariant, str(found)) == (7, "I7: the token stands in log")
    assert not list(leaked({"log": form}, {"token": "a/b c?"}, allowed=[("log", "token")]))


def test_what_a_source_must_not_choose_is_found() -> None:
    """A key, a host, a file."""
    approve(chosen_by_source(GOOD, ["pa"]))
    for key in ("../x.mp4", "Vorlesung.mp4", "a b.mp4", ".x", ""):
        assert told(chosen_by_source(replace(GOOD, objects=[replace(OBJECT, key=key)]), ["pa"])) == [8]
    assert set(told(chosen_by_source(GOOD, ["oc"]))) == {8}
    assert told(strange_files(["a"], ["a", "b", "c"], ["b"])) == [8]


# -- reading -----------------------------------------------------------------------------------


class Sandbox:
    """Tells its books, with more in each row than is asked for."""

    def audit(self, name: str) -> Any:
        """Return a list by its path."""
        upload = {"session_upload_id": "u-1", "key": "a", "upload_id": "m", "parts": {"1": 5}}
        return [upload] if name == "multipart-uploads" else []


def test_books_are_read() -> None:
    """Each list by its name; what a row has besides is left out, what it lacks is an error."""
    assert read(Sandbox()) == Books(
        *[[] for _ in range(4)], [OpenUpload("u-1", "a", "m")], *[[] for _ in range(5)]
    )
    with pytest.raises(KeyError):
        rows(SessionUpload, [{"state": 1}])
