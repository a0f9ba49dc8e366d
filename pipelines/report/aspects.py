"""The aspects of an item in words: what of each was carried, and why the rest was not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.items import ASPECTS, AspectOutcome, ItemState

WORDS = {
    "captions": "captions",
    "chapters": "chapters",
    "slides": "previews of slides",
    "thumbnail": "thumbnail",
    "attachments": "attachments",
    "cuts": "cut list",
    "tags": "tags",
    "folder": "folder",
    "access": "access list",
    "owner": "owner",
    "availability": "availability",
    "external_id": "external id",
    "metadata": "changed title or description",
    "date": "changed date",
}
"""What people call them."""


@dataclass(frozen=True, slots=True)
class AspectLine:
    """One aspect: `outcome` is carried, retryable or permanent; `reason` and `why` say why it was not."""

    aspect: str
    outcome: str
    reason: str = ""
    why: str = ""
    value: Any = None

    def __str__(self) -> str:
        because = f" ({self.why})" if self.why else ""
        return f"{WORDS.get(self.aspect, self.aspect)} {self.outcome}{because}"


def aspect_lines(aspects: Mapping[str, Mapping[str, Any]]) -> tuple[AspectLine, ...]:
    """Return the aspects that are on record, always in one order."""
    order = {name: place for place, name in enumerate(ASPECTS)}
    return tuple(
        AspectLine(name, told["outcome"], told.get("reason", ""), told.get("why", ""), told.get("value"))
        for name, told in sorted(aspects.items(), key=lambda one: order.get(one[0], len(order)))
    )


def carried(state: ItemState) -> Iterator[str]:
    """Name what was carried, be it in part, and what it is where that is few words."""
    for line in aspect_lines(state.aspects):
        if line.outcome == AspectOutcome.CARRIED or _told(line.value):
            yield WORDS.get(line.aspect, line.aspect) + _told(line.value)


def not_carried(state: ItemState) -> Iterator[str]:
    """Name what was not, or not wholly, and why."""
    for line in aspect_lines(state.aspects):
        if line.outcome != AspectOutcome.CARRIED:
            yield f"{WORDS.get(line.aspect, line.aspect)}: {line.why or line.reason}"


def _told(value: Any) -> str:
    match value:
        case list() if value and all(isinstance(one, str) for one in value):
            return f" ({', '.join(value)})"
        case int() | str() if value and not isinstance(value, bool):
            return f" ({value})"
        case _:
            return ""
