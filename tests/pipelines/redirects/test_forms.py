"""The addresses of an event and of its session."""

from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from pipelines.redirects.forms import PAGES, Sites

SITES = Sites("https://video.example.edu", "https://example.hosted.panopto.com")


def test_every_player_that_opencast_has_had() -> None:
    """The redirecting form and those of Paella, Theodul and Matterhorn are there, to watch and to embed."""
    old = SITES.old("ID-3d-print")
    for known in (
        "/play/ID-3d-print",
        "/paella8/ui/watch.html?id=ID-3d-print",
        "/paella7/ui/watch.html?id=ID-3d-print",
        "/paella/ui/watch.html?id=ID-3d-print",
        "/paella/ui/embed.html?id=ID-3d-print",
        "/engage/theodul/ui/core.html?id=ID-3d-print",
        "/engage/ui/watch.html?id=ID-3d-print",
        "/engage/ui/embed.html?id=ID-3d-print",
        "/ltitools/player/index.html?id=ID-3d-print",
    ):
        assert f"https://video.example.edu{known}" in old
    assert len(old) == len(set(old)) == len(PAGES) + 1


def test_the_viewer() -> None:
    """A session is seen at Panopto's Viewer.aspx, on the address of the settings."""
    assert SITES.new("5f-1") == "https://example.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=5f-1"


@given(st.text())
def test_an_address_means_its_event_and_nothing_else(event_id: str) -> None:
    """Whatever an id is, each address is of printable ASCII, on the player's host, and holds the id whole."""
    for old in SITES.old(event_id):
        assert old.isascii()
        assert old.isprintable()
        assert " " not in old
        parts = urlsplit(old)
        assert (parts.hostname, parts.fragment) == ("video.example.edu", "")
        if parts.path.startswith("/play/"):
            assert unquote(parts.path.removeprefix("/play/")) == event_id
        else:
            assert parse_qs(parts.query, keep_blank_values=True) == {"id": [event_id]}
