"""The XML that Panopto's S3 speaks: errors, the answers of the five calls, the list of parts to complete."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lxml import etree

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
STATUS: Mapping[str, int] = {
    "AccessDenied": 403,
    "EntityTooLarge": 413,
    "EntityTooSmall": 400,
    "InvalidArgument": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "MalformedXML": 400,
    "MissingContentLength": 411,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "NotImplemented": 501,
}
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


class S3Error(Exception):
    """A refused call, by S3's code for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUS[self.code]


@dataclass(frozen=True, slots=True)
class AskedPart:
    """One part as CompleteMultipartUpload names it."""

    number: int
    etag: str


def error(code: str, message: str, resource: str, request_id: str) -> bytes:
    """An <Error> document."""
    fields = {"Code": code, "Message": message, "Resource": resource, "RequestId": request_id}
    return _document("Error", fields.items(), namespace=None)


def created(key: str, upload_id: str) -> bytes:
    """The answer to CreateMultipartUpload."""
    return _document(
        "InitiateMultipartUploadResult", [("Bucket", "Upload"), ("Key", key), ("UploadId", upload_id)]
    )


def completed(location: str, key: str, etag: str) -> bytes:
    """The answer to CompleteMultipartUpload."""
    fields = [("Location", location), ("Bucket", "Upload"), ("Key", key), ("ETag", etag)]
    return _document("CompleteMultipartUploadResult", fields)


def listed(
    key: str,
    upload_id: str,
    parts: Iterable[tuple[int, int, str]],
    following: int | None,
    marker: int,
    most: int,
) -> bytes:
    """The answer to ListParts: (number, size, ETag) of each; `following` is the next marker of a cut list."""
    root = _element("ListPartsResult", NAMESPACE)
    fields = {
        "Bucket": "Upload",
        "Key": key,
        "UploadId": upload_id,
        "PartNumberMarker": str(marker),
        "NextPartNumberMarker": str(following or 0),
        "MaxParts": str(most),
        "IsTruncated": str(following is not None).lower(),
    }
    _fill(root, fields.items(), NAMESPACE)
    for number, size, etag in parts:
        part = etree.SubElement(root, f"{{{NAMESPACE}}}Part")
        _fill(part, {"PartNumber": str(number), "ETag": etag, "Size": str(size)}.items(), NAMESPACE)
    return _bytes(root)


def uploads(entries: Iterable[tuple[str, str]], prefix: str) -> bytes:
    """The answer to ListMultipartUploads: (key, upload id) of each, never cut."""
    root = _element("ListMultipartUploadsResult", NAMESPACE)
    fields = {"Bucket": "Upload", "KeyMarker": "", "UploadIdMarker": "", "Prefix": prefix}
    _fill(root, {**fields, "MaxUploads": "1000", "IsTruncated": "false"}.items(), NAMESPACE)
    for key, upload_id in entries:
        upload = etree.SubElement(root, f"{{{NAMESPACE}}}Upload")
        _fill(upload, {"Key": key, "UploadId": upload_id}.items(), NAMESPACE)
    return _bytes(root)


def asked(body: bytes) -> list[AskedPart]:
    """The parts that a CompleteMultipartUpload names, with or without S3's namespace.

    Raises S3Error (MalformedXML) where the body is no such document or names no part.
    """
    try:
        root = etree.fromstring(body, PARSER)
        parts = [
            AskedPart(int(part.findtext("{*}PartNumber") or ""), (part.findtext("{*}ETag") or "").strip())
            for part in root.iterfind("{*}Part")
        ]
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise S3Error("MalformedXML", "The XML you provided was not well-formed.") from wrong
    if etree.QName(root).localname != "CompleteMultipartUpload" or not parts:
        raise S3Error("MalformedXML", "You must specify at least one part.")
    return parts


def _document(name: str, fields: Iterable[tuple[str, str]], namespace: str | None = NAMESPACE) -> bytes:
    root = _element(name, namespace)
    _fill(root, fields, namespace)
    return _bytes(root)


def _element(name: str, namespace: str | None) -> etree._Element:
    if namespace is None:
        return etree.Element(name)
    return etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})  # type: ignore[dict-item]


def _fill(parent: etree._Element, fields: Iterable[tuple[str, str]], namespace: str | None) -> None:
    for name, text in fields:
        etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name).text = text


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
