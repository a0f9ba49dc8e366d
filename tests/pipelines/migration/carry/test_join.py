"""Lecture items are joined to sessions by id, and by nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from pipelines.luminus.model import LectureItem
from pipelines.migration.carry.join import by_session


def item(name: str, session_id: str | None) -> LectureItem:
    """Return a lecture item; all have the same title."""
    return LectureItem(name, session_id, "CS0000 Lecture", "", None, None, "")


ITEMS = [item("b", "s1"), item("c", None), item("a", "S1"), item("d", "s2"), item("a", "S1")]


@given(st.permutations(ITEMS))
def test_items_come_by_their_session_in_one_order(items: list[LectureItem]) -> None:
    """Two items of one session both come, once each, in the order of their ids; one without does not."""
    found = by_session(items)
    assert {key: [one.id for one in same] for key, same in found.items()} == {"s1": ["a", "b"], "s2": ["d"]}
    assert list(found) == ["s1", "s2"]
