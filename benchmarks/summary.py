"""Many runs folded to what is told of them: medians with their ranges, and ratios turn by turn."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.goals import Memory, Ratio
from benchmarks.raw import Line
from benchmarks.workloads import GIB, MIB, WORKLOADS


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest, the median and the highest of some values, and how many there were."""

    low: float
    median: float
    high: float
    count: int

    def text(self, digits: int = 0) -> str:
        """Say it: 640 (590-660)."""
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def spread(values: Sequence[float]) -> Range | None:
    """Fold values; None where there are none."""
    if not values:
        return None
    return Range(min(values), statistics.median(values), max(values), len(values))


def speed(line: Line) -> float:
    """MiB a second of the whole process."""
    return float(line["mib_s"])


def speed_after_start(line: Line) -> float:
    """MiB a second once the process had come to its first call, where it tells when that was."""
    seconds = float(line["seconds"]) - float(line["start_s"])
    return WORKLOADS[line["workload"]].bytes / MIB / seconds


def cpu(line: Line) -> float:
    """Seconds of CPU a GiB of the whole process."""
    return float(line["cpu_s_per_gib"])


def cpu_after_start(line: Line) -> float:
    """The same without what its start took."""
    used = float(line["cpu_s"]) - float(line["start_cpu_s"])
    return used / (WORKLOADS[line["workload"]].bytes / GIB)


def memory(line: Line) -> float:
    """Peak resident MiB of the largest process."""
    return float(line["peak_rss_mib"])


class Series:
    """The runs of one setting."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def of(self, cell: str, client: str) -> list[Line]:
        """Return the runs of one client in one cell, by turn."""
        found = [one for one in self._lines if one["cell"] == cell and one.get("client") == client]
        return sorted(found, key=lambda one: int(one["turn"]))

    def range(self, cell: str, client: str, value: Callable[[Line], float]) -> Range | None:
        """Fold one value of those runs."""
        return spread([value(one) for one in self.of(cell, client)])

    def ratios(self, cell: str, ours: str, against: str, value: Callable[[Line], float]) -> Range | None:
        """Fold ours over the peer's, each turn for itself: the machine's moods are in both."""
        peers = {one["turn"]: one for one in self.of(cell, against)}
        return spread(
            [value(one) / value(peers[one["turn"]]) for one in self.of(cell, ours) if one["turn"] in peers]
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """A goal beside what was measured; `reached` is None where there is nothing to judge."""

    cell: str
    says: str
    goal: str
    found: str
    whole: str
    reached: bool | None


def judged_ratio(series: Series, goal: Ratio) -> list[Judged]:
    """Judge speed and CPU by the median ratio after start; that of the whole process stands beside."""
    says = f"{goal.ours} against {goal.against}"
    found = []
    for name, bound, least, value, whole in (
        ("speed", goal.speed, True, speed_after_start, speed),
        ("CPU", goal.cpu, False, cpu_after_start, cpu),
    ):
        if bound is None:
            continue
        ratio = series.ratios(goal.cell, goal.ours, goal.against, value)
        beside = series.ratios(goal.cell, goal.ours, goal.against, whole)
        reached = None if ratio is None else (ratio.median >= bound if least else ratio.median <= bound)
        sign = ">=" if least else "<="
        found.append(
            Judged(
                goal.cell,
                f"{says}: {name}",
                f"{sign} {bound:g}x",
                _said(ratio),
                _said(beside),
                reached,
            )
        )
    return found


def judged_memory(series: Series, goal: Memory) -> Judged:
    """Judge the median of what ours took more than an engine at rest."""
    mine = series.range(goal.cell, goal.ours, memory)
    rest = series.range(goal.rest_cell or goal.cell, goal.rest, memory)
    says = f"{goal.ours}: MiB above {goal.rest}" + (f" in {goal.rest_cell}" if goal.rest_cell else "")
    if mine is None or rest is None:
        return Judged(goal.cell, says, f"<= {goal.at_most:g}", "not run", "", None)
    more = mine.median - rest.median
    found = f"{more:.0f} ({mine.median:.0f} - {rest.median:.0f})"
    return Judged(goal.cell, says, f"<= {goal.at_most:g}", found, "", more <= goal.at_most)


def _said(ratio: Range | None) -> str:
    return "not run" if ratio is None else f"{ratio.text(2)}"
