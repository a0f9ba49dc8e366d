"""What each server truly holds and was asked, told from the servers' own books."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

BLANK = "***"
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
SECRET_PARAMETERS = frozenset(
    {
        "access_token", "assertion", "awsaccesskeyid", "client_secret", "code", "keyid", "password", "policy",
        "refresh_token", "signature", "token", "x-amz-credential", "x-amz-security-token", "x-amz-signature",
    }
)  # fmt: skip
UPLOAD_TARGET = re.compile(r"(/Panopto/Upload/)[^/?]+", re.IGNORECASE)

Digest = Callable[[], Awaitable[str]]


@dataclass(slots=True)
class Request:
    """One request as a server saw it; secrets are blanked. `status` is None where nothing was answered."""

    number: int
    at: float
    service: str
    call: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    status: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """A file of Opencast's file server; `url` carries no signature, `sha256` computes in a thread."""

    event_id: str
    url: str
    size: int
    sha256: Digest


@dataclass(slots=True)
class Audit:
    """The books of all servers of one sandbox."""

    clock: Callable[[], float] = time.monotonic
    log: list[Request] = field(default_factory=list)
    _served: list[Served] = field(default_factory=list)
    _digests: dict[int, "asyncio.Task[str]"] = field(default_factory=dict)
    _begun: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun = self.clock()

    def opens(
        self, service: str, call: str, method: str, path: str, query: str, headers: Iterable[tuple[str, str]]
    ) -> Request:
        """Enter a request at its arrival; its end is filled in by who answers it."""
        entry = Request(
            number=len(self.log) + 1,
            at=self.clock() - self._begun,
            service=service,
            call=call,
            method=method,
            path=UPLOAD_TARGET.sub(rf"\g<1>{BLANK}", path),
            query=blank_query(query),
            headers={name: blank_header(name, value) for name, value in headers},
        )
        self.log.append(entry)
        return entry

    def closes(self, entry: Request, status: int | None, bytes_in: int, bytes_out: int) -> None:
        """Fill in how a request ended, with the body bytes that were really received and sent."""
        entry.status, entry.bytes_in, entry.bytes_out = status, bytes_in, bytes_out
        entry.seconds = self.clock() - self._begun - entry.at

    def serves(self, event_id: str, url: str, size: int, sha256: Digest) -> None:
        """Enter a file that the file server serves; its digest is asked for when somebody wants it."""
        self._served.append(Served(event_id, url, size, sha256))

    def requests(self) -> list[dict[str, Any]]:
        """How often each call was made, and the body bytes that it received and sent."""
        counted: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in self.log:
            empty = {"service": entry.service, "call": entry.call, "count": 0, "bytes_in": 0, "bytes_out": 0}
            line = counted.setdefault((entry.service, entry.call), empty)
            line["count"] += 1
            line["bytes_in"] += entry.bytes_in
            line["bytes_out"] += entry.bytes_out
        return list(counted.values())

    def entries(self) -> list[dict[str, Any]]:
        """Every request in the order of arrival."""
        return [asdict(entry) for entry in self.log]


def blank_header(name: str, value: str) -> str:
    """A header's value as it may be shown."""
    return BLANK if name.lower() in SECRET_HEADERS else value


def blank_query(query: str) -> str:
    """A query string with the values of its secrets blanked."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(name.lower() in SECRET_PARAMETERS for name, _ in pairs):
        return query
    shown = [(name, BLANK if name.lower() in SECRET_PARAMETERS else value) for name, value in pairs]
    return urlencode(shown, safe="*:/,")
