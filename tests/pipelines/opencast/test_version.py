"""The version asked for is the highest that both sides know."""

import pytest

from engine import Unreadable
from pipelines.opencast.version import choose, media_type


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["v1.0.0"], (1, 0, 0)),
        (["v1.0.0", "v1.10.0", "v1.9.0"], (1, 10, 0)),
        (["v1.11.0", "v1.12.0", "v2.0.0"], (1, 11, 0)),
        (["latest", None, "v1.1.0"], (1, 1, 0)),
    ],
)
def test_the_highest_known_version_is_chosen(offered: list[object], chosen: tuple[int, int, int]) -> None:
    """Numbers are compared, not texts, and nothing beyond what is known is taken."""
    assert choose({"versions": offered}, "host") == chosen


@pytest.mark.parametrize(
    "offered", [{}, {"versions": []}, {"versions": ["v2.0.0"]}, [], None, {"versions": "x"}]
)
def test_without_a_known_version_it_is_unreadable(offered: object) -> None:
    """The sentence says what would be known."""
    with pytest.raises(Unreadable, match=r"v1\.11\.0"):
        choose(offered, "host")


def test_the_media_type_is_exact() -> None:
    """One media type, since application/json beside it would mean the newest."""
    assert media_type((1, 10, 0)) == "application/v1.10.0+json"
