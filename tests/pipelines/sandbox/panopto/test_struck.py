"""Every call that writes can lose its answer after it was applied, and every call has its rates."""

from typing import Any

import pytest

from pipelines.sandbox.faults import Fault

WRITES = {
    "update_session": ("PUT", "api/v1/sessions/{session}", {"Name": "Other"}),
    "delete_session": ("DELETE", "api/v1/sessions/{session}", None),
    "create_folder": ("POST", "api/v1/folders", {"Name": "Other"}),
    "update_session_tags": ("PUT", "api/v1/sessions/{session}/tags", {"Tags": ["Other"]}),
    "update_session_access": (
        "PUT",
        "api/v1/sessions/{session}/settings/access",
        {"IsInherited": False, "Level": "Public"},
    ),
    "update_folder_access": (
        "PUT",
        "api/v1/folders/{folder}/settings/access",
        {"IsInherited": False, "Level": "Public"},
    ),
    "create_session_permission": (
        "POST",
        "api/v1/sessions/{session}/permissions",
        {"PrincipalType": "User", "PrincipalId": "{user}", "RoleType": "Viewer"},
    ),
    "create_folder_permission": (
        "POST",
        "api/v1/folders/{folder}/permissions",
        {"PrincipalType": "User", "PrincipalId": "{user}", "RoleType": "Viewer"},
    ),
    "delete_folder_permission": (
        "DELETE",
        "api/v1/folders/{folder}/permissions?PrincipalType=User&PrincipalId={owner}",
        None,
    ),
    "create_session": ("POST", "PublicAPI/REST/session", {"Name": "Other", "ParentFolderID": "{folder}"}),
    "create_stream_upload": ("POST", "PublicAPI/REST/upload", {"SessionID": "{session}"}),
}


def books(caller: Any) -> Any:
    """All that the audit tells of sessions, folders and uploads."""
    return caller.audit.sessions(), caller.audit.listed("folders"), caller.audit.listed("stream-uploads")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(("action", "applied"), [("lose_answer", True), ("reset", False)])
async def test_a_lost_answer_is_applied_and_a_reset_is_not(
    panopto: Any, name: str, action: str, applied: bool
) -> None:
    """The audit differs after the first, and does not after the second."""
    async with panopto(faults=[Fault(f"panopto.{name}", action)]) as caller:
        people = caller.site.people
        names = {
            "session": caller.site.add_session(caller.panopto.default_folder, "Mine").id,
            "folder": caller.folder,
            "user": people.user("jsmith").id,
            "owner": people.user("ferry").id,
        }
        method, path, body = WRITES[name]
        filled = {key: value.format(**names) if isinstance(value, str) else value
                  for key, value in body.items()} if body else None  # fmt: skip
        before = books(caller)
        with pytest.raises(OSError, match=r"reset|disconnected|closed"):
            await caller.rest(method, path.format(**names), filled)
        assert (books(caller) != before) is applied
        assert caller.audit.log[-1].fault == action


async def test_each_call_has_rates_of_its_own(panopto: Any) -> None:
    """The sixth call in a second is a 429; another endpoint is not held up by it."""
    async with panopto(rates=True) as caller:
        path = f"api/v1/folders/{caller.folder}"
        statuses = [(await caller.rest("GET", f"{path}/settings/access"))[0] for _ in range(6)]
        assert statuses == [200] * 5 + [429]
        assert (await caller.rest("GET", f"{path}/permissions"))[0] == 200
