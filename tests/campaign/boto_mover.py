"""boto3's upload_fileobj of an open answer, with boto3's own retries.

python -m campaign.boto_mover SOURCE ENDPOINT KEY
"""

import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from campaign.peers import BUCKET, IN_FLIGHT, PART, PATIENCE


def main() -> None:
    """Move one file."""
    source, endpoint, key, _ = sys.argv[1:]
    settings = Config(
        read_timeout=PATIENCE,
        connect_timeout=PATIENCE,
        s3={"addressing_style": "path"},
    )
    client = boto3.client("s3", endpoint_url=endpoint, config=settings)
    parts = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=IN_FLIGHT)
    with urllib.request.urlopen(source, timeout=PATIENCE) as answer:
        client.upload_fileobj(answer, BUCKET, key, Config=parts)


if __name__ == "__main__":
    main()
