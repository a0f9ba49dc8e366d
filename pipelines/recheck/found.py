"""What a look at the services found: how much is as it was meant, what differs, waits or cannot be read."""

from dataclasses import dataclass


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
    """All that was found; items, lecture items and schedules count what is as it was meant."""

    items: int = 0
    lecture_items: int = 0
    schedules: int = 0
    differences: tuple[Finding, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    unread: tuple[Unread, ...] = ()

    def __add__(self, other: "Found") -> "Found":
        """Return what both found."""
        return Found(
            self.items + other.items,
            self.lecture_items + other.lecture_items,
            self.schedules + other.schedules,
            self.differences + other.differences,
            self.waiting + other.waiting,
            self.unread + other.unread,
        )

    def in_order(self) -> "Found":
        """Return the same by event, so that two looks at the same are told alike."""
        return Found(
            self.items,
            self.lecture_items,
            self.schedules,
            tuple(sorted(self.differences, key=lambda one: one.event_id)),
            tuple(sorted(self.waiting, key=lambda one: one.event_id)),
            tuple(sorted(self.unread, key=lambda one: one.what)),
        )
