"""What a checkpoint says, by subject: read on the loop while the writer's thread adds to it."""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock

from engine.checkpoint.files import ours
from engine.checkpoint.line import Entry, Header, record_of, unframe
from engine.checkpoint.live import Kept, Live, Place
from engine.errors import CheckpointDamaged
from engine.journal import Record

ReadLine = Callable[[Place], bytes]


class Contents:
    """The live records of a checkpoint. `header` is None where the file says nothing yet.

    Records of open subjects are in memory; the one of a closed subject is read back from the file. Raises
    CheckpointDamaged where that is no longer what was written, and LocalResource where it cannot be read.
    """

    def __init__(self, where: str, header: Header | None, live: Live, read_line: ReadLine) -> None:
        self.header = header
        self._where = where
        self._live = live
        self._read_line = read_line
        self._lock = Lock()

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first; none where it is unknown."""
        with self._lock:
            return [record_of(self.body(kept)) for kept in self._live.kept(subject)]

    def closed(self, subject: str) -> Record | None:
        """Return the record that closes a subject, or None while it is open or unknown."""
        with self._lock:
            place = self._live.closed.get(subject)
            return None if place is None else record_of(self.body(place))

    def subjects(self) -> Sequence[str]:
        """Return all subjects, the open ones first."""
        with self._lock:
            return self._live.subjects()

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject of this moment with its records."""
        for subject in self.subjects():
            yield subject, self.history(subject)

    @property
    def live(self) -> Live:
        """The fold itself, for the one thread that writes."""
        return self._live

    def add(self, entries: Sequence[Entry], places: Sequence[Place]) -> None:
        """Take records that have become durable."""
        with self._lock:
            for entry, place in zip(entries, places, strict=True):
                self._live.add(entry, place)

    def move(self, live: Live, read_line: ReadLine) -> None:
        """Go over to a new file, which says the same at other places."""
        with self._lock:
            self._live, self._read_line = live, read_line

    def body(self, kept: Kept) -> bytes:
        """Return the body of a live record."""
        if isinstance(kept, bytes):
            return kept
        with ours(self._where):
            framed = unframe(self._read_line(kept))
        if framed is None:
            raise CheckpointDamaged(
                f"the line at byte {kept.offset} is no longer what was written", where=self._where
            )
        return framed[1]
