"""Which version of the External API answers: Opencast's negotiation, as its ApiMediaType does it.

The Accept header is searched as text: no q-values, no order. Source: opencast/opencast, ApiMediaType.java and
ApiVersion.java, and the changelog in the developer guide's usage page.
"""

from typing import NamedTuple, Self


class Version(NamedTuple):
    """A version of the External API; versions compare as their numbers do."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}"

    @property
    def media_type(self) -> str:
        """The Content-Type of its replies."""
        return f"application/{self}+json"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A version written as "1.10.0" or "v1.10.0". Raises ValueError for what there never was."""
        for major, minor, patch in KNOWN:
            if text.removeprefix("v") == f"{major}.{minor}.{patch}":
                return cls(major, minor, patch)
        raise ValueError(
            f"There is no version {text!r} of the External API; they go from 1.0.0 to {KNOWN[-1]}."
        )


KNOWN = tuple(Version(1, minor) for minor in range(13))
"""1.0.0 (Opencast 2.3) to 1.12.0 (after 17)."""
_ANY = ("application/json", "application/*", "*/*")


def spoken(newest: Version) -> tuple[Version, ...]:
    """The versions that a server knows whose newest one is this, oldest first."""
    return tuple(version for version in KNOWN if version <= newest)


def negotiate(accept: str | None, newest: Version) -> Version | None:
    """The version for an Accept header, or None for 406.

    A header that is absent, or holds a general type anywhere, means the newest: "application/v1.5.0+json,
    application/json" is not answered in 1.5.0.
    """
    if accept is None or any(general in accept for general in _ANY):
        return newest
    return next((version for version in reversed(spoken(newest)) if version.media_type in accept), None)
