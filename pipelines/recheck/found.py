"""What a look at the services found: how much is as it was meant, what differs, waits or cannot be read."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of an event that is not as it was meant; `found` is empty where it is missing."""

    event_id: str
    field: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is not done yet: a later run goes on with it."""

    event_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Unread:
    """What could not be compared: an event, a module or a whole service, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found; items, lecture items, schedules and files count what is as it was meant.

    `files` were read again at their source, all of their `bytes`. `changed` names those whose source is in
    another state than when it was sent, `unrecorded` events of which no checksum is on record.
    """

    items: int = 0
    lecture_items: int = 0
    schedules: int = 0
    files: int = 0
    bytes: int = 0
    differences: tuple[Finding, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unread: tuple[Unread, ...] = ()
    changed: tuple[Unread, ...] = ()
    unrecorded: tuple[str, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        """Return what both found."""
        return Found(*(getattr(self, name) + getattr(other, name) for name in Found.__slots__))

    def in_order(self) -> "Found":
        """Return the same by event, so that two looks at the same are told alike."""
        return replace(
            self,
            differences=tuple(sorted(self.differences, key=lambda one: (one.event_id, one.field))),
            waiting=tuple(sorted(self.waiting, key=lambda one: one.event_id)),
            unread=tuple(sorted(self.unread, key=lambda one: one.what)),
            changed=tuple(sorted(self.changed, key=lambda one: one.what)),
            unrecorded=tuple(sorted(self.unrecorded)),
        )
