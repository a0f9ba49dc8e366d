"""What counts as a caption file."""

import pytest

from pipelines.sandbox.panopto import subtitles

SRT = b"1\r\n00:00:01,000 --> 00:00:02,500\r\nWelcome\r\n"
VTT = b"WEBVTT\n\n00:01.000 --> 00:02.500\nWelcome\n"


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.srt", SRT), ("A.SRT", b"\xef\xbb\xbf" + SRT), ("a.vtt", VTT), ("a.b.vtt", b"\xef\xbb\xbf" + VTT)],
)
def test_srt_and_vtt_are_taken(name: str, body: bytes) -> None:
    """By the name's ending, with or without a mark of the byte order."""
    assert subtitles.fault(name, body) is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.dfxp", SRT),
        ("srt", b"no captions"),
        ("a.srt", VTT),
        ("a.vtt", SRT),
        ("a.srt", b""),
        ("a.vtt", b"WEBVTT\n"),
        ("a.vtt", VTT.replace(b"WEBVTT", b"WEBVTTX")),
        ("a.srt", SRT.replace(b"Welcome", b"\xe9t\xe9")),
        ("a.srt", SRT.decode().encode("utf-16")),
        ("a.srt", b"<html>Sign in</html>"),
    ],
)
def test_anything_else_is_none(name: str, body: bytes) -> None:
    """Another ending, another format than the ending says, no cue, another encoding than UTF-8."""
    assert subtitles.fault(name, body) is not None


def test_the_languages_are_the_published_31() -> None:
    """Each once."""
    assert len(set(subtitles.LANGUAGES)) == len(subtitles.LANGUAGES) == 31
