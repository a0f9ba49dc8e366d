"""The calls of S3 to one object, or to its bucket, path style: what each asks for, and what signs it.

They are the requests that botocore's own client makes, which the tests hold them against. It stays outside:
it reads each call's form from a description of all of S3, resolves an endpoint and emits a dozen events in
every call, at several times the CPU of all else in it, follows redirects, reads answers of any length, and
repeats calls on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from botocore.auth import BaseSigner, HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from engine.model import Target
from engine.multipart.dialect import Credentials
from engine.multipart.signing import REGION, bucket_url, object_url
from engine.wire import PartReceipt, Request

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call before it is signed. URL and body hold secrets where the target does."""

    method: str
    url: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


def create(target: Target) -> Operation:
    """Ask for a multipart upload (CreateMultipartUpload)."""
    return Operation("POST", f"{object_url(target)}?uploads")


def complete(target: Target, upload: str, receipts: Sequence[PartReceipt]) -> Operation:
    """Ask that the parts become one object (CompleteMultipartUpload)."""
    parts = "".join(
        f"<Part><PartNumber>{one.number}</PartNumber><ETag>{escape(one.etag, quote=False)}</ETag></Part>"
        for one in receipts
    )
    body = f'<CompleteMultipartUpload xmlns="{NAMESPACE}">{parts}</CompleteMultipartUpload>'
    return Operation("POST", _of_upload(target, upload), body.encode())


def abort(target: Target, upload: str) -> Operation:
    """Ask that an upload be given up (AbortMultipartUpload)."""
    return Operation("DELETE", _of_upload(target, upload))


def list_parts(target: Target, upload: str, after: int = 0) -> Operation:
    """Ask for a page of an upload's parts: those after a number (ListParts)."""
    page = f"&part-number-marker={after}" if after else ""
    return Operation("GET", _of_upload(target, upload) + page)


def list_uploads(target: Target) -> Operation:
    """Ask for the uploads that are open under keys that begin with ours (ListMultipartUploads)."""
    return Operation("GET", f"{bucket_url(target)}?uploads&prefix={_quoted(target.key)}")


def head(target: Target) -> Operation:
    """Ask what is known of the object (HeadObject)."""
    return Operation("HEAD", object_url(target))


def _of_upload(target: Target, upload: str) -> str:
    return f"{object_url(target)}?uploadId={_quoted(upload)}"


def _quoted(value: str) -> str:
    return quote(value, safe="-_.~")


def signer(signature: str, credentials: Credentials) -> BaseSigner:
    """Return what signs by version 2 ("s3" to botocore) or by version 4 ("s3v4")."""
    keys = Keys(credentials.access_key, credentials.secret_key, credentials.token)
    return HmacV1Auth(keys) if signature == "s3" else S3SigV4Auth(keys, "s3", REGION)


def signed(operation: Operation, by: BaseSigner) -> Request:
    """Return the request of a call, its signature among the headers."""
    request = AWSRequest(operation.method, operation.url, data=operation.body or b"")
    by.add_auth(request)
    return Request(operation.method, operation.url, tuple(request.headers.items()))
