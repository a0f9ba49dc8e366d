"""boto3's upload_fileobj of an open answer: the job's part size, its concurrency.

python -m benchmarks.clients.boto_upload JOB.json
"""

import json
import ssl
import sys
import urllib.request
from dataclasses import asdict

from boto3.s3.transfer import TransferConfig

from benchmarks.clients.boto_client import open_client
from benchmarks.clients.start import since_start
from benchmarks.job import BUCKET, read_job


def main() -> None:
    """Move the files, one after another."""
    job = read_job(sys.argv[1])
    client = open_client(job, job.in_flight)
    config = TransferConfig(
        multipart_threshold=job.part, multipart_chunksize=job.part, max_concurrency=job.in_flight
    )
    trust = ssl.create_default_context(cafile=job.ca) if job.ca else None
    started = since_start()
    for file in job.files:
        with urllib.request.urlopen(f"{job.source}/{file.name}", context=trust) as answer:
            client.upload_fileobj(answer, BUCKET, file.name, Config=config)
    print(json.dumps(asdict(started)))


if __name__ == "__main__":
    main()
