"""A session as SessionManagement tells of it.

Not established and chosen here: what ended in an error is still Processing, with a StatusMessage; a session
that no upload made is Created.
"""

from typing import Any

from pipelines.sandbox.panopto.model import Session, State
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.panopto.soap.values import NO_GUID


def shown(session: Session, site: Site) -> dict[str, Any]:
    """The members of a session, in no order."""
    pages = f"{site.url}/Panopto/Pages"
    viewer = f"{pages}/Viewer.aspx?id={session.id}"
    owner = site.people.user(session.owner)
    state, message = status(session, site)
    empty = ("IosVideoUrl", "MP3Url", "MP4Url", "NotesURL", "RemoteRecorderIds", "ThumbUrl")
    return {
        **dict.fromkeys(empty),
        "CreatorId": owner.id if owner else NO_GUID,
        "Description": session.description,
        "Duration": session.duration,
        "EditorUrl": f"{viewer}&edit=true",
        "ExternalId": session.external_id or None,
        "FolderId": session.folder_id,
        "FolderName": site.folders[session.folder_id].name,
        "Id": session.id,
        "IsBroadcast": False,
        "IsDownloadable": False,
        "Name": session.name,
        "OutputsPageUrl": f"{viewer}&outputs=true",
        "SharePageUrl": f"{viewer}&share=true",
        "StartTime": session.start_time,
        "State": state,
        "StatusMessage": message,
        "ViewerUrl": viewer,
    }


def status(session: Session, site: Site) -> tuple[str, str | None]:
    """The state of a session, by its upload's, and a message to it."""
    upload = site.uploads.get(session.upload_id or "")
    if upload is None:
        return "Created", None
    step = upload.step(site.clock())
    return ("Complete" if step.state is State.COMPLETE else "Processing"), step.message
