"""What holds of first bytes: a page and JSON are told, and no recording is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.looks import what_else

MEDIA = {
    "mp4": b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00",
    "old quicktime": b"\x00\x00\x10\x00moov\x00\x00\x00lmvhd",
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\x01",
    "mp3 with a tag": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "mp3": b"\xff\xfb\x90\x64\x00",
    "wav": b"RIFF\x24\x08\x00\x00WAVEfmt ",
    "ogg": b"OggS\x00\x02\x00\x00",
    "flac": b"fLaC\x00\x00\x00\x22",
    "mpeg program": b"\x00\x00\x01\xba\x44\x00",
    "mpeg transport": b"G@\x00\x10\x00\x00\xb0",
    "asf": b"0&\xb2u\x8ef\xcf\x11",
    "flv": b"FLV\x01\x05",
    "captions": b"WEBVTT\n\n00:00.000 --> 00:01.000\n<b>Hello</b>",
    "captions in brackets": b"[Music]\n",
    "timed text": b'<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml"><head/></tt>',
    "jpeg": b"\xff\xd8\xff\xe0",
    "the sandbox's": b"",
}
OTHERS = {
    "html": b"<!DOCTYPE html>\n<html><head>",
    "blank lines": b"\xef\xbb\xbf" + b"\r\n" * 200 + b"<html lang='en'>",
    "a comment": b"<!-- (c) Identity Provider -->\n<!doctype HTML public>",
    "a long comment": b"<!-- " + b"x" * 600,
    "xhtml": b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
    "a form": b'<form action="/Shibboleth.sso">',
    "an error": b'{"error": "unauthorized"}',
    "an empty object": b" {} \n",
    "a list": b'[{"message": "no"}]',
    "an empty list": b"[]",
}


@pytest.mark.fault(10)
@pytest.mark.parametrize("kind", MEDIA)
def test_media_pass(kind: str) -> None:
    """Every kind that Opencast publishes, and text that only looks like markup."""
    assert what_else(MEDIA[kind]) is None


@pytest.mark.fault(10)
@pytest.mark.parametrize("kind", OTHERS)
def test_pages_and_json_are_told(kind: str) -> None:
    """Whatever stands before the first tag."""
    assert what_else(OTHERS[kind]) in {"a page", "JSON"}


@given(st.binary(min_size=1, max_size=600))
def test_what_nobody_knows_passes(first: bytes) -> None:
    """Only what begins, after blanks, as markup or JSON does is told."""
    if first.removeprefix(b"\xef\xbb\xbf").lstrip(b"\t\n\x0c\r ")[:1] not in {b"<", b"{", b"["}:
        assert what_else(first) is None


@given(st.sampled_from(b"<{[-! \n"), st.integers(0, 100_000))
def test_looking_takes_no_time(byte: int, count: int) -> None:
    """No text, however made, is looked at for long: only so much of it is."""
    what_else(bytes([byte]) * count)
    what_else(b"<!---->" * count)
