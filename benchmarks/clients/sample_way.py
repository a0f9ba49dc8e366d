"""The way of Panopto's sample for Python: parts of 5 MiB, one after another, read from a local file.

    python -m benchmarks.clients.sample_way JOB.json [--download]

What Panopto/upload-python-sample does (panopto_uploader.py at 2e2c7f8), in our own words: a file is opened,
PART_SIZE bytes are read and passed to upload_part, and so on to its end. With `--download` the file is first
fetched from the source, as somebody has to who holds no copy.
"""

import argparse
import json
import shutil
import ssl
import tempfile
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.clients.boto_client import open_client
from benchmarks.clients.start import since_start
from benchmarks.job import BUCKET, Job, read_job
from benchmarks.workloads import MIB, File

PART_SIZE = 5 * MIB


def upload(client: Any, path: Path, key: str) -> None:
    """Send one local file."""
    made = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    parts: list[dict[str, Any]] = []
    with path.open("rb") as file:
        while data := file.read(PART_SIZE):
            number = len(parts) + 1
            answer = client.upload_part(Bucket=BUCKET, Key=key, PartNumber=number, UploadId=made, Body=data)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    client.complete_multipart_upload(Bucket=BUCKET, Key=key, UploadId=made, MultipartUpload={"Parts": parts})


def fetch(job: Job, file: File, folder: Path) -> Path:
    """Download a file."""
    path = folder / file.name
    trust = ssl.create_default_context(cafile=job.ca) if job.ca else None
    with urllib.request.urlopen(f"{job.source}/{file.name}", context=trust) as answer, path.open("wb") as out:
        shutil.copyfileobj(answer, out, MIB)
    return path


def main() -> None:
    """Move the files, one after another."""
    parser = argparse.ArgumentParser(description="Move the files of a job as Panopto's sample does.")
    parser.add_argument("job")
    parser.add_argument("--download", action="store_true")
    asked = parser.parse_args()
    job = read_job(asked.job)
    client = open_client(job, 1)
    started = since_start()
    with tempfile.TemporaryDirectory(dir=Path(asked.job).parent) as folder:
        for file in job.files:
            path = fetch(job, file, Path(folder)) if asked.download else Path(job.local) / file.name
            upload(client, path, file.name)
            if asked.download:
                path.unlink()
    print(json.dumps(asdict(started)))


if __name__ == "__main__":
    main()
