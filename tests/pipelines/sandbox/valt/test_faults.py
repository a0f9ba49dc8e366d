"""Faults strike every operation of VALT."""

import asyncio

import aiohttp
import pytest
from fakes.valt_caller import DAY, HOUR, NOW, served

from pipelines.sandbox import front
from pipelines.sandbox.faults import Fault

OPERATIONS = {
    "login": ("POST", "login"),
    "schedules": ("GET", "schedule"),
    "schedule": ("GET", "schedule/1"),
    "blocked": ("GET", "schedule/blocked"),
    "conflict": ("GET", "schedule/conflict"),
    "rooms": ("GET", "admin/rooms"),
    "rooms_info": ("GET", "rooms/info"),
    "version": ("GET", "admin/general"),
    "templates": ("GET", "admin/templates"),
    "template": ("GET", "admin/templates/3"),
    "template_fields": ("GET", "admin/templates/3/fields"),
    "users": ("GET", "admin/users"),
    "user_groups": ("GET", "admin/user_groups"),
    "create": ("POST", "schedule"),
    "edit": ("POST", "schedule/1/edit"),
    "delete": ("POST", "schedule/1/delete"),
    "delete_next": ("POST", "schedule/1/delete_next"),
}
BODY = {
    "name": "A", "room": 41, "start_at": NOW + 5 * DAY, "duration": HOUR, "username": "u", "password": "p",
}  # fmt: skip


async def test_every_call_is_an_operation() -> None:
    """Faults can name each of them and nothing else."""
    async with served() as caller:
        assert front.operations(caller.valt.app) == {f"valt.{name}" for name in OPERATIONS}


@pytest.mark.parametrize("name", list(OPERATIONS))
@pytest.mark.parametrize("action", ["status", "reset", "lose_answer", "delay", "stall"])
async def test_each_generic_fault_strikes(name: str, action: str) -> None:
    """A proxy's 502, no answer before or after, a late one, silence: and the log tells of it."""
    arguments = {"status": 502, "body": '"VALT Server Offline"', "seconds": 0.01}
    arguments["headers"] = {"Content-Type": "application/json"}
    # the first login is the caller's own
    fault = Fault(f"valt.{name}", action, nth=2 if name == "login" else 1, arguments=arguments)
    method, path = OPERATIONS[name]
    async with served(faults=[fault]) as caller:
        asked = caller.ask(method, f"{path}?access_token={caller.token}", json=BODY)
        if action in {"status", "delay"}:
            status, _ = await asked
            assert (status == 502) == (action == "status")
        else:
            with pytest.raises(aiohttp.ClientConnectionError):
                await asked
        assert [entry.fault for entry in caller.audit.log if entry.fault] == [action]
        assert caller.token not in str(caller.audit.entries())


async def test_a_creation_may_be_made_and_never_answered() -> None:
    """The connection goes after the schedule has come to be; a look at the list finds it."""
    async with served(faults=[Fault("valt.create", "lose_answer")]) as caller:
        with pytest.raises(aiohttp.ClientConnectionError):
            await caller.post("schedule", BODY)
        _, listed = await caller.get("schedule")
        assert [one["name"] for one in listed["data"]["schedules"]].count("A") == 1


async def test_writes_at_the_same_time_are_all_applied() -> None:
    """Ten creations at once have ten ids."""
    async with served() as caller:
        made = await asyncio.gather(*(caller.post("schedule", BODY) for _ in range(10)))
        assert len({body[0] for _, body in made}) == 10
