"""Where no publication names a file, search service and archive are asked; nobody else is."""

from dataclasses import replace
from typing import Any

import pytest

from engine import AccountRefused, Refused, ServerFault, Unreadable
from pipelines.opencast.fallback import Fallback, lacks_files
from pipelines.opencast.model import Event, Me, Publication, Track, Unread

FILM = Track("f", "https://f/x.mp4", "video/mp4", "presenter/delivery", has_video=True)
PLAYLIST = replace(FILM, url="https://f/x.m3u8")
FOUND = Publication("", "search", (FILM,))
ORIGINALS = Publication("", "archive", (replace(FILM, id="o", flavor="presenter/source"),))
EMPTY = Publication("p", "engage-player")
BARE = Event("e", status="PROCESSED", publications=(EMPTY,))


class Beside:
    """Answers what it was given, or raises it."""

    def __init__(self, search: Any = None, archive: Any = None, me: Any = None) -> None:
        self.answers = {"search": search, "archive": archive, "me": me}
        self.asked: list[str] = []

    async def searched(self, identifier: str) -> Publication | None:
        """What the search service has."""
        return self._answer("search")  # type: ignore[no-any-return]

    async def archived(self, identifier: str) -> Publication | None:
        """What the archive has."""
        return self._answer("archive")  # type: ignore[no-any-return]

    async def sign(self, url: str) -> str:
        """No signature."""
        raise Refused("no", where="sign")

    async def me(self) -> Me:
        """The account."""
        return self._answer("me") or Me("ferry")

    def _answer(self, name: str) -> Any:
        self.asked.append(name)
        answer = self.answers[name]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("event", "lacks"),
    [
        (BARE, True),
        (replace(BARE, publications=()), True),
        (replace(BARE, publications=(Publication("p", "engage-player", (PLAYLIST,)),)), True),
        (replace(BARE, publications=(EMPTY, Publication("q", "api", (FILM,)))), False),
        (replace(BARE, publications=(Publication("q", "internal", (FILM,)),)), True),
        (replace(BARE, status="PROCESSING"), False),
        (replace(BARE, publications=(Publication("l", "engage-live", (PLAYLIST,)),)), False),
        (replace(BARE, publications=(Publication("l", "api", (replace(FILM, is_live=True),)),)), False),
    ],
)
def test_an_event_lacks_files_when_it_is_ready_and_names_none(event: Event, lacks: bool) -> None:
    """A film in any publication for viewers is enough; live streams and what is worked on are left alone."""
    assert lacks_files(event) is lacks


async def test_search_comes_before_the_archive() -> None:
    """The archive is asked only where it is allowed, and where the search service had nothing."""
    beside = Beside(FOUND, ORIGINALS)
    event = await Fallback(beside, archive=True).completed(BARE)
    assert (event.publications, beside.asked) == ((EMPTY, FOUND), ["search"])
    beside = Beside(None, ORIGINALS)
    event = await Fallback(beside, archive=True).completed(BARE)
    assert (event.publications, beside.asked) == ((EMPTY, ORIGINALS), ["search", "archive"])
    beside = Beside(None, ORIGINALS)
    assert await Fallback(beside).completed(BARE) == BARE
    assert beside.asked == ["search"]


async def test_an_event_with_a_film_costs_no_call() -> None:
    """Nor one that nobody published, for the search service."""
    beside = Beside(FOUND, ORIGINALS)
    whole = replace(BARE, publications=(Publication("q", "api", (FILM,)),))
    unpublished = replace(BARE, publications=())
    assert await Fallback(beside, archive=True).completed(whole) == whole
    assert await Fallback(beside).completed(unpublished) == unpublished
    assert await Fallback(beside, search=False).completed(BARE) == BARE
    assert beside.asked == []


@pytest.mark.parametrize("publications", [(), (Publication("q", "internal", (FILM,)),)])
async def test_what_nobody_published_is_looked_for_nowhere(publications: tuple[Publication, ...]) -> None:
    """The archive has the film of it, and nobody was ever to see it."""
    beside = Beside(search=FOUND, archive=ORIGINALS)
    event = replace(BARE, publications=publications)
    assert await Fallback(beside, search=True, archive=True).completed(event) == event
    assert beside.asked == []


@pytest.mark.parametrize(
    "error", [Refused("answers HTTP 403", where="x"), Unreadable("is nothing", where="x")]
)
async def test_a_service_that_does_not_tell_is_named(error: Exception) -> None:
    """The event is as it was, with the reason; the archive without its cut list gives nothing."""
    event = await Fallback(Beside(error, error), archive=True).completed(BARE)
    search, archive = event.publications[1:]
    assert (search.channel, search.tracks, archive.channel, archive.tracks) == ("search", (), "archive", ())
    assert str(error) in search.refused
    assert archive.refused.startswith("the archive cannot be read")


async def test_a_fault_of_one_event_leaves_it_unread() -> None:
    """One that lies with the server ends the run's reading, as everywhere."""
    fault = ServerFault("answers HTTP 500", where="x")
    found = await Fallback(Beside(fault)).whole(BARE)
    assert found == Unread("e", "unreadable", str(fault))
    with pytest.raises(AccountRefused):
        await Fallback(Beside(fault, me=AccountRefused("no", where="x"))).whole(BARE)


async def test_what_could_not_be_read_passes_as_it_is() -> None:
    """Nobody is asked about it."""
    beside = Beside(FOUND)
    unread = Unread("u", "gone", "it went")
    assert await Fallback(beside).whole(unread) == unread
    assert beside.asked == []


async def test_an_account_that_may_not_sign_reads_what_needs_no_signature() -> None:
    """Most sites sign nothing."""
    assert await Fallback(Beside()).signed("https://f/x.mp4") == "https://f/x.mp4"
