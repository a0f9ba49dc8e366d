"""LumiNUS in memory: modules, and lecture items that appear late, under a clock that the test owns.

It outlives the processes that work at it. What a PATCH leaves out is set to its default, as .NET does.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel

from engine import FerryError, Unreachable
from fakes.migration_site import Fuse
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, Members, Module, WebLecture

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""What .NET makes of a date that was not sent."""

IMPORTED = datetime(2020, 1, 1, 9, tzinfo=UTC)


@dataclass(slots=True)
class Held:
    """A lecture item as LumiNUS holds it; it is listed from `appears` on."""

    module_id: str
    item: LectureItem
    appears: float = 0.0


@dataclass
class MemoryLuminus:
    """Every call is in `calls`, by its name, and in `seen`; `applied` are the PATCHes that took.

    `fault` is asked at each call, by its name and subject, for an error to raise before anything happens.
    `lost` has for a lecture item the PATCHes in turn whose answer is lost: True where it is applied all the
    same. Each call takes `latency` seconds. The call of number `closed_from`, and each after it, raises
    `closed`. `ignored` are members that LumiNUS takes and does not keep.
    """

    now: Callable[[], float] = lambda: 0.0
    modules_seen: dict[str, Module] = field(default_factory=dict)
    without_tool: set[str] = field(default_factory=set)
    held: dict[str, Held] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    seen: list[tuple[float, str, str]] = field(default_factory=list)
    applied: list[Members] = field(default_factory=list)
    fault: Callable[[str, str], FerryError | None] = lambda call, subject: None
    lost: dict[str, list[bool]] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    latency: float = 0.0
    closed_from: int | None = None
    closed: Closed = field(default_factory=lambda: Closed("answers nothing more", where="luminus"))
    fuse: Fuse = field(default_factory=Fuse)

    def module(self, module_id: str, *, may_update: bool = True, tool: bool = True) -> None:
        """Have a module, with its tool for lectures."""
        self.modules_seen[module_id] = Module(module_id, module_id.upper(), "A course", may_update)
        if not tool:
            self.without_tool.add(module_id)

    def lecture(
        self, module_id: str, session_id: str, *, item_id: str = "", appears: float = 0.0, **members: Any
    ) -> str:
        """Import a session, and return the id of its lecture item."""
        name = item_id or f"li-{session_id}"
        item = LectureItem(name, session_id, "Imported", "Recorder", False, IMPORTED, "")
        self.held[name] = Held(module_id, replace(item, **members), appears)
        return name

    async def modules(self) -> Mapping[str, Module]:
        """Show the modules."""
        await self._called("modules", "")
        return dict(self.modules_seen)

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Show a module's tool."""
        await self._called("web_lecture", module_id)
        if module_id in self.without_tool:
            return None
        return WebLecture(f"wl-{module_id}", module_id, auto_publish=False, folder_id=None)

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """List what has appeared by now."""
        await self._called("items", web_lecture_id)
        module_id, now = web_lecture_id.removeprefix("wl-"), self.now()
        return [one.item for one in self.held.values() if one.module_id == module_id and one.appears <= now]

    async def patch(self, members: Members) -> LectureItem | None:
        """Set the members of a lecture item, and answer it every second time."""
        await self._called("patch", members.id)
        loses = self.lost.get(members.id) or []
        applies = loses.pop(0) if loses else None
        if applies is not False:
            self._apply(members.body())
            self.applied.append(members)
        await self.fuse.moment()
        if applies is not None:
            raise Unreachable("the answer was lost", where="luminus")
        return self.held[members.id].item if len(self.applied) % 2 else None

    def applications(self) -> Counter[str]:
        """Count the PATCHes that took, by lecture item."""
        return Counter(one.id for one in self.applied)

    async def _called(self, call: str, subject: str) -> None:
        self.calls[call] += 1
        self.seen.append((self.now(), call, subject))
        if self.latency:
            await anyio.sleep(self.latency)
        await self.fuse.moment()
        if self.closed_from is not None and self.calls.total() >= self.closed_from:
            raise self.closed
        if (error := self.fault(call, subject)) is not None:
            raise error

    def _apply(self, body: Mapping[str, Any]) -> None:
        held = self.held[body["id"]]
        started = body.get("startDate")
        new = {
            "name": body["name"],
            "presenter": body["presenter"],
            "publish": body.get("publish", False),
            "start": datetime.fromisoformat(started) if started else NEVER,
            "description": body.get("description", ""),
        }
        held.item = replace(held.item, **{name: one for name, one in new.items() if name not in self.ignored})


class MemoryOpencast:
    """Events and series, or what stands for them; `failures` are raised in turn, by call."""

    def __init__(self, *events: Any) -> None:
        self.events = {event.identifier: event for event in events}
        self.known: dict[str, Any] = {}
        self.batches: list[list[str]] = []
        self.series_read: list[str] = []
        self.failures: dict[str, list[FerryError]] = {}

    async def batch(self, identifiers: Any, *, sign: bool, acl: bool) -> list[Any]:
        """Read events by name, with their access lists and unsigned."""
        assert (sign, acl) == (False, True)
        await anyio.lowlevel.checkpoint()
        self.batches.append(list(identifiers))
        self._fail("batch")
        return [self.events[one] for one in identifiers]

    async def series(self, identifier: str) -> Any:
        """Read a series."""
        await anyio.lowlevel.checkpoint()
        self.series_read.append(identifier)
        self._fail("series")
        return self.known.get(identifier)

    def _fail(self, call: str) -> None:
        if self.failures.get(call):
            raise self.failures[call].pop(0)
