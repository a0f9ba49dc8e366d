"""curl into s5cmd pipe: a shell's way, one file after another."""

import shlex
from pathlib import Path

from benchmarks.job import ACCESS_KEY, BUCKET, SECRET_KEY, Job
from benchmarks.peers.client import MIB, Client, Command, program


def _command(job: Job, _: Path, folder: Path) -> Command:
    s5cmd, curl = shlex.quote(str(program("s5cmd"))), shlex.quote(str(program("curl")))
    trust = f" --cacert {shlex.quote(job.ca)}" if job.ca else ""
    lines = [
        f"{curl} -sSf{trust} {job.source}/{file.name} | {s5cmd} --endpoint-url {job.endpoint} --retry-count 0"
        f" pipe -c {job.in_flight} -p {job.part // MIB} s3://{BUCKET}/{file.name} >/dev/null"
        for file in job.files
    ]
    script = folder / "script"
    script.write_text("\n".join(["set -e", *lines]) + "\n")
    environment = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
        **({"AWS_CA_BUNDLE": job.ca} if job.ca else {}),
    }
    return Command(("sh", str(script)), environment)


CLIENTS = (Client("s5cmd pipe", _command, tools=("s5cmd", "curl"), level="MD5 or SHA-256 of every part"),)
