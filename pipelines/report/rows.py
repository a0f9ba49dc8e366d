"""An item as a row: how it ended, where it is, how it was checked, what was carried and what was not.

All of it is known from the checkpoint: from an item's end, or from what its records say so far. A checkpoint
of an older version tells less; what it does not tell is None or empty.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.items import ItemState, Outcome
from pipelines.luminus.model import LONGEST_TEXT
from pipelines.migration.again import gone_since, is_media_told
from pipelines.migration.ends import known
from pipelines.migration.moved import ACCESS
from pipelines.report import aspects
from pipelines.report.aspects import AspectLine
from pipelines.report.coverage import files_of, unchecked

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One item.

    `date` is ISO 8601, `duration` in seconds. `bytes`, `parts` and `checked` (parts whose MD5 was compared)
    are those of the files of its session, its manifest among them, however often they were sent; `integrity`
    is the level that held. `files` counts its media, `proven` those whose MD5 was found to be the source's
    own; `unchecked` says in plain words what was not compared.
    `lecture_items` are LumiNUS's ids; `published` is yes where students see any of them there, else no, empty
    where nobody knows, and `published_why` why. `carried` and `not_carried` are plain words;
    `aspects` tells of each thing with an outcome of its own. `earlier_sessions` are those that the session
    took the place of, oldest first, and that stay; `at_source` says what has become of the event since.
    """

    event_id: str
    title: str
    outcome: str
    reason: str
    why: str
    series: str
    session_id: str
    upload_id: str
    folder_id: str
    date: str
    duration: float | None
    bytes: int | None
    parts: int | None
    checked: int | None
    integrity: str
    files: int | None
    proven: int | None
    unchecked: tuple[str, ...]
    lecture_items: tuple[str, ...]
    presenter_from: str
    published: str
    published_why: str
    carried: tuple[str, ...]
    not_carried: tuple[str, ...]
    aspects: tuple[AspectLine, ...]
    earlier_sessions: tuple[str, ...] = ()
    at_source: str = ""


def rows(states: Iterable[tuple[str, ItemState]]) -> list[Row]:
    """Return the rows of items, by their event ids."""
    return [row(event_id, state) for event_id, state in sorted(states, key=lambda one: one[0])]


def row(event_id: str, state: ItemState) -> Row:
    """Return one item as a row."""
    facts, end = known(state), state.ended or {}
    files, proven = files_of(facts)
    return Row(
        event_id,
        title=_text(facts, "title") or _text(state.planned or {}, "title"),
        outcome=state.outcome.value,
        reason=state.reason or "",
        why=_text(end, "why"),
        series=state.series or "",
        session_id=state.session_id or "",
        upload_id=_text(facts, "upload_id"),
        folder_id=_text(facts, "folder_id") or _text(state.planned or {}, "folder_id"),
        date=_text(facts, "date") or _text(state.planned or {}, "date"),
        duration=facts.get("duration"),
        bytes=facts.get("bytes"),
        parts=facts.get("parts"),
        checked=facts.get("checked"),
        integrity=_text(facts, "level"),
        files=files,
        proven=proven,
        unchecked=tuple(unchecked(facts)),
        lecture_items=tuple(sorted(state.carried)),
        presenter_from=_once(_text(one, "presenter_from") for one in _lecture_items(state)),
        published=_any(_published(one) for one in _lecture_items(state)),
        published_why=_why(_lecture_items(state)),
        carried=(
            *facts.get("taken", ()),
            *aspects.carried(state),
            *dict.fromkeys(map(_carried, _lecture_items(state))),
        ),
        not_carried=(*aspects.not_carried(state), *_left(state, facts), *_not_carried(state)),
        aspects=aspects.aspect_lines(state.aspects),
        earlier_sessions=state.earlier_sessions,
        at_source=_at_source(state),
    )


def _left(state: ItemState, facts: Facts) -> Iterator[str]:
    """Name what no run carries; the access list may have been carried since."""
    for words in facts.get("left", ()):
        if words != ACCESS or "access" not in state.aspects:
            yield words


def _at_source(state: ItemState) -> str:
    """Say what has become of an event whose session is right."""
    if since := gone_since(state):
        return f"gone, found so at {since}"
    return "its films have changed, and were not moved again" if is_media_told(state) else ""


def _lecture_items(state: ItemState) -> list[Facts]:
    """Return what is known of an item's lecture items, by their ids."""
    return [facts for _, facts in sorted(state.carried.items())]


def _published(lecture_item: Facts) -> str:
    shown = (lecture_item.get("members") or {}).get("publish")
    return "" if shown is None else "yes" if shown else "no"


def _any(answers: Iterable[str]) -> str:
    """Return the answer for several: what one of them shows is shown."""
    given = set(answers)
    return next((answer for answer in ("yes", "no") if answer in given), "")


def _why(lecture_items: Iterable[Facts]) -> str:
    """Say why they are published or not, and which reason goes with which where they differ."""
    told = [(_published(one), _text(one, "publish_why")) for one in lecture_items]
    if len({answer for answer, _ in told}) == 1:
        return _once(why for _, why in told)
    return _once(f"{answer}: {why}" for answer, why in told if answer and why)


def _carried(lecture_item: Facts) -> str:
    members = [name for name in lecture_item.get("members") or {} if name != "id"]
    return f"LumiNUS {', '.join(members)}".strip()


def _not_carried(state: ItemState) -> Iterator[str]:
    """Say what LumiNUS did not get: what is longer than it takes, in full, or all of it."""
    for lecture_item in _lecture_items(state):
        for member, full in sorted((lecture_item.get("cut") or {}).items()):
            yield f"LumiNUS {member} beyond {LONGEST_TEXT} units, in full: {full}"
    if state.right is not None and state.ended and state.outcome is not Outcome.VERIFIED:
        yield f"LumiNUS: {state.ended.get('why') or state.reason}"


def _text(facts: Facts, name: str) -> str:
    return facts.get(name) or ""


def _once(texts: Iterable[str]) -> str:
    """Join texts, the same one told once and blank ones not at all."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
