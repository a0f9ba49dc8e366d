"""Figures of their own: scripts that print one JSON line about one question, run beside the cells."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import spend
from benchmarks.peers.client import MIB, Command


@dataclass(frozen=True, slots=True)
class Script:
    """A module that is run, and its options; in them, {folder} is where files are kept between calls."""

    name: str
    options: tuple[str, ...] = ()


SCRIPTS: Mapping[str, Script] = {
    one.name: one for one in (Script("replay", ("--file", "{folder}/million.checkpoint")), Script("appends"))
}


def run(script: Script, kept: Path) -> dict[str, object]:
    """Run one, and return what it said, or why it does not count."""
    options = (option.format(folder=kept.resolve()) for option in script.options)
    command = Command((sys.executable, "-m", f"benchmarks.{script.name}", *options))
    with TemporaryDirectory() as folder:
        spent = spend(command, Path(folder))
    if spent.code:
        return {"client": script.name, "void": f"exit {spent.code}: {spent.errors.strip()[-300:]}"}
    said: dict[str, object] = json.loads(spent.output.splitlines()[-1])
    return {"peak_rss_mib": round(spent.peak_rss / MIB, 1), "cpu_s": round(spent.cpu, 2), **said}
