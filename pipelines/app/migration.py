"""Builds a migration that is ready to run."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from importlib.metadata import version

from anyio import CancelScope

from engine import (
    PANOPTO,
    PANOPTO_RATES,
    Breaker,
    BytesFlowed,
    Checkpoint,
    Checks,
    Drain,
    Engine,
    HttpReads,
    Interrupted,
    Journal,
    Level,
    Observer,
    Ports,
    Rate,
    ReadLimits,
    Spot,
    Windows,
    open_checkpoint,
    open_http,
    open_multipart,
    open_relay,
    open_rereads,
    silence,
)
from pipelines import items
from pipelines.app.books import count, identity
from pipelines.app.furnishing import external_ids_of, furnisher_of, learn_of, sending_of
from pipelines.app.limits import RunLimits
from pipelines.app.reading import asking, fallback_of, locator_of, wanted_events
from pipelines.app.rules import publish_policy, rules
from pipelines.app.services import Services, breaker_of, network, open_services, policy
from pipelines.config import Settings
from pipelines.items import Outcomes
from pipelines.migration.again import Comparison
from pipelines.migration.batches import Batches
from pipelines.migration.carry.stage import Carry
from pipelines.migration.discover import Found
from pipelines.migration.finish import Finisher
from pipelines.migration.folders import Folders
from pipelines.migration.passes import Hours, Passes
from pipelines.migration.pipeline import Migration
from pipelines.migration.planning import Plan, Planner, Rules, decisions, noting
from pipelines.migration.renewal import Renewal
from pipelines.migration.ship import Ship
from pipelines.migration.stages import CheckpointMended, Planned, SeriesUnmet
from pipelines.opencast.locate import EventLocator
from pipelines.runs import CurrentRun

MIB = 1024 * 1024


class PlannedPass:
    """One pass: a plan, and a migration of what it says, with everything that they stand on."""

    def __init__(
        self,
        rules: Rules,
        found: AsyncIterator[Found],
        checkpoint: Checkpoint,
        migration: Migration,
        batches: Batches,
        observer: Observer,
        comparison: Comparison,
    ) -> None:
        self._rules = rules
        self._found = found
        self._checkpoint = checkpoint
        self._migration = migration
        self._batches = batches
        self._observer = observer
        self._comparison = comparison
        self._planning = CancelScope()

    async def run(self) -> None:
        """Plan, and take every item to its outcome.

        Raises Stopping errors, Interrupted where some are left, and a Transient one where planning came to
        no end.
        """
        with self._planning:
            plan = await self._plan()
        if self._planning.cancelled_caught:
            raise Interrupted("stopped while planning")
        self._observer(Planned(len(plan.order), plan.bytes))
        self._observer(plan.compared)
        self._batches.follow(plan.order)
        await self._migration.run(plan.order, plan.changed)

    async def _plan(self) -> Plan:
        wanted = self._rules.wanted
        met: set[str] = set()
        decided = decisions(noting(self._found, met), self._rules)
        known = [one for one in self._checkpoint.subjects() if items.is_item(one)]
        plan = await Planner(
            self._checkpoint,
            self._observer,
            self._rules.modules,
            again=self._rules.again,
            comparison=self._comparison,
        ).plan(decided, known, wanted.everything, wanted.events)
        if unmet := tuple(sorted(wanted.series - met)):
            self._observer(SeriesUnmet(unmet))
        return plan

    def close(self) -> None:
        """Begin no further item; a plan in the making is dropped."""
        self._planning.cancel()
        self._migration.close()

    def drain(self) -> None:
        """Begin nothing new; a plan in the making is dropped."""
        self._planning.cancel()
        self._migration.drain()


class Application:
    """A run over its checkpoint, pass after pass; its limits may be read again at any time."""

    def __init__(self, passes: Passes, checkpoint: Checkpoint, limits: RunLimits) -> None:
        self.limits = limits
        self._passes = passes
        self._checkpoint = checkpoint

    async def run(self) -> None:
        """Take every item to its outcome, in as many time windows as it needs.

        Raises Stopping errors, WindowEnded among them, and what a pass raises.
        """
        await self._passes.run()

    def drain(self) -> None:
        """Begin nothing new, and wait for no time window."""
        self._passes.drain()

    @property
    def missed(self) -> str:
        """Who had a checkpoint here before that is not there any more; empty where nobody had."""
        return self._checkpoint.statistics().missed

    def outcomes(self) -> Outcomes:
        """Count how the items of the whole checkpoint stand."""
        return count(self._checkpoint.each())


@asynccontextmanager
async def open_application(
    settings: Settings,
    observer: Observer = silence,
    *,
    carry_again: bool = False,
    stop_at_window: bool = False,
    panopto_rates: Sequence[Rate] = PANOPTO_RATES,
) -> AsyncIterator[Application]:
    """Open the checkpoint: a second run ends there, before its first call. Each pass connects anew.

    `carry_again` looks once more at lecture items that were right; `stop_at_window` ends the run where a time
    window ends; `panopto_rates` are others than Panopto's before an emulated one only. Raises SettingsError,
    CheckpointInUse, CheckpointDamaged, CheckpointForeign, LocalResource.
    """
    decided = replace(rules(settings), again=carry_again)
    limits = RunLimits(settings, observer)
    hours = Hours(limits.windows, settings.limits.grace_seconds, stop_at_window)
    async with open_checkpoint(
        settings.checkpoint.path, identity(settings), allow_network=settings.checkpoint.allow_network
    ) as checkpoint:
        if (cut := checkpoint.statistics().cut) > 0:
            observer(CheckpointMended(cut))

        run = CurrentRun(checkpoint, version("lecture-ferry"))

        def begin() -> AbstractAsyncContextManager[PlannedPass]:
            return open_pass(settings, decided, checkpoint, run, limits, observer, panopto_rates)

        yield Application(Passes(begin, hours, observer), checkpoint, limits)


@asynccontextmanager
async def open_pass(
    settings: Settings,
    decided: Rules,
    checkpoint: Checkpoint,
    run: CurrentRun,
    limits: RunLimits,
    observer: Observer,
    panopto_rates: Sequence[Rate],
) -> AsyncIterator[PlannedPass]:
    """Connect to all systems, and build what one pass is made of."""
    transfer = settings.transfer
    async with AsyncExitStack() as stack:
        drain = Drain()
        breaker = breaker_of(settings, observer, drain)
        services = await stack.enter_async_context(
            open_services(settings, observer, drain, panopto_rates=panopto_rates, breaker=breaker)
        )
        locator = locator_of(settings, services.opencast)
        engine = await stack.enter_async_context(
            open_engine(settings, checkpoint, locator, drain, observer, limits, breaker)
        )
        fallback = fallback_of(settings, services.opencast)
        batches = Batches(services.opencast, locator, fallback=fallback)
        folders = Folders(services.panopto, checkpoint, drain.before_another_try)
        learn = learn_of(settings, services)
        ship = Ship(
            engine,
            services.panopto,
            batches,
            folders,
            checkpoint,
            settings.opencast.publications,
            refused_folder_id=decided.refused_folder,
            sending=sending_of(settings, engine, checkpoint, learn),
            run=run,
        )
        migration = Migration(
            engine,
            ship,
            Finisher(services.panopto.look, limit=settings.finish.limit_minutes * 60),
            services.panopto,
            checkpoint,
            in_flight=transfer.items_in_flight,
            finishing=settings.finish.in_flight,
            furnisher=furnisher_of(settings, services, engine.read, checkpoint, folders),
            renewal=Renewal(
                batches,
                services.panopto,
                checkpoint,
                settings.opencast.publications,
                engine.look,
                shown=decided.shown,
                moves=decided.moves,
                learn=learn,
            ),
            onward=carry_of(settings, services, decided.modules, checkpoint, observer),
            external_ids=external_ids_of(settings, services, observer),
            refused_folder_id=decided.refused_folder,
            observer=observer,
        )
        found = wanted_events(settings, services.opencast, decided.wanted)
        comparison = Comparison(checkpoint.history, moves=decided.moves, is_gone=asking(services.opencast))
        yield PlannedPass(decided, found, checkpoint, migration, batches, observer, comparison)


@asynccontextmanager
async def open_engine(
    settings: Settings,
    checkpoint: Checkpoint,
    locator: EventLocator,
    drain: Drain,
    observer: Observer,
    limits: RunLimits | None = None,
    breaker: Breaker | None = None,
) -> AsyncIterator[Engine]:
    """Build the engine that moves bytes from Opencast's file server to Panopto's S3."""
    transfer = settings.transfer
    limits = limits or RunLimits(settings)
    checks = Checks(Level(transfer.integrity), Spot(transfer.hashing), observer=observer)

    def flowed(count: int) -> None:
        observer(BytesFlowed(count))

    async with (
        open_http(network(settings, connections=4 * limits.most_parts)) as http,
        open_relay(
            http,
            windows=Windows(transfer.memory_mib * MIB, transfer.parts_in_flight),
            flowed=flowed,
            spent=checks.spent,
            observer=observer,
        ) as relay,
        open_multipart(PANOPTO, network(settings), connections=2 * limits.most_parts) as uploads,
        open_rereads(http, reading(settings, limits, observer, drain)) as proofs,
    ):
        ports = Ports(
            journal=checkpoint,
            relay=relay,
            uploads=uploads,
            slots=limits.slots,
            checks=checks,
            limits=PANOPTO.limits,
            preferred_part=transfer.part_size_mib * MIB,
            policy=policy(settings),
            least_rate=transfer.least_rate_kib * 1024,
            bandwidth=limits.bandwidth,
            observer=observer,
            drain=drain,
            proofs=proofs,
            breaker=breaker or Breaker(),
        )
        yield Engine(ports, locator, HttpReads(http))


def reading(settings: Settings, limits: RunLimits, observer: Observer, drain: Drain) -> ReadLimits:
    """Return under which limits sources are read again: those of the run."""
    return ReadLimits(
        limits.slots,
        limits.bandwidth,
        policy(settings),
        least_rate=settings.transfer.least_rate_kib * 1024,
        observer=observer,
        drain=drain,
    )


def carry_of(
    settings: Settings,
    services: Services,
    modules: Mapping[str, str],
    journal: Journal,
    observer: Observer,
    wait: float | None = None,
) -> Carry | None:
    """Build the stage that carries items on to LumiNUS; None where the settings have no LumiNUS.

    `wait` is for how many seconds a lecture item is looked for, where it is not as the settings say.
    """
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
        wait=settings.carry.wait if wait is None else wait,
        observer=observer,
    )
