"""Every field of every recorded answer is carried, described, or dropped with a reason; a new one fails here.

*carried* names the fact that a field is read into, which has a place of its own at Panopto, or decides what
goes there; *described* names one that goes into the session's description by the operator's template; of
what is *dropped* a sentence says why.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pipelines.opencast.model import Element, Event, Grant, Publication, Scheduling, Series, Track
from pipelines.opencast.payload import read_event

CONTAINER = "dropped: it holds the fields below"
SERVERS = "dropped: it is about the server's answer, not about the recording"
FORM = "dropped: it tells an editor how to show the field"
SITE = "dropped: a site's own service put it in; Opencast tells it elsewhere"
CODEC = "dropped: Panopto looks into the file itself"

EVENT: Mapping[str, str] = {
    "identifier": "carried: Event.identifier",
    "title": "carried: Event.title",
    "description": "carried: Event.description",
    "start": "carried: Event.start",
    "created": "carried: Event.created",
    "subjects": "carried: Event.subjects",
    "is_part_of": "carried: Event.series",
    "isPartOf": "carried: Event.series",
    "status": "carried: Event.status",
    "processing_state": "carried: Event.processing_state",
    "archive_version": "carried: Event.archive_version",
    "publication_status": "carried: Event.channels",
    "publications": "carried: Event.publications",
    "acl": "carried: Event.acl",
    "duration": "carried: Event.duration_ms",
    "presenter": "described: Event.presenters",
    "contributor": "described: Event.contributors",
    "location": "described: Event.location",
    "language": "described: Event.language",
    "rightsholder": "described: Event.rightsholder",
    "license": "described: Event.license",
    "source": "described: Event.source",
    "series": "described: Event.series_title",
    "creator": "described: Event.creator",
    "has_previews": "dropped: the previews themselves are among the attachments",
    "metadata": "dropped: the same facts once more, as a form; the event's own fields are read",
    **dict.fromkeys(("acls", "visibility", "licenses", "media", "mediaFileMetadata"), SITE),
}
GRANT = {
    "allow": "carried: Grant.allow",
    "action": "carried: Grant.action",
    "role": "carried: Grant.role",
}
ELEMENT = {
    "id": "carried: Element.id",
    "url": "carried: Element.url",
    "flavor": "carried: Element.flavor",
    "mediatype": "carried: Element.mediatype",
    "ref": "carried: Element.ref",
    "tags": "carried: Element.tags",
    "size": "carried: Element.size",
    "checksum": "dropped: small files are told whole by their length, and Opencast sums hardly any",
}
TRACK = {
    "id": "carried: Track.id",
    "url": "carried: Track.url",
    "flavor": "carried: Track.flavor",
    "mediatype": "carried: Track.mediatype",
    "tags": "carried: Track.tags",
    "size": "carried: Track.size",
    "checksum": "carried: Track.md5",
    "has_audio": "carried: Track.has_audio",
    "has_video": "carried: Track.has_video",
    "duration": "carried: Track.duration_ms",
    "bitrate": "carried: Track.bitrate",
    "width": "carried: Track.width",
    "height": "carried: Track.height",
    "is_master_playlist": "carried: Track.is_master_playlist",
    "is_live": "carried: Track.is_live",
    "description": "dropped: no workflow of Opencast's sets it",
    "framerate": CODEC,
    "framecount": CODEC,
}
PUBLICATION = {
    "id": "carried: Publication.id",
    "channel": "carried: Publication.channel",
    "media": "carried: Publication.tracks",
    "attachments": "carried: Publication.elements",
    "metadata": "carried: Publication.elements",
    "mediatype": "dropped: that of the player's page",
    "url": "dropped: old addresses are made from the event's id, for all forms of the player",
}
ARCHIVED = {
    "identifier": "carried: Track.id",
    "id": "carried: Track.id",
    "uri": "carried: Track.url",
    "url": "carried: Track.url",
    "flavor": "carried: Track.flavor",
    "type": "carried: Track.flavor",
    "mimetype": "carried: Track.mediatype",
    "streams": CONTAINER,
    "reference": "dropped: an original refers to nothing",
    "element-description": "dropped: the same as uri",
    **{name: TRACK[name] for name in ("size", "checksum", "tags", "duration", "has_audio", "has_video")},
    **{name: TRACK[name] for name in ("is_master_playlist", "is_live", "description")},
}
STREAM = {
    "framewidth": "carried: Track.width",
    "frameheight": "carried: Track.height",
    "bitrate": "carried: Track.bitrate",
    **dict.fromkeys(("identifier", "framecount", "framerate", "format", "channels", "samplingrate"), CODEC),
}
SERIES = {
    "identifier": "carried: Series.identifier",
    "title": "described: Series.title",
    "creator": "carried: Series.creator",
    "organizers": "carried: Series.organizers",
    **{name: f"carried: Series.{name}" for name in ("description", "subjects", "contributors", "publishers")},
    "created": "carried: Series.created",
    "opt_out": "dropped: it is about future recordings, which the schedules tell themselves",
    "organization": "dropped: the tenant, which the host name tells",
}
SCHEDULING = {
    "agent_id": "carried: Scheduling.agent",
    "start": "carried: Scheduling.start",
    "end": "carried: Scheduling.end",
    "inputs": "carried: Scheduling.inputs",
}
CATALOGUE = {
    **dict.fromkeys(("flavor", "title", "fields", "label"), CONTAINER),
    **{
        f"fields.{name}": FORM
        for name in ("readOnly", "label", "type", "required", "translatable", "collection")
    },
    **dict.fromkeys(("readOnly", "type", "required"), FORM),
    **dict.fromkeys(("fields.id", "id"), "dropped: the event's own fields name the same facts"),
    **dict.fromkeys(("fields.value", "value"), "dropped: the event's own fields tell the same facts"),
    **{f"fields.collection.{name}": FORM for name in ("BSD", "GPL3", "CCND")},
}
PACKAGED = {
    "id": "carried: Element.id",
    "type": "carried: Element.flavor",
    "mimetype": "carried: Element.mediatype",
    "url": "carried: Element.url",
    "ref": "carried: Element.ref",
    "size": "carried: Element.size",
    "tags": CONTAINER,
    "tags.tag": "carried: Element.tags",
    "checksum": CONTAINER,
    "checksum.type": "carried: Track.md5",
    "checksum.$": "carried: Track.md5",
}
SEARCH: Mapping[str, str] = {
    **dict.fromkeys(("offset", "limit", "total", "searchTime", "query", "result"), SERVERS),
    **{f"result.{name}": SERVERS for name in ("org", "score", "modified", "mediaType")},
    "result.id": "dropped: the package's own id is compared",
    "result.mediapackage": CONTAINER,
    "result.ocMediapackage": "dropped: the same package once more, as XML",
    **{
        f"result.{name}": "dropped: the event itself tells it"
        for name in ("dcExtent", "dcTitle", "dcIsPartOf", "keywords")
    },
    "result.mediapackage.id": "carried: Event.identifier",
    **{
        f"result.mediapackage.{name}": "dropped: the event itself tells it"
        for name in ("duration", "start", "title", "series", "seriestitle", "publications")
    },
    **{
        f"result.mediapackage.{name}": CONTAINER
        for name in ("media", "media.track", "metadata", "attachments", "attachments.attachment")
    },
    **{f"result.mediapackage.media.track.{name}": fate for name, fate in PACKAGED.items()},
    "result.mediapackage.media.track.ref": "dropped: what it was encoded from is in the archive",
    "result.mediapackage.media.track.duration": "carried: Track.duration_ms",
    "result.mediapackage.media.track.live": "carried: Track.is_live",
    "result.mediapackage.media.track.audio": "carried: Track.has_audio",
    "result.mediapackage.media.track.video": "carried: Track.has_video",
    "result.mediapackage.media.track.video.bitrate": "carried: Track.bitrate",
    "result.mediapackage.media.track.video.resolution": "carried: Track.width",
    **{
        f"result.mediapackage.media.track.{kind}.{name}": CODEC
        for kind in ("audio", "video")
        for name in (
            "id",
            "device",
            "encoder",
            "encoder.type",
            "framecount",
            "channels",
            "samplingrate",
            "framerate",
        )
    },
    "result.mediapackage.media.track.audio.bitrate": CODEC,
    **{f"result.mediapackage.attachments.attachment.{name}": fate for name, fate in PACKAGED.items()},
    **{
        f"result.mediapackage.attachments.attachment.additionalProperties{name}": (
            "dropped: the grid of a sheet of previews, for which Panopto has no place"
        )
        for name in ("", ".property", ".property.key", ".property.$")
    },
}


def under(name: str, table: Mapping[str, str]) -> dict[str, str]:
    """A table of fields that lie below another one."""
    return {f"{name}.{field}": fate for field, fate in table.items()}


PUBLISHED = {
    **PUBLICATION,
    **under("media", TRACK),
    **under("attachments", ELEMENT),
    **under("metadata", ELEMENT),
}
WHOLE_EVENT = {
    **EVENT,
    **under("acl", GRANT),
    **under("acls", dict.fromkeys(GRANT, SITE)),
    **under("publications", PUBLISHED),
    **under("metadata", CATALOGUE),
    **under("media", dict.fromkeys(("mimetype", "id", "type", "url", "tags"), SITE)),
}
MEDIA = {**ARCHIVED, **{f"streams.{name}": CONTAINER for name in ("audio", "video")}}
MEDIA |= {
    f"streams.{stream}{field}": fate
    for stream in ("video-1", "video-2", "audio-1", "audio-2")
    for field, fate in {"": CONTAINER, **under("", STREAM)}.items()
}
SIGNED = {
    "url": "carried: Track.url",
    "valid-until": "dropped: the signature itself tells when it runs out",
    "error": "dropped: the address is read unsigned then",
}

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "GET_event_acl": GRANT,
    "GET_event_media_list_shape": MEDIA,
    "GET_event_media_track": MEDIA,
    "GET_event_metadata": CATALOGUE,
    "GET_event_publications": PUBLISHED,
    "GET_events_by_series": WHOLE_EVENT,
    "GET_series_list": SERIES,
    "event_withpublications": WHOLE_EVENT,
    "search_episode": under("search-results", SEARCH) | {"search-results": CONTAINER},
    "events-api_01": WHOLE_EVENT,
    "events-api_09": WHOLE_EVENT,
    "events-api_12": GRANT,
    "events-api_14": MEDIA,
    "events-api_15": CATALOGUE,
    "events-api_16": CATALOGUE,
    "events-api_18": PUBLISHED,
    "events-api_19": PUBLISHED,
    "events-api_20": SCHEDULING,
    "series-api_01": SERIES,
    "series-api_02": SERIES,
    "series-api_10": GRANT,
    "security-api": SIGNED,
    "types_06": GRANT,
    "types_07": GRANT,
}
"""By how the file's name begins. Every other file is listed below, with why nothing is read from it."""

NOT_READ: Mapping[str, str] = {
    "POST": "what a call sends, and what the writing client of these tests does not",
    "PUT": "the same",
    "base-api": "about the server: the version and the account are read, and nothing of a recording",
    "series-api_07": "a series' form, whose facts the series itself tells",
    "series-api_08": "the same",
    "series-api_13": "properties of a series that its own applications set",
    "types_": "a kind of value, by itself",
    "workflow-api": "about workflows, of which none is asked",
}
XML: Mapping[str, str] = {
    "VideoSegment": "carried: one entry of the table of contents",
    "MediaRelTimePoint": "carried: when it begins",
    "MediaDuration": "carried: where a time is missing",
    "FreeTextAnnotation": "carried: what it is called",
    "Keyword": "dropped: words that were recognised, which Panopto finds itself",
    "TextAnnotation@confidence": "dropped: how sure a recogniser was",
    "TextAnnotation@relevance": "dropped: the same",
    "TextAnnotation@lang": "dropped: an entry has no language there",
    "video@clipBegin": "carried: where a stretch that is kept begins",
    "video@clipEnd": "carried: where it ends",
    "video@src": "dropped: all tracks of an event are cut alike",
    "meta@content": "dropped: the film's own length counts",
    "param@value": "dropped: of which track the clip is",
}
"""Elements and attributes of catalogues; all others are names, ids and containers."""

FRAME = frozenset({
    "Mpeg7", "Description", "MultimediaContent", "Audio", "Video", "MediaLocator", "MediaUri", "MediaTime",
    "MediaTimePoint", "TemporalDecomposition", "TextAnnotation", "KeywordAnnotation", "smil", "head", "body",
    "par", "meta", "param", "paramGroup", "video",
})  # fmt: skip
ATTRIBUTES = frozenset({"id", "type", "criteria", "gap", "overlap", "name", "valuetype", "paramGroup",
                        "baseProfile", "version"})  # fmt: skip
MODEL = {one.__name__: one for one in (Element, Event, Grant, Publication, Scheduling, Series, Track)}


def answers() -> list[Path]:
    """The recorded answers, or skip the test."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    return sorted((Path(folder) / "opencast").rglob("*.*"))


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Yield the name of every field below a value; a list's members have the list's."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{above}{name}"
            yield from paths(inner, f"{above}{name}.")


def table_of(path: Path) -> Mapping[str, str] | None:
    """The table that a file's fields are in; None where nothing is read of it. Fails for an unknown file."""
    found = [table for name, table in ANSWERS.items() if path.name.startswith(name)]
    if found:
        return found[0]
    assert any(mark in path.name for mark in NOT_READ), f"nothing says what becomes of {path.name}"
    return None


def test_every_field_of_every_recorded_answer_is_in_the_table() -> None:
    """One that the tables lack is named, with the file that has it."""
    unknown, looked = [], 0
    for path in answers():
        table = table_of(path) if path.suffix == ".json" else None
        if table is None:
            continue
        looked += 1
        names = dict.fromkeys(paths(json.loads(path.read_bytes())))
        dropped = [name for name in names if table.get(name, "").startswith(SITE)]
        inside = tuple(f"{name}." for name in dropped)
        unknown += [
            f"{path.name}: {name}" for name in names if name not in table and not name.startswith(inside)
        ]
    assert unknown == []
    assert looked >= 25


def test_every_part_of_every_recorded_catalogue_is_in_the_table() -> None:
    """Segments, chapters and cut lists: elements and attributes."""
    unknown, looked = [], 0
    for path in answers():
        if path.suffix not in {".xml", ".smil"}:
            continue
        looked += 1
        for element in etree.parse(path).iter(etree.Element):
            name = etree.QName(element).localname
            unknown += [] if name in XML or name in FRAME else [f"{path.name}: {name}"]
            for attribute in map(str, element.attrib):
                short = etree.QName(attribute).localname
                known = f"{name}@{short}" in XML or short in ATTRIBUTES
                unknown += [] if known else [f"{path.name}: {name}@{short}"]
    assert unknown == []
    assert looked == 4


def lost(json: Mapping[str, Any], table: Mapping[str, str], read: Any) -> list[str]:
    """The fields that tell something, whose facts are empty all the same; a sum that is no MD5 tells nothing."""
    kinds = ("carried", "described")
    facts = {name: table[name].rpartition(".")[2] for name in json if table[name].startswith(kinds)}
    unknown = (None, "", [], {}, 0, -1, False)
    told = [name for name in facts if json[name] not in unknown]
    told = [name for name in told if name != "checksum" or json[name].endswith("(md5)")]
    return [name for name in told if not getattr(read, facts[name])]


def test_what_is_carried_is_read_without_loss() -> None:
    """Whatever a recorded event, publication or track tells is in the fact that its table names."""
    looked = 0
    for path in answers():
        document = json.loads(path.read_bytes()) if path.suffix == ".json" else []
        table = table_of(path) if document else None
        for one in document if isinstance(document, list) else [document]:
            if table is WHOLE_EVENT:
                event = read_event(one)
                assert lost(one, EVENT, event) == []
            elif table is PUBLISHED:
                event = read_event({"identifier": "e", "publications": [one]})
                assert lost(one, PUBLICATION, event.publications[0]) == []
            else:
                continue
            looked += 1
            for made, publication in zip(one.get("publications", [one]), event.publications, strict=False):
                for media, track in zip(made.get("media", ()), publication.tracks, strict=True):
                    assert lost(media, TRACK, track) == []
    assert looked >= 12


def test_every_fate_is_one_of_three() -> None:
    """What is carried or described names a fact that there is; what is dropped has a reason."""
    for table in ANSWERS.values():
        for name, fate in table.items():
            kind, _, rest = fate.partition(": ")
            assert kind in {"carried", "described", "dropped"}, name
            if kind == "dropped":
                assert len(rest) > 10, name
            else:
                owner, _, fact = rest.partition(".")
                assert fact in {one.name for one in fields(MODEL[owner])}, name


def test_every_fact_comes_from_some_field() -> None:
    """Nothing of the model is left empty for ever: each is read from a field of the tables."""
    named = {fate.partition(": ")[2] for table in ANSWERS.values() for fate in table.values()}
    ours = {"Event.scheduling", "Element.kind", "Publication.refused", "Track.height"}
    later = {f"Series.{name}" for name in ("language", "license", "rightsholder")}
    facts = {f"{name}.{one.name}" for name, kind in MODEL.items() for one in fields(kind)}
    assert facts - named - ours - later == set()
