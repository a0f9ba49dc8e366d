"""The files of a workload on disk, and the true MD5s of them and their parts, made before any clock runs."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.workloads import MIB, File

Row = tuple[str, int, int, str]
"""Key, part number (0 where the object is whole), length, MD5 in hex."""


class Corpus:
    """Files below one folder, made when they are first asked for and kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self._digests = folder / "digests"
        for one in (self.folder, self._digests):
            one.mkdir(parents=True, exist_ok=True)

    def make(self, files: Sequence[File]) -> None:
        """Write those that are not there yet; no half of one stays. Their bytes follow from their names."""
        for file in files:
            path = self.folder / file.name
            if path.exists() and path.stat().st_size == file.size:
                continue
            fresh = path.with_suffix(".new")
            try:
                with fresh.open("wb") as out:
                    for piece in content(file):
                        out.write(piece)
                fresh.rename(path)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from error
            finally:
                fresh.unlink(missing_ok=True)

    def rows(self, files: Sequence[File], part_sizes: Sequence[int]) -> list[Row]:
        """Return what a target must be sent: each object whole, and cut into parts of each size."""
        return [row for file in files for row in self._rows_of(file, part_sizes)]

    def _rows_of(self, file: File, part_sizes: Sequence[int]) -> Iterator[Row]:
        for size in (file.size, *part_sizes):
            whole = size == file.size
            for number, digest in enumerate(self._md5s(file, size), start=1):
                length = min(size, file.size - (number - 1) * size)
                yield file.name, number, length, digest
                if whole:
                    yield file.name, 0, length, digest

    def _md5s(self, file: File, size: int) -> list[str]:
        """Return the MD5s of a file's parts; they are kept beside the files."""
        kept = self._digests / f"{file.name}.{file.size}.{size}.json"
        if kept.exists():
            found: Any = json.loads(kept.read_text())
            return [str(one) for one in found]
        digests = list(_digests(self.folder / file.name, size))
        kept.write_text(json.dumps(digests))
        return digests


def content(file: File) -> Iterator[bytes]:
    """Give the bytes of a file, a MiB at a time."""
    chance = Random(file.name)
    left = file.size
    while left:
        piece = chance.randbytes(min(left, MIB))
        left -= len(piece)
        yield piece


def _digests(path: Path, size: int) -> Iterator[str]:
    with path.open("rb", buffering=0) as file:
        left = path.stat().st_size
        while left:
            digest = hashlib.md5(usedforsecurity=False)
            part = min(size, left)
            left -= part
            while part:
                piece = file.read(min(part, MIB))
                digest.update(piece)
                part -= len(piece)
            yield digest.hexdigest()
