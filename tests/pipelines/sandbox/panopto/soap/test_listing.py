"""GetSessionsList without HTTP: what is found, in which order, and which page of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.panopto_caller import Caller

from pipelines.sandbox.panopto.model import Session
from pipelines.sandbox.panopto.soap.listing import LARGEST_PAGE, PAGE, Wanted, listed


def begun(caller: Caller, name: str, day: int, duration: float) -> Session:
    """A session of a day in November."""
    session = caller.site.add_session(caller.panopto.default_folder, name)
    session.start_time, session.duration = datetime(2026, 11, day, tzinfo=UTC), duration
    return session


def asked(**pagination: int) -> Wanted:
    """What a request with this Pagination asks for."""
    rest = dict.fromkeys(("FolderId", "StartDate", "EndDate", "States", "RemoteRecorderId"))
    request = {**rest, "Pagination": pagination or None, "SortBy": "Date", "SortIncreasing": True}
    return Wanted.read({"request": request, "searchQuery": None})


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Wanted(ascending=True), "abc"),
        (Wanted(), "cba"),
        (Wanted(sort_by="Date", ascending=True), "bca"),
        (Wanted(sort_by="Duration"), "acb"),
        (Wanted(begin=datetime(2026, 11, 2, tzinfo=UTC), ascending=True), "ac"),
        (Wanted(end=datetime(2026, 11, 2, tzinfo=UTC), ascending=True), "bc"),
        (Wanted(states=("Created",), ascending=True), "abc"),
        (Wanted(states=("Complete",)), ""),
        (Wanted(recorder="any"), ""),
        (Wanted(words=("B",)), ""),
        (Wanted(words=("b",)), "b"),
    ],
)
async def test_what_is_found(panopto: Any, wanted: Wanted, names: str) -> None:
    """By dates, both of which count, states and words; sorted by name, date or duration, either way."""
    async with panopto() as caller:
        sessions = [begun(caller, "a", 3, 30.0), begun(caller, "b", 1, 10.0), begun(caller, "c", 2, 20.0)]
        found, total = listed(caller.site, sessions, wanted)
        assert ("".join(one.name for one in found), total) == (names, len(names))


async def test_a_search_waits_for_the_index(panopto: Any) -> None:
    """What has come to exist within `search_lag` is in a list, but no search finds it."""
    async with panopto() as caller:
        session = begun(caller, "new", 1, 1.0)
        session.exists_from = caller.clock.now
        assert listed(caller.site, [session], Wanted(words=("new",))) == ([], 0)
        assert listed(caller.site, [session], Wanted()) == ([session], 1)


def test_the_size_of_a_page() -> None:
    """25 where none is given or it is 0 or below, 100 at most; a page before the first is the first."""
    assert (asked().page_size, asked().page) == (PAGE, 0)
    sizes = [asked(MaxNumberResults=size, PageNumber=1).page_size for size in (-1, 0, 7, 1000)]
    assert sizes == [PAGE, PAGE, 7, LARGEST_PAGE]
    assert [asked(MaxNumberResults=1, PageNumber=page).page for page in (-1, 0, 3)] == [0, 0, 3]
    assert Wanted.read({"request": None, "searchQuery": "Two WORDS"}) == Wanted(words=("two", "words"))
