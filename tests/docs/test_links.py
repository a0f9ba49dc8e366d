"""What the pages point at is there: pages, headings, files of the project, options, kinds of records."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = [path for name in ("engine", "pipelines") for path in sorted((ROOT / name).rglob("*.py"))]
SUBJECTS = "transfer|item|stream|source|folder|run|schedule"
"""What kinds of records begin with."""


def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them; a second one of a name is numbered."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", prose(page), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", shown).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def paths(text: str) -> Iterator[str]:
    """Give each file or folder of the project that a text names in backquotes; `a/{b,c}.py` names two."""
    for named in re.findall(r"`((?:engine|pipelines|tests|benchmarks|docs)/[\w/.{},-]+)`", text):
        before, brace, rest = named.partition("{")
        inner, _, after = rest.partition("}")
        yield from (f"{before}{one}{after}" for one in inner.split(",")) if brace else (named,)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A link finds its page or file, and the heading that it names on it."""
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)", prose(page)):
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(found), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    """Each path of the project in backquotes is a file or a folder."""
    assert not [path for path in paths(prose(page)) if not (ROOT / path).exists()]


def test_options_that_pages_name_are_taken() -> None:
    """Each option of `ferry` on a page is one that some verb has."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if "cli" in path.parts)
    parameters = re.findall(r"^    (\w+): Annotated\[", code, re.MULTILINE)
    known = {*re.findall(r"--[a-z][a-z-]+", code), *(f"--{name.replace('_', '-')}" for name in parameters)}
    for page in PAGES:
        named = re.findall(r"`(?:ferry [^`]*)?(--[a-z][a-z-]+)", prose(page))
        assert not set(named) - known, page.name


def test_every_kind_of_record_is_on_the_page_of_the_checkpoint() -> None:
    """The page names all kinds but the items', which it draws, and no others."""
    written = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    kinds = set(re.findall(rf'^[A-Z_]+ = "((?:{SUBJECTS})\.\w+)"', written, re.MULTILINE))
    page = (ROOT / "docs" / "checkpoint.md").read_text(encoding="utf-8")
    named = set()
    for cell in re.findall(r"^\| (`[a-z]+\..*?) \|", page.partition("## Kinds of records")[2], re.MULTILINE):
        first, *others = re.findall(r"`([\w.*]+)`", cell)
        named |= {first, *(first.partition(".")[0] + one for one in others)}
    assert named - {"item.*"} == {kind for kind in kinds if not kind.startswith("item.")}
    drawn = page.partition("## What an item keeps")[2]
    assert all(kind.partition(".")[2] in drawn for kind in kinds if kind.startswith("item."))
