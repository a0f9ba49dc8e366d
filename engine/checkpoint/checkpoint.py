"""The door: the checkpoint that a run opens, a Journal, and a look into it from outside."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import ENOENT
from pathlib import Path

from anyio import CancelScope, to_thread

from engine.checkpoint.contents import Contents
from engine.checkpoint.files import OS_FILES, Files, ours
from engine.checkpoint.line import Header, entry_of
from engine.checkpoint.line_file import LineFile
from engine.checkpoint.lock import held, last_owner, refuse_network
from engine.checkpoint.store import Store, emptied, open_store, refuse_another, replayed
from engine.checkpoint.writer import Writer
from engine.errors import CheckpointForeign
from engine.journal import Record


@dataclass(frozen=True, slots=True)
class CheckpointStatistics:
    """How big the file is, how much of it is alive, and how it was written by this process.

    `cut` bytes of a torn end were left out at opening; `commits` count writes with their fsync, `rewritten`
    how often the file was written anew because most of it was dead. `missed` names the run that had held a
    checkpoint of this name before, where the file was not there any more; empty where nothing is missed.
    """

    bytes: int
    live_bytes: int
    live_records: int
    open_subjects: int
    closed_subjects: int
    cut: int
    commits: int
    rewritten: int
    waiting: int
    missed: str


class Checkpoint:
    """An open checkpoint: a Journal, with what the application asks besides."""

    def __init__(self, store: Store, writer: Writer, missed: str = "") -> None:
        self._missed = missed
        self._store = store
        self._writer = writer
        self._contents = store.contents

    async def append(self, record: Record) -> None:
        """Return when the record is durable; see Journal.append. Raises TypeError where it is no JSON."""
        await self._writer.put(entry_of(record))

    def history(self, subject: str) -> Sequence[Record]:
        """Return the live records of a subject, oldest first."""
        return self._contents.history(subject)

    def closed(self, subject: str) -> Record | None:
        """Return the record that closes a subject, or None while it is open or unknown."""
        return self._contents.closed(subject)

    def subjects(self) -> Sequence[str]:
        """Return all subjects, the open ones first."""
        return self._contents.subjects()

    def each(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Give each subject of this moment with its live records."""
        return self._contents.each()

    def statistics(self) -> CheckpointStatistics:
        """Return the state of the file."""
        live = self._contents.live
        return CheckpointStatistics(
            bytes=self._store.size,
            live_bytes=live.bytes,
            live_records=live.records,
            open_subjects=live.open_subjects,
            closed_subjects=live.closed_subjects,
            cut=self._store.cut,
            commits=self._writer.commits,
            rewritten=self._store.rewritten,
            waiting=self._writer.waiting,
            missed=self._missed,
        )


@asynccontextmanager
async def open_checkpoint(
    path: Path, identity: Mapping[str, str], *, files: Files = OS_FILES, allow_network: Collection[str] = ()
) -> AsyncIterator[Checkpoint]:
    """Open or begin the checkpoint at `path` for the migration that `identity` names, and hold its lock.

    Raises CheckpointInUse, CheckpointDamaged, CheckpointForeign, or LocalResource (also on a network file
    system whose type `allow_network` does not name). What was appended is written before this ends.
    """
    header = Header(identity, datetime.now(UTC).isoformat(timespec="seconds"))
    with ExitStack() as stack:
        store, missed = await to_thread.run_sync(_open, stack, path, files, header, allow_network)
        writer = Writer(store, str(path))
        try:
            yield Checkpoint(store, writer, missed)
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(writer.close)


def _open(
    stack: ExitStack, path: Path, files: Files, header: Header, allow_network: Collection[str]
) -> tuple[Store, str]:
    """Open what `stack` closes, also where who asked has been cancelled meanwhile; tell whose is missed."""
    with ours(str(path)):
        path = path.resolve()
        if not path.parent.is_dir():
            raise FileNotFoundError(ENOENT, "there is no such folder")
        refuse_special(path)
        refuse_network(path, allow_network)
        owner = last_owner(path)
        stack.enter_context(held(path))
        missed = owner if owner is not None and not path.exists() else ""
        store = open_store(path, files, header, owner=owner)
        stack.callback(store.close)
        return store, missed


def refuse_special(path: Path) -> None:
    """Raise CheckpointForeign where a device, a pipe or a folder is: it is never opened, nor replaced."""
    if path.exists() and not path.is_file():
        raise CheckpointForeign(
            "is no regular file", where=str(path), advice="give checkpoint.path a file of its own"
        )


@contextmanager
def read_checkpoint(
    path: Path, identity: Mapping[str, str] | None = None, *, files: Files = OS_FILES
) -> Iterator[Contents]:
    """Look into a checkpoint without its lock, while a run may be writing: what was whole at this moment.

    Changes nothing; a torn end is left out. Blocks. Raises CheckpointDamaged (also where it says nothing any
    more, by its lock), CheckpointForeign (also where it is not that of `identity`) or LocalResource, the last
    also where there is no such file.
    """
    with ExitStack() as stack:
        with ours(str(path)):
            refuse_special(path)
            lines = LineFile(files, files.open(path, "read"))
            stack.callback(lines.close)
            replay = replayed(lines, str(path))
            if replay.header is None and (owner := last_owner(path)) is not None:
                raise emptied(owner, str(path))
            if identity is not None and replay.header is not None:
                refuse_another(identity, replay.header.identity, str(path))
        yield Contents(str(path), replay.header, replay.live, lines.read)
