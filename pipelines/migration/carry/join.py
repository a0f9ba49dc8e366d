"""Joins lecture items to sessions by the session's id alone: titles and dates are told again and again."""

from collections.abc import Iterable, Mapping

from pipelines.luminus.model import LectureItem


def by_session(items: Iterable[LectureItem]) -> Mapping[str, tuple[LectureItem, ...]]:
    """Return the lecture items of each session, by the session's id in lower case, in the order of their ids.

    A session may have several, as modules are listed together. Items without a session are left out.
    """
    found: dict[str, dict[str, LectureItem]] = {}
    for item in sorted(items, key=lambda one: one.id):
        if item.session_id:
            found.setdefault(item.session_id.lower(), {})[item.id] = item
    return {session_id: tuple(same.values()) for session_id, same in sorted(found.items())}
