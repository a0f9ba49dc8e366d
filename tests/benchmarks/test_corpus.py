"""The files of a workload and their MD5s."""

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import corpus as module
from benchmarks.corpus import Corpus
from benchmarks.workloads import File

FILE = File("x-00000.mp4", 2_500_000)
PART = 1_000_000


def test_the_table_is_true(tmp_path: Path) -> None:
    """Whole, as one part, and cut with a short end; a second corpus over the same folder says the same."""
    corpus = Corpus(tmp_path)
    corpus.make([FILE])
    data = (tmp_path / "files" / FILE.name).read_bytes()
    assert len(data) == FILE.size

    def row(number: int, part: bytes) -> tuple[str, int, int, str]:
        return FILE.name, number, len(part), hashlib.md5(part).hexdigest()

    expected = {
        row(0, data),
        row(1, data),
        row(1, data[:PART]),
        row(2, data[PART : 2 * PART]),
        row(3, data[2 * PART :]),
    }
    assert set(corpus.rows([FILE], [PART])) == expected
    assert set(Corpus(tmp_path).rows([FILE], [PART])) == expected


def test_bytes_follow_from_the_name(tmp_path: Path) -> None:
    """The same file anywhere has the same bytes, and another file others."""
    one, two = Corpus(tmp_path / "one"), Corpus(tmp_path / "two")
    for corpus in (one, two):
        corpus.make([FILE, File("y-00000.mp4", FILE.size)])
    read = [(corpus.folder / FILE.name).read_bytes() for corpus in (one, two)]
    assert read[0] == read[1]
    assert read[0] != (one.folder / "y-00000.mp4").read_bytes()


def test_a_file_of_another_size_is_made_anew(tmp_path: Path) -> None:
    """What an interrupted call left does not count."""
    corpus = Corpus(tmp_path)
    (corpus.folder / FILE.name).write_bytes(b"half")
    corpus.make([FILE])
    assert (corpus.folder / FILE.name).stat().st_size == FILE.size


def test_no_half_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills a disk does not go on filling it, and is named."""

    def full(_: File) -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(module, "content", full)
    corpus = Corpus(tmp_path)
    with pytest.raises(OSError, match=f"no room: .*{FILE.name}"):
        corpus.make([FILE])
    assert list(corpus.folder.iterdir()) == []
