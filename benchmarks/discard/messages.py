"""HTTP as far as S3 clients speak it: a head in, an answer out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True, slots=True)
class Request:
    """A head: path style, so the first segment is the bucket. Names of headers are in lower case."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return int(self.headers.get("content-length", "0"))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `length` stands in the head where it is not the body's (HEAD)."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None

    def encode(self) -> bytes:
        """Return it as bytes."""
        size = len(self.body) if self.length is None else self.length
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
            f"Content-Length: {size}",
        ]
        if self.body:
            lines.append("Content-Type: application/xml")
        return "\r\n".join((*lines, "", "")).encode() + self.body


def request(head: bytes) -> Request:
    """Read a head."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    parts = urlsplit(target)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    pairs = (line.partition(":") for line in lines)
    return Request(method, bucket, key, query, {name.lower(): value.strip() for name, _, value in pairs})


def created(bucket: str, key: str, upload: str) -> Answer:
    """Answer CreateMultipartUpload."""
    inner = f"<Bucket>{escape(bucket)}</Bucket><Key>{escape(key)}</Key><UploadId>{upload}</UploadId>"
    return Answer(200, _document("InitiateMultipartUploadResult", inner))


def completed(bucket: str, key: str, etag: str) -> Answer:
    """Answer CompleteMultipartUpload."""
    inner = (
        f"<Location>/{escape(bucket)}/{escape(key)}</Location><Bucket>{escape(bucket)}</Bucket>"
        f"<Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag>"
    )
    return Answer(200, _document("CompleteMultipartUploadResult", inner))


def listing(bucket: str) -> Answer:
    """Answer a listing: a bucket of this target never shows what it holds."""
    inner = f"<Name>{escape(bucket)}</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated>"
    return Answer(200, _document("ListBucketResult", inner))


def buckets() -> Answer:
    """Answer ListBuckets."""
    return Answer(200, _document("ListAllMyBucketsResult", "<Buckets></Buckets>"))


def error(status: int, code: str, message: str) -> Answer:
    """Answer with an error."""
    body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Answer(status, body.encode())


def _document(name: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {XMLNS}>{inner}</{name}>'.encode()
