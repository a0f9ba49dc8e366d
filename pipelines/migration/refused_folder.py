"""What is told of a recording that its own folder does not take, and that lies where the operator chose.

It is the aspect `folder`. Beside its outcome it has `lies_in`, the folder that the session is in, and `path`,
the way to its own: the folder at the top, and the names below it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import FerryError, Record, Refused
from pipelines import items
from pipelines.items import AspectOutcome, ItemState
from pipelines.migration.furnish.furnisher import carried, left
from pipelines.migration.place import Placed

FOLDER = "folder"
"""The aspect's name."""

SETTING = "or name a folder for what its own one refuses in panopto.refused_folder_id"
"""What else may be done where the operator has chosen none."""

ADVICE = (
    "let the account create in its own or correct the table of folders, then `ferry retry --aspect folder`"
)

Told = Mapping[str, Any]


def aside(place: Placed, lies_in: str, error: FerryError) -> dict[str, Any]:
    """Tell that a recording goes to the folder `lies_in`, as its own, at `place`, does not take it."""
    what = f"{error.what}, so that folder {lies_in} has it instead of {place}"
    why = str(Refused(what, where=error.where, advice=ADVICE))
    return {**left(AspectOutcome.PERMANENT, error.code, why), **_where(place, lies_in)}


def at_home(place: Placed, folder_id: str, value: str = "") -> dict[str, Any]:
    """Tell that a recording is in its own folder; `value` says more of it than its id."""
    return {**carried({"value": value or folder_id}), **_where(place, folder_id)}


def _where(place: Placed, lies_in: str) -> dict[str, Any]:
    return {"lies_in": lies_in, "path": [place.folder_id, *place.path]}


def place_in(told: Told) -> Placed:
    """Return the place of a recording's own folder."""
    top, *names = told["path"]
    return Placed(top, tuple(names))


def own_place(facts: Mapping[str, Any]) -> Placed:
    """Return the place of an item's own folder, by the facts of its end: where it lies, unless it is told."""
    told = facts.get("aspects", {}).get(FOLDER)
    return place_in(told) if told else Placed(facts.get("folder_id") or "")


def lies_aside(state: ItemState) -> str:
    """Return the folder of a recording that is not in its own; empty where it is, as far as is on record."""
    told = state.aspects.get(FOLDER, {})
    return told["lies_in"] if told and told["outcome"] != AspectOutcome.CARRIED else ""


def holds(history: Sequence[Record], place: Placed, refused_folder_id: str) -> bool:
    """Tell whether an item goes on to the folder that was decided upon before a run was interrupted.

    One that came to an end since is decided upon anew, as is one that is planned to go elsewhere by now.
    """
    ends = [number for number, one in enumerate(history) if one.kind == items.ENDED]
    told = items.fold(history[ends[-1] + 1 if ends else 0 :]).aspects.get(FOLDER)
    if told is None or told["outcome"] != AspectOutcome.PERMANENT:
        return False
    return told["lies_in"] == refused_folder_id and place_in(told) == place
