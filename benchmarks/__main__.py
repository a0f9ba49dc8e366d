"""Runs the cells, keeps every run in one raw file, and writes the page of results.

    python -m benchmarks [CELL ...] [--turns 5] [--minutes 60] [--peers NAME ...]

Without a cell: those of the table. A later call goes on with what the raw file has not got yet, as long as
machine, versions and code are the same.
"""

import argparse
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from benchmarks import scripts
from benchmarks.alone import alone_with
from benchmarks.authority import make_authority
from benchmarks.cells import CELLS, CONTENT
from benchmarks.content import compare
from benchmarks.corpus import Corpus
from benchmarks.discard.process import ROOT
from benchmarks.measure import Bench
from benchmarks.peers import CLIENTS
from benchmarks.raw import Raw, runs
from benchmarks.real import REAL
from benchmarks.results import page, write
from benchmarks.rounds import Time, turns
from benchmarks.scripts import SCRIPTS
from benchmarks.setting import Setting, this_setting
from benchmarks.source import serving, why_no_source


class Campaign:
    """All runs of one call: who takes part, what is done already, and how much time there is."""

    def __init__(self, bench: Bench, raw: Raw, setting: Setting, minutes: float) -> None:
        self._bench = bench
        self._raw = raw
        self._setting = setting
        self._time = Time(minutes * 60)
        done = runs(raw.lines(), setting.id)
        self._done = {(one["cell"], one["client"], one["turn"]) for one in done}
        for one in done:
            self._time.taken[f"{one['cell']} {one['client']}"] = one.get("seconds", 0.0)

    def run(self, cells: Sequence[str], peers: Sequence[str], count: int) -> bool:
        """Run what is not done yet; return whether there was time for all of it."""
        work = [(name, _taking_part(name, peers)) for name in cells]
        for name in (name for name, clients in work if not clients):
            print(f"{name}: nobody takes part")
        for turn, cell, clients in turns(work, count):
            for client in clients:
                if (cell, client, turn) in self._done:
                    continue
                if not self._time.enough_for(f"{cell} {client}"):
                    return False
                self._one(turn, cell, client)
        return True

    def _one(self, turn: int, cell: str, client: str) -> None:
        begun = time.monotonic()
        fields = self._fields(cell, client)
        self._raw.add(self._setting, cell, turn, fields)
        self._time.taken[f"{cell} {client}"] = time.monotonic() - begun
        print(f"{turn + 1} {cell:18} {client:28} {_told(fields)}", flush=True)

    def _fields(self, cell: str, client: str) -> dict[str, object]:
        if cell in SCRIPTS:
            return {"client": client, **scripts.run(SCRIPTS[cell], self._bench.corpus.folder.parent)}
        if cell in CONTENT:
            content = CONTENT[cell]
            target = REAL[content.target]
            return asdict(compare(self._bench, CLIENTS[client], "small", target, tls=content.tls))
        return asdict(self._bench.run(CLIENTS[client], CELLS[cell].under))


def _taking_part(cell: str, peers: Sequence[str]) -> list[str]:
    if cell in SCRIPTS:
        return [SCRIPTS[cell].client]
    if cell in CONTENT and REAL[CONTENT[cell].target].missing:
        return []
    clients = CONTENT[cell].clients if cell in CONTENT else CELLS[cell].clients
    names = [name for name in clients if not CLIENTS[name].missing]
    return [name for name in names if not peers or name in peers]


def _told(fields: dict[str, object]) -> str:
    if fields.get("void"):
        return f"does not count: {fields['void']}"
    if "mib_s" not in fields:
        return str({name: value for name, value in fields.items() if name != "client"})
    names = ("mib_s", "cpu_s_per_gib", "peak_rss_mib") if fields["bytes_checked"] else ("peak_rss_mib",)
    return "  ".join(f"{fields[name]:>8} {name}" for name in names)


def main() -> None:
    """Run, and write the page; what this machine refuses, and a signal, end it in order."""
    asked = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    try:
        _measure(asked)
    except OSError as error:
        raise SystemExit(f"stopped, and the same command goes on: {error}") from error


def _measure(asked: argparse.Namespace) -> None:
    if sentence := why_no_source():
        raise SystemExit(f"nothing can be measured: {sentence}")
    left_out = [one.missing for one in CLIENTS.values() if one.missing]
    left_out += [one.missing for one in REAL.values() if one.missing]
    for sentence in left_out:
        print(sentence)
    setting, raw, corpus = this_setting(), Raw(asked.raw), Corpus(asked.folder)
    with ExitStack() as stack:
        for held in {one.resolve() for one in (corpus.folder, asked.raw.parent, asked.results.parent)}:
            held.mkdir(parents=True, exist_ok=True)
            stack.enter_context(alone_with(held))
        raw.begin(setting, left_out)
        folder = Path(stack.enter_context(TemporaryDirectory()))
        authority = make_authority(folder / "authority")
        source = stack.enter_context(serving(corpus.folder, folder / "source", authority))
        campaign = Campaign(Bench(corpus, source, authority), raw, setting, asked.minutes)
        once = [name for name in asked.cells if name in CONTENT]
        whole = campaign.run(once, asked.peers, 1)
        timed = [name for name in asked.cells if name not in CONTENT]
        whole = campaign.run(timed, asked.peers, asked.turns) and whole
        notes = asked.results.with_name("NOTES.md")
        write(page(raw.lines(), notes.read_text() if notes.exists() else ""), asked.results)
    if not whole:
        print("the time is over; the same command goes on where this one ended")


def _leave(number: int, _: object) -> NoReturn:
    """Leave through what has to be ended: no server and no client stays behind."""
    raise SystemExit(128 + number)


def _arguments() -> argparse.Namespace:
    usual = [name for name, cell in CELLS.items() if cell.usual]
    known = [*CELLS, *CONTENT, *SCRIPTS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the engine and its peers."
    )
    parser.add_argument("cells", nargs="*", metavar="CELL", help=f"of {', '.join(known)}")
    parser.add_argument("--turns", type=int, default=5, help="runs of each client in each cell")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin nothing that would end later")
    parser.add_argument("--peers", nargs="+", default=[], metavar="NAME", help="only these clients")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench", help="where the files are")
    parser.add_argument("--raw", type=Path, default=ROOT / "benchmarks" / "RESULTS.jsonl")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    asked = parser.parse_args()
    for names, all_of_them in ((asked.cells, known), (asked.peers, list(CLIENTS))):
        if unknown := [name for name in names if name not in all_of_them]:
            parser.error(f"{unknown[0]!r} is none of {', '.join(all_of_them)}")
    if asked.turns < 1:
        parser.error("--turns is at least 1")
    asked.cells = asked.cells or [*CONTENT, *usual, *SCRIPTS]
    return asked


if __name__ == "__main__":
    main()
