"""Sessions and folders as /api/v1 tells them, after the definitions of Panopto's Swagger 2.0."""

from typing import Any, Literal

from pipelines.sandbox.panopto.answers import moment
from pipelines.sandbox.panopto.model import Folder, Session
from pipelines.sandbox.panopto.site import Site

Told = Literal["whole", "found", "listed"]
"""A session by its id is told whole; a search leaves out who made it and all URLs but the viewer's and the
thumbnail's, the list of a folder all but the viewer's."""


def session(site: Site, one: Session, told: Told) -> dict[str, Any]:
    """A session."""
    folder = site.folders[one.folder_id]
    document = {
        "Id": one.id,
        "Name": one.name,
        "Description": one.description,
        "StartTime": moment(one.start_time),
        "Duration": one.whole_duration(site.clock()),
        "MostRecentViewPosition": 0.0,
        "Urls": _urls(site, one, told),
        "Folder": folder.id,
        "FolderDetails": {"Id": folder.id, "Name": folder.name},
        "Context": [],
        "PercentCompleted": 0,
    }
    return {**document, "CreatedBy": user(site, one.owner)} if told == "whole" else document


def folder(site: Site, one: Folder) -> dict[str, Any]:
    """A folder."""
    above = site.folders.get(one.parent) if one.parent else None
    page = f"{site.url}/Panopto/Pages/Sessions/List.aspx#folderID={one.id}"
    return {
        "Id": one.id,
        "Name": one.name,
        "Description": one.description,
        "ParentFolder": {"Id": above.id, "Name": above.name} if above else None,
        "Urls": {"FolderUrl": page, "EmbedUrl": f"{page}&embedded=1", "ShareSettingsUrl": ""},
    }


def user(site: Site, username: str) -> dict[str, Any] | None:
    """A user; nothing where there is none of that name."""
    found = site.people.user(username)
    return {"Id": found.id, "Username": found.username} if found else None


def _urls(site: Site, one: Session, told: Told) -> dict[str, str | None]:
    """The URLs of a session; None where there is nothing to be had."""
    pages = f"{site.url}/Panopto/Pages"
    viewer = f"{pages}/Viewer.aspx?id={one.id}"
    frames = f"{site.url}/Panopto/Services/FrameGrabber.svc/FrameRedirect?objectId={one.id}&mode=Delivery"
    captions = f"{pages}/Transcription/GenerateSRT.ashx?id={one.id}"
    told_of = site.clock() - site.switches.caption_lag
    captioned = any(caption.since <= told_of for caption in one.captions)
    thumbnail = {"ThumbnailUrl": frames if one.all_files(site.clock()) else None}
    if told != "whole":
        return {"ViewerUrl": viewer, **(thumbnail if told == "found" else {})}
    return {
        "ViewerUrl": viewer,
        "EmbedUrl": f"{pages}/Embed.aspx?id={one.id}",
        "ShareSettingsUrl": f"{viewer}&share=true",
        "DownloadUrl": "",
        "AudioDescriptionDownloadUrl": None,
        "CaptionDownloadUrl": captions if captioned else None,
        "EditorUrl": f"{viewer}&edit=true",
        **thumbnail,
    }
