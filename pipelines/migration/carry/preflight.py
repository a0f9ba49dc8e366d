"""What the plan says of LumiNUS before anything is carried there: one sentence for each thing to mend.

It reads and changes nothing. Whoever may not be asked, or does not answer, is a sentence too. What would end
items has the reason that a run would give them.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine import Final, Stopping, TimedOut, Transient, Unreachable
from pipelines.luminus.closed import Closed, TokenRefused
from pipelines.luminus.model import LectureItem, Module
from pipelines.migration.carry.join import by_session
from pipelines.migration.carry.lectures import Lectures
from pipelines.migration.carry.publish import PublishPolicy, decide
from pipelines.migration.ends import end_of
from pipelines.opencast.model import Event

LONGEST_LIST = 20
"""Lecture items that are named; of more, the number."""

NEVER_SEEN = "lecture_item"
"""Why items wait that lie where LumiNUS does not look."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `reason` is what items would end with in a run; None where it is only to be known.

    `series` are those whose items it is about, None where it is about all.
    """

    reason: str | None
    sentence: str
    series: tuple[str, ...] | None = None

    def stops(self, series: str) -> bool:
        """Tell whether the items of a series cannot be carried because of it."""
        return self.reason is not None and (self.series is None or series in self.series)


def stopped(problems: Iterable[Problem], items: Mapping[str, int]) -> Counter[str]:
    """Count the items that something stands against, by its reason; `items` tells how many a series has.

    Of several reasons the first counts, as in a run.
    """
    told, found = tuple(problems), Counter[str]()
    for series, count in items.items():
        reasons = (one.reason for one in told if one.stops(series))
        if (reason := next(reasons, None)) is not None and count:
            found[reason] += count
    return found


async def preflight(
    luminus: Lectures,
    modules: Mapping[str, str],
    folders: Mapping[str, str],
    token_ends: datetime | None,
    needs: float,
    now: datetime,
) -> list[Problem]:
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
) -> list[Problem]:
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
    unanswered: list[Problem] = []
    try:
        for module_id, hidden in sorted(there.items()):
            items = by_session(await _items(luminus, module_id))
            found += _flipped(hidden, sessions, items)
    except (Closed, Transient) as error:
        unanswered.append(_unanswered(error))
    return [*(Problem(None, sentence) for sentence in _bounded(found)), *unanswered]


def _of_token(ends: datetime | None, needs: float, now: datetime) -> list[Problem]:
    """Say that a token is too old for the run."""
    if ends is None:
        return []
    when, left = f"{ends:%Y-%m-%d %H:%M %Z}", (ends - now).total_seconds()
    if left <= 0:
        sentence = f"the LumiNUS token ended at {when}, {_span(-left)} ago: get a new one"
        return [Problem(TokenRefused.code, sentence)]
    if left >= needs:
        return []
    needed = f"and the run needs it for {_span(needs)}: get a new one before the run"
    return [Problem(None, f"the LumiNUS token ends at {when}, in {_span(left)}, {needed}")]


def _span(seconds: float) -> str:
    """Return a time in the unit a person would choose: two hours are hours, less are minutes."""
    for length, unit in ((86_400, "days"), (3600, "hours")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    minutes = round(seconds / 60)
    return "less than a minute" if minutes < 1 else f"{minutes} minute{'s' if minutes > 1 else ''}"


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

    def problem(self, reason: str | None, sentence: str, *series: str) -> Problem:
        """Return what is wrong with the module, for these series or for all that lead to it."""
        return Problem(reason, f"{self.label(*series)}: {sentence}", series or self.series)


async def _of_module(luminus: Lectures, target: _Target, folders: Mapping[str, str]) -> list[Problem]:
    """Say what has to be mended in one module. Raises Closed, Stopping or Transient."""
    if target.module is None:
        return [target.problem("unknown_module", "LumiNUS does not show the module to this account")]
    denied = target.problem("no_right", "the account has no right to update it")
    problems = [] if target.module.may_update else [denied]
    try:
        tool = await luminus.web_lecture(target.id)
    except Final as error:
        if isinstance(error, Closed | Stopping):
            raise
        sentence = f"its web lecture cannot be read ({error})"
        return [*problems, target.problem(end_of(error).reason, sentence)]
    if tool is None:
        sentence = "it has no web lecture tool, so nothing can be carried there"
        return [*problems, target.problem("no_web_lecture", sentence)]
    if tool.auto_publish:
        sentence = "isAutoPublish is true: students see sessions before their metadata is carried"
        problems.append(target.problem(None, sentence))
    return problems + _of_folder(target, tool.folder_id, folders)


def _of_folder(target: _Target, imported: str | None, folders: Mapping[str, str]) -> list[Problem]:
    """Say which series go to a folder other than the one that LumiNUS imports from."""
    if imported is None:
        sentence = "its web lecture has no panoptoFolderURL, so LumiNUS never sees a session"
        return [target.problem(NEVER_SEEN, sentence)]
    return [
        target.problem(
            NEVER_SEEN,
            f"its sessions go to folder {folders[one]}, where LumiNUS never sees them: "
            f"it imports from {imported}",
            one,
        )
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


def _unanswered(error: Closed | Transient) -> Problem:
    match error:
        case Unreachable() | TimedOut():
            advice = "; check luminus.url, and network.proxy if there is one, or try again later"
        case Transient():
            advice = "; try again later"
        case _:
            advice = ""
    return Problem(error.code, f"LumiNUS cannot be asked what has to be mended there: {error}{advice}")
