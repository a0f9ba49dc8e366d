"""What the plan says of LumiNUS before anything is carried there: one sentence for each thing to mend.

It reads and changes nothing. Whoever may not be asked, or does not answer, is a sentence too.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine import Final, Stopping, Transient
from pipelines.luminus.closed import Closed
from pipelines.luminus.model import LectureItem, Module
from pipelines.migration.carry.join import by_session
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.carry.publish import PublishPolicy, decide
from pipelines.opencast.model import Event

LONGEST_LIST = 20
"""Lecture items that are named; of more, the number."""


async def preflight(
    luminus: Lectures,
    modules: Mapping[str, str],
    folders: Mapping[str, str],
    token_ends: datetime | None,
    needs: float,
    now: datetime,
) -> list[str]:
    """Return what would keep metadata from being carried, or shows too much before it is.

    `modules` leads from series to module, `folders` from series to the folder where its events go. The token
    ends at `token_ends` (None where nobody knows) and is needed for `needs` seconds from `now`.
    """
    problems = _of_token(token_ends, needs, now)
    if token_ends is not None and token_ends <= now:
        return problems
    try:
        seen = await luminus.modules()
        for module_id, series in _by_module(modules).items():
            target = _Target(module_id, seen.get(module_id), series)
            problems += await _of_module(luminus, target, folders)
    except (Closed, Transient) as error:
        problems.append(_unanswered(error))
    return problems


async def flips(
    luminus: Lectures,
    events: AsyncIterator[Event],
    sessions: Mapping[str, str],
    modules: Mapping[str, str],
    policy: PublishPolicy,
) -> list[str]:
    """Return the lecture items that students see now and that the policy would hide from them.

    `sessions` leads from event to session, for events that Panopto has already; others are passed over.
    `modules` leads from series to module. Of more than `LONGEST_LIST` the number is told. Of an event no more
    is remembered than why it would be hidden.
    """
    there: dict[str, dict[str, str]] = {}
    async for event in events:
        decision = decide(event, current=True, policy=policy)
        if not decision.publish and event.series in modules and event.identifier in sessions:
            there.setdefault(modules[event.series], {})[event.identifier] = decision.why
    found: list[str] = []
    try:
        for module_id, hidden in sorted(there.items()):
            items = by_session(await _items(luminus, module_id))
            found += _flipped(hidden, sessions, items)
    except (Closed, Transient) as error:
        return [*_bounded(found), _unanswered(error)]
    return _bounded(found)


def _of_token(ends: datetime | None, needs: float, now: datetime) -> list[str]:
    """Say that a token is too old for the run."""
    if ends is None:
        return []
    when, left = f"{ends:%Y-%m-%d %H:%M %Z}", (ends - now).total_seconds()
    if left <= 0:
        return [f"the LumiNUS token ended at {when}, {abs(left) / 60:.0f} minutes ago: get a new one"]
    needed = f"and the run needs it for {needs / 60:.0f}: get a new one before the run"
    return [f"the LumiNUS token ends at {when}, in {left / 60:.0f} minutes, {needed}"] if left < needs else []


@dataclass(frozen=True, slots=True)
class _Target:
    """A module of the operator's table and the series that lead to it; None where the account sees none."""

    id: str
    module: Module | None
    series: tuple[str, ...]

    def label(self, *series: str) -> str:
        """Name the module, and the series that a sentence is about, or all."""
        name = f"{self.module.code} ({self.id})" if self.module and self.module.code else self.id
        return f"series {', '.join(series or self.series)}, module {name}"


async def _of_module(luminus: Lectures, target: _Target, folders: Mapping[str, str]) -> list[str]:
    """Say what has to be mended in one module. Raises Closed, Stopping or Transient."""
    who = target.label()
    if target.module is None:
        return [f"{who}: LumiNUS does not show the module to this account"]
    problems = [] if target.module.may_update else [f"{who}: the account has no right to update it"]
    try:
        tool = await luminus.web_lecture(target.id)
    except Final as error:
        if isinstance(error, Closed | Stopping):
            raise
        return [*problems, f"{who}: its web lecture cannot be read ({error})"]
    if tool is None:
        return [*problems, f"{who}: it has no web lecture tool, so nothing can be carried there"]
    if tool.auto_publish:
        problems.append(
            f"{who}: isAutoPublish is true: students see sessions before their metadata is carried"
        )
    return problems + _of_folder(target, tool.folder_id, folders)


def _of_folder(target: _Target, imported: str | None, folders: Mapping[str, str]) -> list[str]:
    """Say which series go to a folder other than the one that LumiNUS imports from."""
    if imported is None:
        return [f"{target.label()}: its web lecture has no panoptoFolderURL, so LumiNUS never sees a session"]
    return [
        f"{target.label(one)}: its sessions go to folder {folders[one]}, where LumiNUS never sees them: "
        f"it imports from {imported}"
        for one in target.series
        if one in folders and folders[one].lower() != imported.lower()
    ]


async def _items(luminus: Lectures, module_id: str) -> list[LectureItem]:
    """Return a module's lecture items; none where it may not be looked at, which `preflight` tells."""
    try:
        tool = await luminus.web_lecture(module_id)
        return [] if tool is None else await luminus.items(tool.id)
    except Final as error:
        if isinstance(error, Closed | Stopping):
            raise
        return []


def _flipped(
    hidden: Mapping[str, str], sessions: Mapping[str, str], items: Mapping[str, tuple[LectureItem, ...]]
) -> Iterator[str]:
    """Yield a sentence for each lecture item that is shown now; `hidden` are events, and why they will be."""
    for event_id, why in hidden.items():
        for item in items.get(sessions[event_id].lower(), ()):
            if item.publish:
                seen = f"{event_id}: students see its lecture item {item.id} now"
                yield f"{seen} and will not after the run: {why}"


def _by_module(modules: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Return the series of each module."""
    found: dict[str, list[str]] = {}
    for series, module_id in sorted(modules.items()):
        found.setdefault(module_id, []).append(series)
    return {module_id: tuple(series) for module_id, series in found.items()}


def _bounded(found: list[str]) -> list[str]:
    more = len(found) - LONGEST_LIST
    return (
        [*found[:LONGEST_LIST], f"and {more} more lecture items that students see now"] if more > 0 else found
    )


def _unanswered(error: Closed | Transient) -> str:
    return f"LumiNUS cannot be looked at (any further): {error}"
