"""The tags of a whole site, each known once by its text in any case, and which of them a session has.

Source: Panopto's Swagger 2.0, definition Tag. Not established and chosen here: the first spelling of a tag
stays, and so does a tag that no session uses any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from pipelines.sandbox.panopto.model import Session


@dataclass(slots=True)
class Label:
    """A tag: its text as it was first written, and how many sessions use it."""

    id: str
    content: str
    creator: str
    created: datetime
    used: datetime
    uses: int = 0


@dataclass(slots=True)
class Labels:
    """Every tag by its text in lower case."""

    _held: dict[str, Label] = field(default_factory=dict)

    def of(self, session: Session) -> list[Label]:
        """The tags of a session."""
        return [self._label(content, session) for content in session.tags]

    def replace(self, session: Session, contents: Iterable[str], now: datetime) -> None:
        """Give a session these tags and no others."""
        for label in self.of(session):
            label.uses -= 1
        labels = {label.id: label for label in (self._label(one, session, now) for one in contents)}
        for label in labels.values():
            label.uses, label.used = label.uses + 1, now
        session.tags = tuple(label.content for label in labels.values())

    def _label(self, content: str, session: Session, now: datetime | None = None) -> Label:
        """The tag of that text; one that came with the session itself is as old as that and used by it."""
        at = now or session.created
        fresh = Label(str(uuid4()), content, session.owner, at, at, uses=0 if now else 1)
        return self._held.setdefault(content.casefold(), fresh)
