"""Emulated LumiNUS: its modules, web lectures and lecture items, behind Azure's gateway, on an http origin.

A call passes what the gateway looks at (is there such an operation, is the key right), what keeps it from
coming too often, and LumiNUS's own look at the bearer, before anything is done.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.luminus.answers import Invalid, Refusals, Refused, gateway, problem
from pipelines.sandbox.luminus.api import Api
from pipelines.sandbox.luminus.binding import Unsupported
from pipelines.sandbox.luminus.credentials import Account, refused_bearer, refused_key
from pipelines.sandbox.luminus.items import Items
from pipelines.sandbox.luminus.model import Module
from pipelines.sandbox.luminus.throttle import Throttle
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.switches import Switches

__all__ = ["Luminus"]

SERVICE = "luminus"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Luminus:
    """A LumiNUS with one account, whose lecture items come from a Panopto site. `app` serves it."""

    def __init__(
        self,
        site: Site,
        modules: Sequence[Module],
        switches: Switches,
        audit: Audit,
        faults: FaultScript,
        account: Account,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.account = account
        self._clock = clock
        self._items = Items(site, modules, switches.lecture_item_lag, clock)
        self._throttle = Throttle(switches.luminus_rate, switches.luminus_quota, clock)
        self._refusals = Refusals()
        self.app = front.application(
            SERVICE, audit, faults, middlewares=(_operations, self._admitted, self._refused)
        )
        Api(modules, self._items, switches, site.url).register(self.app.router)

    def rows(self) -> list[dict[str, Any]]:
        """Every lecture item, as the audit tells it."""
        return self._items.rows()

    @web.middleware
    async def _admitted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn away who has no key, who comes too often and who has no bearer, in this order."""
        refused = refused_key(request.headers, self.account)
        if refused is None:
            refused = self._throttle.refusal()
        if refused is None:
            refused = refused_bearer(request.headers, self.account, self._clock())
        return await handler(request) if refused is None else refused

    @web.middleware
    async def _refused(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refused as refused:
            return self._refusals.refused(refused)
        except Invalid as invalid:
            return self._refusals.invalid(invalid)
        except Unsupported:
            return problem(415, "Unsupported Media Type", {})


@web.middleware
async def _operations(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The gateway knows a method as part of an operation: it answers 404 where others answer 405."""
    if front.route_name(request) == front.UNKNOWN:
        return gateway(404, "Resource not found")
    return await handler(request)
