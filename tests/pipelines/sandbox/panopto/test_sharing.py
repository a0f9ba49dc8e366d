"""Access levels and permissions under /api/v1."""

from typing import Any

import pytest

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.panopto.rights import ROLES
from pipelines.sandbox.switches import Switches

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def user(caller: Any, name: str) -> str:
    """The id of a user."""
    return caller.site.people.user(name).id


async def test_a_level_narrower_than_the_folders_is_taken_and_does_nothing(panopto: Any) -> None:
    """PUT answers 200 with the level that counts; the audit has both."""
    async with panopto(Switches(rate_limit="off", folder_access="Organization")) as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/settings/access"
        asked = {"IsInherited": False, "Level": "Restricted"}
        inherited = {"IsInherited": True, "Level": "Organization"}
        assert await caller.rest("PUT", path, asked) == (200, inherited)
        assert await caller.rest("GET", path) == (200, inherited)
        ((row),) = caller.audit.sessions()
        assert row["access"] == {"level": "Organization", "inherited": True, "own": "Restricted"}
        broader = {"IsInherited": False, "Level": "Public"}
        assert await caller.rest("PUT", path, {**broader, "IsInherited": True}) == (200, broader)


async def test_a_folder_inherits_only_below_another(panopto: Any) -> None:
    """At the top it is a 400; below, the level that comes with it is ignored and its own grants are gone."""
    async with panopto() as caller:
        top = f"api/v1/folders/{caller.folder}/settings/access"
        inherit = {"IsInherited": True, "Level": "Public"}
        assert (await caller.rest("PUT", top, inherit))[0] == 400
        _, below = await caller.rest("POST", "api/v1/folders", {"Name": "Below", "Parent": caller.folder})
        path = f"api/v1/folders/{below['Id']}"
        own = {"IsInherited": False, "Level": "Organization"}
        assert await caller.rest("PUT", f"{path}/settings/access", own) == (200, own)
        grant = {"PrincipalType": "User", "PrincipalId": user(caller, "jsmith"), "RoleType": "Viewer"}
        assert (await caller.rest("POST", f"{path}/permissions", grant))[0] == 200
        _, after = await caller.rest("PUT", f"{path}/settings/access", inherit)
        assert after == {"IsInherited": True, "Level": "Restricted"}
        assert (await caller.rest("POST", f"{path}/permissions", grant))[0] == 400
        _, held = await caller.rest("GET", f"{path}/permissions")
        assert [one["IsInherited"] for one in held["Results"]] == [True]


@pytest.mark.parametrize(
    "asked",
    [{}, {"Level": "Public"}, {"IsInherited": False}, {"IsInherited": "no", "Level": "Public"},
     {"IsInherited": False, "Level": "public"}],
)  # fmt: skip
async def test_settings_that_are_not_whole_are_refused(panopto: Any, asked: dict[str, Any]) -> None:
    """Both fields are required, and the level is one of the published."""
    async with panopto() as caller:
        session = await caller.empty_session()
        assert (await caller.rest("PUT", f"api/v1/sessions/{session}/settings/access", asked))[0] == 400


async def test_a_role_is_granted_told_and_taken_away(panopto: Any) -> None:
    """By its type or its id, to users and groups; a DELETE without a role takes all of the principal's."""
    async with panopto() as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/permissions"
        who = {"PrincipalType": "User", "PrincipalId": user(caller, "idp\\jsmith")}
        status, made = await caller.rest("POST", path, {**who, "RoleType": "Viewer"})
        assert (status, made["IsInherited"], made["Role"]["Name"]) == (200, False, "Viewer")
        by_id = {**who, "RoleId": ROLES["Publisher"], "RoleType": "None"}
        assert (await caller.rest("POST", path, by_id))[1]["Role"]["Name"] == "Publisher"
        group = next(iter(caller.site.people.groups))
        asked = {"PrincipalType": "Group", "PrincipalId": group, "RoleType": "Viewer"}
        assert (await caller.rest("POST", path, asked))[0] == 200
        _, held = await caller.rest("GET", path)
        told = [
            (one["IsInherited"], one["Principal"]["Type"], one["Role"]["Name"]) for one in held["Results"]
        ]
        assert told == [
            (False, "User", "Viewer"), (False, "User", "Publisher"), (False, "Group", "Viewer"),
            (True, "User", "Creator"),
        ]  # fmt: skip
        query = f"?PrincipalType=User&PrincipalId={who['PrincipalId']}"
        status, gone = await caller.rest("DELETE", path + query)
        assert (status, gone) == (200, {**who, "RoleId": None, "RoleType": None})
        ((row),) = caller.audit.sessions()
        assert row["permissions"] == [{"principal_id": group, "principal_type": "Group", "role": "Viewer"}]


async def test_what_cannot_be_granted(panopto: Any) -> None:
    """Unknown, of the other type, without a role, with a wrong one, or there already: 400."""
    async with panopto() as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/permissions"
        good = {"PrincipalType": "User", "PrincipalId": user(caller, "jsmith"), "RoleType": "Viewer"}
        wrong = [
            {"PrincipalId": UNKNOWN}, {"PrincipalId": "jsmith"}, {"PrincipalType": "Group"},
            {"PrincipalType": None}, {"PrincipalType": []}, {"RoleType": []},
            {"RoleType": None}, {"RoleType": "None"}, {"RoleType": "Owner"},
            {"RoleId": UNKNOWN}, {"RoleId": ROLES["Creator"]},
        ]  # fmt: skip
        statuses = [(await caller.rest("POST", path, {**good, **change}))[0] for change in wrong]
        assert statuses == [400] * len(wrong)
        assert [(await caller.rest("POST", path, good))[0] for _ in range(2)] == [200, 400]
        assert (await caller.rest("POST", f"api/v1/sessions/{UNKNOWN}/permissions", good))[0] == 400


async def test_what_cannot_be_taken_away(panopto: Any) -> None:
    """A permission from above is a 400, one that is not there a 404, as is an unknown session."""
    async with panopto() as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/permissions?PrincipalType=User&PrincipalId="
        assert (await caller.rest("DELETE", path + user(caller, "ferry")))[0] == 400
        assert (await caller.rest("DELETE", path + user(caller, "jsmith")))[0] == 404
        unknown = path.replace(session, UNKNOWN) + user(caller, "jsmith")
        assert (await caller.rest("DELETE", unknown))[0] == 404


async def test_rights_in_a_folder_of_others_are_refused(panopto: Any) -> None:
    """403 without the right to change it, for reading too; 401 with a dead token."""
    async with panopto() as caller:
        foreign = caller.foreign_session()
        paths = [f"sessions/{foreign}", f"folders/{caller.panopto.public_folder.id}"]
        for path in paths:
            for tail in ("settings/access", "permissions"):
                assert (await caller.rest("GET", f"api/v1/{path}/{tail}"))[0] == 403
                assert (await caller.rest("GET", f"api/v1/{path}/{tail}", token="dead"))[0] == 401
            assert (await caller.rest("PUT", f"api/v1/{path}/settings/access", {}))[0] == 403
            assert (await caller.rest("POST", f"api/v1/{path}/permissions", {}))[0] == 403
            assert (await caller.rest("DELETE", f"api/v1/{path}/permissions"))[0] == 403


async def test_a_grant_whose_answer_was_lost_is_there(panopto: Any) -> None:
    """Who grants it again is refused, and can read that it is there."""
    faults = [Fault("panopto.create_session_permission", "lose_answer")]
    async with panopto(faults=faults) as caller:
        session = await caller.empty_session()
        path = f"api/v1/sessions/{session}/permissions"
        good = {"PrincipalType": "User", "PrincipalId": user(caller, "jsmith"), "RoleType": "Viewer"}
        with pytest.raises(OSError, match=r"reset|disconnected|closed"):
            await caller.rest("POST", path, good)
        assert (await caller.rest("POST", path, good))[0] == 400
        assert (await caller.rest("GET", path))[1]["Results"][0]["Principal"]["Id"] == good["PrincipalId"]
