"""Who does not answer is told by name, with its host and what to look at."""

import socket
from collections.abc import Awaitable, Callable

import pytest

from engine import Http, Unreachable, open_http
from pipelines.app.services import Ways, network
from pipelines.config import Settings

FIRST_CALLS: dict[str, Callable[[Ways, Http], Awaitable[object]]] = {
    "Opencast": lambda ways, http: ways.opencast(http).version(),
    "Panopto": lambda ways, http: ways.panopto(http)[0].folder("f"),
    "LumiNUS": lambda ways, http: ways.luminus(http).modules(),  # type: ignore[union-attr]
    "VALT": lambda ways, http: ways.valt(http).version(),
}


@pytest.mark.parametrize("service", FIRST_CALLS)
async def test_a_service_that_does_not_answer_is_named(service: str) -> None:
    """The service, its host and port, and the setting by which it was looked for there."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{deaf.getsockname()[1]}"
        account = {"url": f"http://{place}", "username": "u", "password": "p"}
        tokens = {"token": "t", "subscription_key": "k", "modules": "m.csv"}
        told = {
            "opencast": account,
            "panopto": {**account, "client_id": "c", "client_secret": "s"},
            "luminus": {"url": f"http://{place}", **tokens},
            "valt": {**account, "rooms": "r.csv", "timezone": "UTC"},
            "transfer": {"attempts": 1},
        }
        settings = Settings.model_validate(told)
        async with open_http(network(settings)) as http:
            with pytest.raises(Unreachable) as caught:
                await FIRST_CALLS[service](Ways(settings), http)
    said = str(caught.value)
    assert said.startswith(f"{place}: {service} cannot be reached: the connection failed (ECONNREFUSED); ")
    assert f"check {service.lower()}.url and the network" in said
