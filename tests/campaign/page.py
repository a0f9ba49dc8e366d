"""The score page, made from what the campaign wrote down and from nothing else.

    python -m campaign.page RESULTS.jsonl docs/reliability.md [--of COMMIT]

Ends with 1 where a fault has no test that passed, or anything was found.
"""

import argparse
import json
import platform
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.peers import MOVERS
from campaign.shared import Played
from campaign.table import FAULTS, Fault

CRASHES = 30
"""The fault whose injections are the crash points."""

INTRODUCTION = """# Reliability

Made from what ran, by `make faults` or by its steps one after another, {machine}. Nobody wrote it by hand.

**{score}**

Each fault of the table is injected, and survived by the tests that carry its number (`@pytest.mark.fault`).
The end is judged by an auditor that reads what the emulated servers hold and were asked, never the
checkpoint. No real Opencast, Panopto, LumiNUS or VALT was at hand.
"""

RANDOM = """## Items under random faults

{items:,} items in {batches} batches, level etag, each batch killed once on its way and called until it ended
with 0; {struck:,} requests were struck ({kinds}).
"""

SHARED = """## The same faults, played on other movers

One file of five parts, from an HTTP server to SeaweedFS, behind a proxy that plays the fault once, in {turns}
turns. rclone, s5cmd and boto3 do a more general job: they are here because people use them for this one.
*Parts* are those that were begun, of five.
"""

SOAK = "## A long run of tiny items, each fault at one call in a hundred"
WRONG = ("corrupt", "duplicate", "missing")


@dataclass(frozen=True, slots=True)
class Results:
    """The lines of one campaign, by what they are about."""

    tests: Sequence[Mapping[str, Any]]
    at_random: Sequence[Mapping[str, Any]]
    soaks: Sequence[Mapping[str, Any]]
    shared: Sequence[Played]

    def of(self, number: int) -> list[Mapping[str, Any]]:
        """Return the tests of one fault."""
        return [one for one in self.tests if number in one["faults"]]

    def survived(self, number: int) -> bool:
        """Tell whether a fault has tests, and all of them passed."""
        return bool(self.of(number)) and all(one["outcome"] == "passed" for one in self.of(number))

    @property
    def crash_points(self) -> int:
        """How many moments a run was killed at."""
        return sum(int(one.get("injected", 0)) for one in self.of(CRASHES))

    def total(self, name: str) -> int:
        """Return a sum over all random batches."""
        return sum(int(one[name]) for one in self.at_random)

    @property
    def sound(self) -> bool:
        """Whether nothing at all was found."""
        return all(map(self.survived, FAULTS)) and not any(
            one["found"] for one in (*self.at_random, *self.soaks)
        )


def read(path: Path) -> Results:
    """Read the lines; of a test that ran more than once the last counts."""
    tests: dict[str, Mapping[str, Any]] = {}
    others: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        if "test" in found:
            tests[found["test"]] = found
        for kind in ("at_random", "soak", "shared"):
            if kind in found:
                others[kind].append(found[kind])
    shared = [Played(**one) for one in others["shared"]]
    return Results(list(tests.values()), others["at_random"], others["soak"], shared)


def page(results: Results, machine: str) -> str:
    """Return the whole page."""
    parts = (
        INTRODUCTION.format(score=score(results), machine=machine),
        _faults(results),
        _random(results),
        _soak(results),
        _shared(results.shared),
    )
    return "\n".join(part for part in parts if part)


def score(results: Results) -> str:
    """Return one line."""
    survived = sum(map(results.survived, FAULTS))
    told = [f"faults {survived}/{len(FAULTS)}", f"crash points {results.crash_points}"]
    if results.at_random:
        wrong = " / ".join(f"{results.total(name)} {name}" for name in WRONG)
        told.append(f"{wrong} in {results.total('items'):,} items under faults")
    for mover in MOVERS if results.shared else ():
        whole, all_of = _wins(results.shared, mover.name)
        told.append(f"{mover.name} {whole}/{all_of}")
    return " · ".join(told)


def _wins(shared: Iterable[Played], mover: str) -> tuple[int, int]:
    """Count the scenes in which each turn of a mover ended whole, and all scenes."""
    scenes: dict[str, bool] = {}
    for one in shared:
        if one.mover == mover:
            scenes[one.scene] = scenes.get(one.scene, True) and one.verdict == "whole"
    return sum(scenes.values()), len(scenes)


def _faults(results: Results) -> str:
    lines = ["## The faults", ""]
    group = ""
    for fault in FAULTS.values():
        if fault.group != group:
            group = fault.group
            lines += [
                "",
                f"### {group}",
                "",
                *_head("", "fault", "must be shown", "tests", "injected", "came of it"),
            ]
        lines.append(_row(*_fault(fault, results)))
    return "\n".join([*lines, ""])


def _fault(fault: Fault, results: Results) -> Iterator[str]:
    tests = results.of(fault.number)
    injected = sum(int(one.get("injected", 0)) for one in tests)
    happened = list(dict.fromkeys(one["happened"] for one in tests if one.get("happened")))
    failed = sum(one["outcome"] != "passed" for one in tests)
    yield f"F{fault.number}"
    yield fault.what
    yield fault.shown
    yield str(len(tests))
    yield f"{injected:,}" if injected else ""
    if not tests:
        yield "**not shown**"
    elif failed:
        yield f"**{failed} failed**"
    else:
        yield "; ".join(("survived", *happened))


def _random(results: Results) -> str:
    if not results.at_random:
        return ""
    struck: Counter[str] = Counter()
    for one in results.at_random:
        struck.update(one["struck"])
    said = RANDOM.format(
        items=results.total("items"),
        batches=len(results.at_random),
        struck=sum(struck.values()),
        kinds=", ".join(f"{name} {count:,}" for name, count in struck.most_common()),
    )
    row = _row(*(f"{results.total(name):,}" for name in (*WRONG, "bytes")))
    return "\n".join([said, *_head(*WRONG, "bytes that arrived"), row, ""])


def _soak(results: Results) -> str:
    if not results.soaks:
        return ""
    rows = [
        _row(
            f"{one['items']:,}",
            f"{one['seconds']:,.0f}",
            f"{one['peak_mib']:.0f}",
            f"{one['bytes_an_item']:.1f}",
            "; ".join(one["found"]) or "nothing",
        )
        for one in results.soaks
    ]
    head = _head("items", "seconds", "peak MiB", "growth, bytes an item", "found")
    return "\n".join(
        ["## A long run of tiny items, each fault at one call in a hundred", "", *head, *rows, ""]
    )


def _shared(shared: Sequence[Played]) -> str:
    """Return what four movers made of the same faults: each cell counts its verdicts."""
    if not shared:
        return ""
    names = [mover.name for mover in MOVERS]
    scenes = dict.fromkeys((one.fault, one.scene) for one in shared)
    rows = []
    for number, scene in sorted(scenes):
        cells = [[one for one in shared if one.scene == scene and one.mover == name] for name in names]
        rows.append(_row(f"F{number}", scene, *map(_verdicts, cells)))
    turns = len({one.turn for one in shared})
    return "\n".join([SHARED.format(turns=turns), *_head("", "fault", *names), *rows, ""])


def _verdicts(turns: Sequence[Played]) -> str:
    counts = Counter(one.verdict for one in turns).most_common()
    parts = sorted({one.parts for one in turns})
    told = ", ".join(verdict if len(counts) == 1 else f"{verdict} {count}x" for verdict, count in counts)
    spread = " to ".join(map(str, dict.fromkeys((parts[0], parts[-1])))) if parts else ""
    return f"{told} ({spread} parts)" if parts else "not run"


def _head(*names: str) -> list[str]:
    return [_row(*names), "|" + "---|" * len(names)]


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description="Make the score page.")
    parser.add_argument("results", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--of", default="", help="which commit was run")
    asked = parser.parse_args()
    results = read(asked.results)
    machine = f"on Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    machine += f", of {asked.of}" if asked.of else ""
    asked.page.write_text(page(results, machine), encoding="utf-8")
    raise SystemExit(0 if results.sound else 1)


if __name__ == "__main__":
    main()
