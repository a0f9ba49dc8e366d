"""The S3 calls of a multipart upload, prepared, judged, and made once each."""

from engine.multipart.calls import Multipart, open_multipart
from engine.multipart.dialect import PANOPTO, S3, Credentials, Dialect
from engine.wire import ListedPart, ObjectHead

__all__ = [
    "PANOPTO",
    "S3",
    "Credentials",
    "Dialect",
    "ListedPart",
    "Multipart",
    "ObjectHead",
    "open_multipart",
]
