"""What a verb says at its end: one JSON document on stdout, or a table for people."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from engine import FerryError, Snapshot, Tally
from pipelines.cli import text
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.text import page, size
from pipelines.items import AspectOutcome, Outcome, Outcomes
from pipelines.migration.found import UNRECORDED
from pipelines.migration.stages import Compared
from pipelines.report.aspects import WORDS

VERSION = 1

SENTENCES: Mapping[Exit, str] = {
    Exit.DONE: "All done and verified.",
    Exit.RETRYABLE: "Some items wait or failed for now, and `ferry status` says why; run again to go on.",
    Exit.PERMANENT: "Some items cannot be moved; `ferry status` names them.",
    Exit.DIFFERS: "Some sessions are not what they were meant to be; look before anything is deleted.",
    Exit.LIMIT: "Stopped at the end of a time window; the same command goes on where it was.",
    Exit.LOCAL: "This machine could not go on; free what is missing, and the same command goes on.",
    Exit.ACCOUNT: "A service refuses the account; mend it, and the same command goes on.",
    Exit.INTERRUPTED: "Interrupted; the same command goes on where it was.",
    Exit.TERMINATED: "Terminated; the same command goes on where it was.",
}

OF_ASPECTS: Mapping[Exit, str] = {
    Exit.RETRYABLE: "Every item arrived; something that belongs to some of them failed for now: run again.",
    Exit.PERMANENT: "Every item arrived; something that belongs to some of them could not be carried: "
    "`ferry report` says what, and why; then mend it, and `ferry retry --aspect NAME`.",
}
"""The same where the items themselves ask for nothing."""

BESIDE_WAITING = (
    "Some items wait or failed for now: run again to go on. Something that belongs to some items could "
    "not be carried: `ferry report` says what, and why."
)
"""Said where aspects are what the code stands for, and the items themselves are to be run again."""

OF_ACCESS = (
    "Every item arrived; who may see some of them is not granted in full: `ferry report` says why. "
    "Once that is mended, `ferry access` looks again."
)
"""The same where it is access lists alone, which no run sets."""

STOPPED = "Stopped before its end, as told below; the same command goes on where it was."
"""Said where an error stopped the whole run whose code could be one of its items."""

CHANGES: Mapping[str, str] = {
    "media": "items that were moved have other films by now",
    "metadata": "items that were moved have another title, description or other words by now",
    "date": "items that were moved have another date by now, which no session can be given",
    "gone": "items that were moved are gone from Opencast; their sessions stay",
}
"""What may have changed of an event whose session is right, in words."""


@dataclass(frozen=True, slots=True)
class LectureItems:
    """How many lecture items this process set, and how many of them again, as somebody had changed them."""

    set: int = 0
    again: int = 0


def document(
    code: Exit,
    outcomes: Outcomes,
    snapshot: Snapshot | None = None,
    lecture_items: LectureItems | None = None,
    unheard: int = 0,
    compared: Compared | None = None,
) -> dict[str, Any]:
    """Return the document of `run`, `status` and `demo`.

    Outcomes, reasons and aspects count the whole checkpoint; bytes, parts and lecture items what this process
    did, and orphans what it may have left open: uploads at the target, session uploads that were `unheard`
    of.
    """
    snapshot = snapshot or Snapshot()
    told = {"lecture_items": asdict(lecture_items)} if lecture_items else {}
    told |= {"changes": asdict(compared)} if compared else {}
    return {
        "version": VERSION,
        "exit": int(code),
        "outcomes": {outcome.value: outcomes.outcomes.get(outcome, 0) for outcome in Outcome},
        "reasons": dict(outcomes.reasons),
        "aspects": aspects(outcomes),
        "bytes": tally(snapshot.bytes),
        "parts": tally(snapshot.parts),
        "orphan_uploads": snapshot.orphan_uploads,
        "orphan_session_uploads": unheard,
        **told,
    }


@contextmanager
def answered(json: bool, empty: Callable[[Exit], Any]) -> Iterator[None]:
    """Write `empty` where a verb fails before it can tell anything: stdout is one document all the same."""
    try:
        yield
    except FerryError as error:
        if json:
            write_json(empty(exit_for(error)))
        raise
    except SystemExit as end:
        if json:
            write_json(empty(Exit(int(end.code or 0))))
        raise


def nothing(code: Exit) -> dict[str, Any]:
    """Return the document of a run that came to no item."""
    return document(code, Outcomes())


def aspects(outcomes: Outcomes) -> dict[str, dict[str, int]]:
    """Return how many aspects stand how, by their names."""
    told: dict[str, dict[str, int]] = {}
    for (name, outcome), count in outcomes.aspects.items():
        told.setdefault(name, {})[outcome.value] = count
    return told


def tally(count: Tally) -> dict[str, int]:
    """Return a tally under the names that the document gives it."""
    return {"sent": count.sent, "sent_again": count.sent_again, "skipped": count.skipped}


def changes(counts: Mapping[str, int]) -> Iterator[str]:
    """Say what changed at the source of items that were moved, a line each."""
    yield from (f"{counts[name]} {words}" for name, words in CHANGES.items() if counts.get(name))


def write_json(value: Any) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.buffer.write(text.document(value))
    sys.stdout.flush()


def write_table(
    code: Exit,
    outcomes: Outcomes,
    snapshot: Snapshot | None = None,
    lecture_items: LectureItems | None = None,
    compared: Compared | None = None,
    words: Mapping[Exit, str] = SENTENCES,
    *,
    stopped: bool = False,
) -> None:
    """Write how the items stand to stdout, in words and numbers; `stopped` is a run that an error ended."""
    console = page()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for outcome in Outcome:
        if count := outcomes.outcomes.get(outcome, 0):
            table.add_row(str(count), outcome.value)
    console.print(table)
    if outcomes.reasons:
        console.print(
            "because: " + ", ".join(f"{count} {reason}" for reason, count in outcomes.reasons.items())
        )
    for name, counts in aspects(outcomes).items():
        console.print(
            f"{WORDS.get(name, name)}: "
            + ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        )
    if snapshot is not None:
        console.print(moved(snapshot))
    if lecture_items is not None and lecture_items.set:
        again = f", {lecture_items.again} of them again" if lecture_items.again else ""
        console.print(f"{lecture_items.set} lecture items set{again}")
    if compared is not None:
        for line in changes(asdict(compared)):
            console.print(line)
    is_items = code in {Exit.RETRYABLE, Exit.PERMANENT, Exit.DIFFERS}
    console.print(STOPPED if stopped and is_items else sentence(code, outcomes, words), style="bold")


def sentence(code: Exit, outcomes: Outcomes, words: Mapping[Exit, str] = SENTENCES) -> str:
    """Say what an end means, and what to do next. What a selection left out is not done."""
    left = outcomes.reasons.get("not_selected", 0)
    if code is Exit.PERMANENT and outcomes.of_items == Exit.RETRYABLE:
        return BESIDE_WAITING
    if code in OF_ASPECTS and outcomes.of_items == 0:
        lacking = {name for name, outcome in outcomes.aspects if outcome is not AspectOutcome.CARRIED}
        return OF_ACCESS if lacking == {"access"} else OF_ASPECTS[code]
    if code is Exit.DONE and not outcomes.outcomes:
        return "There is no item."
    if code is Exit.DONE and left:
        return f"All that was selected is done and verified; {left} more are not selected."
    if code is Exit.RETRYABLE and outcomes.reasons.get(UNRECORDED):
        return "Panopto has sessions that the checkpoint does not tell of: `ferry reconcile`, then run again."
    return words.get(code, "")


def moved(snapshot: Snapshot) -> str:
    """Say in one line what this process moved."""
    sent, again, skipped = snapshot.bytes.sent, snapshot.bytes.sent_again, snapshot.bytes.skipped
    words = [f"{size(sent)} sent in {snapshot.parts.sent} parts"]
    if again:
        words.append(f"{size(again)} sent again")
    if skipped:
        words.append(f"{size(skipped)} were there already")
    return ", ".join(words)
