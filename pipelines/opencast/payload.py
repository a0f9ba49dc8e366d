"""Reads what Opencast answers into facts, forgiving whatever some version or site is known to send.

The shapes are those of Opencast's EventsEndpoint in versions 2.3 to 17 (API 1.0.0 to 1.11.0), and of
recorded answers. Only a value of quite another kind (a table where a text belongs) makes an event
unreadable; a number that makes no sense is one that is not known. A right or a booking is never guessed: an
access control list of which one line makes no sense is not known, and a scheduling that makes none is an
event that cannot be read, because it must not look like an event without one.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeGuard

from engine import Unreadable
from pipelines.opencast.model import TOO_LARGE, Element, Event, Grant, Publication, Scheduling, Series, Track

_MD5 = re.compile(r"([0-9a-f]{32}) \(md5\)", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,6}):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")


def read_event(json: Any) -> Event:
    """Read one event. Raises Unreadable, which names the event and the field."""
    event = _Table(json, "an event")
    identifier = event.text("identifier") or event.text("id")
    if not identifier:
        raise Unreadable("has no identifier", where="an event")
    event = _Table(json, f"event {identifier}")
    return Event(
        identifier,
        title=event.text("title"),
        description=event.text("description"),
        presenters=event.texts("presenter"),
        contributors=event.texts("contributor"),
        location=event.text("location"),
        language=event.text("language"),
        rightsholder=event.text("rightsholder"),
        license=event.text("license"),
        source=event.text("source"),
        subjects=event.texts("subjects"),
        creator=event.text("creator"),
        series=event.text("is_part_of") or event.text("isPartOf"),
        series_title=event.text("series"),
        start=event.moment("start"),
        created=event.moment("created"),
        duration_ms=event.duration("duration"),
        status=event.text("status").rpartition(".")[2].upper(),
        processing_state=event.text("processing_state").upper(),
        archive_version=event.number("archive_version"),
        channels=event.texts("publication_status"),
        publications=tuple(_publication(one) for one in event.tables("publications")),
        acl=_acl(event.raw("acl")),
        scheduling=read_scheduling(event.raw("scheduling"), identifier),
    )


def read_scheduling(json: Any, identifier: str) -> Scheduling | None:
    """Read what a capture agent was told to record of an event, or None where that is nothing.

    Raises Unreadable where there is something that cannot be understood.
    """
    where = f"event {identifier}, scheduling"
    scheduling = _Table(json or {}, where)
    if not scheduling:
        return None
    agent = scheduling.text("agent_id").strip()
    start, end = scheduling.moment("start"), scheduling.moment("end")
    if not agent or start is None or end is None:
        missing = "agent" if not agent else "start" if start is None else "end"
        raise Unreadable(f"has no {missing} that can be understood", where=where)
    return Scheduling(agent, start, end, scheduling.texts("inputs"))


def read_series(json: Any, identifier: str) -> Series:
    """Read one series. Raises Unreadable, which names the series and the field."""
    series = _Table(json, f"series {identifier}")
    return Series(
        identifier,
        title=series.text("title"),
        creator=series.text("creator"),
        organizers=series.texts("organizers"),
        description=series.text("description"),
        subjects=series.texts("subjects"),
        contributors=series.texts("contributors"),
        publishers=series.texts("publishers"),
        language=series.text("language"),
        license=series.text("license"),
        rightsholder=series.text("rightsholder"),
        created=series.moment("created"),
    )


def _acl(json: Any) -> tuple[Grant, ...] | None:
    """Read an access control list; one with a line that makes no sense is as good as none told."""
    if not _is_list(json):
        return None
    lines = [_grant(one) for one in json]
    known = tuple(line for line in lines if line is not None)
    return known if len(known) == len(lines) else None


def _grant(json: Any) -> Grant | None:
    match json:
        case {"role": str(role), "action": str(action), "allow": bool(allow)} if role and action:
            return Grant(role, action, allow)
        case _:
            return None


def _publication(json: "_Table") -> Publication:
    tracks = tuple(_track(one) for one in json.tables("media"))
    elements = (
        *_elements(json.raw("attachments"), "attachment"),
        *_elements(json.raw("metadata"), "catalogue"),
    )
    return Publication(json.text("id"), json.text("channel"), tracks, elements)


def _elements(json: Any, kind: Literal["attachment", "catalogue"]) -> tuple[Element, ...]:
    """Read a publication's other elements; one that makes no sense is none, and fails no event."""
    several = json if _is_list(json) else ()
    return tuple(found for one in several if (found := _element(one, kind)) is not None)


def _element(json: Any, kind: Literal["attachment", "catalogue"]) -> Element | None:
    try:
        element = _Table(json, kind)
        flavor, url = element.raw("flavor"), element.text("url")
        if not (isinstance(flavor, str) and flavor) and not url:
            return None
        return Element(
            element.text("id"),
            kind,
            url,
            flavor=flavor.lower() if isinstance(flavor, str) else "",
            mediatype=element.text("mediatype"),
            ref=element.text("ref"),
            tags=element.texts("tags"),
            size=element.known("size"),
        )
    except Unreadable:
        return None


def _track(json: "_Table") -> Track:
    mediatype = json.text("mediatype")
    return Track(
        json.text("id"),
        json.text("url"),
        mediatype,
        flavor=json.text("flavor").lower(),
        size=json.known("size"),
        md5=_md5(json.text("checksum")),
        tags=json.texts("tags"),
        has_audio=json.flag("has_audio", mediatype.startswith("audio/")),
        has_video=json.flag("has_video", mediatype.startswith("video/")),
        duration_ms=json.duration("duration"),
        bitrate=json.known("bitrate"),
        width=json.known("width"),
        height=json.known("height"),
        is_master_playlist=json.flag("is_master_playlist"),
        is_live=json.flag("is_live"),
    )


def _md5(checksum: str) -> str | None:
    found = _MD5.fullmatch(checksum.strip())
    return found[1].lower() if found else None


class _Table:
    """A JSON object whose fields are read by kind; `where` names it in errors."""

    def __init__(self, json: Any, where: str) -> None:
        if not isinstance(json, Mapping):
            raise Unreadable(f"is {_kind(json)} where an object was expected", where=where)
        self._json = json
        self._where = where

    def __bool__(self) -> bool:
        return bool(self._json)

    def raw(self, name: str) -> Any:
        """A value as it came, or None."""
        return self._json.get(name)

    def text(self, name: str) -> str:
        """A text as it is; none is the empty one."""
        return self._text(name, self._json.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts, the blank ones left out; one alone may come without its list."""
        value = self._json.get(name)
        several: list[Any] = list(value) if _is_list(value) else [value]
        found = (self._text(name, one).strip() for one in several)
        return tuple(text for text in found if text)

    def flag(self, name: str, otherwise: bool = False) -> bool:
        """A truth, which older versions do not tell."""
        value = self._json.get(name)
        if isinstance(value, str):
            return value.strip().lower() == "true"
        return otherwise if value is None else bool(value)

    def number(self, name: str) -> int | None:
        """A whole number from 0 on and below `TOO_LARGE`, however it is written, or None."""
        return _whole(self._plain(name))

    def known(self, name: str) -> int | None:
        """A number of something: 0 and -1 say that it is not known."""
        return self.number(name) or None

    def duration(self, name: str) -> int | None:
        """Milliseconds, from a number of them or from "00:00:03"."""
        value = self._plain(name)
        clock = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if clock:
            hours, minutes, seconds = clock.groups()
            value = ((int(hours) * 60 + int(minutes)) * 60 + float(seconds)) * 1000
        return _whole(value) or None

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC; one without a zone is in it already, as Opencast writes them."""
        try:
            moment = datetime.fromisoformat(self.text(name).strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def tables(self, name: str) -> "Sequence[_Table]":
        """Objects; none at all is an empty list."""
        value = self._json.get(name)
        if value is None or value == "":
            return ()
        if not _is_list(value):
            raise self._unreadable(name, value, "a list")
        return [_Table(one, f"{self._where}, {name}") for one in value]

    def _plain(self, name: str) -> Any:
        value = self._json.get(name)
        if isinstance(value, Mapping) or _is_list(value):
            raise self._unreadable(name, value, "a number")
        return value

    def _text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str | int | float):
            return str(value)
        raise self._unreadable(name, value, "a text")

    def _unreadable(self, name: str, value: Any, expected: str) -> Unreadable:
        return Unreadable(f"{name} is {_kind(value)} where {expected} was expected", where=self._where)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if _is_list(value):
        return "a list"
    return "nothing" if value is None else "a text" if isinstance(value, str) else "a number"


def _whole(value: Any) -> int | None:
    """Read 7, 7.0 and "7"; whatever is no number, not finite, negative or too large is None."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if 0 <= number < TOO_LARGE else None
