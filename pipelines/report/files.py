"""The files of one item, as far as the checkpoint tells: what was sent of each, and how it was checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import Record
from pipelines.items import ItemState
from pipelines.migration.ends import known
from pipelines.migration.receipts import kept_in
from pipelines.migration.sending import transfer_name
from pipelines.report.history import PART

AGAIN = frozenset({"transfer.probed", "transfer.created", "transfer.abandoned"})
"""Kinds of records after which the parts before them count no more."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file. `size` in bytes, `crc32` as a number; None is what is not on record.

    `parts` are those on record while it is under way, else those that it was sent in; `checked` of them were
    compared with the target.
    """

    name: str
    whole: bool
    size: int | None = None
    crc32: int | None = None
    level: str = ""
    parts: int | None = None
    checked: int | None = None


def file_lines(state: ItemState, records: Sequence[Record]) -> list[FileLine]:
    """Return the media files of an item: by their receipts where it has any, else by the engine's records."""
    facts = known(state)
    found = {one.name: _received(one.name, one.facts) for one in kept_in(facts)}
    opened = [file["name"] for file in (state.upload or {}).get("files", ())]
    for name in (*opened, *facts.get("files", ())):
        if name not in found:
            of_it = transfer_name(state.generation, name)
            found[name] = _under_way(name, [one for one in records if one.facts.get("name") == of_it])
    return list(found.values())


def _received(name: str, facts: Mapping[str, Any]) -> FileLine:
    wanted = ("size", "crc32", "level", "parts", "checked")
    return FileLine(name, True, **{key: facts[key] for key in wanted})


def _under_way(name: str, records: Iterable[Record]) -> FileLine:
    line, parts = FileLine(name, False), set[int]()
    for record in records:
        facts = record.facts
        if record.kind in AGAIN:
            parts.clear()
        if record.kind == PART:
            parts.add(facts["number"])
        elif record.kind == "transfer.probed":
            line = FileLine(name, False, facts["size"])
        elif record.kind == "transfer.completed":
            return FileLine(
                name,
                True,
                facts.get("size"),
                facts.get("crc32"),
                facts.get("level") or "",
                facts.get("parts"),
                facts.get("checked"),
            )
    return FileLine(name, False, line.size, parts=len(parts) if line.size is not None else None)
