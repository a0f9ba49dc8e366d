"""Access levels and permissions of sessions and folders under /api/v1.

Source: Panopto's Swagger 2.0, also of the statuses: where it names no 404, what is not there is a 400. Not
established and chosen here: a role that the principal has already is refused (400), as is a RoleType that
contradicts the RoleId; only what was granted here can be taken away, a role from above is a 400.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from aiohttp import web

from pipelines.sandbox.panopto import rights
from pipelines.sandbox.panopto.answers import API, Refused, answer, checked_guid, document, route
from pipelines.sandbox.panopto.lists import page
from pipelines.sandbox.panopto.model import Folder, Grant, Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.reach import Reach
from pipelines.sandbox.panopto.rights import LEVELS, ROLES, Permission
from pipelines.sandbox.panopto.site import Site

PRINCIPALS = ("User", "Group")

Item = Session | Folder
Find = Callable[[web.Request, int], Item]


class Sharing:
    """The handlers of both; `find` is what looks up the session or the folder."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._reach = Reach(site, tokens)

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes, each for sessions and for folders."""
        kinds: dict[str, Find] = {"session": self._reach.own_session, "folder": self._reach.own_folder}
        for kind, find in kinds.items():
            access = route(API, f"/{kind}s/{{id}}/settings/access")
            granted = route(API, f"/{kind}s/{{id}}/permissions")
            router.add_get(
                access, partial(self.get_access, find), name=f"get_{kind}_access", allow_head=False
            )
            router.add_put(access, partial(self.put_access, find), name=f"update_{kind}_access")
            router.add_get(
                granted, partial(self.permissions, find), name=f"{kind}_permissions", allow_head=False
            )
            router.add_post(granted, partial(self.grant, find), name=f"create_{kind}_permission")
            router.add_delete(granted, partial(self.revoke, find), name=f"delete_{kind}_permission")

    async def get_access(self, find: Find, request: web.Request) -> web.Response:
        """GET .../settings/access: the level that counts."""
        return self._access(find(request, 404))

    async def put_access(self, find: Find, request: web.Request) -> web.Response:
        """PUT .../settings/access: 200 and the level that counts, which may be a broader one."""
        item = find(request, 404)
        asked = await document(request)
        inherits, level = asked.get("IsInherited"), asked.get("Level")
        if not isinstance(inherits, bool):
            raise Refused(400, "IsInherited is missing.", "IsInherited")
        if level not in LEVELS:
            raise Refused(400, f"Level is none of {', '.join(LEVELS)}.", "Level")
        if isinstance(item, Folder) and inherits:
            self._inherit(item)
        else:
            item.access.level = level
        return self._access(item)

    async def permissions(self, find: Find, request: web.Request) -> web.Response:
        """GET .../permissions: its own and those from above, in pages."""
        held = rights.permissions(find(request, 400), self._site.folders)
        return page(request, (_permission(one) for one in held))

    async def grant(self, find: Find, request: web.Request) -> web.Response:
        """POST .../permissions: 200 and the permission; never of a folder that inherits."""
        item = find(request, 400)
        asked = await document(request)
        kind, principal = _principal(asked)
        role = _role(asked)
        if role is None:
            raise Refused(400, "Neither RoleType nor RoleId names a role.", "RoleType")
        if not self._site.people.holds(kind, principal):
            raise Refused(400, "The principal was not found.", "PrincipalId")
        if isinstance(item, Folder) and rights.settings(item, self._site.folders).inherited:
            raise Refused(400, "The access of the folder is inherited.", "id")
        given = Grant(principal, kind, role)
        if given in item.access.grants:
            raise Refused(400, "The principal has this role already.", "PrincipalId")
        item.access.grants.append(given)
        return answer(_permission(Permission(False, given)))

    async def revoke(self, find: Find, request: web.Request) -> web.Response:
        """DELETE .../permissions with the grant in the query; without a role all of the principal's own."""
        item = find(request, 404)
        asked = {name: value or None for name, value in request.query.items()}
        kind, principal = _principal(asked)
        role = _role(asked)

        def meant(grant: Grant) -> bool:
            same = (grant.principal_type, grant.principal_id) == (kind, principal)
            return same and role in {None, grant.role}

        if not any(meant(one) for one in item.access.grants):
            held = rights.permissions(item, self._site.folders)
            above = any(meant(one.grant) for one in held)
            raise Refused(
                400 if above else 404, "The permission is inherited." if above else "No such permission."
            )
        item.access.grants = [one for one in item.access.grants if not meant(one)]
        fields = ("RoleId", "RoleType", "PrincipalId", "PrincipalType")
        return answer({name: asked.get(name) for name in fields})

    def _inherit(self, folder: Folder) -> None:
        if folder.parent is None:
            raise Refused(400, "A top-level folder cannot inherit.", "IsInherited")
        folder.access.level = None
        folder.access.grants.clear()

    def _access(self, item: Item) -> web.Response:
        counts = rights.settings(item, self._site.folders)
        return answer({"IsInherited": counts.inherited, "Level": counts.level})


def _principal(asked: dict[str, Any]) -> tuple[str, str]:
    kind = asked.get("PrincipalType")
    if kind not in PRINCIPALS:
        raise Refused(400, "PrincipalType is neither User nor Group.", "PrincipalType")
    return kind, checked_guid(asked.get("PrincipalId"), "PrincipalId")


def _role(asked: dict[str, Any]) -> str | None:
    """The role that is meant, by its type or its id; None where neither is given."""
    kind, role_id = asked.get("RoleType"), asked.get("RoleId")
    if kind not in (None, "None", *ROLES):
        raise Refused(400, f"RoleType is none of None, {', '.join(ROLES)}.", "RoleType")
    named = {name for name in ROLES if name == kind}
    if role_id is not None:
        wanted = checked_guid(role_id, "RoleId")
        found = {name for name, one in ROLES.items() if one == wanted}
        if not found or (named and named != found):
            raise Refused(400, "RoleId is no role, or not the one of RoleType.", "RoleId")
        named = found
    return named.pop() if named else None


def _permission(permission: Permission) -> dict[str, Any]:
    grant = permission.grant
    return {
        "IsInherited": permission.inherited,
        "Principal": {"Id": grant.principal_id, "Type": grant.principal_type},
        "Role": {"Id": ROLES[grant.role], "Name": grant.role},
    }
