"""The page of results: the setting, goals beside what was measured, each cell as table and charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import goals
from benchmarks.cells import CELLS, CONTENT, Cell
from benchmarks.charts import chart
from benchmarks.raw import Line, heads, runs
from benchmarks.summary import (
    Judged,
    Range,
    Series,
    cpu,
    cpu_after_start,
    judged_memory,
    judged_ratio,
    memory,
    speed,
    speed_after_start,
    spread,
)
from benchmarks.workloads import WORKLOADS

MARK = {True: "reached", False: "**not reached**", None: "not run"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page and the charts that it shows, by file name."""

    text: str
    charts: Mapping[str, str]


def write(page: Page, path: Path) -> None:
    """Write page and charts, and remove charts that it no longer shows."""
    folder = path.with_name("charts")
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        if old.name not in page.charts:
            old.unlink()
    for name, drawn in page.charts.items():
        (folder / name).write_text(drawn)
    path.write_text(page.text)


def page(lines: Sequence[Line], notes: str = "") -> Page:
    """Tell of the newest setting in a raw file; `notes` are a person's, on goals that are not reached."""
    if not heads(lines):
        return Page("# Results\n\nNothing was measured yet.\n", {})
    head = heads(lines)[-1]
    counted = runs(lines, head["setting"])
    series = Series(counted)
    voids = [one for one in lines if one["setting"] == head["setting"] and one.get("void")]
    names = [name for name in CELLS if any(one["cell"] == name for one in counted)]
    charts: dict[str, str] = {}
    sections = [_section(CELLS[name], series, charts) for name in names]
    text = [
        _top(head),
        _goals(series, counted),
        notes.strip(),
        *sections,
        _figures(counted),
        _content(counted),
        _voids(voids),
    ]
    return Page("\n\n".join(part for part in text if part) + "\n", charts)


def _top(head: Line) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in sorted(head["versions"].items()))
    left_out = "".join(f"\n- {sentence}" for sentence in head["left_out"])
    return f"""# Results

Made by `make bench`, which writes this page from `RESULTS.jsonl` and, where there is one, `NOTES.md`.

- Machine: {head["machine"]}
- Versions: {versions}
- Code measured: {head["code"]} (a digest of engine/ and benchmarks/)

All over loopback: nginx in front of files in the page cache, a target that throws away what it is sent and
answers with true MD5s, and the client, on the same cores. Ratios within a turn hold, absolute figures do not.
Every figure is a median with its range; bytes and objects that arrived are checked in every run, and a run
where they are not the source's does not count. "After start" leaves out what our programs in Python take to
import what they need, which they tell; rclone and s5cmd start in some 50 ms, which stay in.{left_out}"""


def _goals(series: Series, counted: Sequence[Line]) -> str:
    judged = [one for goal in goals.RATIOS for one in judged_ratio(series, goal)]
    judged += [judged_memory(series, goal) for goal in goals.MEMORY]
    judged += [_judged_figure(counted, goal) for goal in goals.FIGURES]
    rows = [(one.cell, one.says, one.goal, one.found, one.whole, MARK[one.reached]) for one in judged]
    asked = "\n".join(f"- {sentence}" for sentence in goals.ASKED_FOR_BUT_NOT_RUN)
    names = ("cell", "what", "goal", "found, after start", "whole process", "")
    return f"## Goals\n\n{_table(names, rows)}\n\nAsked for, and not among these runs:\n\n{asked}"


def _judged_figure(counted: Sequence[Line], goal: goals.Figure) -> Judged:
    values = [float(one[goal.field]) for one in counted if one["cell"] == goal.figure]
    found = spread(values)
    reached = None if found is None else found.median <= goal.at_most
    said = "not run" if found is None else found.text(1)
    return Judged(goal.figure, goal.field, f"<= {goal.at_most:g}", said, "", reached)


def _section(cell: Cell, series: Series, charts: dict[str, str]) -> str:
    under = cell.under
    ends = "TLS at both ends" if under.tls else "plain"
    waits = ", 50 ms before every reply" if under.delayed else ""
    clients = [name for name in cell.clients if series.of(cell.name, name)]
    moving = [name for name in clients if name != "ferry idle"]
    pictures = []
    for what, unit, value in (("speed", "MiB/s", speed_after_start), ("cpu", "CPU s/GiB", cpu_after_start)):
        bars = [(name, found) for name in moving if (found := series.range(cell.name, name, value))]
        charts[f"{cell.name}-{what}.svg"] = chart(f"{cell.name}, {what} after start", unit, bars)
        pictures.append(f"![{what} in {cell.name}](charts/{cell.name}-{what}.svg)")
    title = f"{WORKLOADS[under.workload].sentence}, {ends}, {under.in_flight} in flight{waits}"
    names = ("client", "MiB/s", "after start", "CPU s/GiB", "after start", "peak RSS MiB", "checks", "runs")
    return "\n\n".join(
        (
            f"## {cell.name}: {title}",
            _table(names, [_row(series, cell.name, name) for name in clients]),
            "\n".join(pictures),
        )
    )


def _row(series: Series, cell: str, client: str) -> tuple[str, ...]:
    lines = series.of(cell, client)

    def told(found: Range | None, digits: int) -> str:
        return "" if found is None else found.text(digits)

    if client == "ferry idle":
        return (client, "", "", "", "", told(series.range(cell, client, memory), 0), "", str(len(lines)))
    return (
        client,
        told(series.range(cell, client, speed), 0),
        told(series.range(cell, client, speed_after_start), 0),
        told(series.range(cell, client, cpu), 2),
        told(series.range(cell, client, cpu_after_start), 2),
        told(series.range(cell, client, memory), 0),
        _checks(lines),
        str(len(lines)),
    )


def _checks(lines: Sequence[Line]) -> str:
    """Say the level, and which share of the parts it covered."""
    level = str(lines[0]["level"])
    shares = [
        100 * one["said"]["parts_checked"] / one["said"]["parts"] for one in lines if one["said"].get("parts")
    ]
    found = spread(shares)
    fell = next((f"; by aiohttp: {one['said']['fell']}" for one in lines if one["said"].get("fell")), "")
    return (level if found is None else f"{level}: MD5 of {found.text()} % of parts") + fell


def _figures(counted: Sequence[Line]) -> str:
    names = sorted({one["cell"] for one in counted} - set(CELLS) - set(CONTENT))
    rows = []
    for name in names:
        lines = [one for one in counted if one["cell"] == name]
        for key in lines[0]:
            values = [one[key] for one in lines if isinstance(one.get(key), int | float)]
            found = spread(values)
            if key != "turn" and found is not None:
                rows.append((name, key, found.text(2 if found.median < 100 else 0), str(found.count)))
    return f"## Other figures\n\n{_table(('what', 'field', 'found', 'runs'), rows)}" if rows else ""


def _content(counted: Sequence[Line]) -> str:
    rows = [
        (one["cell"], one["client"], str(one["files"]), str(one["bytes"]))
        for one in counted
        if one["cell"] in CONTENT
    ]
    if not rows:
        return ""
    told = (
        "The same commands to real targets, without a clock: rclone's S3 server, or SeaweedFS where it is "
        "named. Each file's SHA-256 there is its source's."
    )
    return f"## Content\n\n{told}\n\n{_table(('cell', 'client', 'files', 'bytes'), rows)}"


def _voids(voids: Sequence[Line]) -> str:
    rows = [(one["cell"], one["client"], str(one["turn"]), one["void"].replace("\n", " ")) for one in voids]
    return f"## Runs that do not count\n\n{_table(('cell', 'client', 'turn', 'why'), rows)}" if rows else ""


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
