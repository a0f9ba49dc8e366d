"""Users and groups."""

from typing import Any


async def test_a_search_finds_names_that_are_nearly_equal(panopto: Any) -> None:
    """Words match by their beginnings, so that one who searches has to choose."""
    async with panopto() as caller:

        async def users(query: str) -> set[str]:
            _, found = await caller.rest("GET", f"api/v1/users/search?searchQuery={query}")
            return {one["Username"] for one in found["Results"]}

        assert await users("jsmith") == {"jsmith", "jsmith2", "idp\\jsmith"}
        assert await users("idp%5Cjsmith") == {"idp\\jsmith"}
        assert await users("nobody") == set()
        _, found = await caller.rest("GET", "api/v1/groups/search?searchQuery=physics%20i")
        assert {one["Name"] for one in found["Results"]} == {
            "Physics I", "physics i", "Physics I (2024)", "idp\\Physics I",
        }  # fmt: skip


async def test_a_search_wants_a_query_and_a_user(panopto: Any) -> None:
    """400 without a query; 401 with a dead token."""
    async with panopto() as caller:
        for kind in ("users", "groups"):
            assert (await caller.rest("GET", f"api/v1/{kind}/search"))[0] == 400
            assert (await caller.rest("GET", f"api/v1/{kind}/search?searchQuery=a", token=""))[0] == 401


async def test_a_user_is_known_by_id_with_an_address(panopto: Any) -> None:
    """GET /users/{id} is in no document; the account that made a session is one."""
    async with panopto() as caller:
        _, session = await caller.rest("GET", f"api/v1/sessions/{await caller.empty_session()}")
        maker = session["CreatedBy"]
        status, told = await caller.rest("GET", f"api/v1/users/{maker['Id']}")
        assert (status, told) == (200, {**maker, "Email": "Ferry@sandbox.invalid"})
        unknown = "00000000-0000-4000-8000-000000000000"
        assert (await caller.rest("GET", f"api/v1/users/{unknown}"))[0] == 404
