"""Finds out what a migration would do."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from engine import Record, about_clock
from pipelines import items
from pipelines.access.decide import decide
from pipelines.access.roles import RoleTable, read_roles
from pipelines.app.books import contents_of
from pipelines.app.furnishing import external_ids_of
from pipelines.app.reading import asking, wanted_events
from pipelines.app.rules import publish_policy, rules
from pipelines.app.services import Services, allowed, open_services, revealed
from pipelines.config import Settings
from pipelines.items import ItemState
from pipelines.luminus.token import expiry_of
from pipelines.migration.again import Comparison
from pipelines.migration.carry.preflight import Problem, flips, preflight, stopped
from pipelines.migration.folder_paths import FolderPaths
from pipelines.migration.found import Marked
from pipelines.migration.hosts import ForeignHosts
from pipelines.migration.planning import Left, Row, Rules, decisions, noting
from pipelines.migration.preview import Preview, WhoSees, preview
from pipelines.opencast.client import BATCH, Opencast
from pipelines.opencast.model import Event

TOKEN_RESERVE = 3600.0
"""Seconds beyond carry.wait that a LumiNUS token should still have when a run begins."""


async def preview_of(settings: Settings) -> Preview:
    """Find out what a run would do. Reads both systems and the checkpoint, and writes nothing."""
    decided = rules(settings)
    roles = read_roles(settings.session.roles) if settings.session.roles else None
    with ExitStack() as stack:
        known = stack.enter_context(contents_of(settings)) if settings.checkpoint.path.exists() else None

        def history(subject: str) -> Sequence[Record]:
            return known.history(subject) if known else ()

        def state_of(event_id: str) -> ItemState:
            return items.fold(history(event_id))

        async with open_services(settings) as services:
            find = FolderPaths(services.panopto, history).find
            met: set[str] = set()
            foreign = ForeignHosts(allowed(settings), decided)
            events = foreign.noting(noting(wanted_events(settings, services.opencast, decided.wanted), met))
            names: set[str] = set()
            found = naming(foreign.without(decisions(events, decided)), names)
            seen = await preview(
                found,
                state_of,
                decided.folders,
                find,
                decided.modules,
                moves=decided.moves,
                refused_folder=decided.refused_folder,
            )
            if known is not None and decided.wanted.everything:
                missing = [one for one in known.subjects() if items.is_item(one) and one not in names]
                comparison = Comparison(history, is_gone=asking(services.opencast))
                for event_id in missing:
                    await comparison.miss(event_id, state_of(event_id))
                seen.changed["gone"] = comparison.found.gone
            seen.problems += foreign.problems
            seen.problems += [about_clock(*one) for one in services.clocks.differing.items()]
            external_ids = external_ids_of(settings, services)
            marked = Marked(services.panopto, external_ids, decided.refused_folder)
            marked.follow(seen.fresh)
            await seen.hold_back(marked.unrecorded)
            if external_ids is not None and external_ids.refused:
                seen.problems.append(f"sessions are found by their markers alone: {external_ids.refused}")
            if roles is not None:
                begun = [row.event_id for share in seen.folders.values() for row in share.fresh]
                seen.access = await who_sees(services.opencast, roles, begun)
            unmet = sorted(decided.wanted.series - met)
            seen.problems += [f"select.series: no event is of series {one}" for one in unmet]
            if seen.luminus is not None:
                onward = seen.luminus.items
                against = await luminus_problems(settings, services, decided, onward, seen.to_carry)
                seen.problems += [one.sentence for one in against]
                seen.luminus.stops = stopped(against, onward)
            return seen


async def naming(decided: AsyncIterator[Row | Left], names: set[str]) -> AsyncIterator[Row | Left]:
    """Pass decisions on, and note the events that they are about."""
    async for one in decided:
        names.add(one.event_id)
        yield one


async def who_sees(opencast: Opencast, roles: RoleTable, names: Sequence[str]) -> WhoSees:
    """Count what access lists ask for."""
    found = WhoSees(unknown=len(names))
    async for event in events_of(opencast, names):
        if (wanted := decide(event.acl, roles)) is not None:
            found.unknown -= 1
            found.levels[wanted.level.value] += 1
            found.unmapped.update(wanted.unmapped)
    return found


async def luminus_problems(
    settings: Settings,
    services: Services,
    decided: Rules,
    onward: Collection[str],
    to_carry: Mapping[str, str],
) -> list[Problem]:
    """Find out what stands against carrying on to LumiNUS.

    `onward` are the series of which something is to come there; about others nothing is said. `to_carry`
    leads from event to session.
    """
    modules = {series: one for series, one in decided.modules.items() if series in onward}
    if services.luminus is None or settings.luminus is None or not modules:
        return []
    now, token_ends = datetime.now(UTC), expiry_of(revealed(settings.luminus.token))
    # What goes by the template may lie in several folders, so of that nothing is compared.
    default = None if decided.folder_template else decided.default_folder
    placed = {series: decided.folders.get(series, default) for series in modules}
    problems = await preflight(
        services.luminus,
        modules,
        {series: folder for series, folder in placed.items() if folder},
        token_ends,
        settings.carry.wait + TOKEN_RESERVE,
        now,
    )
    if token_ends is not None and token_ends <= now:
        return problems
    events = events_of(services.opencast, tuple(to_carry))
    problems += await flips(services.luminus, events, to_carry, decided.modules, publish_policy(settings))
    # Whoever does not answer the one does not answer the other, and is told once.
    return list(dict.fromkeys(problems))


async def events_of(opencast: Opencast, names: Sequence[str]) -> AsyncIterator[Event]:
    """Yield events with their access lists, few at a time; what cannot be read is passed over."""
    for start in range(0, len(names), BATCH):
        for one in await opencast.batch(names[start : start + BATCH], sign=False, acl=True):
            if isinstance(one, Event):
                yield one
