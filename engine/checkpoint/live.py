"""Which records are still alive, by subject: a closing record replaces all that came before it."""

from array import array
from collections.abc import Iterator
from typing import NamedTuple

from engine.checkpoint.line import Entry


class Place(NamedTuple):
    """Where a line lies in the file, its end left out, and whether its record closes its subject."""

    offset: int
    length: int
    closes: bool = False


class Live:
    """The subjects with the places of their live records, oldest first.

    No record is kept itself: an item that waits for another run costs some bytes a record, a closed subject
    its name and one place, however much was said of it, and no more memory than when it was new. A later
    record opens it again, with the closing record as its first.

    A place is two numbers, the lowest bit of the first telling whether its record closes.
    """

    def __init__(self) -> None:
        self._places: dict[str, array[int]] = {}
        self.closed_subjects = 0
        self.records = 0
        self.bytes = 0

    @property
    def open_subjects(self) -> int:
        """How many subjects are open."""
        return len(self._places) - self.closed_subjects

    def add(self, entry: Entry, place: Place) -> None:
        """Take one more record, whose line lies at `place`."""
        places = self._places.setdefault(entry.subject, array("Q"))
        self.closed_subjects -= _closed(places)
        if entry.closes:
            self.records -= len(places) // 2
            self.bytes -= sum(places[1::2])
            del places[:]
        places.extend((place.offset << 1 | entry.closes, place.length))
        self.closed_subjects += _closed(places)
        self.records += 1
        self.bytes += place.length

    def kept(self, subject: str) -> list[Place]:
        """Return the places of a subject's live records, none where it is unknown."""
        numbers = iter(self._places.get(subject, ()))
        return [Place(one >> 1, length, bool(one & 1)) for one, length in zip(numbers, numbers, strict=True)]

    def is_open(self, subject: str) -> bool:
        """Tell whether a subject is known and not closed."""
        places = self._places.get(subject)
        return places is not None and not _closed(places)

    def closing(self, subject: str) -> Place | None:
        """Return the place of the record that closes a subject; None where it is open or unknown."""
        places = self._places.get(subject)
        return self.kept(subject)[0] if places is not None and _closed(places) else None

    def subjects(self) -> list[str]:
        """Return all subjects, the open ones first."""
        return sorted(self._places, key=lambda one: _closed(self._places[one]))

    def __iter__(self) -> Iterator[tuple[str, Place]]:
        """Give every live record's place with its subject, so that adding them again makes the same."""
        for subject in self.subjects():
            for kept in self.kept(subject):
                yield subject, kept


def _closed(places: "array[int]") -> bool:
    """Tell whether a subject's one live record closes it."""
    return len(places) == 2 and bool(places[0] & 1)
