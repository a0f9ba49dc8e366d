"""Viewers' files are told from machinery, and get names that any system takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.attachments import attachments_of
from pipelines.opencast.model import Element, Publication


def of(*elements: Element) -> Publication:
    """Return a publication of these."""
    return Publication("p", "api", (), elements)


def file(url: str, flavor: str = "attachment/notes", mediatype: str = "") -> Element:
    """Return an attachment."""
    return Element(url, "attachment", url, flavor, mediatype)


@pytest.mark.parametrize(
    ("flavor", "mediatype", "url"),
    [
        ("presenter/player+preview", "image/jpeg", "https://h/a.jpg"),
        ("presenter/search preview", "image/jpeg", "https://h/a.jpg"),
        ("presentation/segment+preview", "image/jpeg", "https://h/a.jpg"),
        ("presenter/timeline+preview", "image/png", "https://h/a.png"),
        ("security/xacml+episode", "text/xml", "https://h/a.xml"),
        ("captions/vtt+en", "text/vtt", "https://h/a.vtt"),
        ("text/vtt", "", "https://h/a"),
        ("dublincore/episode", "text/xml", "https://h/a.xml"),
        ("smil/cutting", "application/smil", "https://h/a.smil"),
        ("presenter/delivery", "application/x-mpegURL", "https://h/a"),
        ("presenter/delivery", "", "https://h/a.mpd?x"),
        ("attachment/notes", "application/pdf", ""),
    ],
)
def test_machinery_is_not_carried(flavor: str, mediatype: str, url: str) -> None:
    """Previews, rights, captions, metadata, cut lists and playlists are no downloads."""
    assert attachments_of(of(file(url, flavor, mediatype))) == ()


def test_a_catalogue_is_no_attachment() -> None:
    """Only attachments are for viewers."""
    assert attachments_of(of(Element("c", "catalogue", "https://h/c.pdf", "attachment/x"))) == ()


@pytest.mark.parametrize(
    ("url", "mediatype", "name", "told"),
    [
        ("https://h/x/Übung%20%231.PDF?policy=s", "", "Ubung_1.pdf", "application/pdf"),
        ("https://h/x/slides", "application/pdf; q=1", "slides.pdf", "application/pdf"),
        ("https://h/x/..%2F..%2Fetc.tar.gz", "", "etc.tar.gz", "application/octet-stream"),
        ("https://h/%E6%95%B0%E5%AD%A6.zip", "application/zip", "attachment.zip", "application/zip"),
        ("https://h/", "nonsense", "attachment", "application/octet-stream"),
        ("https://[h/a.pdf", "", "attachment", "application/octet-stream"),
        ("https://h/" + "n" * 300 + ".txt", "text/plain", "n" * 48 + ".txt", "text/plain"),
    ],
)
def test_names(url: str, mediatype: str, name: str, told: str) -> None:
    """Plain ASCII without folders, the ending kept or told by the media type."""
    (one,) = attachments_of(of(file(url, "presenter/handout", mediatype)))
    assert (one.file_name, one.mediatype) == (name, told)


def test_names_are_unique() -> None:
    """No two are the same but for case, and none is one that a film has."""
    files = [
        file(f"https://h/{number}/{name}") for number, name in enumerate(["A.pdf", "a.PDF", "presenter.mp4"])
    ]
    names = [one.file_name for one in attachments_of(of(*files), taken=["Presenter.mp4"])]
    assert names == ["A.pdf", "a-2.pdf", "presenter-2.mp4"]


@given(st.lists(st.tuples(st.text(), st.text())))
def test_any_file_has_a_name_that_a_manifest_takes(told: list[tuple[str, str]]) -> None:
    """Nothing is raised; names are short, plain and unique, and media types are two words."""
    files = [file(f"https://h/{name}", "attachment/x", mediatype) for name, mediatype in told]
    found = attachments_of(of(*files))
    assert len(found) == len(files)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", one.file_name) for one in found)
    assert all(re.fullmatch(r"[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_-]+", one.mediatype) for one in found)
    assert len({one.file_name.lower() for one in found}) == len(found)
