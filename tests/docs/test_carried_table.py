"""Each row of the README's table of what a recording carries is shown by a test, and no test by none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

from pipelines.migration.aspects.refusals import BadChapters, NotCaptions
from pipelines.migration.furnish.aspects import IdTaken, NoRow
from pipelines.migration.furnish.captions import OtherTimes, UnknownLanguage
from pipelines.panopto.aspects import InDoubt

ROOT = Path(__file__).parents[2]
HEADING = "## What a recording carries"


def rows() -> list[str]:
    """Return what the rows are of: their first cells."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(HEADING)[2].partition("\n## ")[0]
    return [row.split("|")[1].strip() for row in re.findall(r"^\|.*$", section, re.MULTILINE)[2:]]


def marks(path: Path) -> Iterator[str]:
    """Give the rows that tests of a file are marked with; only marks of tests that pytest collects count."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.carries":
                    yield from (ast.literal_eval(one) for one in mark.args)


def shown() -> set[str]:
    """Return the rows that some scenario shows."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {row for path in files if "mark.carries(" in path.read_text("utf-8") for row in marks(path)}


def test_each_row_has_a_test() -> None:
    """A row that no test shows is not there, and a test that shows a row that is gone is found."""
    found = rows()
    assert len(found) > 20
    assert len(set(found)) == len(found)
    assert shown() == set(found)


def test_each_row_is_whole() -> None:
    """It says where a thing comes from, where it lands, and what happens where it cannot."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(HEADING)[2].partition("\n## ")[0]
    for row in re.findall(r"^\|.*$", section, re.MULTILINE):
        cells = [one.strip() for one in row.strip("|").split("|")]
        assert len(cells) == 4, row
        assert all(cells), row


def test_each_reason_of_an_aspect_is_on_its_page() -> None:
    """The page of aspects explains every word by which a part is left out that no item has."""
    page = (ROOT / "docs" / "aspects.md").read_text(encoding="utf-8").partition("## Reasons")[2]
    gathering = ast.parse((ROOT / "pipelines" / "migration" / "gather.py").read_text(encoding="utf-8"))
    words = {word for call in ast.walk(gathering) if is_left(call) for word in texts(call.args[1])}
    assert words >= {"unreadable", "untimed", "past_the_end"}
    refusals = (NotCaptions, BadChapters, NoRow, IdTaken, UnknownLanguage, OtherTimes, InDoubt)
    assert words | {one.code for one in refusals} <= set(re.findall(r"`(\w+)`", page))


def is_left(node: ast.AST) -> TypeGuard[ast.Call]:
    """Tell a call that leaves an aspect, or part of it, out."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_leave"


def texts(node: ast.expr) -> set[str]:
    """Return the texts in an expression."""
    return {str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant)}
