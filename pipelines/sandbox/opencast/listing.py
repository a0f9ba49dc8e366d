"""What a list call returns: filter, sort and page, with the habits of Opencast's endpoints.

Source: opencast/opencast, EventsEndpoint.java, SeriesEndpoint.java, RestUtils.java. The reply is a bare
array; there is no total and no link to a next page. `ListError` carries the status and the text of a refusal.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.recordings import Event, Series

DEFAULT_SERIES_LIMIT = 100
DATE = "%Y-%m-%dT%H:%M:%SZ"
_DATE_HEAD = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ALTERNATIVES = frozenset({"identifier", "presenters", "contributors"})
_ORDERS = {"asc": False, "ascending": False, "desc": True, "descending": True}
_IGNORED_SORTS = frozenset({"review_status", "scheduling_status"})

Item = TypeVar("Item")


class ListError(Exception):
    """A list call that is refused: an HTTP status and a sentence of plain text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


def status_key(event: Event) -> str:
    """An event's status as the API writes it."""
    return f"EVENTS.EVENTS.STATUS.{event.status}" if event.status else ""


def date(moment: datetime) -> str:
    """A moment as the API writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime(DATE)


Values = Callable[[Any], Iterable[str]]
EVENT_FILTERS: Mapping[str, Values] = {
    "presenters": lambda event: event.presenters,
    "contributors": lambda event: event.contributors,
    "location": lambda event: (event.location,),
    "series": lambda event: (event.series.identifier,) if event.series else (),
    "subject": lambda event: event.subjects,
    "identifier": lambda event: (event.identifier,),
    "title": lambda event: (event.title,),
    "description": lambda event: (event.description,),
    "series_name": lambda event: (event.series.title,) if event.series else (),
    "language": lambda event: (event.language,),
    "created": lambda event: (date(event.created),),
    "license": lambda event: (event.license,),
    "rightsholder": lambda event: (event.rightsholder,),
    "is_part_of": lambda event: (event.series.identifier,) if event.series else (),
    "source": lambda event: (event.source,),
    "status": lambda event: (status_key(event),),
    "agent_id": lambda event: (event.scheduling.agent,) if event.scheduling else (),
}
EVENT_DATES: Mapping[str, Callable[[Any], datetime]] = {
    "start": lambda event: event.start,
    "technical_start": lambda event: event.scheduling.start if event.scheduling else event.start,
}
SERIES_FILTERS: Mapping[str, Values] = {
    "identifier": lambda series: (series.identifier,),
    "title": lambda series: (series.title,),
    "subject": lambda series: series.subjects,
    "creator": lambda series: (series.creator,),
    "contributors": lambda series: series.contributors,
    "organizers": lambda series: series.organizers,
    "language": lambda series: (series.language,),
    "license": lambda series: (series.license,),
}
SERIES_DATES: Mapping[str, Callable[[Any], datetime]] = {"CreationDate": lambda series: series.created}

SortKey = Callable[[Any], str]
EVENT_SORTS: Mapping[str, SortKey] = {
    "title": lambda event: event.title.casefold(),
    "presenter": lambda event: "".join(event.presenters[:1]),
    "technical_start": lambda event: date(EVENT_DATES["technical_start"](event)),
    "technical_date": lambda event: date(EVENT_DATES["technical_start"](event)),
    "technical_end": lambda event: date(event.scheduling.end) if event.scheduling else "",
    "start_date": lambda event: date(event.start),
    "date": lambda event: date(event.start),
    "end_date": lambda event: date(event.start),
    "workflow_state": lambda event: event.processing_state,
    "series_name": lambda event: event.series.title if event.series else "",
    "location": lambda event: event.location,
}
SERIES_SORTS: Mapping[str, SortKey] = {
    "title": lambda series: series.title.casefold(),
    "contributors": lambda series: "".join(series.contributors[:1]),
    "creator": lambda series: series.creator,
    "created": lambda series: date(series.created),
}


def in_order(events: Sequence[Event], sort: str) -> Sequence[Event]:
    """Events sorted by "field:ORDER[,field:ORDER]", or as they come. Raises ListError."""
    return _sorted(events, sort, EVENT_SORTS, 400)


def list_events(
    events: Sequence[Event],
    query: Mapping[str, Sequence[str]],
    version: Version,
    in_order: Callable[[Sequence[Event], str], Sequence[Event]] = in_order,
) -> list[Event]:
    """The events for a call's parameters, in the order of its page.

    From 1.5 on only the first filter counts. Before that the results of the first, of the first two, ... come
    one after the other, with whatever is in several of them. Raises ListError.
    """
    given = query.get("filter", ())
    filters = [text for text in (given[:1] if version >= (1, 5) else given) if text]
    limit, offset = _number(query, "limit"), _number(query, "offset")
    found: list[Event] = []
    for count in range(min(1, len(filters)), len(filters) + 1):
        held = _filtered(events, filters[:count], version)
        found += page(in_order(held, _first(query, "sort")), limit, offset)
    return found


def list_series(series: Sequence[Series], query: Mapping[str, Sequence[str]]) -> list[Series]:
    """The series for a call's parameters: 100 where there is no limit of 1 or more. Raises ListError."""
    tests = _tests(_first(query, "filter"), SERIES_FILTERS, SERIES_DATES, whole_value=True)
    found = [one for one in series if all(test(one) for test in tests)]
    held = _sorted(found, _first(query, "sort"), SERIES_SORTS, 500)
    limit = _number(query, "limit")
    return list(page(held, limit if limit > 0 else DEFAULT_SERIES_LIMIT, _number(query, "offset")))


def page(items: Sequence[Item], limit: int, offset: int) -> Sequence[Item]:
    """A page of items. Without a limit (0 or less) all of them; but an offset without one is a 500."""
    offset = max(0, offset)
    if limit <= 0 and offset:
        raise ListError(500, "Result window is too large")
    return items[offset : offset + limit] if limit > 0 else items


def _first(query: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _number(query: Mapping[str, Sequence[str]], name: str) -> int:
    """A whole number; what cannot be read as one is a 404, as CXF has it for query parameters."""
    text = _first(query, name)
    try:
        return int(text) if text else 0
    except ValueError:
        raise ListError(404, "") from None


def _filtered(events: Sequence[Event], filters: Sequence[str], version: Version) -> Sequence[Event]:
    tests = [
        test
        for text in filters
        for test in _tests(
            text, EVENT_FILTERS, EVENT_DATES, whole_value=version >= (1, 1), lenient=version < (1, 1)
        )
    ]
    for test in tests:
        events = [event for event in events if test(event)]
    return events


Test = Callable[[Any], bool]


def _tests(
    text: str,
    values: Mapping[str, Values],
    dates: Mapping[str, Callable[[Any], datetime]],
    *,
    whole_value: bool,
    lenient: bool = False,
) -> list[Test]:
    """The tests that a filter "name:value[,name:value]" stands for; an empty value is no test at all."""
    wanted: dict[str, list[str]] = {}
    for part in text.split(","):
        name, _, value = part.partition(":")
        value = value if whole_value else value.partition(":")[0]
        if value:
            wanted[name] = [*wanted.get(name, ()), value] if name in _ALTERNATIVES else [value]
    known = {name: given for name, given in wanted.items() if name in {*values, *dates, "textFilter"}}
    if len(known) < len(wanted) and not lenient:
        raise ListError(
            400, f"Unknown filter criterion in request: {next(iter(wanted.keys() - known.keys()))}"
        )
    return [_test(name, given, values, dates) for name, given in known.items()]


def _test(
    name: str,
    given: Sequence[str],
    values: Mapping[str, Values],
    dates: Mapping[str, Callable[[Any], datetime]],
) -> Test:
    if name == "textFilter":
        return lambda item: given[-1].lower() in _text(item)
    if name in dates:
        first, last = _range(name, given[-1])
        return lambda item: first <= dates[name](item).replace(microsecond=0) <= last
    asked = frozenset(given)
    return lambda item: not asked.isdisjoint(values[name](item))


def _text(item: Event | Series) -> str:
    return " ".join((item.identifier, item.title, item.description, *item.contributors)).lower()


def _range(name: str, text: str) -> tuple[datetime, datetime]:
    """Both ends, inclusive. What follows the seconds (fractions, a zone) is ignored: all is read as UTC."""
    ends = [_DATE_HEAD.match(part) for part in text.split("/")]
    if len(ends) != 2 or not all(ends):
        raise ListError(400, f"Filter '{name}' could not be parsed: {text}")
    first, last = (datetime.fromisoformat(end[0] + "Z") for end in ends if end)
    return first, last


def _sorted(items: Sequence[Item], text: str, keys: Mapping[str, SortKey], refusal: int) -> Sequence[Item]:
    """Sorted by "field:ORDER[,field:ORDER]". Several criteria are kept in a set: their order is its own."""
    criteria = {_criterion(part, keys, refusal) for part in text.split(",")} if text else set()
    for name, descending in sorted(criteria, key=lambda one: zlib.crc32(one[0].encode())):
        if name not in _IGNORED_SORTS:
            items = sorted(items, key=keys[name], reverse=descending)
    return items


def _criterion(text: str, keys: Mapping[str, SortKey], refusal: int) -> tuple[str, bool]:
    name, _, order = text.partition(":")
    if order.lower() not in _ORDERS or (name not in keys and name not in _IGNORED_SORTS):
        raise ListError(refusal, f"Unknown sort criterion in request: {text}")
    return name, _ORDERS[order.lower()]
