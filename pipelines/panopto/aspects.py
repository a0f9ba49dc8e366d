"""What a session has besides its films: captions, tags, an access level and permissions, by /api/v1.

Source: Panopto's Swagger 2.0 (panoptoApi.json). Tags and access level are set whole, so saying it twice does
no harm. Captions and permissions are added: where the answer is lost it is looked before it is said again.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import anyio

from engine import Answer, Final, RetryPolicy, ServerFault, Throttled, Transient, retrying
from pipelines.panopto.calls import ONCE, Calls, is_fine, is_page
from pipelines.rest import path_of

MOST_PAGES = 100
"""Pages of one list of permissions; one that goes on is taken to have no end."""


class Level(StrEnum):
    """Who may see a session or folder, from the fewest to the most (AccessLevel)."""

    RESTRICTED = "Restricted"
    ORGANIZATION_UNLISTED = "OrganizationUnlisted"
    ORGANIZATION = "Organization"
    PUBLIC_UNLISTED = "PublicUnlisted"
    PUBLIC = "Public"

    def is_wider(self, other: "Level") -> bool:
        """Whether more people may see it than at another level."""
        return list(Level).index(self) > list(Level).index(other)


Kind = Literal["User", "Group"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a group, by its GUID and the name that people know it by."""

    id: str
    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Access:
    """The level of a session that counts; `inherited` where that is its folder's, whatever it has itself."""

    level: Level
    inherited: bool


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """What a principal may: `role` is Viewer, Creator, Publisher or a name of the site's own."""

    role: str
    principal_id: str
    kind: str
    inherited: bool = False


class InDoubt(Final):
    """A caption file was sent, its answer was lost, and Panopto does not tell whether it has it."""

    code = "in_doubt"


class Aspects:
    """The calls. All raise AccountRefused, Refused where there is no such session or no right, or a Transient
    error where trying again did not help."""

    def __init__(
        self,
        calls: Calls,
        *,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        awaiting: float = 30.0,
    ) -> None:
        self._calls = calls
        self._awaiting = awaiting
        self._policy = policy or RetryPolicy()
        self._sleep = sleep

    async def tags(self, session_id: str) -> tuple[str, ...]:
        """Return a session's tags."""
        json = await self._get(_session(session_id, "tags"), "GET sessions/{id}/tags")
        return tuple(one["Content"] for one in _results(json, self._calls.where) if one.get("Content"))

    async def set_tags(self, session_id: str, tags: tuple[str, ...]) -> None:
        """Make these the tags of a session; others that it has go."""
        await self._put(_session(session_id, "tags"), "PUT sessions/{id}/tags", {"Tags": list(tags)})

    async def access(self, session_id: str) -> Access:
        """Return who may see a session; what it inherits counts where that is wider."""
        json = await self._get(
            _session(session_id, "settings", "access"), "GET sessions/{id}/settings/access"
        )
        try:
            return Access(Level(json["Level"]), json.get("IsInherited") is True)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ServerFault("tells no access level", where=self._calls.where) from None

    async def set_access(self, session_id: str, level: Level) -> None:
        """Say who may see a session."""
        body = {"IsInherited": False, "Level": level.value}
        path = _session(session_id, "settings", "access")
        await self._put(path, "PUT sessions/{id}/settings/access", body)

    async def permissions(self, session_id: str) -> tuple[Permission, ...]:
        """Return what users and groups may do with a session, what they inherit included."""
        found: list[Permission] = []
        for page in range(MOST_PAGES):
            path, endpoint = _session(session_id, "permissions"), "GET sessions/{id}/permissions"
            json = await self._get(path, endpoint, {"pageNumber": str(page)})
            fresh = [_permission(one) for one in _results(json, self._calls.where)]
            if not (new := [one for one in fresh if one not in found]):
                return tuple(found)
            found += new
        raise ServerFault("lists permissions without an end", where=self._calls.where)

    async def grant(self, session_id: str, role: str, principal: Principal) -> None:
        """Give a user or group a role on a session, unless it has it, of its own or from above."""

        async def once() -> None:
            have = await self.permissions(session_id)
            if any(one.role == role and one.principal_id == principal.id for one in have):
                return
            body = _as_asked(role, principal)
            path, endpoint = _session(session_id, "permissions"), "POST sessions/{id}/permissions"
            answer = await self._calls.call("POST", path, endpoint=endpoint, json=body, policy=ONCE)
            if not is_done(answer):
                what = f"does not make {principal.name} {role} of session {session_id}"
                raise self._calls.refusal(answer, what)

        await retrying(once, policy=self._policy, sleep=self._sleep)

    async def revoke(self, session_id: str, role: str, principal: Principal) -> None:
        """Take a role on a session away again, where it has it of its own; what comes from above stays."""

        async def once() -> None:
            have = await self.permissions(session_id)
            own = [one for one in have if not one.inherited]
            if not any(one.role == role and one.principal_id == principal.id for one in own):
                return
            query = _as_asked(role, principal)
            path, endpoint = _session(session_id, "permissions"), "DELETE sessions/{id}/permissions"
            answer = await self._calls.call("DELETE", path, endpoint=endpoint, query=query, policy=ONCE)
            if not is_done(answer):
                what = f"does not take {role} of session {session_id} from {principal.name}"
                raise self._calls.refusal(answer, what)

        await retrying(once, policy=self._policy, sleep=self._sleep)

    async def users(self, name: str) -> tuple[Principal, ...]:
        """Return the users that are called exactly so, whatever the case."""
        return await self._principals("users", name, "User", "Username")

    async def groups(self, name: str) -> tuple[Principal, ...]:
        """Return the groups that are called exactly so, whatever the case."""
        return await self._principals("groups", name, "Group", "Name")

    async def has_captions(self, session_id: str, *, awaited: bool = False) -> bool:
        """Tell whether a session has captions in any language.

        Where some are `awaited` they are looked for again and again: how late Panopto tells of captions that
        it has is not known.
        """
        left, wait = self._awaiting if awaited else 0.0, 1.0
        while not await self._tells_of_captions(session_id):
            if left <= 0:
                return False
            await self._sleep(min(wait, left))
            left, wait = left - wait, 2 * wait
        return True

    async def _tells_of_captions(self, session_id: str) -> bool:
        json = await self._get(_session(session_id), "GET sessions/{id}")
        urls = json.get("Urls") if isinstance(json, dict) else None
        return isinstance(urls, dict) and bool(urls.get("CaptionDownloadUrl"))

    async def add_captions(
        self, session_id: str, language: str, webvtt: bytes, *, others: bool = False
    ) -> None:
        """Give a session captions; `language` is one of Panopto's own words (panopto.languages).

        `others` is whether it is known to have some in other languages, which it may not tell of yet. Times
        are those of the edited session. Raises InDoubt where the answer was lost, the session had captions
        before, and so nobody can tell whether these are there.
        """
        before = others or await self.has_captions(session_id)
        unheard = False

        async def once() -> None:
            nonlocal unheard
            if unheard and await self.has_captions(session_id, awaited=True):
                return
            try:
                await self._add_captions(session_id, language, webvtt)
            except Throttled:
                raise  # It was not taken.
            except Transient as error:
                if before:
                    raise InDoubt(
                        f"may have taken the captions in {language}, or not",
                        where=self._calls.where,
                        advice="look at the session, and add them by hand where they are missing",
                    ) from error
                unheard = True  # Until a look tells: one that fails is followed by another, not by a POST.
                unheard = await self.has_captions(session_id, awaited=True)
                if not unheard:
                    raise

        await retrying(once, policy=self._policy, sleep=self._sleep)

    async def _add_captions(self, session_id: str, language: str, webvtt: bytes) -> None:
        body, kind = form_of({"language": language}, "captions.vtt", "text/vtt", webvtt)
        path, endpoint = _session(session_id, "captions"), "POST sessions/{id}/captions"
        headers = {"Content-Type": kind}
        answer = await self._calls.call(
            "POST", path, endpoint=endpoint, body=body, headers=headers, policy=ONCE
        )
        if not is_done(answer):
            raise self._calls.refusal(answer, f"does not take captions in {language}")

    async def _principals(self, path: str, name: str, kind: Kind, field: str) -> tuple[Principal, ...]:
        whole, endpoint = path_of("Panopto", "api", "v1", path, "search"), f"GET {path}/search"
        json = await self._get(whole, endpoint, {"searchQuery": name})
        found = [
            Principal(str(one.get("Id") or "").lower(), str(one.get(field) or ""), kind)
            for one in _results(json, self._calls.where)
        ]
        return tuple(one for one in found if one.id and one.name.casefold() == name.casefold())

    async def _get(self, path: str, endpoint: str, query: dict[str, str] | None = None) -> Any:
        answer = await self._calls.call("GET", path, endpoint=endpoint, query=query)
        if not is_done(answer):
            raise self._calls.refusal(answer, f"does not answer {endpoint}")
        return self._calls.read(lambda json, _: json, answer)

    async def _put(self, path: str, endpoint: str, body: dict[str, Any]) -> None:
        answer = await self._calls.call("PUT", path, endpoint=endpoint, json=body)
        if not is_done(answer):
            raise self._calls.refusal(answer, f"refuses {endpoint}")


def form_of(fields: dict[str, str], name: str, kind: str, content: bytes) -> tuple[bytes, str]:
    """Return a multipart/form-data body (RFC 7578) with fields and one file, and its Content-Type."""
    boundary = f"ferry-{secrets.token_hex(16)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), content, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def is_done(answer: Answer) -> bool:
    """Whether the answer is a yes, and Panopto's own: a page with 200 is somebody's who asks to sign in."""
    return is_fine(answer) and not is_page(answer)


def _session(session_id: str, *more: str) -> str:
    return path_of("Panopto", "api", "v1", "sessions", session_id, *more)


def _results(json: Any, where: str) -> list[dict[str, Any]]:
    results = json.get("Results") if isinstance(json, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise ServerFault("answers a list without Results", where=where)
    return results


def _as_asked(role: str, principal: Principal) -> dict[str, str]:
    return {"RoleType": role, "PrincipalId": principal.id, "PrincipalType": principal.kind}


def _permission(json: dict[str, Any]) -> Permission:
    principal, role = json.get("Principal") or {}, json.get("Role") or {}
    return Permission(
        str(role.get("Name") or ""),
        str(principal.get("Id") or "").lower(),
        str(principal.get("Type") or ""),
        json.get("IsInherited") is True,
    )
