"""The modules of a sandbox: one for each series that has a row in the operator's table, and two others."""

from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from pipelines.sandbox.luminus.model import Module, WebLecture
from pipelines.sandbox.recordings import Series

FRAGMENTS = ("#folderID={}", '#folderID="{}"', "#folderID=%22{}%22")
"""How Panopto and LumiNUS write a folder (fluminurs 63a1b07, external_multimedia.rs; pyfluminus e9c4a18)."""
FIRST_CODE = 1141
TERM = "2610"


def tabled(
    series: Sequence[Series], folders: Mapping[str, str], seed: int, *, cross_listed: bool = False
) -> Mapping[str, Module]:
    """The modules of the series with a row in the table, by series; `folders` are Panopto's, by series.

    Ids follow from the seed. Where lectures are cross-listed, the second web lecture has each session twice
    (the first, where it is the only one).
    """
    chosen = [one for one in series if one.tabled]
    twice = min(1, len(chosen) - 1) if cross_listed else None
    return {
        one.identifier: Module(
            id=_fixed(f"module/{one.identifier}", seed),
            code=f"PC{FIRST_CODE + number}",
            title=one.title,
            term=TERM,
            web_lecture=WebLecture(
                id=_fixed(f"web-lecture/{one.identifier}", seed),
                folder_id=folders[one.identifier],
                fragment=FRAGMENTS[number % len(FRAGMENTS)],
                auto_publish=number % 2 == 0,
                venue="LT27" if number % 2 else "",
                copies=2 if number == twice else 1,
            ),
        )
        for number, one in enumerate(chosen)
    }


def others(series: Sequence[Series], folders: Mapping[str, str], seed: int) -> tuple[Module, ...]:
    """Modules that no table names: one without a web lecture, one that the account may only read.

    The second imports from the folder of a series without a row, if there is one.
    """
    folder = next((folders[one.identifier] for one in series if not one.tabled), _fixed("no folder", seed))
    web_lecture = WebLecture(_fixed("web-lecture/read only", seed), folder)
    return (
        Module(_fixed("module/no web lecture", seed), "GER1000", "Quantitative Reasoning", TERM),
        Module(_fixed("module/read only", seed), "LAJ2201", "Japanese 2", TERM, False, web_lecture),
    )


def _fixed(name: str, seed: int) -> str:
    """A GUID that is the same in every sandbox of one seed."""
    return str(uuid5(NAMESPACE_URL, f"https://luminus.sandbox.invalid/{seed}/{name}"))
