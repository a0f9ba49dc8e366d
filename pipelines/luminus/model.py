"""What LumiNUS tells and takes, as frozen facts: modules, web lectures, lecture items, and an item's members.

A lecture item has an id of its own; what joins it to a session is the GUID in its `filename`
(raynoldng/pyfluminus e9c4a18, captured answers; the LumiNUS portal, PatchSession).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

LONGEST_TEXT = 500
"""What name and presenter may hold, in UTF-16 code units: .NET's StringLength counts `string.Length`."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module, as the account sees it. `code` is its short name, `title` the course's."""

    id: str
    code: str
    title: str
    may_update: bool


@dataclass(frozen=True, slots=True)
class WebLecture:
    """A module's tool for lectures. `folder_id` is the Panopto folder that it imports from, in lower case."""

    id: str
    module_id: str
    auto_publish: bool
    folder_id: str | None


@dataclass(frozen=True, slots=True)
class LectureItem:
    """What students see of one recording. `session_id` is Panopto's, in lower case, or None."""

    id: str
    session_id: str | None
    name: str
    presenter: str
    publish: bool | None
    start: datetime | None
    description: str


@dataclass(frozen=True, slots=True)
class Members:
    """The six members of a PATCH. All are sent every time: LumiNUS takes an absent one for its default.

    `name` and `presenter` are not blank and within LONGEST_TEXT; `start` has a zone.
    """

    id: str
    name: str
    presenter: str
    publish: bool
    start: datetime
    description: str

    def body(self) -> dict[str, Any]:
        """Return the plain object that LumiNUS takes (the portal's PatchSession)."""
        return {
            "id": self.id,
            "name": self.name,
            "presenter": self.presenter,
            "publish": self.publish,
            "startDate": self.start.isoformat(),
            "description": self.description,
        }
