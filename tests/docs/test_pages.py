"""The pages tell of everything that can be set, and of nothing that cannot."""

import re
from pathlib import Path
from typing import get_args

from pipelines.cli.plan import onward
from pipelines.config import Settings
from pipelines.items import PERMANENT, SKIPS, ItemState
from pipelines.migration.preview import ToLuminus

DOCS = Path(__file__).parents[2] / "docs"


def set_in_code() -> set[str]:
    """Return every setting as section.name."""
    return {
        f"{section}.{name}"
        for section, field in Settings.model_fields.items()
        for held in (field.annotation, *get_args(field.annotation))
        for name in getattr(held, "model_fields", ())
    }


def set_on_page() -> set[str]:
    """Return every setting that the page has a row for."""
    found, section = set(), ""
    for row in (DOCS / "settings.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"\| \*\*\[(\w+)\]\*\*", row):
            section = heading[1]
        elif row.startswith("| `"):
            found |= {f"{section}.{name}" for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    return found


def test_every_setting_has_its_row() -> None:
    """The page of settings names all settings and no other."""
    assert set_on_page() == set_in_code()


def test_every_reason_and_stage_is_in_the_table_of_outcomes() -> None:
    """The read-me names each reason for good, each skip, and each stage that an item may wait in."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## How items end")[2].partition("\n\nA LumiNUS")[0]
    named = set(re.findall(r"`(\w+)`", table))
    waiting = (
        ItemState(),
        ItemState(upload={}),
        ItemState(upload={}, submitted=True),
        ItemState(upload={}, submitted=True, right={}),
        ItemState(deleting="s"),
    )
    assert named >= {*PERMANENT, *SKIPS, *(state.stage for state in waiting)}


def test_what_a_plan_says_of_luminus_is_on_its_page() -> None:
    """The page names each member of the document."""
    page = (DOCS / "carry.md").read_text(encoding="utf-8").partition("## What the plan says")[2]
    assert all(f'"{member}"' in page for member in onward(ToLuminus()))
