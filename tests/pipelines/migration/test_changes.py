"""What has changed of an event since its session was made: decided by digests, never by the version alone."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.migration_site import lecture
from hypothesis import given
from hypothesis import strategies as st

from pipelines import items
from pipelines.items import AspectOutcome, ItemState, Outcome
from pipelines.migration.again import Comparison, met
from pipelines.migration.changes import Shown, change_of, film_of, media_of, seen_of
from pipelines.migration.select import Selected, Stream, select
from pipelines.opencast.model import Event

SHOWN = Shown(aspects=frozenset({"tags", "owner", "captions"}))
FILM = Stream("Primary", "t-1", "presenter.mp4", 1000, 60_000, "a" * 32)
DATE = "2020-01-01T09:00:00+00:00"


def chosen(event: Event) -> Selected:
    """Return what is moved of an event."""
    selected = select(event)
    assert isinstance(selected, Selected)
    return selected


def seen(event: Event, shown: Shown = SHOWN) -> dict[str, Any]:
    """Return what is seen of an event."""
    return dict(seen_of(chosen(event), shown))


def moved(event: Event, **facts: Any) -> ItemState:
    """Return an item whose session was made of an event."""
    told = {"seen": seen(event), "date": DATE, "session_id": "s-1", "right": {"session_id": "s-1"}}
    return items.fold([items.ended("e", Outcome.VERIFIED, **{**told, **facts})])


UNREAD = {"outcome": "retryable", "reason": "throttled", "why": "later"}
EVENT = lecture("e", subjects=("Optics",), presenters=("Ada",), archive_version=3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ()),
        ({"archive_version": 9}, ()),
        ({"created": None, "channels": ("api",), "status": "PROCESSED"}, ()),
        ({"title": "Another"}, ("metadata",)),
        ({"description": "Other words"}, ("metadata",)),
        ({"subjects": ("Waves",)}, ("metadata",)),
        ({"presenters": ("Bo",)}, ("metadata",)),
        ({"license": "CC0"}, ("metadata",)),
    ],
)
def test_what_a_session_shows_decides(changes: dict[str, Any], words: tuple[str, ...]) -> None:
    """A version that rises for nothing is no change; each word that is shown is one."""
    change = change_of(seen(replace(EVENT, **changes)), DATE, moved(EVENT))
    assert change is not None
    assert change.words == words


@pytest.mark.parametrize(
    ("changes", "facts", "asks"),
    [
        ({}, {}, False),
        ({"archive_version": 9}, {}, True),
        ({"archive_version": None}, {}, False),
        ({"archive_version": 9, "subjects": ()}, {}, False),
        ({}, {"wants": {"unread": UNREAD}, "aspects": {"tags": UNREAD}}, True),
        ({}, {"wants": {"unread": UNREAD}, "aspects": {"tags": {**UNREAD, "outcome": "permanent"}}}, False),
        ({}, {"wants": {}, "aspects": {"tags": UNREAD}}, False),
    ],
)
def test_subjects_are_asked_for_where_they_may_be_others(
    changes: dict[str, Any], facts: dict[str, Any], asks: bool
) -> None:
    """Another version of an event that has any, or ones that could not be read: not counted as a change."""
    change = change_of(seen(replace(EVENT, **changes)), DATE, moved(EVENT, **facts))
    assert change is not None
    assert change.subjects is asks
    assert "subjects" not in change.words


def test_a_version_says_nothing_where_no_subjects_are_shown() -> None:
    """Nobody is asked for what nothing is made of."""
    change = change_of(seen(replace(EVENT, archive_version=9), Shown()), DATE, moved(EVENT))
    assert change is not None
    assert not change.subjects


def test_what_is_not_carried_is_no_change() -> None:
    """Tags that the operator does not want, and a field that the template does not name."""
    shown = Shown(description="{description}")
    before = seen(EVENT, shown)
    assert seen(replace(EVENT, subjects=("Waves",), presenters=("Bo",), license="x"), shown) == before


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(FILM, track="t-2", estimate=5, duration_ms=1), True),
        (replace(FILM, md5="b" * 32), False),
        (replace(FILM, role="Secondary"), False),
    ],
)
def test_a_film_with_a_sum_is_known_by_it(other: Stream, same: bool) -> None:
    """A publication that is made again has other keys and the same films."""
    assert (film_of(other) == film_of(FILM)) is same


@pytest.mark.parametrize("field", [{"track": "t-2"}, {"estimate": 5}, {"duration_ms": 1}])
def test_a_film_without_a_sum_is_known_by_the_rest(field: dict[str, Any]) -> None:
    """Its key, its size and its length."""
    bare = replace(FILM, md5=None)
    assert film_of(replace(bare, **field)) != film_of(bare)


@given(st.lists(st.text(), unique=True, min_size=2, max_size=4))
def test_the_order_of_films_counts(films: list[str]) -> None:
    """The first one is the primary one."""
    assert media_of(films) != media_of(films[::-1])
    assert media_of(films) == media_of(iter(films))


def test_of_an_older_checkpoint_nothing_is_said() -> None:
    """What is seen now is noted, and compared from then on."""
    state = moved(EVENT, seen=None)
    assert change_of(seen(EVENT), DATE, state) is None
    found = met("e", seen(EVENT), DATE, state, moves=True)
    assert not found.change
    assert found.note is not None
    after = items.fold([found.note])
    assert (after.seen, after.outcome, after.session_id) == (seen(EVENT), Outcome.VERIFIED, "s-1")
    assert met("e", seen(EVENT), DATE, after, moves=True).note is None


def test_another_date_is_told_once_and_taken_back() -> None:
    """It is an aspect that cannot be carried, as no session's date can be changed."""
    later = "2020-01-02T09:00:00+00:00"
    first = met("e", seen(EVENT), later, moved(EVENT), moves=True)
    assert first.found.words == ("date",)
    assert not first.change
    assert first.note is not None
    told = items.fold([first.note])
    assert told.aspects["date"]["outcome"] == AspectOutcome.PERMANENT
    assert told.aspects["date"]["reason"] == "date_changed"
    assert met("e", seen(EVENT), later, told, moves=True).note is None
    assert met("e", seen(EVENT), "", told, moves=True).note is None
    back = met("e", seen(EVENT), DATE, told, moves=True)
    assert back.note is not None
    assert items.fold([back.note]).aspects == {}


@pytest.mark.parametrize("moves", [True, False])
def test_other_films_are_taken_up_or_told(moves: bool) -> None:
    """As the operator wants; told once, and taken back where they are as before."""
    other = {**seen(EVENT), "media": "other"}
    found = met("e", other, DATE, moved(EVENT), moves=moves)
    assert (found.found.media, found.change.media, found.note is None) == (True, moves, moves)
    if found.note is not None:
        told = items.fold([found.note])
        assert told.ended is not None
        assert told.ended["changed"] == "media_changed"
        assert met("e", other, DATE, told, moves=False).note is None
        back = met("e", seen(EVENT), DATE, told, moves=False).note
        assert back is not None
        assert "changed" not in back.facts


@pytest.mark.parametrize("outcome", [Outcome.DIFFERS, Outcome.PERMANENT, Outcome.RETRYABLE])
def test_only_what_is_verified_is_compared(outcome: Outcome) -> None:
    """Anything else is looked at again anyway."""
    state = items.fold([items.ended("e", outcome, whole=True, seen=seen(EVENT), right={"session_id": "s"})])
    assert met("e", {**seen(EVENT), "media": "other"}, DATE, state, moves=True).change.words == ()


async def test_what_is_gone_is_asked_after_noted_once_and_taken_back() -> None:
    """Opencast is asked once; the item stays verified, and its note goes when the event is there again."""
    history = [items.ended("e", Outcome.VERIFIED, seen=seen(EVENT), date=DATE, right={"session_id": "s"})]
    asked: list[str] = []

    async def is_gone(event_id: str) -> bool:
        asked.append(event_id)
        return True

    comparison = Comparison(lambda _: history, is_gone=is_gone)
    note = await comparison.miss("e", items.fold(history))
    assert note is not None
    history[:] = [note]
    assert await comparison.miss("e", items.fold(history)) is None
    assert (comparison.found.gone, asked) == (2, ["e"])
    assert items.fold(history).outcome is Outcome.VERIFIED
    back = comparison.meet("e", seen(EVENT), DATE, items.fold(history)).note
    assert back is not None
    assert "gone" not in back.facts


async def test_what_is_there_after_all_is_not_noted() -> None:
    """A list may lack an event that exists."""
    history = [items.ended("e", Outcome.VERIFIED, right={"session_id": "s"})]

    async def is_gone(_: str) -> bool:
        return False

    comparison = Comparison(lambda _: history, is_gone=is_gone)
    assert await comparison.miss("e", items.fold(history)) is None
    assert comparison.found.gone == 0


def test_an_end_that_something_follows_is_not_written_anew() -> None:
    """An intent without its answer would be lost."""
    history = [
        items.ended("e", Outcome.VERIFIED, right={"session_id": "s"}),
        items.aspect("e", "captions:de"),
    ]
    found = Comparison(lambda _: history).meet("e", seen(EVENT), DATE, items.fold(history))
    assert (found.note, found.change.words) == (None, ())
