"""Captions, tags, access level and permissions at an emulated Panopto over TLS; its own books judge."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.panopto_caller import Caller, served
from fakes.panopto_client import aspects_at, calls

from engine import Refused, ServerFault, Throttled, Transient
from pipelines.panopto.aspects import Access, Aspects, InDoubt, Level, Permission, Principal, form_of
from pipelines.sandbox import Fault, Switches

GET_ACCESS, SET_ACCESS = "get_session_access", "update_session_access"
LIST, GRANT, REVOKE = "session_permissions", "create_session_permission", "delete_session_permission"
GET_TAGS, SET_TAGS = "get_session_tags", "update_session_tags"
CAPTIONS, SESSION = "upload_session_captions", "get_session"
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning\n"
NOBODY = Principal("00000000-0000-0000-0000-000000000009", "nobody", "User")


@dataclass(frozen=True)
class Scene:
    """A site with one session of ours, and our client."""

    site: Caller
    aspects: Aspects
    session_id: str

    @property
    def audited(self) -> Mapping[str, Any]:
        """What the site has of the session."""
        return next(row for row in self.site.audit.sessions() if row["session_id"] == self.session_id)

    @property
    def granted(self) -> list[tuple[str, str]]:
        """The roles that were granted on the session itself."""
        return [(one["role"], one["principal_id"]) for one in self.audited["permissions"]]

    async def ada(self) -> Principal:
        """A user of the site."""
        (found,) = await self.aspects.users("lovelace")
        return found


@asynccontextmanager
async def scene(folder: Path, *faults: Fault, **switches: Any) -> AsyncIterator[Scene]:
    """Our client at an emulated Panopto."""
    chosen = Switches(rate_limit="off", jitter=0, **switches)
    async with served(folder, chosen, list(faults)) as site, aspects_at(site) as aspects:
        yield Scene(site, aspects, await site.empty_session())


def struck(call: str, action: str, times: int = 1, **arguments: Any) -> Fault:
    """A fault of Panopto's."""
    return Fault(f"panopto.{call}", action, times=times, arguments=arguments)


async def test_tags_are_set_whole(tmp_path: Path) -> None:
    """Those that were there before go; none is none."""
    async with scene(tmp_path) as here:
        for tags in (("physics", "Öffentlich & mehr"), ("optics",), ()):
            await here.aspects.set_tags(here.session_id, tags)
            assert sorted(await here.aspects.tags(here.session_id)) == sorted(tags)
            assert sorted(here.audited["tags"]) == sorted(tags)


async def test_a_level_is_set_and_tells_what_counts(tmp_path: Path) -> None:
    """A session that was given none has its folder's; every level can be set."""
    async with scene(tmp_path) as here:
        assert await here.aspects.access(here.session_id) == Access(Level.RESTRICTED, inherited=True)
        for level in reversed(Level):
            await here.aspects.set_access(here.session_id, level)
            assert (await here.aspects.access(here.session_id)).level is level
            assert here.audited["access"]["own"] == level.value


async def test_a_folder_that_is_wider_counts(tmp_path: Path) -> None:
    """The session is told as what its folder is, whatever it has itself."""
    async with scene(tmp_path, folder_access="Organization") as here:
        await here.aspects.set_access(here.session_id, Level.RESTRICTED)
        assert await here.aspects.access(here.session_id) == Access(Level.ORGANIZATION, inherited=True)
        await here.aspects.set_access(here.session_id, Level.PUBLIC)
        assert await here.aspects.access(here.session_id) == Access(Level.PUBLIC, inherited=False)


def test_levels_have_an_order() -> None:
    """None is wider than itself."""
    order = list(Level)
    assert [[one.is_wider(other) for other in order] for one in order] == [
        [place > other for other in range(len(order))] for place in range(len(order))
    ]


async def test_permissions_are_granted_once_and_taken_away(tmp_path: Path) -> None:
    """What comes from the folder is told as such, and cannot be taken from the session."""
    async with scene(tmp_path) as here:
        (above,) = await here.aspects.permissions(here.session_id)
        assert (above.role, above.inherited) == ("Creator", True)
        ada = await here.ada()
        for _ in range(2):
            await here.aspects.grant(here.session_id, "Viewer", ada)
        assert await here.aspects.permissions(here.session_id) == (
            Permission("Viewer", ada.id, "User"),
            above,
        )
        owner = Principal(above.principal_id, "Ferry", "User")
        await here.aspects.grant(here.session_id, "Creator", owner)
        await here.aspects.revoke(here.session_id, "Creator", owner)
        for _ in range(2):
            await here.aspects.revoke(here.session_id, "Viewer", ada)
        assert here.granted == []
        assert (calls(here.site, GRANT), calls(here.site, REVOKE)) == ([200], [200])


async def test_only_the_role_that_is_meant_is_taken_away(tmp_path: Path) -> None:
    """Another role of the same user stays."""
    async with scene(tmp_path) as here:
        ada = await here.ada()
        for role in ("Viewer", "Creator"):
            await here.aspects.grant(here.session_id, role, ada)
        await here.aspects.revoke(here.session_id, "Creator", ada)
        assert here.granted == [("Viewer", ada.id)]


async def test_permissions_of_many_pages_are_all_read(tmp_path: Path) -> None:
    """Pages hold 25, and the last one is empty."""
    async with scene(tmp_path) as here:
        people = [here.site.site.people.signed_in(f"student{number}") for number in range(60)]
        for one in people:
            await here.aspects.grant(here.session_id, "Viewer", Principal(one.id, one.username, "User"))
        found = await here.aspects.permissions(here.session_id)
        assert {one.principal_id for one in found if not one.inherited} == {one.id for one in people}


@pytest.mark.parametrize("name", ["jsmith", "JSmith", "idp\\jsmith", "idp\\ö.müller", "j.smith"])
async def test_a_user_is_found_by_the_exact_name(name: str, tmp_path: Path) -> None:
    """The search finds all that begin so; one of them is called so."""
    async with scene(tmp_path) as here:
        (found,) = await here.aspects.users(name)
        assert found.name.casefold() == name.casefold()
        assert found.kind == "User"


async def test_names_that_nobody_or_several_have(tmp_path: Path) -> None:
    """None, both, and none where only a part of the name is said."""
    async with scene(tmp_path) as here:
        assert await here.aspects.users("smith") == ()
        assert await here.aspects.groups("Physics") == ()
        assert [one.name for one in await here.aspects.groups("Statik & Dynamik")] == ["Statik & Dynamik"]
        assert sorted(one.name for one in await here.aspects.groups("Physics I")) == [
            "Physics I",
            "physics i",
        ]
        assert {one.kind for one in await here.aspects.groups("All staff")} == {"Group"}


async def test_captions_are_added_once(tmp_path: Path) -> None:
    """They arrive byte for byte, under the language that was said."""
    async with scene(tmp_path) as here:
        assert not await here.aspects.has_captions(here.session_id)
        await here.aspects.add_captions(here.session_id, "German", VTT)
        assert await here.aspects.has_captions(here.session_id, awaited=True)
        (held,) = here.audited["captions"]
        assert (held["language"], held["size"]) == ("German", len(VTT))


async def test_what_is_no_caption_file_is_refused(tmp_path: Path) -> None:
    """It is sent once, and a word that Panopto has not is as well."""
    async with scene(tmp_path) as here:
        with pytest.raises(Refused, match="does not take captions in German"):
            await here.aspects.add_captions(here.session_id, "German", b"no captions")
        with pytest.raises(Refused, match="does not take captions in Klingon"):
            await here.aspects.add_captions(here.session_id, "Klingon", VTT)
        assert calls(here.site, CAPTIONS) == [400, 400]


def test_a_form_has_its_fields_and_its_file() -> None:
    """Each part ends by the boundary that the type names, which is another one each time."""
    body, kind = form_of({"language": "German"}, "captions.vtt", "text/vtt", VTT)
    boundary = kind.partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    assert parts[1] == b'\r\nContent-Disposition: form-data; name="language"\r\n\r\nGerman\r\n'
    assert parts[2].endswith(b"Content-Type: text/vtt\r\n\r\n" + VTT + b"\r\n")
    assert form_of({}, "a", "b", b"")[1] != kind


async def everything(here: Scene) -> None:
    """Make every call."""
    ada = await here.ada()
    (staff,) = await here.aspects.groups("All staff")
    await here.aspects.set_tags(here.session_id, ("optics",))
    await here.aspects.set_access(here.session_id, Level.ORGANIZATION)
    await here.aspects.grant(here.session_id, "Viewer", ada)
    await here.aspects.grant(here.session_id, "Viewer", staff)
    await here.aspects.revoke(here.session_id, "Viewer", staff)
    await here.aspects.add_captions(here.session_id, "German", VTT)
    assert await here.aspects.tags(here.session_id) == ("optics",)
    assert (await here.aspects.access(here.session_id)).level is Level.ORGANIZATION
    assert here.granted == [("Viewer", ada.id)]
    assert len(here.audited["captions"]) == 1


ALL = (GET_ACCESS, SET_ACCESS, LIST, GRANT, REVOKE, GET_TAGS, SET_TAGS, CAPTIONS, SESSION, "search_users",
       "search_groups")  # fmt: skip


@pytest.mark.slow
@pytest.mark.fault(24)
@pytest.mark.parametrize("name", ALL)
async def test_a_lost_answer_does_nothing_twice(name: str, tmp_path: Path) -> None:
    """What is set is set again; what is added, or taken away, is looked for before."""
    async with scene(tmp_path, struck(name, "lose_answer")) as here:
        await everything(here)
        once = {GRANT: 2, REVOKE: 1, CAPTIONS: 1}
        for call, count in once.items():
            assert len(calls(here.site, call)) == count


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("name", ALL)
async def test_what_passes_is_tried_again(name: str, status: int, tmp_path: Path) -> None:
    """Until it is done, once."""
    async with scene(tmp_path, struck(name, "status", 2, status=status)) as here:
        await everything(here)
        assert calls(here.site, name)[:2] == [status, status]


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
async def test_a_connection_that_is_reset_is_tried_again(name: str, tmp_path: Path) -> None:
    """Nothing was done then."""
    async with scene(tmp_path, struck(name, "reset")) as here:
        await everything(here)


@pytest.mark.slow
@pytest.mark.fault(26)
@pytest.mark.parametrize("name", ALL)
async def test_a_token_that_ran_out_is_renewed_once(name: str, tmp_path: Path) -> None:
    """A 401 is answered by a new token and the same call."""
    async with scene(tmp_path, struck(name, "status", status=401)) as here:
        await everything(here)
        assert calls(here.site, name)[:1] == [401]
        assert len([one for one in calls(here.site, "token") if one == 200]) == 3  # The caller's own is one.


async def test_a_no_is_a_sentence_and_tried_once(tmp_path: Path) -> None:
    """A user who is not there, a session that is somebody else's or nowhere."""
    async with scene(tmp_path) as here:
        with pytest.raises(Refused, match=f"does not make nobody Viewer of session {here.session_id}"):
            await here.aspects.grant(here.session_id, "Viewer", NOBODY)
        assert calls(here.site, GRANT) == [400]
        ada = await here.ada()
        for session_id in (here.site.foreign_session(), NOBODY.id):
            for call in (
                here.aspects.access(session_id),
                here.aspects.set_access(session_id, Level.PUBLIC),
                here.aspects.permissions(session_id),
                here.aspects.grant(session_id, "Viewer", ada),
                here.aspects.revoke(session_id, "Viewer", ada),
                here.aspects.set_tags(session_id, ()),
                here.aspects.add_captions(session_id, "German", VTT),
            ):
                with pytest.raises(Refused) as caught:
                    await call
                assert "\n" not in str(caught.value)


async def test_a_grant_without_an_end_gives_up_and_was_made_once(tmp_path: Path) -> None:
    """The answer is lost each time: the look before the second try finds it there."""
    async with scene(tmp_path, struck(GRANT, "lose_answer", 0)) as here:
        ada = await here.ada()
        await here.aspects.grant(here.session_id, "Viewer", ada)
        assert here.granted == [("Viewer", ada.id)]
        assert len(calls(here.site, GRANT)) == 1
    async with scene(tmp_path, struck(GRANT, "status", 0, status=503)) as here:
        with pytest.raises(Transient):
            await here.aspects.grant(here.session_id, "Viewer", await here.ada())
        assert here.granted == []


async def test_captions_whose_answer_is_lost(tmp_path: Path) -> None:
    """A session that had none tells; one that had some leaves it in doubt, and nothing is sent again."""
    async with scene(tmp_path, struck(CAPTIONS, "lose_answer")) as here:
        await here.aspects.add_captions(here.session_id, "German", VTT)
        assert len(here.audited["captions"]) == 1
        assert len(calls(here.site, CAPTIONS)) == 1
    second = Fault("panopto.upload_session_captions", "lose_answer", nth=2)
    async with scene(tmp_path, second) as here:
        await here.aspects.add_captions(here.session_id, "German", VTT)
        with pytest.raises(InDoubt, match="may have taken the captions in French"):
            await here.aspects.add_captions(here.session_id, "French", VTT, others=True)
        assert len(calls(here.site, CAPTIONS)) == 2


async def test_captions_that_were_not_taken_are_sent_again(tmp_path: Path) -> None:
    """A 429 says so, also where the session has others."""
    throttled = Fault("panopto.upload_session_captions", "status", nth=2, times=2, arguments={"status": 429})
    async with scene(tmp_path, throttled) as here:
        for language in ("German", "French"):
            await here.aspects.add_captions(here.session_id, language, VTT)
        assert [one["language"] for one in here.audited["captions"]] == ["German", "French"]
    always = struck(CAPTIONS, "status", 0, status=429)
    async with scene(tmp_path, always) as here:
        with pytest.raises(Throttled):
            await here.aspects.add_captions(here.session_id, "German", VTT)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (GET_ACCESS, '{"IsInherited": true}'), (GET_ACCESS, '{"Level": "Everybody"}'), (GET_ACCESS, "[]"),
        (GET_ACCESS, "null"), (LIST, "{}"), (LIST, '{"Results": [1]}'), (GET_TAGS, '{"Results": 1}'),
        (LIST, "<html>"),
    ],
)  # fmt: skip
async def test_an_answer_that_makes_no_sense_passes(call: str, body: str, tmp_path: Path) -> None:
    """It is the server's fault, and nothing is taken from it."""
    reads = {GET_ACCESS: "access", LIST: "permissions", GET_TAGS: "tags"}
    answer = struck(call, "status", 0, status=200, body=body, headers={"Content-Type": "application/json"})
    async with scene(tmp_path, answer) as here:
        with pytest.raises(ServerFault):
            await getattr(here.aspects, reads[call])(here.session_id)


async def test_a_list_that_never_ends_is_no_list(tmp_path: Path) -> None:
    """One page over and over is its end: nothing on it is new."""
    one = '{"Principal": {"Id": "A", "Type": "User"}, "Role": {"Name": "Viewer"}, "IsInherited": false}'
    page = f'{{"Results": [{one}]}}'
    async with scene(tmp_path, struck(LIST, "status", 0, status=200, body=page)) as here:
        assert await here.aspects.permissions(here.session_id) == (Permission("Viewer", "a", "User"),)
        assert len(calls(here.site, LIST)) == 2
