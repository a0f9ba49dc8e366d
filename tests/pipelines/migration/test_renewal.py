"""What changed is taken up: words by one call that is read back, other films by another session."""

from dataclasses import replace
from typing import Any

import pytest
from fakes.memory_journal import MemoryJournal
from fakes.migration_site import lecture

from engine import Empty, FerryError, Gone, Refused, Source, Unreachable, Unreadable, Validator
from pipelines import items
from pipelines.items import AspectOutcome, ItemState, Outcome
from pipelines.migration.changes import Shown, change_of, description_of, seen_of
from pipelines.migration.ends import known
from pipelines.migration.furnish.wants import wants_of
from pipelines.migration.renewal import Renewal
from pipelines.migration.select import Selected, select
from pipelines.migration.subjects import Subjects, as_listed
from pipelines.migration.verify import fingerprint
from pipelines.opencast.model import Event
from pipelines.panopto.model import Session

SHOWN = Shown(aspects=frozenset({"tags", "owner", "captions"}))
BEFORE = lecture("e", title="Optics", subjects=("Light",), presenters=("Ada",))
ROW = items.planned("e", estimate=5, series="s1", folder_id="home")


class Panopto:
    """One session, which takes words or refuses them; `sets` are the calls."""

    def __init__(self, trouble: Exception | None = None, *, keeps: bool = True) -> None:
        self.sets: list[tuple[str, str]] = []
        self._trouble = trouble
        self._keeps = keeps
        self.words = (BEFORE.title, description_of(BEFORE, SHOWN))

    async def update_session(self, session_id: str, name: str, description: str) -> None:
        """Take other words."""
        assert session_id == "s-1"
        self.sets.append((name, description))
        if self._trouble is not None:
            raise self._trouble
        if self._keeps:
            self.words = (name, description)

    async def session(self, session_id: str) -> Session | None:
        """Show it."""
        return Session(session_id, *self.words, None, 1.0, "home")


class Opencast:
    """One event, or why it cannot be read."""

    def __init__(self, found: Event | Exception) -> None:
        self._found = found

    async def event(self, event_id: str) -> Event:
        """Tell it."""
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


def chosen(event: Event) -> Selected:
    """Return what is moved of an event."""
    selected = select(event)
    assert isinstance(selected, Selected)
    return selected


class Films:
    """Files of one size, or why they cannot be looked at; `asked` are those that were."""

    def __init__(self, size: int | Exception = 7) -> None:
        self.asked: list[Source] = []
        self._size = size

    async def look(self, source: Source) -> Validator:
        """Look at one."""
        self.asked.append(source)
        if isinstance(self._size, Exception):
            raise self._size
        return Validator(self._size)


async def renewed(
    now: Event | Exception,
    panopto: Panopto,
    *,
    moves: bool = True,
    films: Films | None = None,
    before: Event = BEFORE,
    subjects: tuple[str, ...] | FerryError | None = None,
    shown: Shown = SHOWN,
    **facts: Any,
) -> tuple[object, ItemState]:
    """Renew an item whose session was made of `before`; return what came of it, and its state.

    `subjects` are all that the event has now, where that is more than it tells, or why they cannot be read.
    """

    async def ask(_: str) -> tuple[str, ...]:
        if isinstance(subjects, FerryError):
            raise subjects
        return subjects or ()

    learn = as_listed if subjects is None else Subjects(ask, shown).learn
    assert BEFORE.recorded is not None
    told = {
        "seen": seen_of(chosen(before), shown),
        "title": BEFORE.title,
        "described": fingerprint(description_of(BEFORE, shown)),
        "date": BEFORE.recorded.isoformat(),
        "session_id": "s-1",
        "series": "s1",
        "right": {"session_id": "s-1"},
        "wants": wants_of(BEFORE, BEFORE.subjects).facts,
        "aspects": {"tags": {"outcome": "carried", "value": ["Light"]}, "slides": {"outcome": "carried"}},
    }
    journal = MemoryJournal()
    await journal.append(items.ended("e", Outcome.VERIFIED, **{**told, **facts}))
    look = (films or Films()).look
    renewal = Renewal(
        Opencast(now), panopto, journal, ("engage-player",), look, shown=shown, moves=moves, learn=learn
    )
    end = await renewal.renew("e", ROW)
    return end and end.outcome, items.fold(journal.history("e"))


def published(event: Event, **facts: Any) -> Event:
    """Return an event whose first publication tells other things of its films."""
    first, *others = event.publications
    tracks = tuple(replace(one, **facts) for one in first.tracks)
    return replace(event, publications=(replace(first, tracks=tracks), *others))


def other_film(event: Event) -> Event:
    """Return an event with another film in place of its first one."""
    return published(event, md5="f" * 32, id="other")


async def test_words_are_set_once_and_kept() -> None:
    """Title and description by one call, and what is on record is what was set."""
    now, panopto = replace(BEFORE, title="Waves", license="CC0"), Panopto()
    outcome, state = await renewed(now, panopto)
    assert outcome is Outcome.VERIFIED
    assert panopto.sets == [("Waves", description_of(now, SHOWN))]
    facts = known(state)
    assert (facts["title"], facts["described"]) == ("Waves", fingerprint(description_of(now, SHOWN)))
    assert state.seen == seen_of(chosen(now), SHOWN)
    assert (state.session_id, state.lacking, state.seen_anew) == ("s-1", (), True)
    assert state.settled()
    assert not state.settled(carries=True)


@pytest.mark.parametrize("words", [("Optics, repeated", None), (None, "By hand")], ids=str)
async def test_words_that_somebody_gave_at_panopto_stay(words: tuple[str | None, str | None]) -> None:
    """Nothing is written over them; a person is told, and the next run looks again."""
    panopto = Panopto()
    panopto.words = (words[0] or panopto.words[0], words[1] or panopto.words[1])
    outcome, state = await renewed(replace(BEFORE, title="Waves"), panopto)
    assert (outcome, panopto.sets) == (Outcome.VERIFIED, [])
    assert state.aspects["metadata"]["reason"] == "edited_there"
    assert state.seen == seen_of(chosen(BEFORE), SHOWN)


async def test_words_that_are_there_already_are_not_set_again() -> None:
    """As after a run that was killed before its record."""
    now, panopto = replace(BEFORE, title="Waves"), Panopto()
    panopto.words = ("Waves", description_of(now, SHOWN))
    outcome, state = await renewed(now, panopto)
    assert (outcome, panopto.sets, known(state)["title"]) == (Outcome.VERIFIED, [], "Waves")
    assert "metadata" not in state.aspects


async def test_only_aspects_whose_wants_changed_are_set_again() -> None:
    """Tags are, without a call for words that are as they were; previews of slides are not."""
    panopto = Panopto()
    _, state = await renewed(replace(BEFORE, subjects=("Waves",)), panopto)
    assert panopto.sets == []
    assert state.lacking == ("tags",)
    assert known(state)["wants"]["tags"] == ["Waves"]
    assert state.aspects["slides"] == {"outcome": "carried"}


async def test_tags_that_are_taken_away_are_set_to_none_and_an_owner_stays() -> None:
    """Nobody is named any more: who has the session keeps it."""
    _, state = await renewed(replace(BEFORE, subjects=(), presenters=()), Panopto())
    assert state.lacking == ("tags",)


@pytest.mark.parametrize("panopto", [Panopto(Refused("no")), Panopto(keeps=False)], ids=["no", "not kept"])
async def test_words_that_cannot_be_set_are_an_aspect(panopto: Panopto) -> None:
    """The item stays as it is, and what was seen stays: the next run tries again."""
    outcome, state = await renewed(replace(BEFORE, title="Waves"), panopto)
    assert (outcome, state.outcome) == (Outcome.VERIFIED, Outcome.VERIFIED)
    assert state.aspects["metadata"]["outcome"] == AspectOutcome.PERMANENT
    assert state.seen == seen_of(chosen(BEFORE), SHOWN)


async def test_what_passes_is_raised() -> None:
    """The run says that it failed for now; nothing is written."""
    with pytest.raises(Unreachable):
        await renewed(replace(BEFORE, title="Waves"), Panopto(Unreachable("down")))


async def test_other_films_begin_anew_and_the_session_stays() -> None:
    """Without a call to Panopto: shipping makes the next session."""
    panopto = Panopto()
    outcome, state = await renewed(other_film(BEFORE), panopto)
    assert (outcome, panopto.sets) == (None, [])
    assert (state.generation, state.earlier_sessions, state.planned) == (2, ("s-1",), ROW.facts)
    assert (state.right, state.session_id, state.outcome) == (None, None, Outcome.WAITING)


SUMMED, BARE = published(BEFORE, md5="a" * 32), published(BEFORE, md5=None, size=None)
SENT = {"name": "film.mp4", "track": "t", "size": 7, "crc32": 1, "level": "crc", "parts": 1, "checked": 0}


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BARE, published(BARE, id="published anew")),
        (BARE, published(BARE, id="", url="https://elsewhere.example/film.mp4")),
        (BARE, published(BARE, md5="a" * 32)),
        (SUMMED, published(SUMMED, md5=None)),
        (BARE, published(BARE, size=7)),
        (BARE, published(BARE, duration_ms=59_999)),
    ],
)
async def test_films_that_only_look_otherwise_are_never_moved_again(before: Event, now: Event) -> None:
    """Other keys, a sum or a size that is told by now: their files are as long as what was sent."""
    films = Films(7)
    outcome, state = await renewed(now, Panopto(), before=before, films=films, receipts=[SENT] * 2)
    assert (outcome, state.generation, len(films.asked)) == (Outcome.VERIFIED, 1, 2)
    expected = {**seen_of(chosen(before), SHOWN), "media": seen_of(chosen(now), SHOWN)["media"]}
    assert state.seen == expected
    back = items.fold([items.ended("e", Outcome.VERIFIED, right={"session_id": "s-1"}, seen=state.seen)])
    assert not change_of(seen_of(chosen(now), SHOWN), "", back)


@pytest.mark.parametrize("receipts", [[SENT, SENT], [SENT], []])
async def test_films_of_another_size_or_number_are_others(receipts: list[dict[str, Any]]) -> None:
    """Where no sum tells, and also where nothing is on record of what was sent."""
    now, films = published(BARE, id="published anew"), Films(8)
    outcome, state = await renewed(now, Panopto(), before=BARE, films=films, receipts=receipts)
    assert (outcome, state.generation) == (None, 2)


def with_films(event: Event, count: int) -> Event:
    """Return an event whose first publication has so many of its films."""
    first, *others = event.publications
    return replace(event, publications=(replace(first, tracks=first.tracks[:count]), *others))


@pytest.mark.parametrize("event", [SUMMED, BARE], ids=["summed", "bare"])
async def test_fewer_films_make_no_other_session(event: Event) -> None:
    """As while one channel is published anew. The run tells that they changed, each time it sees it."""
    before = with_films(event, 2)
    assert len(chosen(before).streams) == 2
    outcome, state = await renewed(with_films(event, 1), Panopto(), before=before, receipts=[SENT] * 2)
    assert (outcome, state.generation) == (Outcome.VERIFIED, 1)
    assert state.seen == seen_of(chosen(before), SHOWN)


@pytest.mark.parametrize("event", [SUMMED, BARE], ids=["summed", "bare"])
async def test_a_film_more_makes_another_session(event: Event) -> None:
    """What was not there when it was moved."""
    before = with_films(event, 1)
    outcome, _ = await renewed(with_films(event, 2), Panopto(), before=before, receipts=[SENT])
    assert outcome is None


async def test_another_sum_is_another_film_without_a_look() -> None:
    """Whatever its size."""
    films = Films(7)
    outcome, _ = await renewed(other_film(SUMMED), Panopto(), before=SUMMED, films=films, receipts=[SENT] * 2)
    assert (outcome, films.asked) == (None, [])


@pytest.mark.parametrize("error", [Gone("gone"), Unreadable("broken"), Empty("nothing")], ids=str)
async def test_films_that_cannot_be_looked_at_stay_as_they_are(error: Exception) -> None:
    """They could not be moved either; the next run looks again."""
    now = published(BARE, id="published anew")
    outcome, state = await renewed(now, Panopto(), before=BARE, films=Films(error), receipts=[SENT] * 2)
    assert (outcome, state.generation) == (Outcome.VERIFIED, 1)
    assert state.seen == seen_of(chosen(BARE), SHOWN)


async def test_where_films_are_only_reported_words_are_set_all_the_same() -> None:
    """What is seen of the films stays what was moved."""
    now, panopto = replace(other_film(BEFORE), title="Waves"), Panopto()
    _, state = await renewed(now, panopto, moves=False)
    assert len(panopto.sets) == 1
    assert state.seen is not None
    assert state.seen["media"] == seen_of(chosen(BEFORE), SHOWN)["media"]
    assert state.generation == 1


@pytest.mark.parametrize(
    "now", [Gone("gone"), Unreadable("broken"), replace(BEFORE, publications=()), BEFORE], ids=str
)
async def test_what_is_not_there_to_be_moved_stays(now: Event | Exception) -> None:
    """Gone, unreadable, published no more, or as it was before: nothing is done."""
    panopto = Panopto()
    outcome, state = await renewed(now, panopto)
    assert (outcome, panopto.sets, state.outcome) == (Outcome.VERIFIED, [], Outcome.VERIFIED)


async def test_earlier_sessions_are_never_forgotten() -> None:
    """They come through ends and further beginnings, and so does what was done at the source."""
    source = {"marks": [], "open": "", "retract": False, "retracted": False, "archive_version": 4}
    _, state = await renewed(other_film(BEFORE), Panopto(), earlier_sessions=["s-0"], source=source)
    assert state.earlier_sessions == ("s-0", "s-1")
    again = state.after(items.anew("e", "upload_timed_out"))
    assert (again.generation, again.earlier_sessions) == (3, ("s-0", "s-1"))
    assert known(again)["earlier_sessions"] == ["s-0", "s-1"]
    assert known(again)["source"] == source


RISEN = replace(BEFORE, archive_version=9)


async def test_another_subject_alone_is_seen_by_the_version() -> None:
    """The list tells it nowhere: tags are set again, and no words."""
    panopto = Panopto()
    outcome, state = await renewed(RISEN, panopto, subjects=("Light", "Waves, long"))
    assert (outcome, panopto.sets, state.lacking) == (Outcome.VERIFIED, [], ("tags",))
    assert known(state)["wants"]["tags"] == ["Light", "Waves, long"]
    assert state.seen == seen_of(chosen(RISEN), SHOWN)


async def test_a_version_that_rose_for_something_else_is_noted_and_nothing_is_set() -> None:
    """So that the next run does not ask again, and LumiNUS is not looked at for it."""
    panopto = Panopto()
    _, state = await renewed(RISEN, panopto, subjects=("Light",))
    assert (panopto.sets, state.lacking, state.seen_anew) == ([], (), False)
    assert not change_of(seen_of(chosen(RISEN), SHOWN), "", state)


async def test_a_subject_that_only_the_description_shows_is_set_there() -> None:
    """Where no tags are wanted."""
    shown, panopto = Shown(description="About {subjects}"), Panopto()
    panopto.words = (BEFORE.title, description_of(BEFORE, shown))
    _, state = await renewed(RISEN, panopto, subjects=("Light", "Waves"), shown=shown)
    assert panopto.sets == [("Optics", "About Light, Waves\nOpencast: e")]
    assert (state.lacking, state.seen_anew) == ((), True)


async def test_subjects_that_cannot_be_read_for_now_put_it_off_and_a_second_time_do_not() -> None:
    """The session keeps what it has; then other words are set all the same, and tags stay as they are."""
    now, panopto = replace(RISEN, title="Waves"), Panopto()
    outcome, state = await renewed(now, panopto, subjects=Unreachable("down"))
    assert (outcome, panopto.sets, state.lacking) == (Outcome.VERIFIED, [], ("tags",))
    assert state.aspects["tags"]["value"] == ["Light"]
    assert state.seen == seen_of(chosen(BEFORE), SHOWN)
    told = {"wants": known(state)["wants"], "aspects": dict(state.aspects)}
    _, after = await renewed(now, panopto, subjects=Unreachable("down"), **told)
    assert panopto.sets == [("Waves", description_of(now, SHOWN))]
    assert known(after)["wants"]["unread"]["outcome"] == "permanent"
    _, mended = await renewed(now, Panopto(), subjects=("Light", "Far"), **told)
    assert (known(mended)["wants"]["tags"], "unread" in known(mended)["wants"]) == (["Light", "Far"], False)


async def test_subjects_that_may_not_be_read_take_no_tags_away() -> None:
    """What was read before the right was withdrawn still holds for what the list tells."""
    wants = wants_of(BEFORE, ("Light", "Waves")).facts
    _, state = await renewed(RISEN, Panopto(), subjects=Refused("no"), wants=wants)
    assert known(state)["wants"]["tags"] == ["Light", "Waves"]
    assert known(state)["wants"]["unread"]["reason"] == "refused"
    assert (state.aspects["tags"]["reason"], state.seen) == ("changed", seen_of(chosen(RISEN), SHOWN))


async def test_subjects_that_are_gone_by_now_are_not_waited_for() -> None:
    """They could not be read, and the event has none any more: no tags, and nothing lacking for long."""
    unread = {"outcome": "retryable", "reason": "throttled", "why": "later"}
    now = replace(RISEN, subjects=())
    _, state = await renewed(now, Panopto(), wants={"unread": unread}, aspects={"tags": unread}, subjects=())
    assert known(state)["wants"] == {**wants_of(now, ()).facts, "series": "s1"}
    assert state.aspects["tags"]["reason"] == "changed"
