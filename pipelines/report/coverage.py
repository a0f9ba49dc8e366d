"""What of an item was checked on its way, and what was not: never more is said than is on record."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.migration.receipts import kept_in

Facts = Mapping[str, Any]


def files_of(facts: Facts) -> tuple[int | None, int | None]:
    """Return how many files an item has, and of how many the source's own MD5 was found to be theirs.

    None is what is not on record.
    """
    names, receipts = facts.get("files"), kept_in(facts)
    proven = sum(one.md5 is not None for one in receipts) if receipts else None
    return (None if names is None else len(names)), proven


def unchecked(facts: Facts) -> Iterator[str]:
    """Say what was not compared: parts with the target's ETags, and files with checksums of their sources.

    Of a session that was found by its marker, or moved by an older version, nobody knows.
    """
    if not facts.get("level"):
        if facts.get("session_id"):
            yield "nothing is on record of how its files were checked"
        return
    parts, checked = facts.get("parts") or 0, facts.get("checked") or 0
    if checked < parts:
        yield f"{parts - checked} of {parts} parts not compared with the target"
    receipts = kept_in(facts)
    proven = {one.name for one in receipts if one.md5 is not None}
    left = [name for name in (facts.get("files") or ()) if name not in proven]
    left += facts.get("beside") or ()
    if left:
        yield f"unverified at the source: {', '.join(left)}"
