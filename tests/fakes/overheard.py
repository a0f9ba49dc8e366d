"""A sandbox in a thread of the test's own, whose every request is heard before its secrets are blanked.

So a test knows each secret that ever went over the wire, and can look for it wherever `ferry` has written.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from anyio.from_thread import start_blocking_portal

from fakes.processes import Stand
from pipelines.sandbox import Sandbox, Switches, World
from pipelines.sandbox.audit import SECRET_PARAMETERS, UPLOAD_TARGET
from pipelines.sandbox.faults import Fault

SHORTEST = 8
"""Characters of a secret that can be looked for; a key's name is shorter, and anybody's word."""

GIVEN = (
    ("opencast", "password"),
    ("panopto", "password"),
    ("panopto", "client_secret"),
    ("luminus", "token"),
    ("luminus", "subscription_key"),
    ("valt", "password"),
)


@dataclass(frozen=True)
class Overheard:
    """A sandbox that stands, and the secrets that it gave out or heard, by names that tell nothing."""

    stand: Stand
    sandbox: Sandbox
    heard: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> Mapping[str, str]:
        """Everything that nobody else may read, by what it is."""
        given = {f"{system} {name}": str(self.stand.details[system][name]) for system, name in GIVEN}
        tokens = self.sandbox.panopto.tokens
        made = [*tokens._access, *tokens._refresh, *tokens._cookies]
        found = {**given, **{f"token {number}": one for number, one in enumerate(made)}, **self.heard}
        return {name: secret for name, secret in found.items() if len(secret) >= SHORTEST}

    @property
    def targets(self) -> list[str]:
        """The names of the secrets that are upload targets."""
        return [name for name in self.heard if name.startswith("upload target")]

    def kinds(self) -> set[str]:
        """Which kinds of secrets were heard."""
        return {name.rpartition(" ")[0] for name in self.secrets}

    def _hear(self, path: str, query: str, headers: list[tuple[str, str]]) -> None:
        if target := UPLOAD_TARGET.search(path):
            self._keep("upload target", target[0].rpartition("/")[2])
        for name, value in parse_qsl(query):
            if name.lower() in SECRET_PARAMETERS:
                self._keep(name.lower(), value)
        for name, value in headers:
            match name.lower():
                case "authorization":
                    self._credentials(*value.split(" ", 1))
                case "cookie":
                    for one in SimpleCookie(value).values():
                        self._keep("cookie", one.value)
                case "ocp-apim-subscription-key":
                    self._keep("subscription key", value)

    def _credentials(self, scheme: str, value: str = "") -> None:
        if scheme == "AWS":
            value = value.partition(":")[2]
        self._keep(scheme.lower(), value)
        if scheme == "Basic":
            self._keep("account", b64decode(value).decode().partition(":")[2])

    def _keep(self, kind: str, secret: str) -> None:
        if secret not in self.heard.values():
            self.heard[f"{kind} {len(self.heard)}"] = secret


@contextmanager
def overheard(
    folder: Path, world: World, switches: Switches, faults: tuple[Mapping[str, Any], ...] = ()
) -> Iterator[Overheard]:
    """Have a sandbox stand for the block, in a folder with its settings."""
    sandbox = Sandbox(world, switches, [Fault(**fault) for fault in faults], folder=folder)
    opens = sandbox.audit.opens
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(sandbox):
        found = Overheard(Stand(folder, sandbox.details), sandbox)

        def listen(service: str, call: str, method: str, path: str, query: str, headers: Any) -> Any:
            told = list(headers)
            found._hear(path, query, told)
            return opens(service, call, method, path, query, told)

        sandbox.audit.opens = listen  # type: ignore[method-assign]
        yield found
