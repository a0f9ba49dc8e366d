"""Users and groups under /api/v1: found by the beginnings of the words in their names.

Source: Panopto's Swagger 2.0, where neither search has pages: what is beyond the first 25 cannot be had.
GET /users/{id} is in no document; that it answers, with the e-mail, is told from the field.
"""

from aiohttp import web

from pipelines.sandbox.panopto.answers import API, Refused, answer, checked_guid, route, user
from pipelines.sandbox.panopto.lists import PAGE, wanted
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.people import People


class Directory:
    """The handlers of users and groups."""

    def __init__(self, people: People, tokens: Tokens) -> None:
        self._people = people
        self._tokens = tokens

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_get(route(API, "/users/search"), self.users, name="search_users", allow_head=False)
        router.add_get(route(API, "/users/{id}"), self.get_user, name="get_user", allow_head=False)
        router.add_get(route(API, "/groups/search"), self.groups, name="search_groups", allow_head=False)

    async def users(self, request: web.Request) -> web.Response:
        """GET /users/search."""
        user(request, self._tokens)
        is_wanted = wanted(request)
        found = [one for one in self._people.users if is_wanted(one.username)]
        return answer({"Results": [{"Id": one.id, "Username": one.username} for one in found[:PAGE]]})

    async def get_user(self, request: web.Request) -> web.Response:
        """GET /users/{id}."""
        user(request, self._tokens)
        wanted_id = checked_guid(request.match_info["id"], "id")
        for one in self._people.users:
            if one.id == wanted_id:
                return answer({"Id": one.id, "Username": one.username, "Email": one.email})
        raise Refused(404, "The requested user was not found.", "id")

    async def groups(self, request: web.Request) -> web.Response:
        """GET /groups/search."""
        user(request, self._tokens)
        is_wanted = wanted(request)
        found = [one for one in self._people.groups.values() if is_wanted(one.name)]
        return answer({"Results": [{"Id": one.id, "Name": one.name} for one in found[:PAGE]]})
