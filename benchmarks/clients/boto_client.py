"""A boto3 client of the target, with keys that it wants and nobody looks at."""

from typing import Any

import boto3
from botocore.config import Config

from benchmarks.job import ACCESS_KEY, SECRET_KEY, Job


def open_client(job: Job, connections: int) -> Any:
    """Open it, path style, without the checksums that would be sent as aws-chunked trailers."""
    return boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=job.endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        verify=job.ca,
        config=Config(
            max_pool_connections=connections,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
        ),
    )
