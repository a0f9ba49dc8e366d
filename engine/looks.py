"""Tells from its first bytes what is certainly not a recording: a page, or JSON, whatever its header says.

A login page may come with 200 and a medium's type (faults.md F10). What media begin with is not listed: there
are too many kinds, and odd ones are real. What a page begins with is known (WHATWG, MIME Sniffing, 7.1), and
no medium begins so.
"""

import re

FIRST = 512
"""Bytes that are looked at: sign-on pages begin with many an empty line."""

BLANK = b"\t\n\x0c\r "
TAGS = rb"!doctype\s+html|html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|meta|form"
_PAGE = re.compile(rb"<(?:" + TAGS + rb")[\s>/]", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE)
_JSON = re.compile(rb"\{\s*(?:\"|\}\s*$)|\[\s*(?:[\[{\"]|\]\s*$)")


def what_else(first: bytes) -> str | None:
    """Return what bytes are that are no recording's, or None: what nobody knows may be one."""
    text = first[:FIRST].removeprefix(b"\xef\xbb\xbf").lstrip(BLANK)
    while text.startswith(b"<!--"):
        _, ended, text = text.partition(b"-->")
        text = text.lstrip(BLANK)
        if not ended:
            return "a page"
    if _PAGE.match(text) or (text.startswith(b"<?xml") and _HTML.search(text)):
        return "a page"
    return "JSON" if _JSON.match(text) else None
