"""The page of interfaces names every call that the code makes, where it is made, and no other as made."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SYSTEMS = ("opencast", "panopto", "luminus", "valt")
CALL = re.compile(r'f?"((?:GET|POST|PUT|PATCH|DELETE) [^"\n]+)"')


@cache
def made() -> dict[str, set[str]]:
    """Return the calls that each module names; some have a part that is filled in while it runs."""
    found: dict[str, set[str]] = {}
    for system in SYSTEMS:
        for path in sorted((ROOT / "pipelines" / system).glob("*.py")):
            found[str(path.relative_to(ROOT))] = set(CALL.findall(path.read_text(encoding="utf-8")))
    return {name: calls for name, calls in found.items() if calls}


def named() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each call of the page that has a row, and the modules that the row names."""
    for row in (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8").splitlines():
        if call := re.match(r"\| `([^`]+)` \|", row):
            yield call[1], tuple(re.findall(r"`((?:pipelines|engine)/[\w/]+\.py)`", row))


def fits(written: str, call: str) -> bool:
    """Tell whether what a module writes may be that call: `{path}` and `{how}` are filled in."""
    pattern = re.escape(written).replace(r"\{path\}", ".+").replace(r"\{how\}", r"[^/]+")
    return re.fullmatch(pattern, call) is not None


@pytest.mark.parametrize("module", sorted(made()))
def test_every_call_of_a_module_is_on_the_page(module: str) -> None:
    """With that module as the place where it is made."""
    rows = [call for call, modules in named() if module in modules]
    assert not [call for call in made()[module] if not any(fits(call, row) for row in rows)]


@pytest.mark.parametrize(("call", "modules"), [one for one in named() if one[1]])
def test_what_is_said_to_be_made_is_made(call: str, modules: tuple[str, ...]) -> None:
    """Every module that a row names is there, and names the call."""
    for module in modules:
        text = (ROOT / module).read_text(encoding="utf-8")
        if module.startswith("engine/"):
            assert call.removeprefix("Upload").lower() in text.lower()
        else:
            assert any(fits(written, call) for written in made().get(module, ())), module


def test_each_call_has_one_row_and_a_place_or_a_reason() -> None:
    """A call that is not made says why."""
    calls = [call for call, _ in named()]
    assert len(calls) == len(set(calls)) > 60
    page = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    for row in re.findall(r"^\| `.*", page, re.MULTILINE):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
        assert any(cells[1:]), row


def test_the_traps_are_told() -> None:
    """What a reader of one document alone would do wrong is named with its reason."""
    page = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
    for trap in ("`/Services/`", "multipart/form-data", "/complete`", "`POST /api/events`", "{id}/track`"):
        assert trap in page
