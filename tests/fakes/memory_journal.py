"""A journal in memory, which can be killed: before a record is durable, or when it just was."""

from collections.abc import Iterator, Sequence

import anyio.lowlevel

from engine import Record


class Killed(BaseException):
    """The process ends here. Nothing of ours may catch it."""


class MemoryJournal:
    """Keeps records as the checkpoint does: one that closes replaces what was said of its subject before.

    `log` has every record that was ever kept, in order.
    """

    def __init__(self) -> None:
        self.log: list[Record] = []
        self._live: dict[str, list[Record]] = {}
        self._left: int | None = None
        self._kept = False
        self._error: BaseException = Killed()

    async def append(self, record: Record) -> None:
        """Keep a record, unless this is the moment to end."""
        await anyio.lowlevel.checkpoint()
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                if self._left == 0 and self._kept:
                    self._keep(record)
                raise self._error
        self._keep(record)

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first."""
        return tuple(self._live.get(subject, ()))

    def copy(self) -> "MemoryJournal":
        """Return what a later process finds: the records, and no end to come."""
        found = MemoryJournal()
        for record in self.log:
            found._keep(record)
        return found

    def subjects(self) -> Sequence[str]:
        """Return all subjects."""
        return list(self._live)

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject with its records."""
        for subject in self.subjects():
            yield subject, self.history(subject)

    def end_at(self, number: int, *, kept: bool = False, error: BaseException | None = None) -> None:
        """Raise at the record of that number from now on (from 1) and at all after it.

        `kept` tells whether that record becomes durable all the same; `error` is raised in place of Killed.
        """
        self._left, self._kept, self._error = number, kept, error or Killed()

    def go_on(self) -> None:
        """Be as after a start: what is kept is there, and nothing ends any more."""
        self._left = None

    def kinds(self, subject: str) -> list[str]:
        """Return the kinds of the live records of a subject."""
        return [record.kind for record in self.history(subject)]

    def _keep(self, record: Record) -> None:
        self.log.append(record)
        if record.closes:
            self._live[record.subject] = [record]
        else:
            self._live.setdefault(record.subject, []).append(record)
