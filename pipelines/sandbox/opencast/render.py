"""How events and series look on the wire in each version of the External API.

Source: opencast/opencast, EventsEndpoint.java and SeriesEndpoint.java at each tag, MetadataJson.java.
Everything here is a function of facts; keys are put in random order only when the reply is encoded.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson

from pipelines.sandbox.opencast.listing import date, status_key
from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.recordings import Element, Event, Publication, Series, Streams

ORGANISATION = "mh_default_org"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Links:
    """What a reply needs beside the facts: where the servers are, how to sign, the checksums known."""

    api: str
    files: str
    checksum: Callable[[Element], str]
    sign: Callable[[str], str] = str

    def element(self, event: Event, channel: str, element: Element) -> str:
        """The URL of a file, signed if this reply is to be signed and the file is ours."""
        if element.media is None:
            return element.url if "://" in element.url else self.files + element.url
        return self.sign(self.files + static_path(event.identifier, channel, element))

    def page(self, event: Event, publication: Publication) -> str:
        """The URL of a publication's page."""
        path = publication.url.replace("{event}", quote(event.identifier, safe="+"))
        return self.api + path if path.startswith("/") else path


@dataclass(frozen=True, slots=True)
class Flags:
    """Which parts of an event a call asks for."""

    sign: bool = False
    acl: bool = False
    metadata: bool = False
    scheduling: bool = False
    publications: bool = False
    internal: bool = False


def static_path(event_id: str, channel: str, element: Element) -> str:
    """A published file's path on the file server."""
    event = quote(event_id, safe="+")
    return f"/static/{ORGANISATION}/{channel}/{event}/{element.identifier}/{quote(element.name)}"


def asset_path(event: Event, element: Element) -> str:
    """An archived file's path on the API's own host."""
    event_id, version = quote(event.identifier, safe="+"), event.archive_version or 0
    return f"/assets/assets/{event_id}/{element.identifier}/{version}/{quote(element.name)}"


def encode(value: object, chance: random.Random) -> bytes:
    """JSON with its keys in random order and, half the time, `/` as `\\/`."""
    text = orjson.dumps(_shuffled(value, chance))
    return text.replace(b"/", b"\\/") if chance.random() < 0.5 else text


def _shuffled(value: object, chance: random.Random) -> object:
    if isinstance(value, dict):
        pairs = [(key, _shuffled(inner, chance)) for key, inner in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)
    return [_shuffled(inner, chance) for inner in value] if isinstance(value, list) else value


def event_json(event: Event, version: Version, flags: Flags, links: Links) -> Json:
    """One event as a list or a single GET returns it."""
    reply = _plain_event(event, version)
    if flags.acl:
        reply["acl"] = acl_json(event.readers, event.denied, event.grants)
    if flags.metadata:
        reply["metadata"] = metadata_json(event, combined=True)
    if flags.scheduling and version >= (1, 1):
        reply["scheduling"] = scheduling_json(event) or {}
    if flags.publications:
        internal = flags.internal and version >= (1, 11)
        reply["publications"] = publications_json(event, version, links, internal=internal)
    return reply


def _plain_event(event: Event, version: Version) -> Json:
    reply: Json = {
        "identifier": event.identifier,
        "title": event.title,
        "description": event.description,
        "location": event.location,
        "created": date(event.created),
        "start": date(event.scheduling.start if version < (1, 4) and event.scheduling else event.start),
        "creator": event.creator,
        "presenter": list(event.presenters),
        "contributor": list(event.contributors),
        "subjects": event.subjects[0].split(",") if event.subjects else [],
        "has_previews": event.has_previews,
        "processing_state": event.processing_state,
        "publication_status": [one.channel for one in event.publications],
    }
    if event.archive_version is not None:
        reply["archive_version"] = event.archive_version
    if version >= (1, 1):
        reply |= _later_fields(event)
    return reply | _duration(event, version)


def _later_fields(event: Event) -> Json:
    return {
        "language": event.language,
        "rightsholder": event.rightsholder,
        "license": event.license,
        "source": event.source,
        "is_part_of": event.series.identifier if event.series else "",
        "series": event.series.title if event.series else "",
        "status": status_key(event),
    }


def _duration(event: Event, version: Version) -> Json:
    """An unknown duration is absent (before 1.4 and from 1.12), "" (Opencast 9, 10) or null (11 to 17)."""
    if event.duration is not None:
        return {"duration": event.duration}
    if version < (1, 4) or version >= (1, 12):
        return {}
    return {"duration": None if version >= (1, 7) else ""}


def publications_json(event: Event, version: Version, links: Links, *, internal: bool) -> list[Json]:
    """The publications of an event, without the internal one unless it is asked for."""
    return [
        publication_json(event, one, version, links)
        for one in event.publications
        if internal or one.channel != "internal"
    ]


def publication_json(event: Event, publication: Publication, version: Version, links: Links) -> Json:
    """One publication with everything in it."""

    def shown(elements: Iterable[Element], show: Callable[[Element], Json]) -> list[Json]:
        return [_element(event, publication, one, links) | show(one) for one in elements]

    told = publication.as_told
    return {
        "id": publication.identifier,
        "channel": publication.channel,
        "mediatype": publication.mediatype,
        "url": links.page(event, publication),
        "media": shown(told.media, lambda one: _track(one.streams or Streams(), version)),
        "attachments": shown(told.attachments, lambda one: {"ref": one.ref}),
        "metadata": shown(told.catalogues, lambda _: {}),
    }


def _element(event: Event, publication: Publication, element: Element, links: Links) -> Json:
    return {
        "id": element.identifier,
        "mediatype": element.mediatype,
        "url": links.element(event, publication.channel, element),
        "flavor": element.flavor,
        "size": element.size,
        "checksum": links.checksum(element),
        "tags": list(element.tags),
    }


def _track(streams: Streams, version: Version) -> Json:
    reply: Json = {
        "has_audio": streams.audio,
        "has_video": streams.video,
        "duration": streams.duration,
        "description": "",
    }
    if streams.video:
        reply |= _picture(streams)
    if version >= (1, 7):
        reply |= {"is_master_playlist": streams.master_playlist, "is_live": streams.live}
    return reply


def _picture(streams: Streams) -> Json:
    """What is told of the first video stream: only what is known."""
    frames = streams.framerate and streams.duration and int(streams.framerate * streams.duration / 1000)
    known = {
        "width": streams.width,
        "height": streams.height,
        "framerate": streams.framerate,
        "framecount": frames,
        "bitrate": streams.bitrate,
    }
    return {name: value for name, value in known.items() if value is not None}


def media_json(event: Event, version: Version, links: Links) -> list[Json]:
    """The archived tracks of an event, by other names than in a publication."""
    return [_archived(event, one, version, links) for one in event.originals]


def _archived(event: Event, element: Element, version: Version, links: Links) -> Json:
    streams, url = element.streams or Streams(), links.api + asset_path(event, element)
    reply: Json = {
        "identifier": element.identifier,
        "flavor": element.flavor,
        "mimetype": element.mediatype,
        "uri": url,
        "element-description": url,
        "size": element.size,
        "checksum": links.checksum(element),
        "tags": list(element.tags),
        "description": "",
        "duration": streams.duration,
        "streams": _streams(streams),
    }
    if version >= (1, 7):
        reply |= {"has_video": streams.video, "has_audio": streams.audio}
        reply |= {"is_master_playlist": streams.master_playlist, "is_live": streams.live}
    return {name: value for name, value in reply.items() if value is not None}


def _streams(streams: Streams) -> Json:
    found: Json = {}
    if streams.video:
        picture = {f"frame{name}" if name in {"width", "height"} else name: value
                   for name, value in _picture(streams).items()}  # fmt: skip
        found["video-1"] = {"identifier": "video-1", **picture}
    if streams.audio:
        found["audio-1"] = {"identifier": "audio-1", "channels": 2, "samplingrate": 44100}
    return found


def acl_json(
    readers: Iterable[str], denied: Iterable[str] = (), grants: Iterable[tuple[str, str]] = ()
) -> list[Json]:
    """The active access control list; what it forbids comes last."""
    reading = ((role, "read") for role in readers)
    lines = [("ROLE_ADMIN", "read"), ("ROLE_ADMIN", "write"), *reading, *grants]
    allowed = [{"allow": True, "role": role, "action": action} for role, action in lines]
    return [*allowed, *({"allow": False, "role": role, "action": "read"} for role in denied)]


def scheduling_json(event: Event) -> Json | None:
    """What a capture agent was told, or None where there is nothing."""
    plan = event.scheduling
    if plan is None:
        return None
    return {
        "agent_id": plan.agent,
        "start": date(plan.start),
        "end": date(plan.end),
        "inputs": list(plan.inputs),
    }


def metadata_json(event: Event, *, combined: bool) -> list[Json]:
    """The metadata catalogues; the start is one field in a list call and two in a call of its own."""
    episode = {
        "flavor": "dublincore/episode",
        "title": "EVENTS.EVENTS.DETAILS.CATALOG.EPISODE",
        "fields": metadata_fields(event, combined=combined),
    }
    return [episode]


def metadata_fields(event: Event, *, combined: bool) -> list[Json]:
    """The fields of the episode catalogue. Here `creator` is the list of presenters."""
    start = date(event.start)
    times = [("startDate", "date", start)]
    if not combined:
        times = [("startDate", "date", start[:10]), ("startTime", "time", start[11:16])]
    fields: list[tuple[str, str, object]] = [
        ("title", "text", event.title),
        ("subjects", "text", list(event.subjects)),
        ("description", "text_long", event.description),
        ("language", "text", event.language),
        ("rightsHolder", "text", event.rightsholder),
        ("license", "text", event.license),
        ("isPartOf", "text", event.series.identifier if event.series else ""),
        ("creator", "mixed_text", list(event.presenters)),
        ("contributor", "mixed_text", list(event.contributors)),
        *times,
        ("duration", "text", str(timedelta(seconds=(event.duration or 0) // 1000)).zfill(8)),
        ("location", "text", event.location),
        ("source", "text", event.source),
        ("created", "date", f"{date(event.created)[:-1]}.000Z"),
        ("identifier", "text", event.identifier),
    ]
    return [_field(*field) for field in fields]


def _field(name: str, kind: str, value: object) -> Json:
    return {
        "id": name,
        "label": f"EVENTS.EVENTS.DETAILS.METADATA.{name.upper()}",
        "type": kind,
        "value": value,
        "readOnly": name in {"created", "identifier"},
        "required": name == "title",
    }


def series_json(series: Series, *, single: bool, acl: bool = False) -> Json:
    """One series; a single GET tells two things more."""
    reply: Json = {
        "identifier": series.identifier,
        "title": series.title,
        "description": series.description,
        "creator": series.creator,
        "created": date(series.created),
        "subjects": list(series.subjects),
        "contributors": list(series.contributors),
        "organizers": list(series.organizers),
        "publishers": list(series.publishers),
        "language": series.language,
        "license": series.license,
        "rightsholder": series.rightsholder,
    }
    if single:
        reply |= {"organization": ORGANISATION, "opt_out": False}
    return reply | ({"acl": acl_json(series.readers)} if acl else {})


def flags(query: Mapping[str, str]) -> Flags:
    """The flags in a call's query; "true" in any case is true, everything else false."""

    def given(name: str) -> bool:
        return query.get(name, "").lower() == "true"

    return Flags(
        sign=given("sign"),
        acl=given("withacl"),
        metadata=given("withmetadata"),
        scheduling=given("withscheduling"),
        publications=given("withpublications"),
        internal=given("includeInternalPublication"),
    )
