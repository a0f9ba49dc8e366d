"""Every answer under /api/v1, good or bad, is one that Panopto's published Swagger knows."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fakes.panopto_caller import FILM
from fakes.swagger import Swagger

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ZERO = "00000000-0000-0000-0000-000000000000"
SRT = b"1\n00:00:01,000 --> 00:00:02,000\nWelcome\n"
NONE = re.compile("")
UNDOCUMENTED = {("GET", "/api/v1/users/{id}")}

SESSION, FOLDER = "/api/v1/sessions/{id}", "/api/v1/folders/{id}"
ACCESS = {"IsInherited": False, "Level": "Organization"}
GRANT = {"PrincipalType": "User", "PrincipalId": "{user}", "RoleType": "Viewer"}
TAKEN = "?PrincipalType=User&PrincipalId={user}"

CALLS: tuple[tuple[str, str, str, Any], ...] = (
    ("GET", "/api/v1/auth/legacyLogin", "", None),
    ("GET", SESSION, "", None),
    ("PUT", SESSION, "", {"Name": "Better"}),
    ("PUT", SESSION, "", {"Folder": "nonsense"}),
    ("GET", "/api/v1/sessions/search", "?searchQuery=*", None),
    ("GET", "/api/v1/sessions/search", "", None),
    ("GET", f"{SESSION}/tags", "", None),
    ("PUT", f"{SESSION}/tags", "", {"Tags": ["Physics", "Öffentlich"]}),
    ("PUT", f"{SESSION}/tags", "", {}),
    ("GET", f"{SESSION}/settings/access", "", None),
    ("PUT", f"{SESSION}/settings/access", "", ACCESS),
    ("PUT", f"{SESSION}/settings/access", "", {}),
    ("GET", f"{SESSION}/permissions", "", None),
    ("POST", f"{SESSION}/permissions", "", GRANT),
    ("POST", f"{SESSION}/permissions", "", GRANT),
    ("GET", f"{SESSION}/permissions", "", None),
    ("DELETE", f"{SESSION}/permissions", TAKEN, None),
    ("DELETE", f"{SESSION}/permissions", TAKEN, None),
    ("POST", f"{SESSION}/captions", "", None),
    ("DELETE", f"{SESSION}/captions/languages/{{language}}", "", None),
    ("DELETE", f"{SESSION}/captions", "", None),
    ("DELETE", SESSION, "", None),
    ("GET", FOLDER, "", None),
    ("GET", f"{FOLDER}/children", "", None),
    ("GET", f"{FOLDER}/children", "?sortField=Relevance", None),
    ("GET", f"{FOLDER}/sessions", "", None),
    ("GET", f"{FOLDER}/sessions", "?pageNumber=-1", None),
    ("GET", f"{FOLDER}/settings/access", "", None),
    ("PUT", f"{FOLDER}/settings/access", "", ACCESS),
    ("PUT", f"{FOLDER}/settings/access", "", {"IsInherited": True, "Level": "Public"}),
    ("GET", f"{FOLDER}/permissions", "", None),
    ("POST", f"{FOLDER}/permissions", "", GRANT),
    ("POST", f"{FOLDER}/permissions", "", GRANT),
    ("DELETE", f"{FOLDER}/permissions", TAKEN, None),
    ("DELETE", f"{FOLDER}/permissions", TAKEN, None),
    ("GET", "/api/v1/folders/search", "?searchQuery=physics", None),
    ("GET", "/api/v1/folders/search", "?searchQuery=", None),
    ("GET", "/api/v1/folders/creator", "", None),
    ("GET", "/api/v1/folders/creator", "?sortOrder=Up", None),
    ("POST", "/api/v1/folders", "", {"Name": "Week <1> & more", "Parent": "{folder}"}),
    ("POST", "/api/v1/folders", "", {"Name": "Top"}),
    ("POST", "/api/v1/folders", "", {"Name": " "}),
    ("GET", "/api/v1/users/search", "?searchQuery=jsmith", None),
    ("GET", "/api/v1/users/search", "", None),
    ("GET", "/api/v1/groups/search", "?searchQuery=physics", None),
    ("GET", "/api/v1/groups/search", "", None),
)


@pytest.fixture
def swagger() -> Swagger:
    """Panopto's Swagger."""
    reference = os.environ.get("FERRY_REFERENCE")
    if not reference:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    published = Path(reference) / "panopto-openapi" / "panopto-rest-api.json"
    return Swagger(orjson.loads(published.read_bytes()))


def names(caller: Any, path: str, session: str) -> dict[str, str]:
    """What stands in the braces of paths and bodies."""
    return {
        "id": session if path.startswith(SESSION) else caller.folder,
        "folder": caller.folder,
        "user": caller.site.people.user("jsmith").id,
        "language": "German",
    }


def filled(body: Any, values: dict[str, str]) -> Any:
    """A body with its braces filled."""
    if body is None:
        return None
    return {key: one.format(**values) if isinstance(one, str) else one for key, one in body.items()}


def served(caller: Any) -> Iterator[tuple[str, str]]:
    """Every operation under /api/v1 that the sandbox has."""
    for route in caller.panopto.app.router.routes():
        pattern = route.resource.get_info().get("pattern", NONE).pattern
        fixed = re.search(r"\(\?i:Panopto(/api/v1[^)]*)\)", pattern)
        if fixed:
            yield route.method, route.resource.canonical.replace("/{base}", fixed[1])


async def test_every_answer_is_one_of_the_published(panopto: Any, swagger: Swagger) -> None:
    """Each call, then the same of what is not there, is no id, is not ours, and with a dead token."""
    async with panopto() as caller:
        session = (await caller.session(a__mp4=FILM))["SessionId"]
        form = (("language", None, b"French"), ("file", "a.srt", SRT))
        status = await caller.captions(session, *form)
        wrong = swagger.faults("POST", f"{SESSION}/captions", status, None)
        for method, path, query, body in CALLS:
            mine = names(caller, path, session)
            foreign = caller.foreign_session() if "session" in path else caller.panopto.public_folder.id
            for one in (UNKNOWN, ZERO, "nonsense", foreign, mine["id"]):
                for token in ("dead", None):
                    values = {**mine, "id": one}
                    target = (path + query).format(**values).removeprefix("/")
                    status, answer = await caller.rest(method, target, filled(body, values), token)
                    found = swagger.faults(method, path, status, answer)
                    wrong += [f"{method} {target} {status}: {fault}" for fault in found]
        assert wrong == []


async def test_every_route_is_published_and_called_here(panopto: Any, swagger: Swagger) -> None:
    """But for one that is in no document."""
    async with panopto() as caller:
        routes = set(served(caller))
        called = {(method, path) for method, path, _, _ in CALLS}
        assert routes - UNDOCUMENTED == called
        assert [one for one in routes - UNDOCUMENTED if not swagger.knows(*one)] == []


def test_the_check_sees_what_is_wrong() -> None:
    """A wrong status, type, format, enum, an unknown and a missing field."""
    item = {
        "type": "object",
        "required": ["Id"],
        "properties": {
            "Id": {"type": "string", "format": "guid"},
            "Kind": {"type": "string", "enum": ["User"]},
            "Made": {"type": "string", "format": "date-time"},
            "Uses": {"type": "integer"},
        },
    }
    part = {"allOf": [{"$ref": "#/definitions/Item"}, {"type": "object"}]}
    answers = {"200": {"schema": {"type": "array", "items": part}}, "403": {}}
    swagger = Swagger({"paths": {"/a": {"get": {"responses": answers}}}, "definitions": {"Item": item}})
    good = {"Id": UNKNOWN, "Kind": None, "Made": "2024-01-01T00:00:00Z", "Uses": 1}
    assert swagger.faults("GET", "/a", 200, [good]) == []
    for change in ({"Id": None}, {"Id": "x"}, {"Kind": "Robot"}, {"Made": "2024-01-01"}, {"Uses": True},
                   {"More": 1}):  # fmt: skip
        assert len(swagger.faults("GET", "/a", 200, [{**good, **change}])) == 1
    assert len(swagger.faults("GET", "/a", 200, [{}])) == 1
    assert len(swagger.faults("GET", "/a", 200, {})) == 1
    assert len(swagger.faults("GET", "/a", 404, {})) == 1
    assert len(swagger.faults("GET", "/a", 403, {})) == 1
