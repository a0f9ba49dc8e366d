"""What holds of the calls that botocore's description of S3 is read for: they are those of its own client."""

import os
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession

from engine.model import Target
from engine.multipart import PANOPTO, S3, Credentials, Dialect
from engine.multipart.operations import Operations
from engine.multipart.signing import REGION

KEYS = Credentials("AKID", "sesame")
TARGET = Target("https://panopto.example/Panopto", "Upload", "guid-1/a b+ü&=.mp4")
UPLOAD = "u/1+=&é"
PARTS = {"Parts": [{"PartNumber": 1, "ETag": '"a&b"'}, {"PartNumber": 2, "ETag": '"b"'}]}
CALLS = [
    ("CreateMultipartUpload", "create_multipart_upload", {}),
    ("CompleteMultipartUpload", "complete_multipart_upload", {"UploadId": UPLOAD, "MultipartUpload": PARTS}),
    ("AbortMultipartUpload", "abort_multipart_upload", {"UploadId": UPLOAD}),
    ("ListParts", "list_parts", {"UploadId": UPLOAD, "PartNumberMarker": 7}),
    ("HeadObject", "head_object", {}),
]
ITS_OWN = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "x-amz-date", "date"}
"""What its client says of itself, and what hangs on the time of day (`test_calls` has that byte for byte)."""


class Made(Exception):
    """Ends a call of the client before anything is sent."""

    def __init__(self, request: Any) -> None:
        self.request = request


def intercept(request: Any, **_: Any) -> None:
    """Take the request instead of sending it."""
    raise Made(request)


async def made_by_its_client(dialect: Dialect, method: str, fields: dict[str, Any]) -> Any:
    """Return the request that aiobotocore's client makes, with no profile of whoever runs this."""
    session = AioSession({"config_file": (None, None, os.devnull, None)})
    config = AioConfig(
        signature_version=dialect.signature,
        request_checksum_calculation="when_required",
        s3={"addressing_style": "path"},
        retries={"total_max_attempts": 1},
    )
    keys = {"aws_access_key_id": KEYS.access_key, "aws_secret_access_key": KEYS.secret_key}
    async with session.create_client(
        "s3", region_name=REGION, endpoint_url=TARGET.endpoint, config=config, **keys
    ) as client:
        client.meta.events.register("before-send.s3", intercept)
        with pytest.raises(Made) as made:
            await getattr(client, method)(Bucket=TARGET.bucket, Key=TARGET.key, **fields)
        return made.value.request


def text(value: bytes | str) -> str:
    """Return a header's value as text."""
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("dialect", [PANOPTO, S3], ids=lambda one: one.name)
@pytest.mark.parametrize(("operation", "method", "fields"), CALLS, ids=[name for name, *_ in CALLS])
async def test_a_call_is_what_the_client_makes_of_it(
    dialect: Dialect, operation: str, method: str, fields: dict[str, Any]
) -> None:
    """Method, address, body and headers are those of aiobotocore's client, though ours is not in between."""
    theirs = await made_by_its_client(dialect, method, fields)
    request, body = Operations(dialect.signature, KEYS).request(operation, TARGET, fields)
    assert (request.method, request.url) == (theirs.method, theirs.url)
    assert (body or None) == (theirs.body or None)
    headers = {name.lower(): text(value) for name, value in request.headers}
    expected = {name.lower(): text(value) for name, value in theirs.headers.items()}
    assert {name for name in expected if name not in headers} <= ITS_OWN | {"content-length"}
    shared = headers.keys() - ITS_OWN
    assert {name: headers[name] for name in shared} == {name: expected[name] for name in shared}
