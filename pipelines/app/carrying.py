"""Builds the stage that carries on to LumiNUS by itself, over the items of a checkpoint that wait for it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NoReturn

from engine import (
    PANOPTO_RATES,
    AccountRefused,
    Checkpoint,
    Drain,
    Observer,
    Rate,
    Source,
    open_checkpoint,
    silence,
)
from pipelines import items
from pipelines.app.books import identity
from pipelines.app.furnishing import furnisher_of
from pipelines.app.migration import carry_of
from pipelines.app.preview import luminus_problems
from pipelines.app.rules import rules
from pipelines.app.services import Services, breaker_of, open_services, revealed
from pipelines.config import Settings, SettingsError
from pipelines.items import ItemState, Outcome, Outcomes
from pipelines.luminus.closed import TokenRefused
from pipelines.luminus.token import expiry_of
from pipelines.migration.carry.stage import Carry
from pipelines.migration.carry.watch import Watch, waits
from pipelines.migration.ends import End, known
from pipelines.migration.folders import Folders
from pipelines.migration.furnish.furnisher import Furnisher
from pipelines.migration.furnish.wants import kept_in
from pipelines.migration.keeping import Keeping
from pipelines.migration.planning import Rules
from pipelines.migration.select import Wanted

CARRYING = "carrying"
"""The stage of an item that was taken up and has no end yet."""


class Carrying:
    """The stage over what waits; the checkpoint is locked as long as it is open."""

    def __init__(
        self,
        settings: Settings,
        decided: Rules,
        services: Services,
        watch: Watch,
        drain: Drain,
        waiting: Mapping[str, ItemState],
        unfurnished: int,
    ) -> None:
        self.waiting = tuple(waiting)
        """The items that are taken up."""
        self.unfurnished = unfurnished
        """How many wait for LumiNUS and have yet to get something at Panopto, so that a run takes them up."""
        self._settings = settings
        self._decided = decided
        self._services = services
        self._watch = watch
        self._drain = drain
        self._states = waiting

    async def problems(self) -> list[str]:
        """Look at rights, isAutoPublish and the token's life, as `ferry plan` does: a sentence each.

        Raises AccountRefused where the token has ended already, or a Transient error of Opencast's.
        """
        sessions = {name: (state.right or {})["session_id"] for name, state in self._states.items()}
        series = Counter(state.series for state in self._states.values() if state.series)
        found = await luminus_problems(self._settings, self._services, self._decided, series, sessions)
        for one in found:
            if one.reason == TokenRefused.code:
                raise AccountRefused(one.sentence, where="luminus")
        return [one.sentence for one in found]

    async def run(self) -> None:
        """Carry. Raises Interrupted, AccountRefused, and what else ends a look."""
        await self._watch.run(self.waiting)

    def drain(self) -> None:
        """Begin no further call; what is not done stays as its records say."""
        self._drain.begin()
        self._watch.drain()

    def outcomes(self) -> Outcomes:
        """Count how the items that were taken up stand; one without an end is still on its way."""
        ends = [self._watch.ends.get(name) or End(Outcome.WAITING, CARRYING) for name in self.waiting]
        reasons = Counter(end.reason for end in ends if end.reason)
        return Outcomes(Counter(end.outcome for end in ends), dict(sorted(reasons.items())))


@asynccontextmanager
async def open_carrying(
    settings: Settings,
    observer: Observer = silence,
    *,
    watch: bool = False,
    panopto_rates: Sequence[Rate] = PANOPTO_RATES,
) -> AsyncIterator[Carrying]:
    """Open the checkpoint, which is there, and connect.

    Raises SettingsError where the settings have no LumiNUS, and what opening the checkpoint raises.
    """
    account = settings.luminus
    if account is None:
        raise SettingsError("the settings have no section [luminus]", advice="there is nowhere to carry to")
    decided, drain = rules(settings), Drain()
    ends = expiry_of(revealed(account.token))

    def lasts() -> float | None:
        return None if ends is None else (ends - datetime.now(UTC)).total_seconds()

    async with (
        open_checkpoint(
            settings.checkpoint.path, identity(settings), allow_network=settings.checkpoint.allow_network
        ) as checkpoint,
        open_services(
            settings,
            observer,
            drain,
            panopto_rates=panopto_rates,
            breaker=breaker_of(settings, observer, drain),
        ) as services,
    ):
        keeping = Keeping(checkpoint)
        found = waiting_in(checkpoint, keeping, decided)
        furnisher = furnisher_of(
            settings, services, _unread, checkpoint, Folders(services.panopto, checkpoint)
        )
        ready = {name: state for name, state in found.items() if is_furnished(name, state, furnisher)}
        begin = _looks(settings, services, decided, checkpoint, observer, watch=watch)
        longest = settings.carry.watch * 60 if watch else None
        looking = Watch(keeping, begin, longest=longest, lasts=lasts, observer=observer)
        yield Carrying(settings, decided, services, looking, drain, ready, len(found) - len(ready))


def _looks(
    settings: Settings,
    services: Services,
    decided: Rules,
    checkpoint: Checkpoint,
    observer: Observer,
    *,
    watch: bool,
) -> Callable[[], Carry]:
    """Return what begins a look: one that is made again does not wait by itself."""

    def begin() -> Carry:
        wait = 0.0 if watch else None
        stage = carry_of(settings, services, decided.modules, checkpoint, observer, wait)
        assert stage is not None  # noqa: S101 - there is a [luminus]
        return stage

    return begin


def waiting_in(checkpoint: Checkpoint, keeping: Keeping, decided: Rules) -> dict[str, ItemState]:
    """Return the items that wait for LumiNUS.

    One that was done before there was a LumiNUS is taken up where it is selected, as by a run.
    """
    found: dict[str, ItemState] = {}
    for name in filter(items.is_item, checkpoint.subjects()):
        state = keeping.state(name)
        if state.series in decided.modules and waits(state) and _is_selected(name, state, decided.wanted):
            found[name] = state
    return found


def _is_selected(event_id: str, state: ItemState, wanted: Wanted) -> bool:
    if wanted.everything or state.outcome is not Outcome.VERIFIED:
        return True
    return event_id in wanted.events or state.series in wanted.series


def is_furnished(event_id: str, state: ItemState, furnisher: Furnisher) -> bool:
    """Whether all was tried that a session is to get: a run that was killed may have left some of it."""
    wants = kept_in(known(state), event_id)
    return wants is None or all(one.name in state.aspects for one in furnisher.lacking(state, wants))


async def _unread(source: Source, largest: int) -> NoReturn:
    raise AssertionError(f"nothing is furnished here, and {source.name} is not read ({largest})")
