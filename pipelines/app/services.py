"""Builds the clients of the four systems, each with its pace and its retries."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from engine import (
    PANOPTO_RATES,
    Allowed,
    Breaker,
    Clocks,
    Drain,
    HostRule,
    Http,
    Network,
    Observer,
    Pace,
    Patience,
    Rate,
    RetryPolicy,
    host_of,
    open_http,
    place_of,
    silence,
)
from pipelines.config import Settings, SettingsError
from pipelines.luminus import answers
from pipelines.luminus.client import Luminus
from pipelines.migration.stages import SessionUploadUnheard
from pipelines.opencast.client import Opencast
from pipelines.panopto.aspects import Aspects
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import Panopto
from pipelines.panopto.contract import Contract
from pipelines.panopto.legacy_login import LegacyLogin
from pipelines.panopto.session_management import SessionManagement
from pipelines.panopto.streams import Streams
from pipelines.rest import Rest
from pipelines.valt.client import Valt

LUMINUS_CALLS = 2
"""Calls to LumiNUS at once: public clients that made more were throttled (fluminurs issue 635)."""


@dataclass(frozen=True, slots=True)
class Services:
    """The systems that a run speaks to, as their clients; None is one that the settings do not name."""

    opencast: Opencast
    panopto: Panopto
    aspects: Aspects
    sessions: SessionManagement
    streams: Streams
    clocks: Clocks
    luminus: Luminus | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """What all clients share: who is told, what ends their waiting, and how often they may call.

    Without a `breaker` no host is waited for. `panopto_rates` are no setting: who calls Panopto more often
    is refused.
    """

    settings: Settings
    observer: Observer = silence
    drain: Drain = field(default_factory=Drain)
    breaker: Breaker | None = None
    clocks: Clocks = field(default_factory=Clocks)
    panopto_rates: Sequence[Rate] = PANOPTO_RATES

    def rest(self, http: Http, url: str, service: str, **more: Any) -> Rest:
        """Build the way to the API of a service, by its name; `more` is what `Rest` takes besides."""
        shared: dict[str, Any] = {
            "policy": policy(self.settings),
            "observer": self.observer,
            "breaker": self.breaker,
            "clocks": self.clocks,
            "sleep": self.drain.before_another_try,
        }
        return Rest(http, url, service=service, **{**shared, **more})

    def opencast(self, http: Http) -> Opencast:
        """Build Opencast's client."""
        account = self.settings.opencast
        rest = self.rest(http, account.url, "Opencast")
        return Opencast(rest, account.username, revealed(account.password))

    def tokens(self, http: Http) -> Tokens:
        """Build what signs in at Panopto, when it is first used."""
        account = self.settings.panopto
        client = (account.client_id, revealed(account.client_secret))
        return Tokens(
            self.rest(http, account.url, "Panopto"),
            Account(*client, account.username, revealed(account.password)),
        )

    def panopto(self, http: Http) -> tuple[Panopto, Aspects, SessionManagement, Streams]:
        """Build Panopto's four clients, which count together: its rates are for each endpoint."""
        tokens, patience, pace = self.tokens(http), policy(self.settings), Pace(self.panopto_rates)
        url = self.settings.panopto.url
        rest = self.rest(http, url, "Panopto", pace=pace, headers=tokens.headers)
        sleep = self.drain.before_another_try
        panopto = Panopto(
            rest,
            tokens,
            policy=patience,
            sleep=sleep,
            check=http.network.check,
            unheard=lambda: self.observer(SessionUploadUnheard()),
        )
        calls = Calls(rest, tokens)
        login = LegacyLogin(calls)
        soap = self.rest(http, url, "Panopto", pace=pace, headers=login.headers)
        return (
            panopto,
            Aspects(calls, policy=patience, sleep=sleep, awaiting=self.settings.session.captions_seconds),
            SessionManagement(soap, login, Contract()),
            Streams(calls, policy=patience, sleep=sleep, check=http.network.check),
        )

    def luminus(self, http: Http) -> Luminus | None:
        """Build LumiNUS's client, whose calls all share one pace; None where the settings have none."""
        account = self.settings.luminus
        if account is None:
            return None
        patience = replace(policy(self.settings), first=1.0)
        pace = Pace((Rate(account.calls_per_second, 1.0),))
        ours = {"pace": pace, "paced_as": "luminus", "judge": answers.judge, "policy": patience}
        return Luminus(
            self.rest(http, account.url, "LumiNUS", **ours),
            token=revealed(account.token),
            subscription_key=revealed(account.subscription_key),
            tenant=host_of(self.settings.panopto.url),
            policy=patience,
            sleep=self.drain.before_another_try,
            observer=self.observer,
        )

    def valt(self, http: Http) -> Valt:
        """Build VALT's client, whose calls all share one pace. Raises SettingsError where there is none."""
        account = self.settings.valt
        if account is None:
            raise SettingsError("the settings have no section [valt]")
        pace = Pace((Rate(account.calls_per_second, 1.0),))
        rest = self.rest(http, account.url, "VALT", pace=pace, paced_as="valt")
        return Valt(rest, account.username, revealed(account.password))


@asynccontextmanager
async def open_services(
    settings: Settings,
    observer: Observer = silence,
    drain: Drain | None = None,
    *,
    panopto_rates: Sequence[Rate] = PANOPTO_RATES,
    breaker: Breaker | None = None,
) -> AsyncIterator[Services]:
    """Connect to the APIs of Opencast, Panopto and LumiNUS. Calls that wait for another try hear `drain`."""
    ways = Ways(settings, observer, drain or Drain(), breaker, Clocks(observer), panopto_rates)
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=16)) as target,
        open_http(network(settings, connections=LUMINUS_CALLS)) as students,
    ):
        yield Services(ways.opencast(source), *ways.panopto(target), ways.clocks, ways.luminus(students))


def network(settings: Settings, *, connections: int = 100, cookies: bool = False) -> Network:
    """Return how to reach the outside."""
    return Network(
        ca_file=settings.network.ca_file,
        proxy=settings.network.proxy,
        connect=settings.network.connect_seconds,
        connections=connections,
        cookies=cookies,
        allowed=allowed(settings),
    )


def allowed(settings: Settings) -> Allowed:
    """Return which hosts may be spoken to: the services' own, and those that the settings name."""
    services = (settings.opencast, settings.panopto, settings.luminus, settings.valt)
    own = frozenset(place for one in services if one is not None and (place := place_of(one.url)) is not None)
    rules = tuple(HostRule.parse(one) for one in settings.network.hosts)
    return Allowed(own, rules, settings.network.private)


def policy(settings: Settings) -> RetryPolicy:
    """Return how often and how patiently something is tried."""
    return RetryPolicy(attempts=settings.transfer.attempts)


def breaker_of(settings: Settings, observer: Observer, drain: Drain) -> Breaker:
    """Build what lets a host rest that does not answer; a drain ends the waiting at once."""
    patience = Patience(bound=settings.network.outage_minutes * 60)
    return Breaker(patience, sleep=drain.before_another_try, observer=observer)


def revealed(secret: SecretStr | None) -> str:
    """Return a secret's value, which `config.load` has put in place."""
    return secret.get_secret_value() if secret else ""
