"""Which tests show which faults: the marker `fault`, and a file that says what came of each of them.

    pytest --score FILE

appends one JSON line for each test that is marked: the numbers, the test, its outcome, and what the test
itself has said with `record_property` (`injected`: how often a fault struck; `happened`: one sentence).
"""

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

MARK = "fault"

UNFINISHED = "unfinished"
"""The outcome of a test that was begun when everything was stopped."""


def numbers_of(item: pytest.Item) -> list[int]:
    """Return the numbers of the faults that a test shows."""
    return sorted({number for mark in item.iter_markers(MARK) for number in mark.args})


def numbered(item: pytest.Item) -> None:
    """Let the numbers travel with the test's report, also from one process to another."""
    if numbers := numbers_of(item):
        item.user_properties.append(("faults", numbers))


class Score:
    """Writes down what came of the tests that are marked: the worst phase of each counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of one phase of one test."""
        said = dict(report.user_properties)
        if "faults" not in said:
            return
        line = self._lines.setdefault(
            report.nodeid, {"test": report.nodeid, "outcome": UNFINISHED, "seconds": 0.0}
        )
        line.update(said)
        line["seconds"] = round(line["seconds"] + report.duration, 3)
        if report.outcome != "passed":
            line["outcome"] = report.outcome
        elif report.when == "call" and line["outcome"] == UNFINISHED:
            line["outcome"] = "passed"

    def pytest_sessionfinish(self) -> None:
        """Append the lines."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, sort_keys=True) + "\n" for line in self._lines.values())


def marked(files: Iterable[Path]) -> Mapping[int, list[str]]:
    """Return where each number is named in a marker, by reading the files: `file` or `file::function`."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in files:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if f".{MARK}(" in text else ():
            for number in _named(node):
                found[number].append(path.name)
    return found


def _named(node: ast.AST) -> list[int]:
    match node:
        case ast.Call(func=ast.Attribute(attr="fault", value=ast.Attribute(attr="mark")), args=arguments):
            return [
                one.value for one in arguments if isinstance(one, ast.Constant) and type(one.value) is int
            ]
        case _:
            return []
