"""Tags: an event's subjects, as Panopto takes them."""

from collections.abc import Iterable

from pipelines.panopto.manifest import legal

LENGTH = 100
"""Characters of a tag."""


def tags_of(subjects: Iterable[str]) -> tuple[str, ...]:
    """Return each subject once, without regard to case, on one line, cut to a length; none is empty."""
    found: dict[str, str] = {}
    for subject in subjects:
        tag = " ".join(legal(subject).split())[:LENGTH].rstrip()
        if tag:
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())
