"""The Accept header is searched as Opencast searches it."""

import pytest

from pipelines.sandbox.opencast.versions import Version, negotiate, spoken

NEWEST = Version(1, 10)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, NEWEST),
        ("*/*", NEWEST),
        ("application/json", NEWEST),
        ("text/html, application/json;q=0.1", NEWEST),
        ("application/v1.5.0+json, application/json", NEWEST),
        ("application/v1.5.0+json", Version(1, 5)),
        ("application/v1.1.0+json, application/v1.6.0+json;q=0.2", Version(1, 6)),
        ("application/v1.1.0+json, application/v9.9.9+json", Version(1, 1)),
        ("application/v9.9.9+json", None),
        ("application/v1.11.0+json", None),
        ("text/html", None),
    ],
)
def test_negotiation(accept: str | None, expected: Version | None) -> None:
    """A general type anywhere means the newest; else the newest that is named and known; else 406."""
    assert negotiate(accept, NEWEST) == expected


def test_versions_are_numbers() -> None:
    """1.10.0 is newer than 1.9.0, and is written as the media type has it."""
    assert Version.parse("1.10.0") > Version.parse("v1.9.0")
    assert Version(1, 10).media_type == "application/v1.10.0+json"
    assert [str(one) for one in spoken(Version(1, 2))] == ["v1.0.0", "v1.1.0", "v1.2.0"]
    with pytest.raises(ValueError, match="no version"):
        Version.parse("newest")
