"""The calls of VALT's API v3: every read a GET, every write a POST, with or without a slash at the end.

Sources: IVS wiki, API_Authentication, API_Create_Schedule, API_List_Schedules, API_Schedule_Details,
API_List_Rooms, API_List_Schedule_Conflicts, API_Update_Schedule, API_Delete_Schedule,
API_Delete_Next_Instance, API_List_Templates, API_Template_Details, API_List_Template_Fields, API_List_Users,
API_List_User_Groups; ivs-valt-python (schedule/blocked, rooms/info, admin/general).
Not established and chosen here: without the right to it, all under admin/ is a 403; the token is looked at
before the path, so an unknown path is a 401 without one and a 404 with one.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from pipelines.sandbox.switches import Switches
from pipelines.sandbox.valt.answers import Refused, answer, document, error
from pipelines.sandbox.valt.holdings import Holdings
from pipelines.sandbox.valt.login import Account, Tokens
from pipelines.sandbox.valt.model import Schedule
from pipelines.sandbox.valt.render import Row, room_row, schedule_row
from pipelines.sandbox.valt.templates import GROUPS, TEMPLATE, USERS, field_rows, template_row

API = "/api/v3"
SLASH = "{slash:/?}"
LOGIN = "login"
ADMIN = frozenset({"rooms", "version", "templates", "template", "template_fields", "users", "user_groups"})
"""The calls under admin/."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """The handlers of the API, and the middlewares that they stand behind."""

    def __init__(self, holdings: Holdings, account: Account, tokens: Tokens, switches: Switches) -> None:
        self._holdings = holdings
        self._account = account
        self._tokens = tokens
        self._switches = switches

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes. What is called blocked or conflict is looked up before the ids."""
        reads: dict[str, tuple[str, Handler]] = {
            "schedules": ("schedule", self.schedules),
            "blocked": ("schedule/blocked", self.blocked),
            "conflict": ("schedule/conflict", self.conflict),
            "schedule": ("schedule/{id}", self.schedule),
            "rooms": ("admin/rooms", self.rooms),
            "rooms_info": ("rooms/info", self.rooms_info),
            "version": ("admin/general", self.version),
            "templates": ("admin/templates", self.templates),
            "template": ("admin/templates/{id}", self.template),
            "template_fields": ("admin/templates/{id}/fields", self.template_fields),
            "users": ("admin/users", self.users),
            "user_groups": ("admin/user_groups", self.user_groups),
        }
        writes: dict[str, tuple[str, Handler]] = {
            LOGIN: ("login", self.login),
            "create": ("schedule", self.create),
            "edit": ("schedule/{id}/edit", self.edit),
            "delete": ("schedule/{id}/delete", self.delete),
            "delete_next": ("schedule/{id}/delete_next", self.delete_next),
        }
        for name, (path, handler) in reads.items():
            router.add_get(f"{API}/{path}{SLASH}", handler, name=name, allow_head=False)
        for name, (path, handler) in writes.items():
            router.add_post(f"{API}/{path}{SLASH}", handler, name=name)

    @web.middleware
    async def guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through that has a token, and the right to what it asks for. Raises Refused."""
        call = request.match_info.route.name
        if call != LOGIN:
            token = request.query.get("access_token", "")
            if not token:
                raise error(401, "No API key provided")
            if not self._tokens.holds(token):
                raise error(401, "Invalid API key")
        if call in ADMIN and self._switches.valt_account == "user":
            raise error(403, "Access denied")
        return await handler(request)

    async def login(self, request: web.Request) -> web.Response:
        """POST login {"username", "password"}: a token."""
        asked = await document(request)
        if not self._account.opened_by(asked):
            raise Refused(401, {"data": "Invalid username or password"})
        return answer({"data": {"access_token": self._tokens.issue()}})

    async def schedules(self, _request: web.Request) -> web.Response:
        """GET schedule: all of them, never in pages, and the ids of those that overlap."""
        listed = [self._row(one) for one in self._holdings.schedules()]
        found = {"schedules": listed, **self._blocked(), **self._conflict(), "total_count": len(listed)}
        return answer({"data": found})

    async def schedule(self, request: web.Request) -> web.Response:
        """GET schedule/{id}."""
        return self._told(self._holdings.schedule(request.match_info["id"]))

    async def blocked(self, _request: web.Request) -> web.Response:
        """GET schedule/blocked: ids."""
        return answer({"data": self._blocked()})

    async def conflict(self, _request: web.Request) -> web.Response:
        """GET schedule/conflict: ids."""
        return answer({"data": self._conflict()})

    async def create(self, request: web.Request) -> web.Response:
        """POST schedule: the new id, in an array or under `data` by version."""
        made = self._holdings.create(await document(request))
        return answer([made.id] if self._switches.valt_version == "5.8" else {"data": made.id})

    async def edit(self, request: web.Request) -> web.Response:
        """POST schedule/{id}/edit: the schedule as it is now, whatever it overlaps with."""
        asked = await document(request)
        return self._told(self._holdings.edit(request.match_info["id"], asked))

    async def delete(self, request: web.Request) -> web.Response:
        """POST schedule/{id}/delete: {}."""
        self._holdings.delete(request.match_info["id"])
        return answer({})

    async def delete_next(self, request: web.Request) -> web.Response:
        """POST schedule/{id}/delete_next: the schedule as it is now, {} where nothing is left of it."""
        left = self._holdings.delete_next(request.match_info["id"])
        return self._told(left) if left else answer({})

    async def rooms(self, _request: web.Request) -> web.Response:
        """GET admin/rooms."""
        return answer({"data": [room_row(room) for room in self._holdings.rooms.values()]})

    async def rooms_info(self, _request: web.Request) -> web.Response:
        """GET rooms/info: the list for everybody."""
        listed = [{"id": room.id, "name": room.name} for room in self._holdings.rooms.values()]
        return answer({"data": {"rooms": listed}})

    async def version(self, _request: web.Request) -> web.Response:
        """GET admin/general."""
        return answer({"data": {"version": f"{self._switches.valt_version}.0"}})

    async def templates(self, _request: web.Request) -> web.Response:
        """GET admin/templates."""
        return answer({"data": [TEMPLATE]})

    async def template(self, request: web.Request) -> web.Response:
        """GET admin/templates/{id}."""
        return answer({"data": template_row(request.match_info["id"])})

    async def template_fields(self, request: web.Request) -> web.Response:
        """GET admin/templates/{id}/fields."""
        template_row(request.match_info["id"])
        return answer({"data": field_rows(self._switches.valt_required == "on")})

    async def users(self, _request: web.Request) -> web.Response:
        """GET admin/users."""
        return answer({"data": {"users": [{"id": one, "name": name} for one, name in USERS.items()]}})

    async def user_groups(self, _request: web.Request) -> web.Response:
        """GET admin/user_groups: under userGroups."""
        return answer({"data": {"userGroups": [{"id": one, "name": name} for one, name in GROUPS.items()]}})

    def _blocked(self) -> dict[str, list[int]]:
        return {"blocked_schedules": sorted(self._holdings.overlaps().blocked)}

    def _conflict(self) -> dict[str, list[int]]:
        return {"conflict_schedules": sorted(self._holdings.overlaps().conflict)}

    def _told(self, schedule: Schedule) -> web.Response:
        return answer({"data": self._row(schedule)})

    def _row(self, schedule: Schedule) -> Row:
        holdings = self._holdings
        return schedule_row(schedule, holdings.rooms, self._switches.valt_version, holdings.now())
