"""The bytes of what lies beside a film: captions, segments, chapters, cut lists, pictures, a handout.

The forms are those that Opencast's own makers write: mpeg-7 with times such as T00:00:01:41F1000, in which 41
is a whole number of thousandths and not a decimal fraction; SMIL with milliseconds.
"""

import base64
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pipelines.sandbox.media import SeededMedia

Cue = tuple[int, int, str]
"""From, to (milliseconds), and what is said."""

Segment = tuple[str, str, str]
"""Begin and duration as mpeg-7 writes them, and its text."""

_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////"
    "////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)


def vtt(cues: Iterable[Cue]) -> bytes:
    """Captions as WebVTT, the hours left out as they may be, a note before the first cue."""
    blocks = [f"{number}\n{_clock(begin)} --> {_clock(end)} align:start\n{said}"
              for number, (begin, end, said) in enumerate(cues, start=1)]  # fmt: skip
    return "\n\n".join(["WEBVTT", "NOTE made by a speech recogniser", *blocks, ""]).encode()


def dfxp(cues: Iterable[Cue], language: str) -> bytes:
    """Captions as the Distribution Format Exchange Profile of TTML, as older players took them."""
    lines = "".join(
        f'      <p begin="00:{_clock(begin)}" end="00:{_clock(end)}">{_broken(said)}</p>\n'
        for begin, end, said in cues
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="{language}">\n'
        f"  <head/>\n  <body>\n    <div>\n{lines}    </div>\n  </body>\n</tt>\n"
    ).encode()


def _clock(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def _broken(said: str) -> str:
    return escape(said, quote=False).replace("\n", "<br/>")


def mpeg7(segments: Sequence[Segment], duration: str) -> bytes:
    """A catalogue of segments or chapters; `duration` is the film's. Without segments it is empty."""
    listed = "".join(_segment(number, one) for number, one in enumerate(segments, start=1))
    parts = f'<TemporalDecomposition criteria="temporal" gap="false" overlap="false">{listed}'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
        '<Mpeg7 xmlns="urn:mpeg:mpeg7:schema:2001" xmlns:mpeg7="urn:mpeg7:schema:2001" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<Description xsi:type="ContentEntityType"><MultimediaContent xsi:type="VideoType">'
        '<Video id="videosegment"><MediaLocator><MediaUri>slides.mp4</MediaUri></MediaLocator>'
        "<MediaTime><MediaRelTimePoint>T00:00:00:0F1000</MediaRelTimePoint>"
        f"<MediaDuration>{duration}</MediaDuration></MediaTime>{parts}</TemporalDecomposition>"
        "</Video></MultimediaContent></Description></Mpeg7>\n"
    ).encode()


def _segment(number: int, segment: Segment) -> str:
    begin, duration, text = segment
    length = f"<MediaDuration>{duration}</MediaDuration>" if duration else ""
    said = f"<TextAnnotation><FreeTextAnnotation>{escape(text)}</FreeTextAnnotation></TextAnnotation>"
    return (
        f'<VideoSegment id="segment-{number}"><MediaTime><MediaRelTimePoint>{begin}</MediaRelTimePoint>'
        f"{length}</MediaTime>{said if text else ''}</VideoSegment>"
    )


def smil(kept: Iterable[tuple[int, int]], tracks: Mapping[str, str], duration: int) -> bytes:
    """The editor's cut list: what is kept (milliseconds), a `par` a stretch and a clip for each track in it.

    `tracks` leads from flavor to address. A clip names the group that tells which track it is of.
    """
    groups = "".join(_group(flavor, source) for flavor, source in tracks.items())
    stretches = "".join(
        f"<par>{''.join(_clip(flavor, source, begin, end) for flavor, source in tracks.items())}</par>"
        for begin, end in kept
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<smil xmlns="http://www.w3.org/ns/SMIL" baseProfile="Language" version="3.0" xml:id="s-1">'
        f'<head xml:id="h-1"><meta name="track-duration" content="{duration}ms"/>{groups}</head>'
        f'<body xml:id="b-1">{stretches}</body></smil>\n'
    ).encode()


def _group(flavor: str, source: str) -> str:
    params = {"track-id": flavor.replace("/", "-"), "track-src": source, "track-flavor": flavor}
    told = "".join(
        f'<param value="{escape(value)}" name="{name}" valuetype="data"/>' for name, value in params.items()
    )
    return f'<paramGroup xml:id="{_group_id(flavor)}">{told}</paramGroup>'


def _clip(flavor: str, source: str, begin: int, end: int) -> str:
    times = f'clipBegin="{begin}ms" clipEnd="{end}ms"'
    return f'<video src="{escape(source)}" paramGroup="{_group_id(flavor)}" {times}/>'


def _group_id(flavor: str) -> str:
    return f"pg-{flavor.replace('/', '-')}"


def jpeg(mark: str) -> bytes:
    """A picture of one pixel, with a comment that makes it another file than the next one."""
    comment = mark.encode()
    return _JPEG[:20] + struct.pack(">BBH", 0xFF, 0xFE, len(comment) + 2) + comment + _JPEG[20:] + b"\xff\xd9"


def png(shade: int) -> bytes:
    """A picture of one grey pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes([0, shade % 256]))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def pdf(text: str) -> bytes:
    """A document of one empty page that is called so."""
    title = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("latin-1", "replace")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>", b"<</Title(" + title + b")>>",
    )  # fmt: skip
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R/Info 4 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def length(film: SeededMedia) -> str:
    """A film's duration as mpeg-7 writes it: PT02M24S554N1000F."""
    minutes, rest = divmod(film.duration, 60_000)
    return f"PT{minutes:02}M{rest // 1000:02}S{rest % 1000}N1000F"
