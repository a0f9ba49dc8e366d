"""What holds of the calls that are written here: they are those of botocore's own client."""

import os
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession

from engine.model import Target
from engine.multipart import PANOPTO, S3, Credentials, Dialect
from engine.multipart.operations import (
    Operation,
    abort,
    complete,
    create,
    head,
    list_parts,
    list_uploads,
    signed,
    signer,
)
from engine.multipart.signing import REGION
from engine.wire import PartReceipt

KEYS = Credentials("AKID", "sesame")
TARGET = Target("https://panopto.example/Panopto", "Upload", "guid-1/a b+ü&=.mp4")
UPLOAD = "u/1+=&é"
RECEIPTS = (PartReceipt(1, 5, 0, None, '"a&<b>"'), PartReceipt(2, 5, 0, None, '"b"'))
PARTS = {"Parts": [{"PartNumber": one.number, "ETag": one.etag} for one in RECEIPTS]}
KEY = {"Key": TARGET.key}
CALLS = [
    (create(TARGET), "create_multipart_upload", KEY),
    (
        complete(TARGET, UPLOAD, RECEIPTS),
        "complete_multipart_upload",
        {**KEY, "UploadId": UPLOAD, "MultipartUpload": PARTS},
    ),
    (abort(TARGET, UPLOAD), "abort_multipart_upload", {**KEY, "UploadId": UPLOAD}),
    (list_parts(TARGET, UPLOAD), "list_parts", {**KEY, "UploadId": UPLOAD}),
    (list_parts(TARGET, UPLOAD, 7), "list_parts", {**KEY, "UploadId": UPLOAD, "PartNumberMarker": 7}),
    (list_uploads(TARGET), "list_multipart_uploads", {"Prefix": TARGET.key}),
    (head(TARGET), "head_object", KEY),
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
            await getattr(client, method)(Bucket=TARGET.bucket, **fields)
        return made.value.request


def text(value: bytes | str) -> str:
    """Return a header's value as text."""
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("dialect", [PANOPTO, S3], ids=lambda one: one.name)
@pytest.mark.parametrize(("operation", "method", "fields"), CALLS, ids=[name for _, name, _ in CALLS])
async def test_a_call_is_what_the_client_makes_of_it(
    dialect: Dialect, operation: Operation, method: str, fields: dict[str, Any]
) -> None:
    """Method, address, body and headers are those of aiobotocore's client, though ours is not in between."""
    theirs = await made_by_its_client(dialect, method, fields)
    request = signed(operation, signer(dialect.signature, KEYS))
    assert (request.method, request.url) == (theirs.method, theirs.url)
    assert operation.body == (theirs.body or None)
    headers = {name.lower(): text(value) for name, value in request.headers}
    expected = {name.lower(): text(value) for name, value in theirs.headers.items()}
    assert {name for name in expected if name not in headers} <= ITS_OWN | {"content-length"}
    shared = headers.keys() - ITS_OWN
    assert {name: headers[name] for name in shared} == {name: expected[name] for name in shared}
