"""SeaweedFS: master, volume server, filer and S3 gateway in one process; objects are read back over S3.

It is killed, as what it stores is thrown away, and to end in order takes it more than ten seconds.
"""

import json
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from io import BufferedIOBase
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from benchmarks.authority import Authority
from benchmarks.job import ACCESS_KEY, BUCKET, SECRET_KEY
from benchmarks.peers.client import program
from benchmarks.ports import free_ports, wait_for
from benchmarks.real.target import RealTarget, Served

ACTIONS = [f"{action}:{BUCKET}" for action in ("Read", "Write", "List")]
KEYS = {
    "identities": [
        {
            "name": "bench",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ACTIONS,
        },
        {"name": "anonymous", "actions": ACTIONS},
    ]
}
"""Panopto's dialect does not sign, so nobody has to; who signs is checked."""
GRPC = ("master", "volume", "filer", "s3")
"""Its servers; each has a port for HTTP and one for gRPC, and a socket in /tmp named by the latter."""
BOUNDED = ("-master.volumeSizeLimitMB=64", "-volume.max=32")
"""Two GiB in all, thirty times `small`."""
ALONE = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-master.telemetry=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
)
"""On the loopback, with nothing sent to anybody, and without the servers that are not S3's."""
TIMEOUT = 30.0


@contextmanager
def serving(folder: Path, authority: Authority | None) -> Iterator[Served]:
    """Serve S3 until the block ends."""
    numbers = iter(free_ports(2 * len(GRPC)))
    ports = {f"{name}.port{kind}": next(numbers) for name in GRPC for kind in ("", ".grpc")}
    log = folder / "weed.log"
    with log.open("wb") as said, subprocess.Popen(_command(folder, ports, authority), stderr=said) as process:
        try:
            wait_for(ports["s3.port"], process, log.read_text)
            _make_bucket(ports["filer.port"])
            endpoint = f"{'https' if authority else 'http'}://127.0.0.1:{ports['s3.port']}"
            trust = ssl.create_default_context(cafile=authority.ca) if authority else None
            yield Served(endpoint, lambda name: _read(f"{endpoint}/{BUCKET}/{name}", trust))
        finally:
            process.kill()
            process.wait(30)
            for name in GRPC:
                Path(f"/tmp/seaweedfs-{name}-grpc-{ports[f'{name}.port.grpc']}.sock").unlink(missing_ok=True)


def _command(folder: Path, ports: Mapping[str, int], authority: Authority | None) -> list[str]:
    stored, keys = folder / "stored", folder / "keys.json"
    stored.mkdir()
    keys.write_text(json.dumps(KEYS))
    command = [str(program("weed")), "server", f"-dir={stored}", "-filer", "-s3", f"-s3.config={keys}"]
    command += [*ALONE, *BOUNDED, *(f"-{name}={port}" for name, port in ports.items())]
    command += [f"-{name}.localSocket={folder / name}.sock" for name in ("filer", "s3")]
    if authority is not None:
        command += [f"-s3.cert.file={authority.chain}", f"-s3.key.file={authority.key}"]
    return command


def _make_bucket(port: int) -> None:
    """Make it as the folder of the filer that a bucket is."""
    asked = Request(f"http://127.0.0.1:{port}/buckets/{BUCKET}/", method="POST")
    urlopen(asked, timeout=TIMEOUT).close()


def _read(url: str, trust: ssl.SSLContext | None) -> BufferedIOBase:
    try:
        found: BufferedIOBase = urlopen(url, timeout=TIMEOUT, context=trust)
    except HTTPError as refused:
        refused.close()
        if refused.code == HTTPStatus.NOT_FOUND:
            raise FileNotFoundError(url) from None
        raise
    return found


SEAWEEDFS = RealTarget("SeaweedFS", "weed", serving)
