"""Reads what Opencast answers into facts, forgiving whatever some version or site is known to send.

The shapes are those of Opencast's EventsEndpoint in versions 2.3 to 17 (API 1.0.0 to 1.11.0), and of
recorded answers. Only a value of quite another kind (a table where a text belongs) makes an event
unreadable; a number that makes no sense is one that is not known. A right or a booking is never guessed: an
access control list of which one line makes no sense is not known, and a scheduling that makes none is an
event that cannot be read, because it must not look like an event without one.
"""

import re
from typing import Any, Literal

from engine import Unreadable
from pipelines.opencast.model import Element, Event, Grant, Publication, Scheduling, Series, Track, Unread
from pipelines.opencast.table import Table, is_list

_MD5 = re.compile(r"([0-9a-f]{32}) \(md5\)", re.IGNORECASE)


def read_event(json: Any) -> Event:
    """Read one event. Raises Unreadable, which names the event and the field."""
    event = Table(json, "an event")
    identifier = event.text("identifier") or event.text("id")
    if not identifier:
        raise Unreadable("has no identifier", where="an event")
    event = Table(json, f"event {identifier}")
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


def read_listed(json: Any) -> Event | Unread:
    """Read one event of a list; one that makes no sense fails no other."""
    try:
        return read_event(json)
    except Unreadable as error:
        identifier = json.get("identifier") if isinstance(json, dict) else None
        return Unread(identifier if isinstance(identifier, str) else "", "unreadable", str(error))


def read_scheduling(json: Any, identifier: str) -> Scheduling | None:
    """Read what a capture agent was told to record of an event, or None where that is nothing.

    Raises Unreadable where there is something that cannot be understood.
    """
    where = f"event {identifier}, scheduling"
    scheduling = Table(json or {}, where)
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
    series = Table(json, f"series {identifier}")
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
    if not is_list(json):
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


def _publication(json: Table) -> Publication:
    tracks = tuple(_track(one) for one in json.tables("media"))
    elements = (
        *_elements(json.raw("attachments"), "attachment"),
        *_elements(json.raw("metadata"), "catalogue"),
    )
    return Publication(json.text("id"), json.text("channel"), tracks, elements)


def _elements(json: Any, kind: Literal["attachment", "catalogue"]) -> tuple[Element, ...]:
    """Read a publication's other elements; one that makes no sense is none, and fails no event."""
    several = json if is_list(json) else ()
    return tuple(found for one in several if (found := _element(one, kind)) is not None)


def _element(json: Any, kind: Literal["attachment", "catalogue"]) -> Element | None:
    try:
        element = Table(json, kind)
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


def _track(json: Table) -> Track:
    mediatype = json.text("mediatype")
    return Track(
        json.text("id"),
        json.text("url"),
        mediatype,
        flavor=json.text("flavor").lower(),
        size=json.known("size"),
        md5=md5_of(json.text("checksum")),
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


def md5_of(checksum: str) -> str | None:
    """Return the MD5 that a checksum is ("<hex> (md5)"), or None where it is another or none."""
    found = _MD5.fullmatch(checksum.strip())
    return found[1].lower() if found else None
