"""The PUT of a part or object without botocore's client: its URL, and a signature where the dialect has one.

The bytes never pass through botocore: it would hold them whole, say Expect: 100-continue, which a silent peer
answers never, and by default frame them as aws-chunked, which Panopto very likely stores as they come.
"""

from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Keys

from engine.model import Target
from engine.multipart.dialect import Credentials
from engine.wire import Request

REGION = "us-east-1"

_UNSIGNED_PAYLOAD = Config(s3={"payload_signing_enabled": False})


def part_request(target: Target, upload: str, number: int, length: int, keys: Credentials | None) -> Request:
    """Prepare the PUT of part `number` with `length` bytes to come; signed with `keys`, where there are any.

    Without keys there is no Authorization and no x-amz header (Panopto/upload-javascript-sample).
    """
    query = f"partNumber={number}&uploadId={quote(upload, safe='-_.~')}"
    return _put(f"{object_url(target)}?{query}", length, keys)


def object_request(target: Target, length: int, keys: Credentials | None) -> Request:
    """Prepare a PutObject with `length` bytes to come; signed as a part is."""
    return _put(object_url(target), length, keys)


def _put(url: str, length: int, keys: Credentials | None) -> Request:
    headers = {"Content-Length": str(length)}
    if keys is not None:
        headers |= _signature(url, keys)
    return Request("PUT", url, tuple(headers.items()))


def bucket_url(target: Target) -> str:
    """Return the URL of an object's bucket."""
    return f"{target.endpoint.rstrip('/')}/{quote(target.bucket, safe='-_.~/')}"


def object_url(target: Target) -> str:
    """Return the URL of an object, path style, its key quoted but for slashes."""
    return f"{bucket_url(target)}/{quote(target.key, safe='-_.~/')}"


def _signature(url: str, keys: Credentials) -> dict[str, str]:
    """Sign by SigV4 with UNSIGNED-PAYLOAD: the body is not known before it flows."""
    request = AWSRequest("PUT", url)
    request.context["client_config"] = _UNSIGNED_PAYLOAD
    signer = S3SigV4Auth(Keys(keys.access_key, keys.secret_key, keys.token), "s3", REGION)
    signer.add_auth(request)
    return dict(request.headers.items())
