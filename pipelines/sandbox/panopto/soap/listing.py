"""GetSessionsList: the sessions that a request wants, sorted, and the page of them that it asks for.

Not established and chosen here: a page holds 25 where the request does not say, and never more than 100; a
search knows a session only when the index does, and then by the words that begin with the query's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pipelines.sandbox.panopto.model import Session
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.panopto.soap.render import status

PAGE = 25
LARGEST_PAGE = 100
SORTED_BY: Mapping[str, Callable[[Session], Any]] = {
    "Date": lambda one: one.start_time,
    "Duration": lambda one: one.duration,
}
"""By any other field it is sorted by name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for; None, or nothing, where it does not care."""

    folder_id: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    states: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    recorder: str | None = None
    sort_by: str = "Name"
    ascending: bool = False
    page: int = 0
    page_size: int = PAGE

    @classmethod
    def read(cls, arguments: Mapping[str, Any]) -> Self:
        """What the arguments of a call ask for."""
        words = _words(arguments["searchQuery"] or "")
        asked = arguments["request"]
        if asked is None:
            return cls(words=words)
        pagination = asked["Pagination"] or {"MaxNumberResults": 0, "PageNumber": 0}
        return cls(
            folder_id=asked["FolderId"],
            begin=asked["StartDate"],
            end=asked["EndDate"],
            states=tuple((asked["States"] or {"SessionState": ()})["SessionState"]),
            words=words,
            recorder=asked["RemoteRecorderId"],
            sort_by=asked["SortBy"],
            ascending=asked["SortIncreasing"],
            page=max(pagination["PageNumber"], 0),
            page_size=min(max(pagination["MaxNumberResults"], 0), LARGEST_PAGE) or PAGE,
        )


def listed(site: Site, sessions: Sequence[Session], wanted: Wanted) -> tuple[list[Session], int]:
    """A page of these sessions, and how many there are in all."""
    found = [one for one in sessions if _fits(site, one, wanted)]
    key = SORTED_BY.get(wanted.sort_by, _name)
    found.sort(key=lambda one: (key(one), one.id), reverse=not wanted.ascending)
    start = wanted.page * wanted.page_size
    return found[start : start + wanted.page_size], len(found)


def _fits(site: Site, session: Session, wanted: Wanted) -> bool:
    """Whether a session is one of those that are wanted; no remote recorder made any."""
    return (
        wanted.recorder is None
        and wanted.folder_id in {None, session.folder_id}
        and (wanted.begin is None or wanted.begin <= session.start_time)
        and (wanted.end is None or session.start_time <= wanted.end)
        and (not wanted.states or status(session, site)[0] in wanted.states)
        and (not wanted.words or _indexed(site, session, wanted.words))
    )


def _name(session: Session) -> str:
    return session.name


def _indexed(site: Site, session: Session, words: Sequence[str]) -> bool:
    if session.exists_from > site.clock() - site.switches.search_lag:
        return False
    known = _words(f"{session.name} {session.description}")
    return all(any(one.startswith(word) for one in known) for word in words)


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.casefold()))
