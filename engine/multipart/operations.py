"""The operations of S3 as botocore describes them: fields to a signed request, an answer to a dictionary.

Its client is left out: it resolves an endpoint and emits a dozen events in every call, at several times the
CPU of all else in it, follows redirects, reads answers of any length, and repeats calls on its own.
"""

from collections.abc import Mapping
from typing import Any

from botocore.auth import BaseSigner, HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.credentials import Credentials as Keys
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from engine.model import Target
from engine.multipart.dialect import Credentials
from engine.multipart.signing import REGION
from engine.wire import Head, Request

PROTOCOL = "rest-xml"


class Operations:
    """The operations, signed in one way with one account's keys."""

    def __init__(self, signature: str, credentials: Credentials) -> None:
        self._model = description()
        self._serializer = create_serializer(PROTOCOL, include_validation=False)
        self._parser = create_parser(PROTOCOL)
        self._signer = signer(signature, credentials)

    def request(
        self, operation: str, target: Target, fields: Mapping[str, Any]
    ) -> tuple[Request, bytes | None]:
        """Prepare and sign one call to an object, or to its bucket, path style; return it and its body."""
        model = self._model.operation_model(operation)
        at_object = "Key" in (model.input_shape.members if model.input_shape else ())
        parameters = {"Bucket": target.bucket, **({"Key": target.key} if at_object else {}), **fields}
        prepared = self._serializer.serialize_to_request(parameters, model)
        prepare_request_dict(prepared, target.endpoint)
        signed = create_request_object(prepared)
        self._signer.add_auth(signed)
        return Request(signed.method, signed.url, tuple(signed.headers.items())), prepared["body"] or None

    def read(self, operation: str, head: Head, content: bytes) -> Mapping[str, Any]:
        """Read the answer to a call that went well; what botocore raises for a malformed one is raised."""
        answer = {"status_code": head.status, "headers": head.headers, "body": content}
        read: Mapping[str, Any] = self._parser.parse(
            answer, self._model.operation_model(operation).output_shape
        )
        return read


def description() -> ServiceModel:
    """Load botocore's own description of S3; one in the home of whoever runs this does not count."""
    loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model("s3", "service-2"), "s3")


def signer(signature: str, credentials: Credentials) -> BaseSigner:
    """Return what signs by version 2 ("s3" to botocore) or by version 4 ("s3v4")."""
    keys = Keys(credentials.access_key, credentials.secret_key, credentials.token)
    return HmacV1Auth(keys) if signature == "s3" else S3SigV4Auth(keys, "s3", REGION)
