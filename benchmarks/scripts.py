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
    """A module that is run, and its options; in them, {folder} is where files are kept between calls.

    `module` is called as the figure is unless it says otherwise; `client` is what it measures.
    """

    name: str
    options: tuple[str, ...] = ()
    module: str = ""
    client: str = "checkpoint"


SCRIPTS: Mapping[str, Script] = {
    one.name: one
    for one in (
        Script("replay", ("--file", "{folder}/million.checkpoint")),
        Script("appends"),
        Script("items", ("--events", "40", "400", "--bare"), client="ferry run"),
        Script("tiny-events", ("--events", "10", "100", "1000"), module="items", client="ferry run"),
    )
}


def run(script: Script, kept: Path) -> dict[str, object]:
    """Run one, and return what it said, or why it does not count."""
    options = (option.format(folder=kept.resolve()) for option in script.options)
    command = Command((sys.executable, "-m", f"benchmarks.{script.module or script.name}", *options))
    with TemporaryDirectory() as folder:
        spent = spend(command, Path(folder))
    if spent.code:
        return {"client": script.client, "void": f"exit {spent.code}: {spent.errors.strip()[-300:]}"}
    said: dict[str, object] = json.loads(spent.output.splitlines()[-1])
    return {"peak_rss_mib": round(spent.peak_rss / MIB, 1), "cpu_s": round(spent.cpu, 2), **said}
