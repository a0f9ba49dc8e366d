"""The things that LumiNUS holds: modules, their web lectures, and the lecture items in these."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WebLecture:
    """A module's tool for lectures, which imports the sessions of one Panopto folder.

    `fragment` is how the folder is written in its address, with {} for the GUID. What is imported is
    published at once where `auto_publish` is set. Each session becomes as many items as `copies` says.
    """

    id: str
    folder_id: str
    fragment: str = "#folderID={}"
    auto_publish: bool = False
    venue: str = ""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Module:
    """A module. `code` is its short name, `title` the course's, `term` four digits: year and semester."""

    id: str
    code: str
    title: str
    term: str = "2610"
    may_update: bool = True
    web_lecture: WebLecture | None = None


@dataclass(slots=True)
class LectureItem:
    """What students see of one session. Dates are aware; `number` counts all items, from 1."""

    id: str
    number: int
    module: Module
    web_lecture: WebLecture
    session_id: str
    name: str
    start: datetime
    end: datetime
    created: datetime
    updated: datetime
    publish: bool
    presenter: str = ""
    description: str = ""
    patches: int = 0
