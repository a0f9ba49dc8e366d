"""From the raw file to the page: what counts, what is reached, and what is drawn."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import goals
from benchmarks.cells import CELLS
from benchmarks.charts import chart
from benchmarks.peers import CLIENTS
from benchmarks.raw import Raw, runs
from benchmarks.results import page, write
from benchmarks.setting import Setting
from benchmarks.summary import Range, Series, judged_memory, judged_ratio, speed

SETTING = Setting("a machine", {"python": "3.11"}, "abc")


def run(client: str, seconds: float, **fields: Any) -> dict[str, Any]:
    """Return the fields of a run of 4 GiB."""
    return {
        "client": client,
        "workload": "a",
        "level": "spot",
        "seconds": seconds,
        "mib_s": 4096 / seconds,
        "cpu_s": 2.0,
        "cpu_s_per_gib": 0.5,
        "peak_rss_mib": 80.0,
        "start_s": 0.0,
        "start_cpu_s": 0.0,
        "said": {},
        "void": "",
        **fields,
    }


def raw(tmp_path: Path, *found: dict[str, Any], cell: str = "a-plain") -> Raw:
    """Write runs down."""
    made = Raw(tmp_path / "raw.jsonl")
    made.begin(SETTING, ["a peer is left out: it is not installed"])
    for number, fields in enumerate(found):
        made.add(SETTING, cell, int(fields.pop("turn", number)), fields)
    return made


def pairs(ours: list[float], theirs: list[float]) -> list[dict[str, Any]]:
    """Return runs of ours and of rclone, turn by turn, by their seconds."""
    mine = [run("ferry spot", seconds, turn=turn) for turn, seconds in enumerate(ours)]
    return mine + [run("rclone multipart", seconds, turn=turn) for turn, seconds in enumerate(theirs)]


def test_ratios_are_taken_turn_by_turn(tmp_path: Path) -> None:
    """A machine that is slow for a turn is slow for both."""
    series = Series(raw(tmp_path, *pairs([1, 10, 2], [2, 20, 4])).lines()[1:])
    found = series.ratios("a-plain", "ferry spot", "rclone multipart", speed)
    assert found == Range(2.0, 2.0, 2.0, 3)


@pytest.mark.parametrize(("theirs", "reached"), [(2.0, True), (1.9, False)])
def test_a_goal_is_judged_by_its_median(tmp_path: Path, theirs: float, reached: bool) -> None:
    """At the bound it is reached; the page says so beside it."""
    made = raw(tmp_path, *pairs([1.0] * 3, [theirs] * 3))
    goal = goals.Ratio("a-plain", "ferry spot", "rclone multipart", speed=2.0)
    (judged,) = judged_ratio(Series(made.lines()[1:]), goal)
    assert judged.reached is reached
    row = "| a-plain | ferry spot against rclone multipart: speed | >= 2x |"
    (line,) = (one for one in page(made.lines()).text.splitlines() if one.startswith(row))
    assert ("**not reached**" in line) is not reached


def test_what_a_start_took_is_told_apart(tmp_path: Path) -> None:
    """The goal is judged after start; the whole process stands beside it."""
    mine = run("ferry spot", 2.0, start_s=1.0, turn=0)
    made = raw(tmp_path, mine, run("rclone multipart", 2.0, turn=0))
    goal = goals.Ratio("a-plain", "ferry spot", "rclone multipart", speed=2.0)
    (judged,) = judged_ratio(Series(made.lines()[1:]), goal)
    assert judged.found.startswith("2.00")
    assert judged.whole.startswith("1.00")


def test_a_void_run_does_not_count_and_is_not_hidden(tmp_path: Path) -> None:
    """It is in no median, and the page names it with its reason."""
    made = raw(tmp_path, run("obstore", 1.0), run("obstore", 9.0, void="exit 1: it broke"))
    assert len(runs(made.lines(), SETTING.id)) == 1
    text = page(made.lines()).text
    assert "| obstore | 4096 (4096-4096) |" in text
    assert "it broke" in text


def test_the_page_says_what_is_left_out_and_what_was_not_run(tmp_path: Path) -> None:
    """By name, and never silently."""
    text = page(raw(tmp_path, run("obstore", 1.0)).lines()).text
    assert "a peer is left out: it is not installed" in text
    assert "| a-plain | ferry spot against rclone multipart: speed | >= 2x | not run |" in text


def test_a_persons_notes_stand_below_the_goals(tmp_path: Path) -> None:
    """What was tried, where a goal is not reached."""
    text = page(raw(tmp_path, run("obstore", 1.0)).lines(), "## What was tried\n\nMuch.").text
    assert text.index("## Goals") < text.index("## What was tried") < text.index("## a-plain")


def test_memory_is_held_against_the_same_client_elsewhere(tmp_path: Path) -> None:
    """A file of 16 GiB takes no more than one of 1 GiB."""
    made = raw(tmp_path, run("ferry spot", 1.0, peak_rss_mib=80.0), cell="one-gib-plain")
    made.add(SETTING, "16-gib-plain", 0, run("ferry spot", 1.0, peak_rss_mib=90.0))
    goal = goals.Memory("16-gib-plain", "ferry spot", "ferry spot", 8.0, "one-gib-plain")
    assert judged_memory(Series(made.lines()[1:]), goal).reached is False


def test_only_the_newest_setting_is_told(tmp_path: Path) -> None:
    """Runs of other code or another machine are never mixed."""
    made = raw(tmp_path, run("obstore", 1.0))
    other = Setting("a machine", {"python": "3.11"}, "other")
    made.begin(other, [])
    made.add(other, "a-plain", 0, run("obstore", 2.0))
    text = page(made.lines()).text
    assert "2048 (2048-2048)" in text
    assert "4096 (4096-4096)" not in text


def test_a_setting_is_said_once(tmp_path: Path) -> None:
    """A later call goes on under the same one."""
    made = raw(tmp_path)
    made.begin(SETTING, ["a peer is left out: it is not installed"])
    assert len(made.lines()) == 1


def test_a_setting_that_comes_back_is_the_newest(tmp_path: Path) -> None:
    """Other code was measured in between: the page tells of what was measured last."""
    made = raw(tmp_path, run("obstore", 1.0))
    made.begin(Setting("a machine", {"python": "3.11"}, "other"), [])
    made.begin(SETTING, [])
    assert "4096 (4096-4096)" in page(made.lines()).text


@pytest.mark.parametrize(
    "line", ['{"setting": "a', "hush", "[1]", "7", '{"a": 1}', '{"setting": "x"}', "\udcff"]
)
def test_a_damaged_line_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    """One sentence; no run is left out in silence, and nothing is written."""
    made = raw(tmp_path)
    path = tmp_path / "raw.jsonl"
    with path.open("ab") as out:
        out.write(line.encode(errors="surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(SystemExit, match=r"raw\.jsonl: line 2 is no setting and no run"):
        made.begin(SETTING, [])
    assert path.read_bytes() == before


def test_the_page_shows_the_charts_that_are_written(tmp_path: Path) -> None:
    """Each picture that it names is there, and an old one is not."""
    folder = tmp_path / "charts"
    folder.mkdir()
    (folder / "old.svg").write_text("")
    made = page(raw(tmp_path, *pairs([1.0], [2.0])).lines())
    write(made, tmp_path / "RESULTS.md")
    assert {path.name for path in folder.iterdir()} == {"a-plain-speed.svg", "a-plain-cpu.svg"}
    assert all(f"(charts/{path.name})" in made.text for path in folder.iterdir())


def test_a_chart_is_xml_with_a_bar_for_each() -> None:
    """Longer for more, and names are escaped."""
    bars = [("ferry <spot>", Range(90, 100, 120, 3)), ("raw & relay", Range(40, 50, 60, 3))]
    tree = ET.fromstring(chart("a & b", "MiB/s", bars))
    rects = tree.findall("{*}rect")[1:]
    assert [float(one.attrib["width"]) for one in rects] == sorted(
        (float(one.attrib["width"]) for one in rects), reverse=True
    )
    texts = [one.text for one in tree.findall("{*}text")]
    assert "ferry <spot>" in texts
    assert "50 (40-60)" in texts


def test_goals_speak_of_what_is_run() -> None:
    """Each goal's cell is run where none is named, with both of its clients in it."""
    for goal in goals.RATIOS:
        assert CELLS[goal.cell].usual
        assert {goal.ours, goal.against} <= set(CELLS[goal.cell].clients)
    for memory in goals.MEMORY:
        assert {memory.ours, memory.rest} <= set(CELLS[memory.cell].clients)
    for cell in CELLS.values():
        assert set(cell.clients) <= set(CLIENTS)


def test_nothing_measured_is_said(tmp_path: Path) -> None:
    """A page without a raw file."""
    assert "Nothing was measured" in page(Raw(tmp_path / "none").lines()).text
    assert json.dumps(Raw(tmp_path / "none").lines()) == "[]"
