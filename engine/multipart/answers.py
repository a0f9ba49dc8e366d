"""What an answer of S3 says: an error of ours where something is wrong, else the XML that it is made of."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from lxml import etree

from engine.errors import (
    AccountRefused,
    FerryError,
    PartRefused,
    Refused,
    ServerFault,
    Throttled,
    UploadGone,
)
from engine.http import passing_fault
from engine.retry import retry_after
from engine.wire import Head

LARGEST_ERROR = 64 * 1024
"""Bytes that are read of an error's body."""


class NotOffered(Refused):
    """The target does not have this call."""


class NotXml(ServerFault):
    """The target answers with something else than S3's XML."""


def judge(head: Head, body: bytes, where: str) -> etree._Element | None:
    """Return the document of an answer, None where it has none; raise what it says that went wrong.

    A 200 may hold an error too, sent after minutes of spaces (Amazon S3 API Reference,
    CompleteMultipartUpload).
    """
    root = document(body)
    code = error_code(root)
    if head.status < 300 and code is None:
        return root
    wait = retry_after(head.headers.get("Retry-After"), time.time())
    raise _by_code(code, wait, where) or _by_status(head.status, code, wait, where)


def judge_part(head: Head, body: bytes, where: str) -> str:
    """Return the ETag of what was stored; raise where it was not, or where nothing proves it."""
    judge(head, body, where)
    etag = head.headers.get("ETag", "").strip()
    if head.status != 200 or not etag.strip('"') or not etag.isascii():
        raise ServerFault(f"answers HTTP {head.status} to a PUT without an ETag", where=where)
    return etag


def judge_object(head: Head, body: bytes, where: str) -> str:
    """Return the ETag of an object that was stored by one PUT, as `judge_part` does that of a part."""
    try:
        return judge_part(head, body, where)
    except NotOffered:
        raise NotOffered(
            "takes no object by one PUT", where=where, advice="use a dialect that has no PutObject"
        ) from None


def document(body: bytes) -> etree._Element | None:
    """Parse an answer without entities, network or DTD; None where it is not XML, or has a DTD."""
    if not (text := body.strip()):
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root if root.getroottree().docinfo.internalDTD is None else None


def error_code(root: etree._Element | None) -> str | None:
    """Return the code of S3's <Error>, or None where the answer is none."""
    if root is None or etree.QName(root).localname != "Error":
        return None
    for child in root.iterchildren(tag=etree.Element):
        if etree.QName(child).localname == "Code":
            return re.sub(r"[^A-Za-z0-9._-]", "", child.text or "")[:64]
    return ""


def text_of(root: etree._Element | None, name: str) -> str:
    """Return the text of a child by its name, in whatever namespace; empty where there is none."""
    return "" if root is None else root.findtext(f"{{*}}{name}", "")


@contextmanager
def sensible(where: str) -> Iterator[None]:
    """Make a ServerFault of what the reading of a malformed answer stumbles over."""
    try:
        yield
    except (LookupError, ValueError) as error:
        raise ServerFault(f"its answer makes no sense ({type(error).__name__})", where=where) from None


_CODES: Mapping[str, type[FerryError]] = {
    "NoSuchUpload": UploadGone,
    "InvalidPart": UploadGone,
    "InternalError": ServerFault,
    "ServiceUnavailable": ServerFault,
    "OperationAborted": ServerFault,
    "RequestTimeout": ServerFault,
    "IncompleteBody": ServerFault,
    "SlowDown": Throttled,
    "TooManyRequests": Throttled,
    "RequestLimitExceeded": Throttled,
    "Throttling": Throttled,
    "ThrottlingException": Throttled,
    "BandwidthLimitExceeded": Throttled,
    "EntityTooLarge": PartRefused,
    "NotImplemented": NotOffered,
    "MethodNotAllowed": NotOffered,
    "InvalidAccessKeyId": AccountRefused,
    "SignatureDoesNotMatch": AccountRefused,
    "ExpiredToken": AccountRefused,
    "RequestTimeTooSkewed": AccountRefused,
}
"""S3's error codes that mean something else than their status (Amazon S3 API Reference, Error Responses).
InvalidPart is a part that the target has lost or holds under another ETag: the file starts anew."""

SMALLER = "choose a smaller part size in the settings"

_ADVICE = {
    "EntityTooLarge": SMALLER,
    "RequestTimeTooSkewed": "set this machine's clock",
    "ExpiredToken": "give a token that is still valid",
}


def _by_code(code: str | None, wait: float | None, where: str) -> FerryError | None:
    kind = _CODES.get(code or "")
    if kind is None:
        return None
    said = f"says {code}"
    if issubclass(kind, ServerFault | Throttled):
        return kind(said, where=where, retry_after=wait)
    return kind(said, where=where, advice=_ADVICE.get(code or "", ""))


def _by_status(status: int, code: str | None, wait: float | None, where: str) -> FerryError:
    if (passing := passing_fault(status, wait, where)) is not None:
        return passing
    said = f"answers HTTP {status}" + (f" ({code})" if code else "")
    if status == 413:  # of a proxy in between: one part is as large as the next
        return PartRefused(said, where=where, advice=SMALLER)
    if status in {405, 501}:
        return NotOffered(said, where=where)
    if status < 300:
        return ServerFault(said, where=where)
    return Refused(said, where=where)


PutJudge = Callable[[Head, bytes], str]


def part_judge(where: str) -> PutJudge:
    """Return a judge of the answers to PUTs of parts at `where`."""
    return partial(judge_part, where=where)


def object_judge(where: str) -> PutJudge:
    """Return a judge of the answers to PutObject at `where`."""
    return partial(judge_object, where=where)
