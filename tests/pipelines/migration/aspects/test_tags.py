"""Subjects become tags, each once."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.tags import LENGTH, tags_of


def test_subjects_become_tags() -> None:
    """On one line, each once without regard to case, none empty, the first spelling kept."""
    assert tags_of([" Optics ", "optics", "", " \n", "Straße", "STRASSE", "a\n b", "\x00"]) == (
        "Optics",
        "Straße",
        "a b",
    )
    assert tags_of(["x" * 500]) == ("x" * LENGTH,)


@given(st.lists(st.text()))
def test_any_subjects(subjects: list[str]) -> None:
    """Whatever was written, tags are unique, trimmed and short, and tags of tags are the same."""
    tags = tags_of(subjects)
    assert len({tag.casefold() for tag in tags}) == len(tags)
    assert all(tag == tag.strip() and 0 < len(tag) <= LENGTH for tag in tags)
    assert tags_of(tags) == tags
