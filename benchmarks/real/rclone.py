"""rclone's S3 server, whose objects are files that can be looked at."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.authority import Authority
from benchmarks.job import BUCKET
from benchmarks.peers.client import program
from benchmarks.ports import free_ports, wait_for
from benchmarks.real.target import RealTarget, Served


@contextmanager
def serving(folder: Path, authority: Authority | None) -> Iterator[Served]:
    """Serve S3 until the block ends."""
    stored = folder / "stored" / BUCKET
    stored.mkdir(parents=True)
    log = folder / "rclone.log"
    (port,) = free_ports(1)
    command = [str(program("rclone")), "serve", "s3", str(stored.parent), f"--addr=127.0.0.1:{port}"]
    command += ["--config=/dev/null", "--vfs-cache-mode=off", f"--log-file={log}"]
    if authority is not None:
        command += [f"--cert={authority.chain}", f"--key={authority.key}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process, log.read_text)
            endpoint = f"{'https' if authority else 'http'}://127.0.0.1:{port}"
            yield Served(endpoint, lambda name: (stored / name).open("rb"))
        finally:
            process.terminate()
            process.wait(30)


RCLONE = RealTarget("rclone", "rclone", serving)
