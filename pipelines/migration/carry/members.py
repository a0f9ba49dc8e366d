"""What the members of a lecture item are to be, and which of them are not so yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pipelines.luminus.model import LectureItem, Members
from pipelines.migration.carry.publish import PublishPolicy, decide
from pipelines.migration.carry.texts import cut, joined, line, lines
from pipelines.opencast.model import Event, Series

SAME_INSTANT = timedelta(seconds=1)
"""By how much two starts may differ and be one: LumiNUS keeps ticks of 100 ns, Panopto told fewer digits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a lecture item is to be.

    `presenter_from` says who named the presenter, `publish_why` why it is published or not. `cut` has the
    full text of each member that was too long, by its name.
    """

    members: Members
    presenter_from: str
    publish_why: str
    cut: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unable:
    """A lecture item that cannot be changed, as LumiNUS would refuse it; `why` is a sentence."""

    reason: Literal["no_presenter", "invalid"]
    why: str


def wanted(
    item: LectureItem,
    event: Event,
    series: Series | None,
    start: datetime,
    policy: PublishPolicy,
    presenter: str,
) -> Wanted | Unable:
    """Return what one lecture item is to be.

    `start` is the session's as Panopto has it, with a zone; `presenter` the operator's, for where nobody else
    is named. What Opencast leaves blank stays as LumiNUS has it.
    """
    title = line(event.title) or line(item.name)
    if not title:
        return Unable("invalid", "neither Opencast nor LumiNUS has a name for it: give the event a title")
    named_by, names = next(_named(item, event, series, presenter), ("", ()))
    if not names:
        return Unable("no_presenter", "nobody is named who gives it: set carry.presenter")
    decision = decide(event, item.publish, policy)
    members = Members(
        id=item.id,
        name=cut(title),
        presenter=joined(names),
        publish=decision.publish,
        start=start,
        description=lines(event.description) or item.description,
    )
    full = {"name": title, "presenter": ", ".join(names)}
    shortened = {name: text for name, text in full.items() if getattr(members, name) != text}
    return Wanted(members, named_by, decision.why, shortened)


def differing(item: LectureItem, members: Members) -> tuple[str, ...]:
    """Return the names of the members that a lecture item has otherwise, as LumiNUS calls them.

    White space that LumiNUS may trim and the way lines end are no difference, nor is the offset of a start.
    """
    same = {
        "name": line(item.name) == line(members.name),
        "presenter": line(item.presenter) == line(members.presenter),
        "publish": item.publish is members.publish,
        "startDate": item.start is not None and abs(item.start - members.start) <= SAME_INSTANT,
        "description": _words(item.description) == _words(members.description),
    }
    return tuple(name for name, holds in same.items() if not holds)


def _named(
    item: LectureItem, event: Event, series: Series | None, presenter: str
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield who may be named as presenter, the first choice first, and where each comes from."""
    chain = (
        ("the event's presenters", event.presenters),
        ("the event's contributors", event.contributors),
        ("the series' organizers", series.organizers if series else ()),
        ("the series' creator", (series.creator,) if series else ()),
        ("the lecture item", (item.presenter,)),
        ("carry.presenter", (presenter,)),
    )
    for source, names in chain:
        if told := [one for one in map(line, names) if one]:
            yield source, told


def _words(text: str) -> list[str]:
    """Return the lines of a text as they are compared."""
    return [one.rstrip() for one in lines(text).split("\n")]
