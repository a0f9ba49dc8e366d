"""HTTP without a network: a script answers, and every call is kept."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import orjson
from multidict import CIMultiDict

from engine import Answer


@dataclass(frozen=True)
class Call:
    """One call as it would have gone out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


class ScriptedHttp:
    """Takes the place of `engine.Http`. `script` answers a call, or raises what a network would."""

    def __init__(self, script: Callable[[Call], Awaitable[Answer]]) -> None:
        self.calls: list[Call] = []
        self._script = script

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        deadline: float = 60.0,
        largest: int = 0,
    ) -> Answer:
        """Keep the call and let the script answer."""
        call = Call(method, url, CIMultiDict(headers or {}), body)
        self.calls.append(call)
        return await self._script(call)


def json_answer(status: int, document: object) -> Answer:
    """An answer that carries JSON."""
    return Answer(status, CIMultiDict({"Content-Type": "application/json"}), orjson.dumps(document))
