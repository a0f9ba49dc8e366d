"""Clients that nobody here wrote, against a standing sandbox: boto3, curl, the flow of Panopto's sample."""

import asyncio
import json
import shutil
import ssl
import subprocess
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from fakes.panopto_caller import FILM, SMALLEST, manifest

from pipelines.sandbox import Sandbox, Switches, World

WORLD = World.seeded(7, 2, largest=50_000, typical=10_000)
QUICK = Switches(seconds_to_processing=0.05, seconds_to_complete=0.05)
PLAIN = Config(signature_version="s3", request_checksum_calculation="when_required")


class Sample:
    """The calls of Panopto's own Python sample, in its order and with its headers, in blocking code.

    Source: Panopto/upload-python-sample 2e2c7f8 (panopto_uploader.py).
    """

    def __init__(self, details: dict[str, Any], ca: Path, config: Config | None) -> None:
        self._details = details["panopto"]
        self._ca = str(ca)
        self._config = config
        self._token = ""

    def sign_in(self) -> None:
        """Password grant, client in the form."""
        form = {
            "grant_type": "password",
            "scope": "api openid offline_access",
            **{name: self._details[name] for name in ("client_id", "client_secret", "username", "password")},
        }
        body = urllib.parse.urlencode(form).encode()
        self._token = self._call("POST", "oauth2/connect/token", body, "application/x-www-form-urlencoded")[
            "access_token"
        ]

    def create(self) -> dict[str, Any]:
        """POST sessionUpload."""
        return self._call("POST", "PublicAPI/REST/sessionUpload", {"FolderId": self._details["folder_id"]})

    def send(self, target: str, key: str, body: bytes, size: int = SMALLEST) -> None:
        """The target split from the right into endpoint, bucket and prefix; the file by multipart calls."""
        elements = target.split("/")
        s3 = boto3.client(
            "s3",
            endpoint_url="/".join(elements[:-2]),
            verify=self._ca,
            aws_access_key_id="dummy",
            aws_secret_access_key="dummy",
            region_name="us-east-1",
            config=self._config,
        )
        where = {"Bucket": elements[-2], "Key": f"{elements[-1]}/{key}"}
        where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
        parts = []
        for number, start in enumerate(range(0, len(body), size), 1):
            reply = s3.upload_part(Body=body[start : start + size], PartNumber=number, **where)
            parts.append({"PartNumber": number, "ETag": reply["ETag"]})
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
        s3.close()

    def finish(self, upload: dict[str, Any]) -> dict[str, Any]:
        """PUT the object back with state 1, and look until it has ended."""
        path = f"PublicAPI/REST/sessionUpload/{upload['ID']}"
        self._call("PUT", path, {**upload, "State": 1})
        while True:
            found = self._call("GET", path)
            if found["State"] in {2, 4, 5, 7, 8}:
                return found

    def run(self, film: bytes) -> dict[str, Any]:
        """A whole session of one film."""
        self.sign_in()
        upload = self.create()
        self.send(upload["UploadTarget"], "film.mp4", film)
        self.send(upload["UploadTarget"], "manifest.xml", manifest("A session", ["film.mp4"]))
        return self.finish(upload)

    def _call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        url = f"{self._details['url']}/Panopto/{path}"
        headers = {"Content-Type": kind, "Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(url, data, headers, method=method)
        trust = ssl.create_default_context(cafile=self._ca)
        with urllib.request.urlopen(request, context=trust) as reply:
            return json.load(reply)


@asynccontextmanager
async def standing(folder: Path, switches: Switches = QUICK) -> AsyncIterator[Sandbox]:
    """A sandbox whose polling is not limited."""
    async with Sandbox(WORLD, switches.parse("rate_limit=off"), folder=folder) as sandbox:
        yield sandbox


async def test_boto3_as_panopto_needs_it_ends_in_state_4(tmp_path: Path) -> None:
    """With signature_version s3 and no checksums of its own, every byte arrives as it was."""
    film = FILM + bytes(SMALLEST)
    async with standing(tmp_path) as sandbox:
        sample = Sample(sandbox.details, sandbox.ca_file, PLAIN)
        done = await asyncio.to_thread(sample.run, film)
        assert (done["State"], done["Message"]) == (4, None)
        (session,) = sandbox.audit.sessions()
        assert (session["title"], session["session_id"]) == ("A session", done["SessionId"])
        sizes = {held["key"]: (held["size"], held["parts"]) for held in sandbox.audit.objects()}
        assert sizes["film.mp4"] == (len(film), 2)


@pytest.mark.parametrize("config", [None, Config(signature_version="s3v4")])
async def test_boto3_with_its_defaults_ends_in_state_5(tmp_path: Path, config: Config | None) -> None:
    """Over TLS it wraps the bytes in aws-chunked; they are stored with the wrapping and are no media."""
    async with standing(tmp_path) as sandbox:
        done = await asyncio.to_thread(Sample(sandbox.details, sandbox.ca_file, config).run, FILM)
        assert (done["State"], done["SessionId"]) == (5, None)
        sizes = {held["key"]: held["size"] for held in sandbox.audit.objects()}
        assert sizes["film.mp4"] > len(FILM)


async def test_boto3_with_its_defaults_is_refused_where_chunks_are(tmp_path: Path) -> None:
    """With framing=refuse the first part is a 411."""
    async with standing(tmp_path, QUICK.parse("framing=refuse")) as sandbox:
        sample = Sample(sandbox.details, sandbox.ca_file, Config(retries={"total_max_attempts": 1}))
        with pytest.raises(ClientError, match=r"411|MissingContentLength"):
            await asyncio.to_thread(sample.run, FILM)
        assert (await asyncio.to_thread(Sample(sandbox.details, sandbox.ca_file, PLAIN).run, FILM))[
            "State"
        ] == 4


async def test_curl_uploads_a_session(tmp_path: Path) -> None:
    """Token, session upload, PutObject, completion and state, all by curl's own doing."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    film, text = tmp_path / "film.mp4", tmp_path / "m.xml"
    film.write_bytes(FILM)
    text.write_bytes(manifest("By curl", ["film.mp4"]))
    async with standing(tmp_path / "out") as sandbox:
        panopto = sandbox.details["panopto"]

        async def run(*arguments: str) -> Any:
            command = [curl, "-sS", "--fail-with-body", "--cacert", str(sandbox.ca_file), *arguments]
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, check=True, timeout=15
            )
            return json.loads(done.stdout) if done.stdout.startswith(b"{") else done.stdout

        form = {"grant_type": "password", "scope": "api", **{k: panopto[k] for k in ("username", "password")}}
        fields = [word for name, value in form.items() for word in ("--data-urlencode", f"{name}={value}")]
        client = f"{panopto['client_id']}:{panopto['client_secret']}"
        token = await run("-u", client, *fields, f"{panopto['url']}/Panopto/oauth2/connect/token")
        bearer = (
            "-H",
            f"Authorization: Bearer {token['access_token']}",
            "-H",
            "Content-Type: application/json",
        )
        base = f"{panopto['url']}/Panopto/PublicAPI/REST/sessionUpload"
        upload = await run(*bearer, "--json", json.dumps({"FolderId": panopto["folder_id"]}), base)
        for path in (film, text):
            await run("-T", str(path), f"{upload['UploadTarget']}/")
        whole = json.dumps({**upload, "State": 1})
        upload = await run(*bearer, "-X", "PUT", "-d", whole, f"{base}/{upload['ID']}")
        while upload["State"] not in {4, 5}:
            upload = await run(*bearer, f"{base}/{upload['ID']}")
        assert upload["State"] == 4
        (session,) = sandbox.audit.sessions()
        assert (session["title"], session["files"]) == ("By curl", ["film.mp4"])
