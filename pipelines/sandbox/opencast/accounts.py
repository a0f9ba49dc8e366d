"""Who may do what: Basic credentials and session cookies, roles, and how Opencast turns people away.

Source: opencast/opencast, etc/security/mh_default_org.xml. No credentials are answered with a redirect to the
login page, wrong ones with 401, good ones without the role with an HTML 403.
"""

import base64
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from pipelines.sandbox.opencast import pages

AccountKind = Literal["reader", "editor", "admin", "least", "unlisted", "powerless"]
ADMIN, MIGRATION = "ROLE_ADMIN", "ROLE_MIGRATION"
ASSETS = "ROLE_UI_EVENTS_DETAILS_ASSETS_VIEW"
API_ROLES = (
    "ROLE_API", "ROLE_API_EVENTS_VIEW", "ROLE_API_EVENTS_ACL_VIEW", "ROLE_API_EVENTS_MEDIA_VIEW",
    "ROLE_API_EVENTS_METADATA_VIEW", "ROLE_API_EVENTS_PUBLICATIONS_VIEW", "ROLE_API_EVENTS_SCHEDULING_VIEW",
    "ROLE_API_SERIES_VIEW", "ROLE_API_SECURITY_EDIT", ASSETS,
)  # fmt: skip
EDIT_ROLES = (
    "ROLE_API_EVENTS_ACL_EDIT", "ROLE_API_EVENTS_ACL_DELETE", "ROLE_API_EVENTS_METADATA_EDIT",
    "ROLE_API_EVENTS_DELETE",
)  # fmt: skip
ROLES: dict[AccountKind, tuple[str, ...]] = {
    "reader": (*API_ROLES, MIGRATION),
    "editor": (*API_ROLES, *EDIT_ROLES, MIGRATION),
    "admin": (ADMIN,),
    "least": ("ROLE_API", "ROLE_API_EVENTS_VIEW", MIGRATION),
    "unlisted": API_ROLES,
    "powerless": ("ROLE_STUDENT",),
}
OPEN_PATHS = frozenset({"/sysinfo/bundles/version", pages.LOGIN})
SEARCH = "/search/"
"""Below it anybody may ask; a wrong password is refused there too."""
BELOW = re.compile(r"/api/events/[^/]+/(acl|media|metadata|publications|scheduling)(?:/.*)?")
COOKIE = "JSESSIONID"

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Account:
    """An account; the kind says what it may do (editor: also change events; admin: all; least: read events,
    and nothing that lies below them; unlisted: no event's ACL names its roles)."""

    username: str
    password: str = field(repr=False)
    kind: AccountKind = "reader"

    @property
    def roles(self) -> tuple[str, ...]:
        """All its roles."""
        return (*ROLES[self.kind], f"ROLE_USER_{self.username.upper()}")

    def has(self, role: str) -> bool:
        """Whether it has that role; an administrator has every role."""
        return ADMIN in self.roles or role in self.roles

    def reads(self, readers: tuple[str, ...]) -> bool:
        """Whether an access control list lets it read."""
        return any(self.has(role) for role in (ADMIN, *readers))


@dataclass(slots=True)
class Door:
    """Lets requests in by Basic credentials, or by the cookie that an earlier one got."""

    account: Account
    sessions: set[str] = field(default_factory=set)

    def known(self, request: web.Request) -> bool | None:
        """True for good credentials, False for wrong ones, None for none."""
        header = request.headers.get("Authorization")
        if header is None:
            return True if request.cookies.get(COOKIE) in self.sessions else None
        right = f"{self.account.username}:{self.account.password}"
        return secrets.compare_digest(_credentials(header), right.encode())

    def refusal(self, request: web.Request) -> web.Response | None:
        """How a request to the API's host is turned away, or None."""
        if request.path in OPEN_PATHS:
            return None
        searches = request.path.startswith(SEARCH)
        match self.known(request):
            case None if not searches:
                return pages.to_login(f"{request.scheme}://{request.host}")
            case False:
                return pages.html(401, "Bad credentials")
        if searches:
            return None
        return None if self.account.has(_needed(request)) else pages.html(403, "Access Denied")

    def guard(self) -> Any:
        """A middleware that turns away who may not come in, and gives the others a session."""

        @web.middleware
        async def at_the_door(request: web.Request, handler: Answer) -> web.StreamResponse:
            response = self.refusal(request) or await handler(request)
            fresh = COOKIE not in request.cookies and self.known(request)
            if fresh and response.status < 300 and not response.prepared:
                session = secrets.token_hex(16)
                self.sessions.add(session)
                response.set_cookie(COOKIE, session, path="/", httponly=True)
            return response

        return at_the_door


def _needed(request: web.Request) -> str:
    """The role that a request needs: what lies below an event has one of its own for those who read it."""
    if request.path.startswith("/assets/"):
        return ASSETS
    below = BELOW.fullmatch(request.path) if request.method == "GET" else None
    return f"ROLE_API_EVENTS_{below[1].upper()}_VIEW" if below else "ROLE_API"


def _credentials(header: str) -> bytes:
    """What a Basic header carries, "name:password"; nothing for any other header."""
    scheme, _, encoded = header.partition(" ")
    try:
        return base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return b""
