"""The raw file: a line of JSON for each setting and each run. Nothing in it is ever changed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.setting import Setting

Line = Mapping[str, Any]


class Raw:
    """One file, which a later call goes on with. Raises SystemExit where a line of it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[Line]:
        """Return all of them."""
        if not self._path.exists():
            return []
        lines = enumerate(self._path.read_bytes().splitlines(), start=1)
        return [self._read(number, line) for number, line in lines if line]

    def begin(self, setting: Setting, left_out: Iterable[str]) -> None:
        """Say under what the runs that follow are made, unless that was the last that the file says of it."""
        said = {"setting": setting.id, **asdict(setting), "left_out": sorted(left_out)}
        if heads(self.lines())[-1:] != [said]:
            self._append(said)

    def add(self, setting: Setting, cell: str, turn: int, fields: Mapping[str, object]) -> None:
        """Append a run: its cell, and which turn of the rotation it was."""
        self._append({"setting": setting.id, "cell": cell, "turn": turn, **fields})

    def _read(self, number: int, line: bytes) -> Line:
        try:
            found: Any = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict) or "setting" not in found or not {"machine", "cell"} & found.keys():
            raise SystemExit(f"{self._path}: line {number} is no setting and no run; take it out")
        return found

    def _append(self, fields: Mapping[str, object]) -> None:
        with self._path.open("a") as out:
            out.write(json.dumps(fields) + "\n")


def runs(lines: Iterable[Line], setting: str) -> list[Line]:
    """Return the runs of one setting that count."""
    return [line for line in lines if line["setting"] == setting and "cell" in line and not line.get("void")]


def heads(lines: Iterable[Line]) -> list[Line]:
    """Return the settings, oldest first."""
    return [line for line in lines if "machine" in line]
