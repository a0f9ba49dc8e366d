"""The whole sandbox standing: what it hands out, and that it is gone afterwards."""

import asyncio
import json
import ssl
import stat
import tomllib
from pathlib import Path

import pytest
from aiohttp import ClientConnectorError, ClientSession, encode_basic_auth

from pipelines.sandbox import Fault, Sandbox, Standing, Switches, World, serve

SMALL = World.seeded(7, 16, largest=200_000, typical=20_000)


async def test_a_folder_holds_all_that_a_person_needs(tmp_path: Path) -> None:
    """Settings with relative paths, a table without one series, secrets for their owner only."""
    async with Sandbox(SMALL, folder=tmp_path) as sandbox:
        details = json.loads((tmp_path / "sandbox.json").read_text())
        assert details == sandbox.details
        assert set(details["panopto"]) == {
            "url",
            "client_id",
            "client_secret",
            "username",
            "password",
            "folder_id",
        }
        settings = tomllib.loads(sandbox.settings_file.read_text())
        assert settings["opencast"]["url"] == details["opencast"]["url"] == sandbox.opencast_url
        assert settings["panopto"]["folder_id"] == details["panopto"]["folder_id"]
        secret = tmp_path / settings["panopto"]["client_secret_file"]
        assert secret.read_text().strip() == details["panopto"]["client_secret"]
        assert set(details["luminus"]) == {"url", "token", "subscription_key"}
        assert set(details["valt"]) == {"url", "username", "password"}
        for section, name, detail in (
            ("opencast", "password_file", "password"),
            ("panopto", "password_file", "password"),
            ("luminus", "token_file", "token"),
            ("luminus", "subscription_key_file", "subscription_key"),
            ("valt", "password_file", "password"),
        ):
            path = tmp_path / settings[section][name]
            assert path.read_text() == details[section][detail] + "\n"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for path in (secret, tmp_path / "sandbox.json"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (settings["luminus"]["url"], settings["valt"]["url"]) == (
            sandbox.luminus_url,
            sandbox.valt_url,
        )
        assert settings["carry"] == {"wait": 60, "student_roles": ["ROLE_ANONYMOUS", "*_Learner"]}
        rows = (tmp_path / "folders.csv").read_text().splitlines()
        assert rows[0] == "series,folder_id"
        assert len(rows) == len(SMALL.series)


def table(path: Path) -> list[list[str]]:
    """The cells of a table."""
    return [line.split(",") for line in path.read_text().splitlines()]


async def test_the_tables_lead_to_what_is_there(tmp_path: Path) -> None:
    """Each series with a row to its folder and module, each booking to its schedule, each agent to a room."""
    world = World.seeded(7, 3, largest=200_000, typical=20_000, bookings=2)
    async with Sandbox(world, folder=tmp_path) as sandbox:
        settings = tomllib.loads(sandbox.settings_file.read_text())
        tabled = [one.identifier for one in world.series if one.tabled]
        folders, modules, rooms, schedules = (
            table(tmp_path / settings[section][name])
            for section, name in (
                ("panopto", "folders"),
                ("luminus", "modules"),
                ("valt", "rooms"),
                ("valt", "schedules"),
            )
        )
        assert [row[0] for row in folders] == [row[0] for row in modules] == ["series", *tabled]
        assert modules[0] == ["series", "module_id"]
        assert rooms[0] == ["agent_id", "room_id", "room_name"]
        assert {row[0] for row in rooms[1:]} == {"agent-hs3", "agent-theatre-b"}
        assert schedules[0] == ["event_id", "schedule_id"]
        assert [row[0] for row in schedules[1:]] == [one.identifier for one in world.bookings]
        known = {str(row["schedule_id"]) for row in sandbox.valt.rows()}
        assert {row[1] for row in schedules[1:]} < known


async def test_its_folders_are_the_same_in_every_sandbox_of_a_seed(tmp_path: Path) -> None:
    """And its modules: so settings written by hand outlive a restart; everything else is fresh."""
    tables = []
    for _ in range(2):
        async with Sandbox(SMALL, folder=tmp_path) as sandbox:
            written = [(tmp_path / name).read_bytes() for name in ("folders.csv", "modules.csv")]
            tables.append((*written, sandbox.details["panopto"]["folder_id"]))
    assert tables[0] == tables[1]


async def test_it_serves_all_systems_and_the_audit(tmp_path: Path) -> None:
    """A call to each with what sandbox.json says: Panopto by 127.0.0.1 and by localhost, with TLS."""
    async with Sandbox(SMALL, folder=tmp_path) as sandbox, ClientSession() as http:
        opencast = sandbox.details["opencast"]
        basic = {"Authorization": encode_basic_auth(opencast["username"], opencast["password"])}
        async with http.get(f"{sandbox.opencast_url}/api/events", headers=basic) as reply:
            assert len(await reply.json()) == 16
        trust = ssl.create_default_context(cafile=str(sandbox.ca_file))
        for host in (sandbox.panopto_url, sandbox.panopto_url.replace("127.0.0.1", "localhost")):
            async with http.get(
                f"{host}/Panopto/oauth2/.well-known/openid-configuration", ssl=trust
            ) as reply:
                assert reply.status == 200
        luminus, valt = sandbox.details["luminus"], sandbox.details["valt"]
        both = {
            "Authorization": f"Bearer {luminus['token']}",
            "Ocp-Apim-Subscription-Key": luminus["subscription_key"],
        }
        async with http.get(f"{luminus['url']}/module", headers=both) as reply:
            assert (await reply.json())["total"] == len(SMALL.series) - 1 + 2
        account = {"username": valt["username"], "password": valt["password"]}
        async with http.post(f"{valt['url']}/api/v3/login", json=account) as reply:
            assert "access_token" in (await reply.json())["data"]
        for name, held in (("lecture-items", []), ("schedules", sandbox.valt.rows())):
            async with http.get(f"{sandbox.audit_url}/{name}") as reply:
                assert await reply.json() == held
        async with http.get(f"{sandbox.audit_url}/sources") as reply:
            sources = await reply.json()
        assert sources == await sandbox.audit.sources()
        assert {len(source["sha256"]) for source in sources} == {64}


async def test_leaving_it_stops_everything(tmp_path: Path) -> None:
    """The ports are closed, the objects gone, and no sandbox.json says otherwise."""
    async with Sandbox(SMALL, folder=tmp_path) as sandbox:
        url = sandbox.audit_url
    assert not (tmp_path / "sandbox.json").exists()
    assert not (tmp_path / "panopto-objects").exists()
    async with ClientSession() as http:
        with pytest.raises(ClientConnectorError):
            await http.get(f"{url}/log")


async def test_a_fault_at_an_unknown_operation_is_refused(tmp_path: Path) -> None:
    """Before anything is served, in one sentence."""
    with pytest.raises(ValueError, match=r"No operation is called 'panopto\.nothing'"):
        async with Sandbox(SMALL, faults=[Fault("panopto.nothing", "reset")], folder=tmp_path):
            pass
    assert not (tmp_path / "sandbox.json").exists()


async def test_known_operations_of_every_server_can_be_struck(tmp_path: Path) -> None:
    """Opencast's API, the file server, REST, S3 and processing, LumiNUS, VALT."""
    names = [
        "opencast.list_events",
        "files.get_file",
        "panopto.token",
        "panopto.upload_part",
        "panopto.process",
        "luminus.patch_session",
        "valt.login",
    ]
    async with Sandbox(SMALL, faults=[Fault(name, "delay") for name in names], folder=tmp_path) as sandbox:
        assert [line["struck"] for line in sandbox.faults.statistics()] == [0] * len(names)


async def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """`serve` tells when it is ready, and cancelling it ends it."""
    ready: asyncio.Queue[Sandbox] = asyncio.Queue()
    faults = tmp_path / "faults.json"
    faults.write_text('[{"operation": "panopto.token", "action": "status"}]')
    asked = Standing(tmp_path / "out", 3, None, 7, 50.0, faults, ("largest=100000", "typical=10000"))
    serving = asyncio.create_task(serve(asked, ready.put_nowait))
    sandbox = await asyncio.wait_for(ready.get(), 10)
    assert (len(sandbox.world.events), len(sandbox.world.bookings)) == (3 + 2, 2)
    assert sandbox.bandwidth.rate == 50 * 2**20
    assert sandbox.switches == Switches(largest=100_000, typical=10_000)
    assert (tmp_path / "out" / "sandbox.json").exists()
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert not (tmp_path / "out" / "sandbox.json").exists()


async def test_the_default_luminus_throttles_who_takes_the_settings_as_they_are(tmp_path: Path) -> None:
    """It takes fewer calls a second than the settings that are handed out allow."""
    async with Sandbox(SMALL, folder=tmp_path) as sandbox:
        settings = tomllib.loads(sandbox.settings_file.read_text())
        assert 0 < sandbox.switches.luminus_rate < settings["luminus"]["calls_per_second"]


def test_a_person_may_bring_own_films(tmp_path: Path) -> None:
    """A folder without media is refused in one sentence."""
    with pytest.raises(ValueError, match="No file in"):
        Standing(tmp_path, media=tmp_path).sandbox()


async def test_a_film_is_published_anew(tmp_path: Path) -> None:
    """Under an id and a URL of its own and of another size, in a new version; the old file stays."""
    async with Sandbox(SMALL, folder=tmp_path) as sandbox, ClientSession() as client:
        name = sandbox.world.events[0].identifier

        async def told() -> tuple[list[dict[str, object]], int]:
            auth = encode_basic_auth(sandbox.opencast.account.username, sandbox.opencast.account.password)
            url = f"{sandbox.opencast_url}/api/events/{name}?withpublications=true"
            async with client.get(url, headers={"Authorization": auth}) as reply:
                event = await reply.json(content_type=None)
            return [one for each in event["publications"] for one in each["media"]], event["archive_version"]

        before, version = await told()
        for asked, status in ((name, 204), ("none", 404)):
            async with client.post(f"{sandbox.audit_url}/events/{asked}/film") as reply:
                assert reply.status == status
        after, later = await told()
        assert later > version
        assert len(after) == len(before)
        assert after[0]["id"] != before[0]["id"]
        assert after[0]["url"] != before[0]["url"]
        rows = {one["url"]: one for one in await sandbox.audit.sources()}
        assert rows[after[0]["url"]]["size"] == rows[before[0]["url"]]["size"] + 1
