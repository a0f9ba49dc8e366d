"""The emulated Opencast: an External API and a file server on an origin of its own."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from pipelines.sandbox.audit import Audit
from pipelines.sandbox.bandwidth import Bandwidth
from pipelines.sandbox.faults import FaultScript
from pipelines.sandbox.opencast.accounts import MIGRATION, Account, Door
from pipelines.sandbox.opencast.api import Api, Server
from pipelines.sandbox.opencast.files import Files
from pipelines.sandbox.opencast.holdings import PARTS, Holdings
from pipelines.sandbox.opencast.signing import Signer
from pipelines.sandbox.opencast.versions import Version
from pipelines.sandbox.opencast.writes import Writes, lasting
from pipelines.sandbox.recordings import Element
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World

__all__ = ["Opencast"]


class Opencast:
    """Two web applications over one world: `api`, and `files` for an origin of its own.

    `account` is the one that may log in. Serve both, then `bind` them to the origins they got.
    """

    def __init__(
        self,
        world: World,
        switches: Switches,
        audit: Audit,
        faults: FaultScript,
        bandwidth: Bandwidth,
        *,
        clock: Callable[[], float] = time.time,
        account: Account | None = None,
    ) -> None:
        self.account = account or Account("ferry", secrets.token_urlsafe(16), switches.opencast_account)
        self._clock = clock
        if self.account.kind == "editor":
            world = world.with_grant(MIGRATION, "write")
        self._holdings = Holdings(world, audit, switches.checksum_limit)
        door, signer = Door(self.account), Signer("sandboxKey", secrets.token_bytes(24))
        files = Files(self._holdings, switches, door, signer, bandwidth, clock)
        self._api = Api(
            Server(
                self._holdings, door, signer, Version.parse(switches.opencast_api), switches.signature_life,
                clock, random.Random(len(world.events)),  # noqa: S311 - the order of keys
            )
        )  # fmt: skip
        self.api = self._api.application(audit, faults, files, switches.opencast_skew)
        self.files = files.application(audit, faults)
        self._writes = Writes(
            self._holdings, self.account, Version.parse(switches.opencast_api), clock=clock,
            lasting=lasting(switches.retraction_seconds, switches.retraction),
        )  # fmt: skip
        self._writes.join(self.api)

    def bind(self, api_url: str, files_url: str) -> None:
        """Take note of the origins (no slash at the end) and tell the audit of every file served there."""
        self._api.bind(api_url, files_url)
        self._holdings.bind(api_url, files_url)

    def rows(self) -> list[dict[str, Any]]:
        """Every event that there was, and what was changed of it, for the audit."""
        return self._writes.rows()

    def process(self, event_id: str, state: str = "RUNNING") -> None:
        """Have a workflow begin or end: its state is the event's from now on."""
        event = self._holdings.event(event_id)
        if event is not None:
            self._holdings.put(replace(event, processing_state=state))

    def touch(self, event_id: str) -> None:
        """Index an event anew: it moves to the end of every list that is in no order."""
        self._holdings.touch(event_id)

    def edit(self, event_id: str, element_id: str | None = None, *, size: int | None = None) -> Element:
        """Publish other bytes at the same URL, of the same size unless another is given.

        ETag and Last-Modified change with them. Without an element it is the event's first film.
        """
        return self._holdings.edit(event_id, int(self._clock()), element_id, size)

    def republish(self, event_id: str) -> Element:
        """Publish another film in place of an event's first one, of another size, under an id of its own."""
        return self._holdings.republish(event_id, int(self._clock()))

    def republishing(self, app: web.Application) -> None:
        """Let a server be told to do so: POST /events/{id}/film answers 204, or 404 for no event."""

        async def post(request: web.Request) -> web.Response:
            if self._holdings.event(event_id := request.match_info["id"]) is None:
                raise web.HTTPNotFound
            self.republish(event_id)
            return web.Response(status=204)

        app.router.add_post("/events/{id}/film", post)

    def break_event(self, event_id: str, parts: frozenset[str] = PARTS) -> None:
        """Make every reply a 500 that renders these parts ("publications", "metadata") of an event."""
        self._holdings.break_event(event_id, parts)

    def remove(self, event_id: str) -> None:
        """Delete an event and its files."""
        self._holdings.remove(event_id)
