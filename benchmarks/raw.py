"""The raw file: a line of JSON for each setting and each run. Nothing in it is ever changed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.setting import Setting

Line = Mapping[str, Any]


class Raw:
    """One file, which a later call goes on with."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[Line]:
        """Return all of them."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines() if line]

    def begin(self, setting: Setting, left_out: Iterable[str]) -> None:
        """Say under what the runs that follow are made, unless the file says so already."""
        said = {"setting": setting.id, **asdict(setting), "left_out": sorted(left_out)}
        if said not in self.lines():
            self._append(said)

    def add(self, setting: Setting, cell: str, turn: int, fields: Mapping[str, object]) -> None:
        """Append a run: its cell, and which turn of the rotation it was."""
        self._append({"setting": setting.id, "cell": cell, "turn": turn, **fields})

    def _append(self, fields: Mapping[str, object]) -> None:
        with self._path.open("a") as out:
            out.write(json.dumps(fields) + "\n")


def runs(lines: Iterable[Line], setting: str) -> list[Line]:
    """Return the runs of one setting that count."""
    return [line for line in lines if line["setting"] == setting and "cell" in line and not line.get("void")]


def heads(lines: Iterable[Line]) -> list[Line]:
    """Return the settings, oldest first."""
    return [line for line in lines if "machine" in line]
