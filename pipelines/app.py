"""The only place that builds: from settings to a migration that is ready to run."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from anyio import CancelScope
from pydantic import SecretStr

from engine import (
    PANOPTO,
    PANOPTO_RATES,
    BytesFlowed,
    Checkpoint,
    Checks,
    Contents,
    Drain,
    Engine,
    Http,
    HttpReads,
    Interrupted,
    Journal,
    Level,
    Network,
    Observer,
    Pace,
    Ports,
    Rate,
    Record,
    RetryPolicy,
    Slots,
    Spot,
    Windows,
    host_of,
    open_checkpoint,
    open_http,
    open_multipart,
    open_relay,
    read_checkpoint,
    silence,
)
from pipelines import items
from pipelines.config import Settings, SettingsError
from pipelines.items import ItemState, Outcomes
from pipelines.luminus import answers
from pipelines.luminus.client import Luminus
from pipelines.luminus.token import expiry_of
from pipelines.migration.batches import Batches
from pipelines.migration.carry.preflight import flips, preflight
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.carry.stage import Carry
from pipelines.migration.discover import discover
from pipelines.migration.finish import Finisher
from pipelines.migration.folders import Folders
from pipelines.migration.pipeline import Migration
from pipelines.migration.planning import Plan, Planner, Rules, decisions, noting
from pipelines.migration.preview import Preview, preview
from pipelines.migration.select import Wanted
from pipelines.migration.ship import Ship
from pipelines.migration.stages import CheckpointMended, Planned, SeriesUnmet
from pipelines.opencast.client import Opencast
from pipelines.opencast.locate import EventLocator
from pipelines.opencast.model import Event, Unread
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.client import Panopto
from pipelines.recheck.found import Found
from pipelines.recheck.lecture_items import recheck_lecture_items
from pipelines.recheck.remembered import remembered
from pipelines.recheck.schedules import recheck_schedules
from pipelines.recheck.sessions import recheck_sessions
from pipelines.report.document import Report, report_of
from pipelines.rest import Rest
from pipelines.schedules.convert import FIELDS, unknown_fields
from pipelines.schedules.events import ScheduledLists
from pipelines.schedules.pipeline import Schedules
from pipelines.schedules.planner import SchedulePlan, SchedulePlanner, ScheduleRules
from pipelines.schedules.verdict import Tables, Terms
from pipelines.tables import read_folders, read_modules, read_rooms, read_schedules
from pipelines.valt.client import RATES as VALT_RATES
from pipelines.valt.client import Valt

MIB = 1024 * 1024

TOKEN_RESERVE = 3600.0
"""Seconds beyond carry.wait that a LumiNUS token should still have when a run begins."""

LUMINUS_CALLS = 2
"""Calls to LumiNUS at once: public clients that made more were throttled (fluminurs issue 635)."""


def identity(settings: Settings) -> Mapping[str, str]:
    """Return what a checkpoint belongs to: this Opencast and this Panopto."""
    return {"opencast": settings.opencast.url, "panopto": settings.panopto.url}


def network(settings: Settings, *, connections: int = 100, cookies: bool = False) -> Network:
    """Return how to reach the outside."""
    return Network(
        ca_file=settings.network.ca_file,
        proxy=settings.network.proxy,
        connect=settings.network.connect_seconds,
        connections=connections,
        cookies=cookies,
    )


def policy(settings: Settings) -> RetryPolicy:
    """Return how often and how patiently something is tried."""
    return RetryPolicy(attempts=settings.transfer.attempts)


def wanted(settings: Settings) -> Wanted:
    """Return which events the operator wants."""
    chosen = settings.select
    return Wanted(frozenset(chosen.series), frozenset(chosen.events), chosen.limit)


def rules(settings: Settings) -> Rules:
    """Return by what events are decided upon. Raises SettingsError where a table cannot be used."""
    table = settings.panopto.folders
    luminus = settings.luminus
    return Rules(
        wanted=wanted(settings),
        channels=settings.opencast.publications,
        folders=read_folders(table) if table else {},
        default_folder=settings.panopto.folder_id,
        modules=read_modules(luminus.modules) if luminus else {},
    )


@dataclass(frozen=True, slots=True)
class Services:
    """The systems that a run speaks to, as their clients; None is one that the settings do not name."""

    opencast: Opencast
    panopto: Panopto
    luminus: Luminus | None = None


@asynccontextmanager
async def open_services(
    settings: Settings, observer: Observer = silence, drain: Drain | None = None
) -> AsyncIterator[Services]:
    """Connect to the APIs of Opencast, Panopto and LumiNUS. Calls that wait for another try hear `drain`."""
    drain = drain or Drain()
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=16)) as target,
        open_http(network(settings, connections=LUMINUS_CALLS)) as students,
    ):
        yield Services(
            opencast_of(settings, source, observer, drain),
            panopto_of(settings, target, observer, drain),
            luminus_of(settings, students, observer, drain),
        )


def opencast_of(settings: Settings, http: Http, observer: Observer, drain: Drain) -> Opencast:
    """Build Opencast's client."""
    account = settings.opencast
    rest = Rest(
        http,
        account.url,
        policy=policy(settings),
        observer=observer,
        sleep=drain.before_another_try,
    )
    return Opencast(rest, account.username, revealed(account.password))


def panopto_of(settings: Settings, http: Http, observer: Observer, drain: Drain) -> Panopto:
    """Build Panopto's client, which signs in when it is first used."""
    account = settings.panopto
    patience = policy(settings)
    tokens = Tokens(
        Rest(http, account.url, policy=patience, observer=observer, sleep=drain.before_another_try),
        Account(
            account.client_id, revealed(account.client_secret), account.username, revealed(account.password)
        ),
    )
    rest = Rest(
        http,
        account.url,
        pace=Pace(PANOPTO_RATES),
        policy=patience,
        headers=tokens.headers,
        observer=observer,
        sleep=drain.before_another_try,
    )
    return Panopto(rest, tokens, policy=patience, sleep=drain.before_another_try)


def luminus_of(settings: Settings, http: Http, observer: Observer, drain: Drain) -> Luminus | None:
    """Build LumiNUS's client, whose calls all share one pace; None where the settings have no LumiNUS."""
    account = settings.luminus
    if account is None:
        return None
    patience = replace(policy(settings), first=1.0)
    rest = Rest(
        http,
        account.url,
        pace=Pace((Rate(account.calls_per_second, 1.0),)),
        paced_as="luminus",
        judge=answers.judge,
        policy=patience,
        observer=observer,
        sleep=drain.before_another_try,
    )
    return Luminus(
        rest,
        token=revealed(account.token),
        subscription_key=revealed(account.subscription_key),
        tenant=host_of(settings.panopto.url),
        policy=patience,
        sleep=drain.before_another_try,
        observer=observer,
    )


def carry_of(
    settings: Settings, services: Services, modules: Mapping[str, str], journal: Journal, observer: Observer
) -> Carry | None:
    """Build the stage that carries items on to LumiNUS; None where the settings have no LumiNUS."""
    if services.luminus is None:
        return None
    return Carry(
        services.luminus,
        services.opencast,
        services.panopto,
        journal,
        modules=modules,
        policy=publish_policy(settings),
        presenter=settings.carry.presenter,
        wait=settings.carry.wait,
        observer=observer,
    )


def publish_policy(settings: Settings) -> PublishPolicy:
    """Return by what it is decided whether students see a lecture item."""
    carry = settings.carry
    return PublishPolicy(carry.publish, carry.channels, carry.student_roles)


def revealed(secret: SecretStr | None) -> str:
    """Return a secret's value, which `config.load` has put in place."""
    return secret.get_secret_value() if secret else ""


class Application:
    """A migration with everything that it stands on."""

    def __init__(
        self,
        rules: Rules,
        services: Services,
        checkpoint: Checkpoint,
        migration: Migration,
        batches: Batches,
        observer: Observer,
    ) -> None:
        self._rules = rules
        self._services = services
        self._checkpoint = checkpoint
        self._migration = migration
        self._batches = batches
        self._observer = observer
        self._planning = CancelScope()

    async def run(self) -> None:
        """Plan, and take every item to its outcome.

        Raises Stopping errors, and a Transient one where planning came to no end.
        """
        with self._planning:
            plan = await self._plan()
        if self._planning.cancelled_caught:
            raise Interrupted("stopped while planning")
        self._observer(Planned(len(plan.order), plan.bytes))
        self._batches.follow(plan.order)
        await self._migration.run(plan.order)

    async def _plan(self) -> Plan:
        wanted = self._rules.wanted
        met: set[str] = set()
        found = decisions(noting(discover(self._services.opencast, wanted), met), self._rules)
        known = [one for one in self._checkpoint.subjects() if items.is_item(one)]
        plan = await Planner(
            self._checkpoint, self._observer, self._rules.modules, again=self._rules.again
        ).plan(found, known, wanted.everything, wanted.events)
        if unmet := tuple(sorted(wanted.series - met)):
            self._observer(SeriesUnmet(unmet))
        return plan

    def drain(self) -> None:
        """Begin nothing new; a plan in the making is dropped."""
        self._planning.cancel()
        self._migration.drain()

    def outcomes(self) -> Outcomes:
        """Count how the items of the whole checkpoint stand."""
        return count(self._checkpoint.each())


@asynccontextmanager
async def open_application(
    settings: Settings, observer: Observer = silence, *, carry_again: bool = False
) -> AsyncIterator[Application]:
    """Open the checkpoint first (a second run ends there, before its first call), then connect.

    `carry_again` looks once more at lecture items that were right.
    Raises SettingsError, CheckpointInUse, CheckpointDamaged, CheckpointForeign, LocalResource.
    """
    decided = replace(rules(settings), again=carry_again)
    transfer = settings.transfer
    async with AsyncExitStack() as stack:
        checkpoint = await stack.enter_async_context(
            open_checkpoint(
                settings.checkpoint.path,
                identity(settings),
                allow_network=settings.checkpoint.allow_network,
            )
        )
        if (cut := checkpoint.statistics().cut) > 0:
            observer(CheckpointMended(cut))
        drain = Drain()
        services = await stack.enter_async_context(open_services(settings, observer, drain))
        locator = EventLocator(services.opencast, file_credentials=settings.opencast.credentials_for_files)
        engine = await stack.enter_async_context(open_engine(settings, checkpoint, locator, drain, observer))
        batches = Batches(services.opencast, locator)
        ship = Ship(
            engine,
            services.panopto,
            batches,
            Folders(services.panopto),
            checkpoint,
            settings.opencast.publications,
        )
        migration = Migration(
            engine,
            ship,
            Finisher(services.panopto.look, limit=settings.finish.limit_minutes * 60),
            services.panopto,
            checkpoint,
            in_flight=transfer.items_in_flight,
            finishing=settings.finish.in_flight,
            onward=carry_of(settings, services, decided.modules, checkpoint, observer),
            observer=observer,
        )
        yield Application(decided, services, checkpoint, migration, batches, observer)


@asynccontextmanager
async def open_engine(
    settings: Settings, checkpoint: Checkpoint, locator: EventLocator, drain: Drain, observer: Observer
) -> AsyncIterator[Engine]:
    """Build the engine that moves bytes from Opencast's file server to Panopto's S3."""
    transfer = settings.transfer
    parts = transfer.parts_in_flight
    checks = Checks(Level(transfer.integrity), Spot(transfer.hashing), observer=observer)

    def flowed(count: int) -> None:
        observer(BytesFlowed(count))

    async with (
        open_http(network(settings, connections=4 * parts)) as http,
        open_relay(
            http,
            windows=Windows(transfer.memory_mib * MIB, parts),
            flowed=flowed,
            spent=checks.spent,
        ) as relay,
        open_multipart(PANOPTO, network(settings)) as uploads,
    ):
        ports = Ports(
            journal=checkpoint,
            relay=relay,
            uploads=uploads,
            slots=Slots(
                total=parts,
                per_host=transfer.parts_per_host or parts,
                per_transfer=transfer.parts_per_file or parts,
            ),
            checks=checks,
            limits=PANOPTO.limits,
            preferred_part=transfer.part_size_mib * MIB,
            policy=policy(settings),
            least_rate=transfer.least_rate_kib * 1024,
            observer=observer,
            drain=drain,
        )
        yield Engine(ports, locator, HttpReads(http))


async def preview_of(settings: Settings) -> Preview:
    """Find out what a run would do. Reads both systems and the checkpoint, and writes nothing."""
    decided = rules(settings)
    with ExitStack() as stack:
        known = stack.enter_context(contents_of(settings)) if settings.checkpoint.path.exists() else None

        def state_of(event_id: str) -> ItemState:
            return items.fold(known.history(event_id) if known else ())

        async with open_services(settings) as services:

            async def exists(folder_id: str) -> bool:
                return await services.panopto.folder(folder_id) is not None

            met: set[str] = set()
            found = decisions(noting(discover(services.opencast, decided.wanted), met), decided)
            seen = await preview(found, state_of, decided.folders, exists, decided.modules)
            unmet = sorted(decided.wanted.series - met)
            seen.problems += [f"select.series: no event is of series {one}" for one in unmet]
            seen.problems += await luminus_problems(settings, services, decided, seen.to_carry)
            return seen


async def luminus_problems(
    settings: Settings, services: Services, decided: Rules, to_carry: Mapping[str, str]
) -> list[str]:
    """Find out what stands against carrying on to LumiNUS. `to_carry` leads from event to session."""
    if services.luminus is None or settings.luminus is None:
        return []
    now, token_ends = datetime.now(UTC), expiry_of(revealed(settings.luminus.token))
    placed = {series: decided.folders.get(series, decided.default_folder) for series in decided.modules}
    problems = await preflight(
        services.luminus,
        decided.modules,
        {series: folder for series, folder in placed.items() if folder},
        token_ends,
        settings.carry.wait + TOKEN_RESERVE,
        now,
    )
    if token_ends is not None and token_ends <= now:
        return problems
    read = await services.opencast.batch(to_carry, sign=False, acl=True) if to_carry else []
    events = [one for one in read if isinstance(one, Event)]
    policy = publish_policy(settings)
    problems += await flips(services.luminus, events, to_carry, decided.modules, policy)
    # Whoever does not answer the one does not answer the other, and is told once.
    return list(dict.fromkeys(problems))


def count(subjects: Iterable[tuple[str, Iterable[Record]]]) -> Outcomes:
    """Count how the items of a checkpoint stand."""
    return Outcomes.of(items.fold(records) for subject, records in subjects if items.is_item(subject))


@contextmanager
def contents_of(settings: Settings) -> Iterator[Contents]:
    """Look into the checkpoint, even while a run writes to it.

    Raises CheckpointForeign where it is not of this migration, and what `read_checkpoint` raises.
    """
    with read_checkpoint(settings.checkpoint.path, identity(settings)) as contents:
        yield contents


def states_in(settings: Settings) -> dict[str, ItemState]:
    """Return the state of every item of the checkpoint."""
    with contents_of(settings) as contents:
        return {name: items.fold(records) for name, records in contents.each() if items.is_item(name)}


def report_in(settings: Settings) -> Report:
    """Return the report of the checkpoint."""
    with contents_of(settings) as contents:
        return report_of(contents.each())


def schedule_rules(settings: Settings) -> ScheduleRules:
    """Return by what bookings are decided upon.

    Raises SettingsError where there is no VALT, or where a table or the name's pattern cannot be used.
    """
    valt = settings.valt
    if valt is None:
        raise SettingsError(
            "the settings have no section [valt]", advice="say there where recordings are booked"
        )
    if unknown := unknown_fields(valt.name):
        raise SettingsError(
            f"valt.name asks for {{{unknown[0]}}}", advice=f"it may ask for {', '.join(FIELDS)}, in braces"
        )
    tables = Tables(read_rooms(valt.rooms), read_schedules(valt.schedules) if valt.schedules else {})
    terms = Terms(valt.name, valt.longest_hours, valt.margin_seconds, valt.create, frozenset(valt.edit_also))
    return ScheduleRules(valt.url, tables, terms)


@asynccontextmanager
async def open_booking(
    settings: Settings, observer: Observer, drain: Drain
) -> AsyncIterator[tuple[Opencast, Valt]]:
    """Connect to Opencast's API and to VALT's."""
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=2)) as target,
    ):
        yield opencast_of(settings, source, observer, drain), valt_of(settings, target, observer, drain)


def valt_of(settings: Settings, http: Http, observer: Observer, drain: Drain) -> Valt:
    """Build VALT's client, whose calls all share one pace. Raises SettingsError where there is no VALT."""
    account = settings.valt
    if account is None:
        raise SettingsError("the settings have no section [valt]")
    rest = Rest(
        http,
        account.url,
        pace=Pace(VALT_RATES),
        paced_as="valt",
        policy=policy(settings),
        observer=observer,
        sleep=drain.before_another_try,
    )
    return Valt(rest, account.username, revealed(account.password))


async def scheduled(opencast: Opencast, wanted: Wanted) -> AsyncIterator[Event | Unread]:
    """Yield the wanted events with their scheduling."""
    async for one in discover(ScheduledLists(opencast), wanted):
        if isinstance(one, Unread) or wanted.covers(one):
            yield one


@asynccontextmanager
async def open_schedules(settings: Settings, observer: Observer = silence) -> AsyncIterator[Schedules]:
    """Open the checkpoint, then connect: what carries future bookings over. Raises as `open_application`."""
    decided = schedule_rules(settings)
    chosen = wanted(settings)
    drain = Drain()
    async with (
        open_checkpoint(
            settings.checkpoint.path,
            identity(settings),
            allow_network=settings.checkpoint.allow_network,
        ) as checkpoint,
        open_booking(settings, observer, drain) as (opencast, valt),
    ):
        yield Schedules(
            valt,
            decided,
            checkpoint,
            lambda: scheduled(opencast, chosen),
            whole=chosen.everything,
            drain=drain,
            tries=settings.transfer.attempts,
            observer=observer,
        )


async def schedules_preview(settings: Settings) -> SchedulePlan:
    """Find out what a run would book. Reads both systems and the checkpoint, and writes nothing."""
    decided = schedule_rules(settings)
    chosen = wanted(settings)
    with ExitStack() as stack:
        known = stack.enter_context(contents_of(settings)) if settings.checkpoint.path.exists() else None

        def history(subject: str) -> Sequence[Record]:
            return known.history(subject) if known else ()

        async with open_booking(settings, silence, Drain()) as (opencast, valt):
            planner = SchedulePlanner(valt, decided, history)
            return await planner.plan(scheduled(opencast, chosen), whole=chosen.everything)


async def verification_of(settings: Settings) -> Found:
    """Hold what the checkpoint says was moved, carried and booked against the services. Writes nothing.

    Raises Stopping errors of Panopto; what LumiNUS or VALT do not tell is named as unread.
    """
    modules = read_modules(settings.luminus.modules) if settings.luminus else {}
    with contents_of(settings) as contents:
        at = settings.valt.url if settings.valt else None
        sessions, carried, booked = remembered(contents.each(), at)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        http = await stack.enter_async_context(open_http(network(settings, connections=4)))
        valt = valt_of(settings, http, silence, Drain()) if settings.valt else None
        found = await recheck_sessions(sessions, services.panopto)
        found += await recheck_lecture_items(carried, services.luminus, modules)
        found += await recheck_schedules(booked, valt)
    return found.in_order()
