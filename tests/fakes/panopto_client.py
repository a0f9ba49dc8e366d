"""Our own client, signed in at an emulated Panopto whose clock stands until somebody sleeps."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from engine import Network, Pace, RetryPolicy, open_http
from fakes.panopto_caller import ACCOUNT, USER, Caller
from pipelines.panopto.aspects import Aspects
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.client import Panopto, anywhere
from pipelines.rest import Rest

OURS = Account(USER.id, USER.secret, ACCOUNT.username, ACCOUNT.password)


@asynccontextmanager
async def client_at(
    caller: Caller,
    *,
    account: Account = OURS,
    paced: bool = False,
    attempts: int = 4,
    check: Callable[[str], None] = anywhere,
) -> AsyncIterator[Panopto]:
    """A client whose waits set the site's clock on instead of taking time."""

    async def sleep(seconds: float) -> None:
        caller.clock.now += seconds
        await anyio.lowlevel.checkpoint()

    policy = RetryPolicy(attempts=attempts)
    async with open_http(Network(ca_file=caller.ca)) as http:
        plain = Rest(http, caller.url, policy=policy, sleep=sleep, clock=caller.clock)
        tokens = Tokens(plain, account, clock=caller.clock)
        rest = Rest(
            http,
            caller.url,
            pace=Pace(clock=caller.clock, sleep=sleep) if paced else None,
            policy=policy,
            headers=tokens.headers,
            sleep=sleep,
            clock=caller.clock,
        )
        yield Panopto(rest, tokens, policy=policy, sleep=sleep, check=check)


@asynccontextmanager
async def aspects_at(caller: Caller, *, attempts: int = 4) -> AsyncIterator[Aspects]:
    """The client of what a session has besides its films, in the same way."""

    async def sleep(seconds: float) -> None:
        caller.clock.now += seconds
        await anyio.lowlevel.checkpoint()

    policy = RetryPolicy(attempts=attempts)
    async with open_http(Network(ca_file=caller.ca)) as http:
        tokens = Tokens(Rest(http, caller.url, policy=policy, sleep=sleep), OURS, clock=caller.clock)
        rest = Rest(http, caller.url, policy=policy, headers=tokens.headers, sleep=sleep, clock=caller.clock)
        yield Aspects(Calls(rest, tokens), policy=policy, sleep=sleep)


def calls(caller: Caller, name: str) -> list[int | None]:
    """How the site answered each request of one call, in order of arrival."""
    return [entry.status for entry in caller.audit.log if entry.call == name]
