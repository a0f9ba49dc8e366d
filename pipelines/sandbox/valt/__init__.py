"""Emulated VALT, API v3: a room scheduler that takes every booking and tells of overlaps only when asked.

Its clock may be ahead of everybody else's, by a switch; what is past, and when a token dies, is by its clock,
which the Date header of each answer tells.
"""

import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from zoneinfo import ZoneInfo

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.valt.answers import Refused, answer, error
from pipelines.sandbox.valt.api import Api
from pipelines.sandbox.valt.holdings import Holdings
from pipelines.sandbox.valt.login import Account, Tokens
from pipelines.sandbox.valt.render import Row, audit_row
from pipelines.sandbox.valt.seeds import Seeds

SERVICE = "valt"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Valt:
    """A VALT with one account, its rooms and schedules, and the application that serves it."""

    def __init__(
        self,
        switches: Switches,
        audit: Audit,
        faults: FaultScript,
        account: Account,
        seeds: Seeds,
        clock: Callable[[], float] = time.time,
    ) -> None:
        def now() -> float:
            return clock() + switches.valt_skew

        async def dated(_request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Date"] = formatdate(now(), usegmt=True)

        zone, required = ZoneInfo(switches.valt_timezone), switches.valt_required == "on"
        self._holdings = Holdings(seeds, now, zone, required=required)
        api = Api(self._holdings, account, Tokens(switches.valt_token_life, now), switches)
        self.app = front.application(SERVICE, audit, faults, middlewares=(_refusals, api.guarded))
        self.app.on_response_prepare.append(dated)
        api.register(self.app.router)

    def rows(self) -> list[Row]:
        """Every schedule, for the audit."""
        overlaps, now = self._holdings.overlaps(), self._holdings.now()
        return [audit_row(schedule, overlaps, now) for schedule in self._holdings.schedules()]


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put what is refused, unknown paths and methods as well, into VALT's envelopes."""
    try:
        return await handler(request)
    except Refused as refused:
        return answer(refused.body, refused.status)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as unknown:
        return answer(error(unknown.status).body, unknown.status)
