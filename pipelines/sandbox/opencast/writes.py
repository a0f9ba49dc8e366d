"""The calls of the External API that change an event: its access control list, its metadata, its being there.

Source: opencast/opencast, EventsEndpoint.java and IndexServiceImpl.java, and the developer guide's usage page
for the roles. A call makes a new version of the archived event; what is published stays as it was. Where a
workflow has the event, an access control list is refused with an empty 403, and metadata go into the
workflow. Deleting what is published is only begun (202); meanwhile the event is there, and then it is not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.opencast import pages, render
from pipelines.sandbox.opencast.accounts import ADMIN, Account, Answer
from pipelines.sandbox.opencast.changes import allowing, fields, names, pairs, silent, with_field
from pipelines.sandbox.opencast.holdings import Holdings
from pipelines.sandbox.opencast.versions import Version, negotiate
from pipelines.sandbox.recordings import Event

EPISODE = "dublincore/episode"
RETRACTS = Version(1, 6)
"""From this version on what is published is retracted before an event goes; before, its files stay behind."""

ACTIVE = frozenset({"INSTANTIATED", "RUNNING", "PAUSED", "FAILING"})
"""States of a workflow that has an event."""


@dataclass(slots=True)
class Written:
    """How often an event was changed, by which call."""

    add_ace: int = 0
    delete_ace: int = 0
    put_metadata: int = 0
    delete_event: int = 0


class Writes:
    """The handlers. A retraction takes `lasting` seconds by `clock`; for ever where that is infinite."""

    def __init__(
        self,
        holdings: Holdings,
        account: Account,
        newest: Version,
        *,
        clock: Callable[[], float],
        lasting: float,
    ) -> None:
        self._holdings = holdings
        self._account = account
        self._newest = newest
        self._clock = clock
        self._lasting = lasting
        self._retracting: dict[str, float] = {}
        self._written: dict[str, Written] = {event.identifier: Written() for event in holdings.events}

    def join(self, app: web.Application) -> None:
        """Add the calls to the API server; whatever is asked there, retractions that are over come first."""
        app.router.add_post("/api/events/{id}/acl/{action}", self.add_ace, name="add_ace")
        app.router.add_delete("/api/events/{id}/acl/{action}/{role}", self.delete_ace, name="delete_ace")
        app.router.add_put("/api/events/{id}/metadata", self.put_metadata, name="put_metadata")
        app.router.add_delete("/api/events/{id}", self.delete_event, name="delete_event")

        @web.middleware
        async def in_time(request: web.Request, handler: Answer) -> web.StreamResponse:
            self.settle()
            return await handler(request)

        app.middlewares.append(in_time)

    def settle(self) -> None:
        """Remove the events whose retraction is over."""
        for event_id in [one for one, due in self._retracting.items() if due <= self._clock()]:
            del self._retracting[event_id]
            self._holdings.remove(event_id)

    def rows(self) -> list[dict[str, Any]]:
        """Every event that there was: whether it is there, its list, and how often it was changed."""
        self.settle()
        return [self._row(event_id, written) for event_id, written in self._written.items()]

    async def add_ace(self, request: web.Request) -> web.Response:
        """Let a role do something. A line that forbids it is turned into one that allows it."""
        event = self._writable(request, "ROLE_API_EVENTS_ACL_EDIT")
        action = request.match_info["action"]
        form = await request.post()
        if "role" not in form:
            raise pages.RefusedError(pages.html(500))  # An entry without a role cannot be stored.
        self._refuse_busy(event)
        self._keep(allowing(event, str(form["role"]), action), "add_ace")
        return web.Response(status=204)

    async def delete_ace(self, request: web.Request) -> web.Response:
        """Take every line of a role and an action away, those that forbid too; 404 where there is none."""
        event = self._writable(request, "ROLE_API_EVENTS_ACL_DELETE")
        role, action = request.match_info["role"], request.match_info["action"]
        if not names(event, role, action):
            return pages.plain(
                404, f"Unable to find an access control entry with action '{action}' and role '{role}'"
            )
        self._refuse_busy(event)
        self._keep(silent(event, role, action), "delete_ace")
        return web.Response(status=204)

    async def put_metadata(self, request: web.Request) -> web.Response:
        """Set fields of a catalogue, which the query names; one in the form is not looked at."""
        event = self._writable(request, "ROLE_API_EVENTS_METADATA_EDIT")
        given = pairs(str((await request.post()).get("metadata", "")))
        flavor = request.query.get("type", "")
        if flavor.count("/") != 1:
            return pages.plain(
                400, f"Unable to parse type '{flavor or 'null'}' as a flavor so unable to find"
            )
        if flavor != EPISODE:
            return pages.plain(404, f"Cannot find a catalog with type '{flavor}' for event with id")
        changed = event
        for name, value in given.items():
            changed = with_field(changed, name, value)
        self._keep(changed, "put_metadata", snapshot=event.processing_state not in ACTIVE)
        return web.Response(status=204)

    async def delete_event(self, request: web.Request) -> web.Response:
        """Delete an event, after a workflow has retracted what is published of it."""
        event = self._writable(request, "ROLE_API_EVENTS_DELETE")
        self._written[event.identifier].delete_event += 1
        if self._newest < RETRACTS or not event.publications:
            self._holdings.remove(event.identifier, published=self._newest >= RETRACTS)
            return web.Response(status=204)
        if event.processing_state in ACTIVE:
            return pages.html(500)  # No second workflow is begun for an event that one has.
        self._holdings.put(replace(event, status="PROCESSING", processing_state="RUNNING"))
        self._retracting[event.identifier] = self._clock() + self._lasting
        return web.Response(status=202)

    def _writable(self, request: web.Request, role: str) -> Event:
        """The event that a call is about, where the account may make that call and change that event."""
        front.concerns(request, request.match_info["id"])
        if not self._account.has(role):
            raise pages.RefusedError(pages.html(403, "Access Denied"))
        if negotiate(request.headers.get("Accept"), self._newest) is None:
            raise pages.RefusedError(pages.html(406))
        event = self._holdings.event(request.match_info["id"])
        if event is None or not self._account.reads(event.readers):
            text = f"Cannot find an event with id '{request.match_info['id']}'."
            raise pages.RefusedError(pages.plain(404, text))
        writers = [name for name, action in event.grants if action == "write"]
        if not any(self._account.has(name) for name in (ADMIN, *writers)):
            raise pages.RefusedError(pages.html(403))
        return event

    def _refuse_busy(self, event: Event) -> None:
        if event.processing_state in ACTIVE:
            raise pages.RefusedError(web.Response(status=403))

    def _keep(self, event: Event, call: str, *, snapshot: bool = True) -> None:
        written = self._written[event.identifier]
        setattr(written, call, getattr(written, call) + 1)
        version = (event.archive_version or 0) + 1 if snapshot else event.archive_version
        self._holdings.put(replace(event, archive_version=version))

    def _row(self, event_id: str, written: Written) -> dict[str, Any]:
        event = self._holdings.event(event_id)
        return {
            "event_id": event_id,
            "there": event is not None,
            "archive_version": event.archive_version if event else None,
            "acl": render.acl_json(event.readers, event.denied, event.grants) if event else [],
            "metadata": {one["id"]: one["value"] for one in fields(event)},
            "add_ace": written.add_ace,
            "delete_ace": written.delete_ace,
            "put_metadata": written.put_metadata,
            "delete_event": written.delete_event,
        }


def lasting(seconds: float, ends: str) -> float:
    """How long a retraction takes; for ever where it never ends (opencast issue 7911)."""
    return seconds if ends == "on" else math.inf
