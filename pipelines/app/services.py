"""Builds the clients of the four systems, each with its pace and its retries."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

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
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import Panopto
from pipelines.panopto.contract import Contract
from pipelines.panopto.legacy_login import LegacyLogin
from pipelines.panopto.session_management import SessionManagement
from pipelines.rest import Headers, Rest
from pipelines.valt.client import Valt

LUMINUS_CALLS = 2
"""Calls to LumiNUS at once: public clients that made more were throttled (fluminurs issue 635)."""


@dataclass(frozen=True, slots=True)
class Services:
    """The systems that a run speaks to, as their clients; None is one that the settings do not name."""

    opencast: Opencast
    panopto: Panopto
    sessions: SessionManagement
    clocks: Clocks
    luminus: Luminus | None = None


@asynccontextmanager
async def open_services(
    settings: Settings,
    observer: Observer = silence,
    drain: Drain | None = None,
    *,
    panopto_rates: Sequence[Rate] = PANOPTO_RATES,
    breaker: Breaker | None = None,
) -> AsyncIterator[Services]:
    """Connect to the APIs of Opencast, Panopto and LumiNUS. Calls that wait for another try hear `drain`.

    Without a `breaker` no host is waited for. `panopto_rates` are no setting: who calls Panopto more often
    is refused.
    """
    drain = drain or Drain()
    clocks = Clocks(observer)
    async with (
        open_http(network(settings, connections=8, cookies=True)) as source,
        open_http(network(settings, connections=16)) as target,
        open_http(network(settings, connections=LUMINUS_CALLS)) as students,
    ):
        tokens = tokens_of(settings, target, observer, drain, breaker)
        yield Services(
            opencast_of(settings, source, observer, drain, breaker, clocks),
            panopto_of(settings, target, tokens, observer, drain, panopto_rates, breaker, clocks),
            sessions_of(settings, target, tokens, observer, drain, panopto_rates, breaker, clocks),
            clocks,
            luminus_of(settings, students, observer, drain, breaker, clocks),
        )


def opencast_of(
    settings: Settings,
    http: Http,
    observer: Observer,
    drain: Drain,
    breaker: Breaker | None = None,
    clocks: Clocks | None = None,
) -> Opencast:
    """Build Opencast's client."""
    account = settings.opencast
    rest = Rest(
        http,
        account.url,
        policy=policy(settings),
        observer=observer,
        breaker=breaker,
        clocks=clocks,
        sleep=drain.before_another_try,
    )
    return Opencast(rest, account.username, revealed(account.password))


def tokens_of(
    settings: Settings, http: Http, observer: Observer, drain: Drain, breaker: Breaker | None = None
) -> Tokens:
    """Build what signs in at Panopto, when it is first used."""
    account = settings.panopto
    rest = Rest(
        http,
        account.url,
        policy=policy(settings),
        observer=observer,
        breaker=breaker,
        sleep=drain.before_another_try,
    )
    password = revealed(account.password)
    return Tokens(
        rest, Account(account.client_id, revealed(account.client_secret), account.username, password)
    )


def panopto_of(
    settings: Settings,
    http: Http,
    tokens: Tokens,
    observer: Observer,
    drain: Drain,
    rates: Sequence[Rate] = PANOPTO_RATES,
    breaker: Breaker | None = None,
    clocks: Clocks | None = None,
) -> Panopto:
    """Build Panopto's client."""
    return Panopto(
        panopto_rest(settings, http, tokens.headers, observer, drain, rates, breaker, clocks),
        tokens,
        policy=policy(settings),
        sleep=drain.before_another_try,
        check=http.network.check,
        unheard=lambda: observer(SessionUploadUnheard()),
    )


def sessions_of(
    settings: Settings,
    http: Http,
    tokens: Tokens,
    observer: Observer,
    drain: Drain,
    rates: Sequence[Rate] = PANOPTO_RATES,
    breaker: Breaker | None = None,
    clocks: Clocks | None = None,
) -> SessionManagement:
    """Build the client of Panopto's SOAP, whose cookie is got when it is first used."""

    def rest(headers: Headers) -> Rest:
        return panopto_rest(settings, http, headers, observer, drain, rates, breaker, clocks)

    login = LegacyLogin(Calls(rest(tokens.headers), tokens))
    return SessionManagement(rest(login.headers), login, Contract())


def panopto_rest(
    settings: Settings,
    http: Http,
    headers: Headers,
    observer: Observer,
    drain: Drain,
    rates: Sequence[Rate],
    breaker: Breaker | None,
    clocks: Clocks | None,
) -> Rest:
    """Build the way to one of Panopto's APIs; its rates are for each endpoint."""
    return Rest(
        http,
        settings.panopto.url,
        pace=Pace(rates),
        policy=policy(settings),
        headers=headers,
        observer=observer,
        breaker=breaker,
        clocks=clocks,
        sleep=drain.before_another_try,
    )


def luminus_of(
    settings: Settings,
    http: Http,
    observer: Observer,
    drain: Drain,
    breaker: Breaker | None = None,
    clocks: Clocks | None = None,
) -> Luminus | None:
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
        breaker=breaker,
        clocks=clocks,
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


def valt_of(
    settings: Settings,
    http: Http,
    observer: Observer,
    drain: Drain,
    breaker: Breaker | None = None,
    clocks: Clocks | None = None,
) -> Valt:
    """Build VALT's client, whose calls all share one pace. Raises SettingsError where there is no VALT."""
    account = settings.valt
    if account is None:
        raise SettingsError("the settings have no section [valt]")
    rest = Rest(
        http,
        account.url,
        pace=Pace((Rate(account.calls_per_second, 1.0),)),
        paced_as="valt",
        policy=policy(settings),
        observer=observer,
        breaker=breaker,
        clocks=clocks,
        sleep=drain.before_another_try,
    )
    return Valt(rest, account.username, revealed(account.password))


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
