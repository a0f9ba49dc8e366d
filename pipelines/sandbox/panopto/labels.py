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
    """Every tag by its text in lower case. What came with a manifest counts from the first look at it."""

    _held: dict[str, Label] = field(default_factory=dict)
    _counted: set[str] = field(default_factory=set)

    def of(self, session: Session) -> list[Label]:
        """The tags of a session, each once."""
        labels = self._known(session.tags, session.owner, session.created)
        if session.id not in self._counted:
            self._counted.add(session.id)
            for label in labels:
                label.uses += 1
        return labels

    def replace(self, session: Session, contents: Iterable[str], now: datetime) -> None:
        """Give a session these tags and no others."""
        for label in self.of(session):
            label.uses -= 1
        labels = self._known(contents, session.owner, now)
        for label in labels:
            label.uses, label.used = label.uses + 1, now
        session.tags = tuple(label.content for label in labels)

    def _known(self, contents: Iterable[str], creator: str, at: datetime) -> list[Label]:
        """The tags of these texts; those that are new are made."""
        found = {}
        for content in contents:
            fresh = Label(str(uuid4()), content, creator, at, at)
            label = self._held.setdefault(content.casefold(), fresh)
            found[label.id] = label
        return list(found.values())
