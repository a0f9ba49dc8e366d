"""An emulated Panopto on loopback with TLS, and a plain client that speaks to it."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from lxml import etree

from pipelines.sandbox import certificate
from pipelines.sandbox.audit import Audit
from pipelines.sandbox.faults import Fault, FaultScript
from pipelines.sandbox.media import SeededMedia
from pipelines.sandbox.origin import Origin
from pipelines.sandbox.panopto import Panopto
from pipelines.sandbox.panopto.oauth import Account, Client
from pipelines.sandbox.switches import Switches

ACCOUNT = Account("Ferry", "pass & word", "application-key")
USER = Client("user-client", "user-secret", "user")
WEB = Client("web-client", "web-secret", "web")
SMALLEST = 5_242_880
BOUNDARY = "between-the-parts"
_FILM = SeededMedia("film", 60_000, 90_500)
FILM = _FILM.read(0, _FILM.size)
"""A small MP4 of 90.5 s."""


class Clock:
    """A clock that stands until it is set on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Caller:
    """Calls one Panopto over HTTPS, with a token of the account."""

    def __init__(
        self, http: aiohttp.ClientSession, panopto: Panopto, audit: Audit, clock: Clock, ca: Path
    ) -> None:
        self.http = http
        self.panopto = panopto
        self.site = panopto.site
        self.audit = audit
        self.clock = clock
        self.ca = ca
        self.url = panopto.site.url
        self.folder = panopto.default_folder.id
        self.token = ""

    def files(self) -> list[str]:
        """The names of the files that lie on the site's disk."""
        folder = self.ca.parent / "objects"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    async def form(self, path: str, client: Client = USER, **fields: str) -> aiohttp.ClientResponse:
        """POST a form with the client's credentials in it."""
        data = {"client_id": client.id, "client_secret": client.secret, **fields}
        return await self.http.post(f"{self.url}/Panopto/oauth2/connect/{path}", data=data)

    async def sign_in(self) -> None:
        """Get a token by the password grant."""
        reply = await self.form(
            "token", grant_type="password", scope="api", username=ACCOUNT.username, password=ACCOUNT.password
        )
        self.token = (await reply.json())["access_token"]

    async def rest(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        """Call below /Panopto: the status, and the JSON that came (None where none did)."""
        bearer = self.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with self.http.request(
            method, f"{self.url}/Panopto/{path}", json=body, headers=headers
        ) as reply:
            is_json = reply.content_type == "application/json"
            return reply.status, await reply.json() if is_json else None

    async def captions(self, session: str, *parts: tuple[str, str | None, bytes]) -> int:
        """POST captions as a form of these parts, each a field's name, a file's name (or none) and bytes."""
        url = f"{self.url}/Panopto/api/v1/sessions/{session}/captions"
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        async with self.http.post(url, data=form(parts), headers=headers) as reply:
            return reply.status

    async def empty_session(self, name: str = "A lecture") -> str:
        """An empty session in the default folder, by its id."""
        asked = {"Name": name, "ParentFolderID": self.folder}
        return (await self.rest("POST", "PublicAPI/REST/session", asked))[1]["ID"]

    def foreign_session(self) -> str:
        """A session in a folder that the account may see and not change."""
        return self.site.add_session(self.panopto.public_folder, "Somebody's").id

    async def open(self) -> dict[str, Any]:
        """A new session upload in the default folder."""
        status, upload = await self.rest("POST", "PublicAPI/REST/sessionUpload", {"FolderId": self.folder})
        assert status == 201
        return upload

    async def s3(self, method: str, url: str, **arguments: Any) -> tuple[int, Mapping[str, str], Any]:
        """An S3 call: status, headers, and the XML's leaves by name (or the raw bytes)."""
        if isinstance(arguments.get("data"), bytes):
            arguments["data"] = io.BytesIO(arguments["data"])  # aiohttp warns of large plain bytes
        async with self.http.request(method, url, **arguments) as reply:
            body = await reply.read()
            if not body.startswith(b"<?xml"):
                return reply.status, reply.headers, body
            leaves = etree.fromstring(body).iter("{*}*")
            return reply.status, reply.headers, {etree.QName(one).localname: one.text for one in leaves}

    async def raw(self, head: str) -> bytes:
        """Send a head as it is, without a body, and read the head of the answer."""
        port = int(self.url.rpartition(":")[2])
        trust = ssl.create_default_context(cafile=str(self.ca))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
        try:
            writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            return await reader.readuntil(b"\r\n\r\n")
        finally:
            writer.transport.abort()

    async def send(self, target: str, key: str, parts: Sequence[bytes]) -> None:
        """Upload an object by multipart calls."""
        url = f"{target}/{key}"
        _, _, created = await self.s3("POST", f"{url}?uploads", data=b"")
        tags = []
        for number, part in enumerate(parts, 1):
            query = f"?partNumber={number}&uploadId={created['UploadId']}"
            _, headers, _ = await self.s3("PUT", url + query, data=part)
            tags.append(headers["ETag"])
        status, _, _ = await self.s3("POST", f"{url}?uploadId={created['UploadId']}", data=complete(tags))
        assert status == 200

    async def finish(self, upload: dict[str, Any], seconds: float = 5.0) -> dict[str, Any]:
        """Complete an upload, let the time pass and see what came of it."""
        path = f"PublicAPI/REST/sessionUpload/{upload['ID']}"
        status, _ = await self.rest("PUT", path, {**upload, "State": 1})
        assert status == 200
        self.clock.now += seconds
        return (await self.rest("GET", path))[1]

    async def session(self, title: str = "A lecture", **files: bytes) -> dict[str, Any]:
        """Upload a whole session of these files (dots in names as __) and see what came of it."""
        upload = await self.open()
        named = {name.replace("__", "."): body for name, body in (files or {"a__mp4": FILM}).items()}
        for name, body in named.items():
            await self.send(upload["UploadTarget"], name, [body])
        text = manifest(title, [name for name in named if not name.endswith(".xml")])
        if not any(name.endswith(".xml") for name in named):
            await self.send(upload["UploadTarget"], "manifest.xml", [text])
        return await self.finish(upload)


def form(parts: Sequence[tuple[str, str | None, bytes]]) -> bytes:
    """A multipart form with that boundary."""
    begin = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    names = [f'"{name}"' + (f'; filename="{file}"' if file else "") for name, file, _ in parts]
    whole = [f"{begin}{name}\r\n\r\n".encode() + part[2] for name, part in zip(names, parts, strict=True)]
    return b"\r\n".join([*whole, f"--{BOUNDARY}--\r\n".encode()])


def complete(tags: Sequence[str]) -> bytes:
    """The body of a CompleteMultipartUpload."""
    parts = (f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
    return f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>".encode()


def manifest(
    title: str, names: Sequence[str], date: str = "2024-02-03T10:00:00+08:00", more: str = ""
) -> bytes:
    """A 2.x manifest with one Primary video for each name."""
    videos = "".join(
        f"<Video><Start>PT0S</Start><File>{name}</File><Type>Primary</Type></Video>" for name in names
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Session xmlns="http://tempuri.org/UniversalCaptureSpecification/v1">'
        f"<Title>{title}</Title><Date>{date}</Date><Videos>{videos}</Videos>{more}</Session>"
    ).encode()


@asynccontextmanager
async def served(
    folder: Path, switches: Switches | None = None, faults: Sequence[Fault] = (), rates: bool = False
) -> AsyncIterator[Caller]:
    """A Panopto on a free port, and a caller that is signed in; the clock stands still."""
    chosen = switches or Switches(rate_limit="on" if rates else "off", jitter=0)
    issued, clock, audit = certificate.issue(), Clock(), Audit()
    ca = folder / "ca.pem"
    ca.write_bytes(issued.ca)
    origin = Origin(issued.context)
    site = Panopto(
        origin.url, folder / "objects", [("s1", "Physics"), ("s2", "Öffentlich & mehr")], chosen, audit,
        FaultScript(faults), ACCOUNT, (USER, WEB), clock=clock,
    )  # fmt: skip
    await origin.serve(site.app)
    trust = ssl.create_default_context(cafile=str(ca))
    try:
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector) as http:
            http._retry_connection = False  # else aiohttp sends a PUT that was reset again by itself
            caller = Caller(http, site, audit, clock, ca)
            await caller.sign_in()
            yield caller
    finally:
        await origin.close()
