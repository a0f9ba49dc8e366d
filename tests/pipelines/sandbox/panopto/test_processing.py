"""What becomes of an upload, by its objects and its manifest."""

import zlib
from collections.abc import Mapping

import pytest
from fakes.panopto_caller import FILM, manifest

from pipelines.sandbox.container import Container
from pipelines.sandbox.panopto.model import State, StoredObject
from pipelines.sandbox.panopto.processing import Verdict, judge, judge_stream

VIDEO = Container("mp4", 90_500, video=True, audio=True)
SOUND = Container("mp3", None, video=False, audio=True)


def objects(**containers: Container | None) -> dict[str, StoredObject]:
    """Stored objects of these containers; the names end in .mp4."""
    names = {f"{name}.mp4": container for name, container in containers.items()}
    crc = zlib.crc32(FILM)
    return {name: StoredObject(name, 1, "", "", crc, 1, held, ()) for name, held in names.items()}


def verdict(body: bytes, held: Mapping[str, StoredObject], checksums: bool = True) -> Verdict:
    """The verdict on these objects with one manifest."""
    return judge(held, {"m.xml": body}, checksums)


def test_two_streams_are_complete_and_as_long_as_the_last() -> None:
    """The session ends where its last stream ends, by the uploaded bytes."""
    body = manifest("T", ["a.mp4", "b.mp4"]).replace(b"PT0S", b"PT10S", 1)
    found = verdict(body, objects(a=VIDEO, b=VIDEO))
    assert (found.state, found.message, found.duration) == (State.COMPLETE, None, 100.5)


def test_audio_alone_and_unsupported_elements_are_complete() -> None:
    """Both are in the published list of expected results."""
    body = manifest("T", ["a.mp4"], more="<Tags><Tag>x</Tag></Tags>").replace(b"Primary", b"Audio")
    assert verdict(body, objects(a=SOUND)).state is State.COMPLETE


@pytest.mark.parametrize(
    ("names", "held", "says"),
    [
        (["a.mp4"], {}, "not uploaded"),
        (["A.mp4"], {"a": VIDEO}, "not uploaded"),
        (["a.mp4", "b.mp4"], {"a": VIDEO}, "not uploaded"),
        (["a.mp4"], {"a": None}, "no media file"),
    ],
)
def test_missing_or_broken_files_end_in_an_error(
    names: list[str], held: dict[str, Container | None], says: str
) -> None:
    """Names must match exactly and media must have a signature; the session is left behind."""
    found = verdict(manifest("T", names), objects(**held))
    assert found.state is State.PROCESSING_ERROR
    assert says in (found.message or "")
    assert found.manifest is not None


def test_a_wrong_checksum_is_an_error_unless_switched_off() -> None:
    """The CRC-32 of the manifest is held against that of the bytes."""
    right, wrong = (f'<File Checksum="{crc:08x}">'.encode() for crc in (zlib.crc32(FILM), 1))
    body = manifest("T", ["a.mp4"])
    held = objects(a=VIDEO)
    assert verdict(body.replace(b"<File>", right), held).state is State.COMPLETE
    assert verdict(body.replace(b"<File>", wrong), held).state is State.PROCESSING_ERROR
    assert verdict(body.replace(b"<File>", wrong), held, checksums=False).state is State.COMPLETE


def test_without_exactly_one_manifest_there_is_no_session() -> None:
    """None, one that cannot be read, one that does not validate, two: an error and nothing else."""
    body, held = manifest("T", ["a.mp4"]), objects(a=VIDEO)
    for documents in (
        {},
        {"m.xml": b"<no"},
        {"m.xml": body.replace(b"Title", b"Name")},
        {"m.xml": body, "n.xml": body},
    ):
        found = judge(held, documents, checksums=True)
        assert (found.state, found.manifest) == (State.PROCESSING_ERROR, None)
        assert found.message


def test_another_xml_beside_the_manifest_is_no_second_one() -> None:
    """Only a document with one of the two roots counts."""
    documents = {"m.xml": manifest("T", ["a.mp4"]), "dublincore.xml": b"<dublincore/>"}
    assert judge(objects(a=VIDEO), documents, checksums=True).manifest_key == "m.xml"


def test_streams_need_no_manifest() -> None:
    """Files added to a session must be media, and there must be one."""
    assert judge_stream(objects(a=VIDEO)).duration == 90.5
    assert judge_stream(objects(a=None)).state is State.PROCESSING_ERROR
    assert judge_stream({}).state is State.PROCESSING_ERROR
