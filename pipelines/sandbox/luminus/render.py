"""What modules, web lectures and lecture items look like on the wire; most of what has no value is not there.

Sources: fluminus 049c4fb test/fixtures/api and pyfluminus e9c4a18 (captured), whose members these are; in the
latter an item without a venue has an empty one.
"""

from datetime import datetime

from pipelines.sandbox.luminus import dates
from pipelines.sandbox.luminus.answers import Json
from pipelines.sandbox.luminus.model import LectureItem, Module, WebLecture

OWNER = "5b2d4f3e-1f0c-4f5e-9a57-3c1f0e6b7d21"
MADE = datetime(2026, 7, 4, 17, 38, 4, 670_000, dates.SINGAPORE)
ENDS = datetime(2026, 12, 21, 23, 59, 0, 0, dates.SINGAPORE)
RIGHTS = ("Full", "Create", "Read", "Update", "Delete", "Settings_Read", "Settings_Update")


def module_json(module: Module, *, may_update: bool) -> Json:
    """A module, and what the account may do in it: as its manager, or as one who only reads."""
    granted = {"Create", "Read", "Update", "Settings_Read"} if may_update else {"Read"}
    return {
        "id": module.id,
        "name": module.code,
        "courseName": module.title,
        "term": module.term,
        "startDate": dates.shown(MADE),
        "endDate": dates.shown(ENDS),
        "publish": True,
        "parentID": module.id,
        "resourceID": OWNER,
        "access": {f"access_{right}": right in granted for right in RIGHTS},
    }


def web_lecture_json(module: Module, web_lecture: WebLecture, panopto: str) -> Json:
    """A module's web lecture, bare; `panopto` is that site's address."""
    pages = f"{panopto}/Panopto/Pages/Sessions"
    document: Json = {
        "id": web_lecture.id,
        "name": module.code,
        "startDate": dates.shown(MADE),
        "endDate": dates.shown(ENDS),
        "publish": True,
        "createdDate": dates.shown(MADE),
        "lastUpdatedDate": dates.shown(MADE, digits=3),
        "lastUpdatedBy": OWNER,
        "parentID": module.id,
        "rootID": module.id,
        "creatorID": OWNER,
        "allowDownload": True,
        "venue": web_lecture.venue or None,
        "isOpen": False,
        "isAutoPublish": web_lecture.auto_publish,
        "panoptoFolderURL": f"{pages}/List.aspx{web_lecture.fragment.format(web_lecture.folder_id)}",
        "panoptoStatisticsURL": f"{pages}/Analytics.aspx?embedded=1#folderId={web_lecture.folder_id}",
    }
    return _present(document)


def item_json(item: LectureItem, panopto: str, links: str) -> Json:
    """A lecture item. Its dates have a different number of digits each; `links` is the switch item_links."""
    podcast = f"{panopto}/Panopto/Podcast/Download/{item.session_id}.mp4?mediaTargetType"
    viewer = f"{panopto}/Panopto/Pages/Viewer.aspx?id={item.session_id}"
    casts_only = links == "casts"
    digits = item.number % (dates.TICKS + 1)
    document: Json = {
        "id": item.id,
        "name": item.name,
        "createdDate": dates.shown(item.created),
        "lastUpdatedDate": dates.shown(item.updated),
        "publish": item.publish,
        "parentID": item.id,
        "resourceID": item.web_lecture.id,
        "creatorID": OWNER,
        "presenter": item.presenter or None,
        "description": item.description or None,
        "venue": item.web_lecture.venue,
        "lectureStartDate": dates.shown(item.start, digits, tick=2),
        "lectureEndDate": dates.shown(item.end, dates.TICKS - digits, tick=6),
        "filename": None if casts_only else viewer,
        "audioCast": f"{podcast}=audioPodcast",
        "videoCast": None if casts_only and item.number % 2 else f"{podcast}=videoPodcast",
    }
    return _present(document)


def _present(document: Json) -> Json:
    return {name: value for name, value in document.items() if value is not None}
