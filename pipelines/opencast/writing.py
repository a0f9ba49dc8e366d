"""The calls that change an event at Opencast: made by `ferry source` alone, each in one try.

Source: opencast/opencast, EventsEndpoint.java and IndexServiceImpl.java. A call may have been done although
nobody heard so, and its answer says little: whoever makes one looks at the event before and after it.
A 403 without a body means that a workflow has the event; one with a page, that a right is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine import AccountRefused, Answer, Gone, Refused, RetryPolicy, ServerFault, Unreadable
from pipelines.config import SettingsError
from pipelines.opencast.account import judge_account
from pipelines.opencast.catalogue import EPISODE
from pipelines.opencast.client import Calls, Opencast
from pipelines.opencast.version import Version, media_type
from pipelines.rest import decode, path_of

ONCE = RetryPolicy(attempts=1)

RETRACTS: Version = (1, 6, 0)
"""Opencast 10: from here on what is published is retracted before its event goes."""

ACL_EDIT, ACL_DELETE = "ROLE_API_EVENTS_ACL_EDIT", "ROLE_API_EVENTS_ACL_DELETE"
METADATA_EDIT, DELETE = "ROLE_API_EVENTS_METADATA_EDIT", "ROLE_API_EVENTS_DELETE"
"""The roles that the calls need, besides the right to write in each event's access control list."""

ADMIN = "ROLE_ADMIN"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event's metadata; `value` is a text, a list of texts, or what Opencast has besides."""

    value: Any
    read_only: bool


class Writing:
    """Writes at one Opencast, as the account of `opencast` that looks at it.

    Every call may raise AccountRefused or a Transient error; ServerFault while a workflow has the event.
    """

    def __init__(self, rest: Calls, opencast: Opencast) -> None:
        self._rest = rest
        self._opencast = opencast

    async def require(self, role: str) -> None:
        """Raise AccountRefused where the account lacks a role: so every call would be refused."""
        if not {role, ADMIN} & set((await self._opencast.me()).roles):
            raise AccountRefused(
                "Opencast does not let this account do that",
                where=self._rest.where,
                advice=f"give it {role}, and the right to write in the access control list of each event",
            )

    async def require_retraction(self) -> None:
        """Raise SettingsError where Opencast would delete an event and leave its published files behind."""
        if await self._opencast.version() < RETRACTS:
            raise SettingsError(
                "deletes events without retracting what is published; that came with Opencast 10 (API 1.6.0)",
                where=self._rest.where,
                advice="retract and delete them in its own pages",
            )

    async def grant(self, event_id: str, action: str, role: str) -> None:
        """Let a role do something. A line that forbids it is turned around: look before.

        Raises Gone; Refused without the right to write.
        """
        endpoint = "POST /api/events/{id}/acl/{action}"
        answer = await self._call("POST", (event_id, "acl", action), endpoint, form={"role": role})
        self._judge(answer, event_id, endpoint)

    async def revoke(self, event_id: str, action: str, role: str) -> None:
        """Take every line of a role and an action away; where there is none, or no event, nothing is done.

        Raises Refused without the right to write.
        """
        endpoint = "DELETE /api/events/{id}/acl/{action}/{role}"
        answer = await self._call("DELETE", (event_id, "acl", action, role), endpoint)
        if answer.status != 404:
            self._judge(answer, event_id, endpoint)

    async def fields(self, event_id: str) -> Mapping[str, Field]:
        """Return the fields of an event's metadata by their ids. Raises Gone or Unreadable."""
        endpoint = "GET /api/events/{id}/metadata"
        query = {"type": EPISODE}
        answer = await self._call("GET", (event_id, "metadata"), endpoint, query=query)
        self._judge(answer, event_id, endpoint)
        found = decode(answer, f"{self._rest.where} {endpoint}")
        if not isinstance(found, list) or not all(isinstance(one, dict) and "id" in one for one in found):
            raise Unreadable("answers no list of fields", where=f"{self._rest.where} {endpoint}")
        return {str(one["id"]): Field(one.get("value"), one.get("readOnly") is True) for one in found}

    async def set_field(self, event_id: str, name: str, value: Any) -> None:
        """Set a field of an event's metadata, to a text or a list of texts. What is published stays as it is.

        Of the episode's catalogue alone: what is meant for another one may land in this (EventsEndpoint).
        Raises Gone, also where there is no such field; Refused where it may not be set.
        """
        endpoint = "PUT /api/events/{id}/metadata"
        form = {"metadata": orjson.dumps([{"id": name, "value": value}]).decode()}
        answer = await self._call("PUT", (event_id, "metadata"), endpoint, query={"type": EPISODE}, form=form)
        self._judge(answer, event_id, endpoint)

    async def delete(self, event_id: str) -> None:
        """Begin to delete an event; where none is, nothing is done. It may go later, or never: look.

        Raises Refused without the right to write.
        """
        endpoint = "DELETE /api/events/{id}"
        answer = await self._call("DELETE", (event_id,), endpoint)
        if answer.status != 404:
            self._judge(answer, event_id, endpoint)

    async def _call(
        self,
        method: str,
        path: tuple[str, ...],
        endpoint: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        if not all(path):
            raise ValueError("an empty part of an address would mean something else")
        headers = dict(self._opencast.credentials)
        headers["Accept"] = media_type(await self._opencast.version())
        return await self._rest.call(
            method,
            path_of("api", "events", *path),
            endpoint=endpoint,
            query=query,
            form=form,
            headers=headers,
            policy=ONCE,
        )

    def _judge(self, answer: Answer, event_id: str, endpoint: str) -> None:
        where = f"{self._rest.where} {endpoint}"
        if answer.status == 404:
            raise Gone(f"Opencast has nothing there (any more): {said(answer)}", where=f"event {event_id}")
        if answer.status == 403 and not answer.body.strip():
            raise ServerFault("a workflow has it just now", where=f"event {event_id}")
        if answer.status in {400, 403, 409, 415}:
            advice = "the account needs the right to write in the event's access control list"
            raise Refused(
                f"Opencast does not let that be done (HTTP {answer.status})",
                where=f"event {event_id}",
                advice=advice if answer.status == 403 else "",
            )
        judge_account(answer, endpoint, where)
        if not 200 <= answer.status < 300:
            raise ServerFault(f"answers HTTP {answer.status}", where=where)


def said(answer: Answer) -> str:
    """Return what an endpoint says about its refusal, as far as it fits a sentence."""
    if "html" in answer.headers.get("Content-Type", "").lower():
        return "no reason"
    return " ".join(answer.body[:200].decode("utf-8", "replace").split()) or "no reason"
