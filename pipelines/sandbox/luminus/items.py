"""Which lecture items there are: LumiNUS imports the sessions of a web lecture's folder, some time later.

Nothing runs in between: whoever looks makes the items that have become due. What was imported once stays,
whatever becomes of the session. Source: pyfluminus e9c4a18 (each item was made hours to days after its
lecture, has an id of its own, and nothing that Panopto does not know). Not established and chosen here: what
Panopto could not process is not imported; a session that has no upload is imported as soon as it exists.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from pipelines.sandbox.luminus import dates
from pipelines.sandbox.luminus.binding import Patch
from pipelines.sandbox.luminus.model import LectureItem, Module, WebLecture
from pipelines.sandbox.panopto import timeline
from pipelines.sandbox.panopto.model import Session, State
from pipelines.sandbox.panopto.site import Site


@dataclass(slots=True)
class Items:
    """The lecture items of some modules, out of one Panopto site, `lag` seconds late.

    `clock` tells the time of day in epoch seconds; the site's own clock counts the lag.
    """

    site: Site
    modules: Sequence[Module]
    lag: float
    clock: Callable[[], float]
    _items: dict[str, LectureItem] = field(default_factory=dict)
    _imported: set[tuple[str, str]] = field(default_factory=set)

    def of(self, web_lecture: WebLecture) -> list[LectureItem]:
        """The items of a web lecture by now, the oldest first."""
        self._import()
        found = [one for one in self._items.values() if one.web_lecture.id == web_lecture.id]
        return sorted(found, key=lambda one: (one.created, one.number))

    def get(self, item_id: str) -> LectureItem | None:
        """An item that is there by now."""
        self._import()
        return self._items.get(item_id.lower())

    def apply(self, item: LectureItem, patch: Patch) -> None:
        """Take over every member of a patch, given or not."""
        item.name, item.presenter, item.publish = patch.name, patch.presenter, patch.publish
        item.start, item.description = patch.start, patch.description
        item.updated = self._now()
        item.patches += 1

    def rows(self) -> list[dict[str, Any]]:
        """Every item as the audit tells it, in the order in which they were made."""
        self._import()
        return [
            {
                "lecture_item_id": one.id,
                "module_id": one.module.id,
                "weblecture_id": one.web_lecture.id,
                "session_id": one.session_id,
                "folder_id": one.web_lecture.folder_id,
                "name": one.name,
                "presenter": one.presenter,
                "publish": one.publish,
                "start_date": one.start.isoformat(),
                "description": one.description,
                "patches": one.patches,
                "created": one.created.isoformat(),
            }
            for one in self._items.values()
        ]

    def _import(self) -> None:
        """Make the items that have become due, the earliest first."""
        now = self.site.clock()
        due = sorted(((self._due(one), one) for one in self.site.existing()), key=lambda pair: pair[0])
        for at, session in due:
            if at <= now:
                for module, web_lecture in self._importing(session.folder_id):
                    self._take(module, web_lecture, session, self._now() - timedelta(seconds=now - at))

    def _importing(self, folder_id: str) -> Iterable[tuple[Module, WebLecture]]:
        for module in self.modules:
            if module.web_lecture is not None and module.web_lecture.folder_id == folder_id:
                yield module, module.web_lecture

    def _take(self, module: Module, web_lecture: WebLecture, session: Session, created: datetime) -> None:
        if (web_lecture.id, session.id) in self._imported:
            return
        self._imported.add((web_lecture.id, session.id))
        start = session.start_time if session.start_time.tzinfo else session.start_time.replace(tzinfo=UTC)
        start = start.astimezone(dates.SINGAPORE)
        first = LectureItem(
            id="", number=0, module=module, web_lecture=web_lecture, session_id=session.id, name=session.name,
            start=start, end=start + timedelta(seconds=session.duration), created=created, updated=created,
            publish=web_lecture.auto_publish,
        )  # fmt: skip
        for _ in range(web_lecture.copies):
            item = replace(first, id=str(uuid4()), number=len(self._items) + 1)
            self._items[item.id] = item

    def _due(self, session: Session) -> float:
        """When a session becomes items, by the site's clock; infinity where it never does."""
        upload = self.site.uploads.get(session.upload_id) if session.upload_id else None
        complete = timeline.begins(upload.steps, State.COMPLETE) if upload else session.exists_from
        return max(complete, session.exists_from) + self.lag

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), dates.SINGAPORE)
