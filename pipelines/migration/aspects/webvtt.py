"""WebVTT: a caption file of any known form as one that Panopto takes, checked cue by cue.

Styles and places of other forms are left out. Times are not shifted: what is carried fits the film as it is.
Source: W3C, WebVTT: The Web Video Text Tracks Format, sections 4 and 6.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pycaption import CaptionSet, WebVTTWriter  # type: ignore[import-untyped]

from pipelines.migration.aspects.captions import Form
from pipelines.migration.aspects.refusals import NotCaptions
from pipelines.migration.aspects.subrip import read_subrip
from pipelines.migration.aspects.timed_text import read_timed_text

AT_MOST = 4 * 1024 * 1024
"""Bytes of a caption file: a film of ten hours has less than 1 MiB."""

_DAY_US = 24 * 3600 * 1_000_000
_TIME = r"((?:\d{2,6}:)?[0-5]\d:[0-5]\d[.,]\d{3})"
_CUE = re.compile(rf"{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t]+(.*))?", re.ASCII)
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_ARROW = "-->"


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines between blank ones: a cue with its times, or a header, style, region or note with none."""

    lines: tuple[str, ...]
    start_ms: int = 0
    end_ms: int = 0
    is_cue: bool = False


def as_webvtt(document: bytes, form: Form, *, language: str = "", at_most: int = AT_MOST) -> bytes:
    """Return a caption file as WebVTT in UTF-8: cues by their starts, each one longer than nothing.

    An `unknown` form is told by how the file begins. `language` chooses where a DFXP or TTML file holds
    several. Raises NotCaptions where it is no caption file, or one whose cues cannot all be read.
    """
    if len(document) > at_most:
        raise NotCaptions(f"the file has {len(document)} bytes where {at_most} are allowed")
    match _told(document) if form == "unknown" else form:
        case "dfxp":
            return _checked(_written(read_timed_text(document, language))).encode()
        case "srt":
            return _checked(_written(read_subrip(_text(document)))).encode()
        case _:
            return _checked(_text(document)).encode()


def cues_in(document: bytes) -> int:
    """Return the number of cues of a file that `as_webvtt` wrote."""
    return sum(_ARROW in line for line in document.decode().split("\n"))


def _told(document: bytes) -> Form:
    start = document[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "dfxp"
    return "srt" if start[:1].isdigit() else "vtt"


def _text(document: bytes) -> str:
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotCaptions("the file is not text in UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _written(captions: CaptionSet) -> str:
    """Write what pycaption read; its writer drops whole days, so that no time may reach one."""
    (language,) = captions.get_languages()
    cues = captions.get_captions(language)
    if not all(0 <= one.start < _DAY_US and 0 <= one.end < _DAY_US for one in cues):
        raise NotCaptions("the file has a caption before the beginning or after 24 hours")
    return str(WebVTTWriter().write(captions))


def _checked(text: str) -> str:
    """Return WebVTT with its cues in order and those that last no time left out."""
    header, *blocks = (_read(lines, number) for number, lines in enumerate(_split(text)))
    if header.is_cue or not _HEADER.fullmatch(header.lines[0]):
        raise NotCaptions("the file does not begin with WEBVTT")
    blocks = [one for one in blocks if not one.is_cue or one.start_ms < one.end_ms]
    cues = iter(sorted((one for one in blocks if one.is_cue), key=lambda one: one.start_ms))
    ordered = [header, *(next(cues) if one.is_cue else one for one in blocks)]
    if not any(one.is_cue for one in ordered):
        raise NotCaptions("the file has no captions in it")
    return "\n\n".join("\n".join(one.lines) for one in ordered) + "\n"


def _split(text: str) -> Iterator[list[str]]:
    """Yield blocks of lines, the header's first. A line of times begins one even where no blank line is."""
    block: list[str] = []
    first = True
    for line in text.split("\n"):
        starts = _ARROW in line and (first or len(block) > 1 or any(_ARROW in one for one in block))
        if (starts or not line) and (block or first):
            yield block or [""]
            block, first = [], False
        if line:
            block.append(line)
    if block:
        yield block


def _read(lines: list[str], number: int) -> _Block:
    at = next((place for place, line in enumerate(lines) if _ARROW in line), None)
    if number == 0 or at is None:
        return _Block(tuple(lines))
    found = _CUE.fullmatch(lines[at].strip(" \t"))
    if found is None:
        raise NotCaptions(f"the times of its block {number} cannot be read")
    start, end = (one.replace(",", ".") for one in found.group(1, 2))
    times = " ".join((start, _ARROW, end, *(found[3] or "").split()))
    timed = (*lines[:at], times, *lines[at + 1 :])
    return _Block(timed, _milliseconds(start), _milliseconds(end), is_cue=True)


def _milliseconds(time: str) -> int:
    clock, _, fraction = time.partition(".")
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds * 1000 + int(fraction)
