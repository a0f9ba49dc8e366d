"""What a checkpoint says, by subject: read on the loop while the writer's thread adds to it."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from engine.checkpoint.files import ours
from engine.checkpoint.line import Entry, Header, record_of, unframe
from engine.checkpoint.live import Live, Place
from engine.errors import CheckpointDamaged
from engine.journal import Record

ReadLine = Callable[[Place], bytes]

RECENT = 256
"""Open subjects whose records are kept as they were read: those under way are asked for at every step."""


class Contents:
    """The live records of a checkpoint. `header` is None where the file says nothing yet.

    Records are read back from the file, but for those of the open subjects that were asked for last. Raises
    CheckpointDamaged where that is no longer what was written, and LocalResource where it cannot be read.
    """

    def __init__(self, where: str, header: Header | None, live: Live, read_line: ReadLine) -> None:
        self.header = header
        self._where = where
        self._live = live
        self._read_line = read_line
        self._recent: OrderedDict[str, list[Record]] = OrderedDict()
        self._lock = Lock()

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first; none where it is unknown."""
        with self._lock:
            if (recent := self._recent.get(subject)) is not None:
                self._recent.move_to_end(subject)
                return list(recent)
            records = self._records(subject)
            if self._live.is_open(subject):
                self._remember(subject, list(records))
            return records

    def _records(self, subject: str) -> list[Record]:
        return [record_of(self.body(kept)) for kept in self._live.kept(subject)]

    def _remember(self, subject: str, records: list[Record]) -> None:
        self._recent[subject] = records
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)

    def closed(self, subject: str) -> Record | None:
        """Return the record that closes a subject, or None while it is open or unknown."""
        with self._lock:
            place = self._live.closing(subject)
            return None if place is None else record_of(self.body(place))

    def subjects(self) -> Sequence[str]:
        """Return all subjects, the open ones first."""
        with self._lock:
            return self._live.subjects()

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject of this moment with its records."""
        for subject in self.subjects():
            with self._lock:
                records = self._records(subject)
            yield subject, records

    @property
    def live(self) -> Live:
        """The fold itself, for the one thread that writes."""
        return self._live

    def add(self, entries: Sequence[Entry], places: Sequence[Place]) -> None:
        """Take records that have become durable."""
        with self._lock:
            for entry, place in zip(entries, places, strict=True):
                self._live.add(entry, place)
                self._note(entry)

    def _note(self, entry: Entry) -> None:
        """Keep what is remembered of a subject true; a closed one is read back from the file."""
        if entry.closes:
            self._recent.pop(entry.subject, None)
        elif (recent := self._recent.get(entry.subject)) is not None:
            recent.append(record_of(entry.body))

    def move(self, live: Live, read_line: ReadLine) -> None:
        """Go over to a new file, which says the same at other places."""
        with self._lock:
            self._live, self._read_line = live, read_line

    def body(self, kept: Place) -> bytes:
        """Return the body of a live record."""
        with ours(self._where):
            framed = unframe(self._read_line(kept))
        if framed is None:
            raise CheckpointDamaged(
                f"the line at byte {kept.offset} is no longer what was written", where=self._where
            )
        return framed[1]
