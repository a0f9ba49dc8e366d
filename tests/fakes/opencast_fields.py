"""What becomes of each field that Opencast was ever seen to answer, and of each part of its catalogues.

*carried* names the fact that a field is read into, which has a place of its own at Panopto, or decides what
goes there; *described* names one that goes into the session's description by the operator's template; of
what is *dropped* a sentence says why.
"""

from collections.abc import Mapping

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
    **dict.fromkeys(("fields.id", "id"), "dropped: but for subjects the event's own fields name the same"),
    **dict.fromkeys(("fields.value", "value"), "carried: Event.subjects"),
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
