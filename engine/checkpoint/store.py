"""The file as a whole: found or begun, added to, and rewritten when most of it is dead. Everything blocks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from engine.checkpoint.contents import Contents
from engine.checkpoint.files import Files
from engine.checkpoint.line import Entry, Header
from engine.checkpoint.line_file import LineFile
from engine.checkpoint.live import Live
from engine.checkpoint.replay import ADVICE, Replay
from engine.errors import CheckpointDamaged, CheckpointForeign

WORTH_REWRITING = 4 * 1024 * 1024
"""Dead bytes; below this a file is left as it is."""

_AT_ONCE = 256
"""Lines that are written together when a file is written anew: they are all in memory then."""


class Store:
    """One checkpoint file. After an OSError it must not be added to again: nobody knows what the disk holds.

    `cut` is how many bytes of a torn end were left out when it was opened, `rewritten` how often it was
    written anew since.
    """

    def __init__(
        self, path: Path, files: Files, header: Header, lines: LineFile, live: Live, *, cut: int = 0
    ) -> None:
        self.cut = cut
        self.rewritten = 0
        self.contents = Contents(str(path), header, live, lines.read)
        self._path = path
        self._files = files
        self._header = header
        self._lines = lines

    def append(self, entries: Sequence[Entry]) -> None:
        """Make records durable, and part of the contents. Raises OSError."""
        places = self._lines.write(entry.body for entry in entries)
        self._lines.fsync()
        self.contents.add(entries, places)

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._lines.size

    @property
    def wasteful(self) -> bool:
        """Whether most of the file is dead, and enough of it to be worth the work."""
        dead = self.size - self.contents.live.bytes
        return dead > WORTH_REWRITING and dead * 2 > self.size

    def rewrite(self) -> None:
        """Put a new file with what is live in place of this one; numbers go on. Raises OSError."""
        old = self._lines
        self._lines, live = _written_anew(
            self._path, self._files, self._header, self._live_entries(), number=old.number
        )
        self.contents.move(live, self._lines.read)
        self.rewritten += 1
        old.close()

    def _live_entries(self) -> Iterator[Entry]:
        for subject, kept in self.contents.live:
            yield Entry(subject, kept.closes, self.contents.body(kept))

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def open_store(path: Path, files: Files, header: Header, *, owner: str | None = None) -> Store:
    """Take up the file that is there for the same identity, or begin it with this header.

    A file that says nothing is begun anew only where no run had it before; `owner` is the one that had.
    Raises CheckpointDamaged, CheckpointForeign (another identity too), or OSError.
    """
    try:
        handle = files.open(path, "write")
    except FileNotFoundError:
        return Store(path, files, header, *_written_anew(path, files, header))
    with ExitStack() as undo:
        lines = LineFile(files, handle)
        undo.callback(lines.close)
        replay = replayed(lines, str(path))
        if replay.header is None:
            if owner is not None:
                raise emptied(owner, str(path))
            return Store(path, files, header, *_written_anew(path, files, header), cut=replay.cut)
        refuse_another(header.identity, replay.header.identity, str(path))
        lines.go_on(replay.number, replay.size, cut=replay.cut > 0, ended=replay.ended)
        files.fsync_folder(path.parent)  # whoever gave it its name may have been killed before doing so
        store = Store(path, files, replay.header, lines, replay.live, cut=replay.cut)
        if store.wasteful:
            store.rewrite()
        undo.pop_all()
        return store


def replayed(lines: LineFile, where: str) -> Replay:
    """Read a file of lines from its beginning. Raises CheckpointDamaged, CheckpointForeign or OSError."""
    replay = Replay(where)
    for chunk in lines.chunks():
        replay.feed(chunk)
    replay.end()
    return replay


def emptied(owner: str, where: str) -> CheckpointDamaged:
    """Tell of a file without a line: none of ours was ever under its name so, not even after a crash."""
    return CheckpointDamaged(
        f"line 1 is not there: the file is empty or zeros, although {owner} had written it",
        where=where,
        advice=ADVICE,
    )


def _written_anew(
    path: Path, files: Files, header: Header, entries: Iterable[Entry] = (), *, number: int = 0
) -> tuple[LineFile, Live]:
    """Write a file beside the path and give it that name.

    A crash at any moment leaves the old file or the new one, whole, under the name.
    """
    fresh = path.with_name(f"{path.name}.new")
    with ExitStack() as undo:
        lines = LineFile(files, files.open(fresh, "new"), number=number)
        undo.callback(lines.close)
        lines.write([header.body])
        live = _written(lines, iter(entries))
        lines.fsync()
        files.rename(fresh, path)
        files.fsync_folder(path.parent)
        undo.pop_all()
    return lines, live


def _written(lines: LineFile, entries: Iterator[Entry]) -> Live:
    live = Live()
    while batch := list(islice(entries, _AT_ONCE)):
        for entry, place in zip(batch, lines.write(entry.body for entry in batch), strict=True):
            live.add(entry, place)
    return live


def refuse_another(mine: Mapping[str, str], found: Mapping[str, str], where: str) -> None:
    """Raise CheckpointForeign where two identities differ, naming what does."""
    differing = [name for name in {**found, **mine} if mine.get(name) != found.get(name)]
    if differing:
        pairs = ", ".join(f"{name} is {found.get(name)!r}, not {mine.get(name)!r}" for name in differing)
        raise CheckpointForeign(
            f"belongs to another migration: {pairs}",
            where=where,
            advice="name another file, or mend the settings",
        )
