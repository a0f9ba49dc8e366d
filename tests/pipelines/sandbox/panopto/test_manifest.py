"""Manifests: both roots, held against our own schema, and what they say."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.panopto_caller import manifest
from lxml import etree

from pipelines.sandbox.panopto.manifest import (
    Manifest,
    ManifestError,
    NamedFile,
    NotAManifest,
    parse,
    read,
    seconds,
)

V1 = """\
<PanoptoSession xmlns="http://panopto.com/PanoptoSession/v1">
  <Title>Old</Title><Description>Text</Description><Date>2015-01-02T03:04:05Z</Date>
  <Videos><Video><Start>PT1M</Start><Filename LocalFilename="C:\\a.mp4">a.mp4</Filename><Cuts/>
    <TableOfContents/><Type>Secondary</Type><Transcripts/></Video></Videos>
  <Presentations/><Cuts/>{more}
</PanoptoSession>"""
VIDEO = "<Video><Start>PT0S</Start><File>a.mp4</File>{}<Type>Primary</Type></Video>"


def whole(inside: str) -> bytes:
    """A 2.x manifest with a title and what is inside."""
    space = "http://tempuri.org/UniversalCaptureSpecification/v1"
    return f'<Session xmlns="{space}"><Title>T</Title>{inside}</Session>'.encode()


def understood(body: bytes) -> Manifest:
    """What a manifest says."""
    return read(parse(body))


def test_version_2_says_title_date_and_files() -> None:
    """Title and date are read, the date in UTC; each file has its place, start and checksum."""
    body = manifest("A &amp; B", ["a.mp4"]).replace(b"<File>", b'<File Checksum="0a0B0c0D">')
    found = understood(body.replace(b"PT0S", b"PT1M2.5S"))
    assert (found.title, found.date) == ("A & B", datetime(2024, 2, 3, 2, tzinfo=UTC))
    assert found.files == (NamedFile("a.mp4", "video", "Primary", 62.5, 0x0A0B0C0D),)


def test_version_1_is_read_too() -> None:
    """The old root, with Filename instead of File; elements that are not supported do no harm."""
    found = understood(V1.format(more="<Tags><Tag>x</Tag></Tags>").encode())
    assert found.files == (NamedFile("a.mp4", "video", "Secondary", 60.0),)


def test_every_kind_of_file_is_named() -> None:
    """Slides, transcripts, images, attachments, thumbnails and renditions are files to be there as well."""
    video = VIDEO.format("<Renditions><Rendition><File>r.mp4</File></Rendition></Renditions>").replace(
        "</Video>", "<Transcripts><Transcript><File>t.vtt</File></Transcript></Transcripts></Video>"
    )
    inside = (
        f"<Videos>{video}</Videos><Thumbnail>t.png</Thumbnail>"
        "<Presentations><Presentation><Start>PT0S</Start><File>p.pptx</File><SlideChanges/></Presentation>"
        "</Presentations><Images><Image><File>i.png</File><Time>PT1S</Time></Image></Images>"
        "<Attachments><Attachment><File>a.pdf</File><MimeType>application/pdf</MimeType></Attachment></Attachments>"
    )
    kinds = {file.name: file.kind for file in understood(whole(inside)).files}
    assert kinds == {
        "a.mp4": "video", "r.mp4": "video", "t.vtt": "transcript", "t.png": "thumbnail",
        "p.pptx": "presentation", "i.png": "image", "a.pdf": "attachment",
    }  # fmt: skip


@pytest.mark.parametrize(
    "inside",
    [
        "<Date>2026-01-02 03:04:05 UTC</Date>",
        "<Date>2026-01-02 03:04:05</Date>",
        "<Unknown/>",
        f"<Videos>{VIDEO.format('').replace('<Type>Primary</Type>', '')}</Videos>",
        f"<Videos>{VIDEO.format('').replace('Primary', 'primary')}</Videos>",
        f"<Videos>{VIDEO.format('<Bitrate>x</Bitrate>')}</Videos>",
        "<Videos><Video><Start>PT0S</Start><Type>Primary</Type><File>a.mp4</File></Video></Videos>",
        f"<Videos>{VIDEO.format('').replace('<File>', '<File Checksum=0cc175b9c0f1b6a8>')}</Videos>".replace(
            "Checksum=0cc175b9c0f1b6a8", 'Checksum="0cc175b9c0f1b6a8"'
        ),
        "<Presentations><Presentation><Start>PT0S</Start><File>p</File></Presentation></Presentations>",
        "<Attachments><Attachment><File>a.pdf</File></Attachment></Attachments>",
        "<Extensions><Extension><Name>a</Name><Value>b</Value></Extension></Extensions>",
        "<Title>twice</Title>",
    ],
)
def test_what_the_schema_forbids_is_refused(inside: str) -> None:
    """Dates without T, unknown elements, wrong order, missing or misspelt types, MD5 for CRC-32."""
    with pytest.raises(ManifestError, match="does not validate"):
        understood(whole(inside))


@pytest.mark.parametrize(
    "inside",
    [
        "<Date>2026-01-02T03:04:05</Date>",
        f"<Videos>{VIDEO.format('')}{VIDEO.format('')}</Videos>",
        "<Videos/><Cuts/><Tags/><Extensions/><Attachments/><Images/>",
        "<Creator><FirstName>A</FirstName><Email>a@b.invalid</Email></Creator>",
    ],
)
def test_what_the_schema_allows_is_taken(inside: str) -> None:
    """A date without zone, two Primary videos, empty lists, a creator."""
    assert understood(whole(inside)).title == "T"


def test_a_date_without_zone_is_the_sites_own_time() -> None:
    """Such a date is not the client's time nor UTC."""
    found = understood(whole("<Date>2026-01-02T03:04:05.1234567</Date>"))
    assert found.date == datetime(2026, 1, 2, 8, 4, 5, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"<Session/>",
        b"<Session xmlns='http://tempuri.org/UniversalCaptureSpecification/v2'><Title/></Session>",
        b"4\r\n<a/>\r\n0\r\nx-amz-checksum-crc32:jHNlIQ==\r\n\r\n",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + whole("<Description>&b;</Description>"),
        whole("<Description>\x0b</Description>"),
    ],
)
def test_what_is_no_manifest(body: bytes) -> None:
    """Nothing, no XML, another root, framing around it, a DTD, a control character."""
    with pytest.raises(NotAManifest):
        parse(body)


def test_durations() -> None:
    """xs:duration in seconds."""
    assert [seconds(one) for one in ("PT0S", "PT1H2M3.5S", "P1D", "-PT1S")] == [0, 3723.5, 86400, -1]


def test_published_samples_are_taken() -> None:
    """Where the published references are at hand: each sample is valid here as it is there."""
    reference = os.environ.get("FERRY_REFERENCE")
    if not reference:
        pytest.skip("FERRY_REFERENCE does not name the published references")
    folder = Path(reference) / "panopto-ucs"
    published = etree.XMLSchema(etree.parse(folder / "schemas" / "universal-capture-2.1.xsd"))
    samples = sorted(folder.glob("samples/**/ucs.xml"))
    assert samples
    for sample in samples:
        assert published.validate(etree.parse(sample))
        assert understood(sample.read_bytes()).files
