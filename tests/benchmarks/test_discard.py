"""The target as a process: true ETags without hashing, and a report that tells what came."""

import hashlib
import http.client
import ssl
import time
from pathlib import Path

import pytest

from benchmarks.authority import Authority, make_authority
from benchmarks.corpus import Row
from benchmarks.discard.process import Target, standing

DATA = bytes(range(256)) * 8192
KEY = "a.mp4"


def row(number: int, data: bytes) -> Row:
    """Return a line of the table."""
    return KEY, number, len(data), hashlib.md5(data).hexdigest()


ROWS = [row(0, DATA), row(1, DATA)]


def connection(target: Target, authority: Authority | None) -> http.client.HTTPConnection:
    """Connect to it."""
    address = target.endpoint.rpartition("/")[2]
    if authority is None:
        return http.client.HTTPConnection(address, timeout=10)
    trust = ssl.create_default_context(cafile=str(authority.ca))
    return http.client.HTTPSConnection(address, timeout=10, context=trust)


def ask(
    connected: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
) -> tuple[int, str, bytes]:
    """Make one request, and return status, ETag and body."""
    connected.request(method, path, body)
    answer = connected.getresponse()
    return answer.status, answer.headers.get("ETag", ""), answer.read()


@pytest.mark.parametrize("tls", [False, True])
def test_an_upload_comes_through(tmp_path: Path, tls: bool) -> None:
    """Create, part, Complete and HEAD over one connection; the report has bytes, objects and its own CPU."""
    authority = make_authority(tmp_path / "authority") if tls else None
    with standing(ROWS, tmp_path, authority) as target:
        connected = connection(target, authority)
        _, _, made = ask(connected, "POST", f"/bench/{KEY}?uploads")
        upload = made.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
        status, etag, _ = ask(connected, "PUT", f"/bench/{KEY}?partNumber=1&uploadId={upload}", DATA)
        assert (status, etag) == (200, f'"{hashlib.md5(DATA).hexdigest()}"')
        body = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
        assert ask(connected, "HEAD", f"/bench/{KEY}")[0] == 404
        assert ask(connected, "POST", f"/bench/{KEY}?uploadId={upload}", body)[0] == 200
        assert ask(connected, "HEAD", f"/bench/{KEY}")[0] == 200
        connected.close()
        report = target.report()
    assert (report.bytes, report.objects, report.parts) == (len(DATA), {KEY: len(DATA)}, 1)
    assert (report.voids, report.again) == ([], 0)
    assert report.cpu_s > 0


def test_what_is_not_in_the_table_is_refused(tmp_path: Path) -> None:
    """A 400, and the run is void."""
    with standing(ROWS, tmp_path, None) as target:
        connected = connection(target, None)
        status, _, said = ask(connected, "PUT", f"/bench/{KEY}", DATA[:-1])
        connected.close()
        report = target.report()
    assert status == 400
    assert b"not the source" in said
    assert report.objects == {}
    assert len(report.voids) == 1


def test_every_reply_waits(tmp_path: Path) -> None:
    """Also that to a question that moves nothing."""
    with standing(ROWS, tmp_path, None, delay=0.2) as target:
        connected = connection(target, None)
        for _ in range(2):
            begun = time.monotonic()
            ask(connected, "GET", "/bench")
            assert time.monotonic() - begun >= 0.2
        connected.close()
        target.report()


def test_chunks_are_no_body(tmp_path: Path) -> None:
    """A body that is framed is not the source's bytes, whatever its length says."""
    with standing(ROWS, tmp_path, None) as target:
        connected = connection(target, None)
        connected.request("PUT", f"/bench/{KEY}", DATA, {"Content-Encoding": "aws-chunked"})
        assert connected.getresponse().status == 400
        connected.close()
        assert "framed in chunks" in target.report().voids[0]
