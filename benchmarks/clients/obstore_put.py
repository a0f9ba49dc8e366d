"""obstore: the stream of its HTTP store into the put of its S3 store, unsigned.

python -m benchmarks.clients.obstore_put JOB.json
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict
from typing import Any

import obstore
from obstore.store import HTTPStore, S3Store

from benchmarks.clients.start import since_start
from benchmarks.job import BUCKET, Job, read_job

WINDOW = 1024 * 1024


def stores(job: Job) -> tuple[Any, Any]:
    """Open both ends."""
    options: Any = {"allow_http": True, "timeout": "900s"}
    if job.ca:
        options["allow_invalid_certificates"] = True  # it takes no authority of ours
    source = HTTPStore.from_url(job.source, client_options=options)
    target = S3Store(
        BUCKET, endpoint=job.endpoint, region="us-east-1", skip_signature=True, client_options=options
    )
    return source, target


async def move(job: Job) -> None:
    """Move the files, one after another."""
    source, target = stores(job)
    print(json.dumps(asdict(since_start())), flush=True)
    for file in job.files:
        found = await obstore.get_async(source, file.name)
        await obstore.put_async(
            target,
            file.name,
            found.stream(min_chunk_size=WINDOW),
            use_multipart=True,
            chunk_size=job.part,
            max_concurrency=job.in_flight,
        )


def main() -> None:
    """Move; its threads may abort an interpreter that ends in the ordinary way, so this one just ends."""
    asyncio.run(move(read_job(sys.argv[1])))
    os._exit(0)


if __name__ == "__main__":
    main()
