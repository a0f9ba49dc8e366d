"""LumiNUS as a port: what is asked of it to carry an item on (pipelines.luminus.client.Luminus answers)."""

from collections.abc import Mapping
from typing import Protocol

from pipelines.luminus.model import LectureItem, Members, Module, WebLecture


class Lectures(Protocol):
    """Modules, their web lectures and lecture items. Every call may raise Closed, Refused or a Transient."""

    async def modules(self) -> Mapping[str, Module]:
        """Return the modules that the account sees, by their ids in lower case."""
        ...

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Return a module's web lecture; None where it has none."""
        ...

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """Return all lecture items of a web lecture."""
        ...

    async def patch(self, members: Members) -> LectureItem | None:
        """Set the members of a lecture item. A Transient error leaves in doubt whether they were."""
        ...
