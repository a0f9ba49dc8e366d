"""CreateMultipartUpload and CompleteMultipartUpload by hand, for a client that has no S3 library."""

import http.client
import re
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from benchmarks.job import BUCKET, Job

UPLOAD_ID = re.compile(r"<UploadId>([^<]+)</UploadId>")


def create(job: Job, key: str) -> str:
    """Open an upload, and return its id."""
    found = UPLOAD_ID.search(_post(job, f"/{BUCKET}/{key}?uploads", ""))
    if found is None:
        raise SystemExit("the target gives no upload")
    return found[1]


def complete(job: Job, key: str, upload: str, etags: Mapping[int, str]) -> None:
    """Make the parts one object."""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etags[number]}</ETag></Part>"
        for number in sorted(etags)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
    _post(job, f"/{BUCKET}/{key}?uploadId={upload}", body)


def _post(job: Job, path: str, body: str) -> str:
    connection = _connection(job)
    try:
        connection.request("POST", path, body.encode())
        answer = connection.getresponse()
        content = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise SystemExit(f"the target answers {answer.status} to POST {path}: {content}")
    return content


def _connection(job: Job) -> http.client.HTTPConnection:
    parts = urlsplit(job.endpoint)
    host, port = str(parts.hostname), parts.port
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, port, context=ssl.create_default_context(cafile=job.ca))
    return http.client.HTTPConnection(host, port)
