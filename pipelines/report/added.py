"""The streams that were added to an event's session, as far as the checkpoint tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine import Record
from pipelines.migration.added import AddedStream, fold


@dataclass(frozen=True, slots=True)
class AddedLine:
    """One stream. `outcome` is empty while it is under way; `stage` tells how far it is."""

    name: str
    kind: str
    session_id: str
    stage: str
    outcome: str = ""
    reason: str = ""
    why: str = ""
    bytes: int | None = None


def added_lines(records: Sequence[Record]) -> tuple[AddedLine, ...]:
    """Return the streams in the order in which they were begun; of one begun anew the last try."""
    asked = {one.facts["stream"]: one.facts for one in records if one.kind == "stream.open"}
    return tuple(
        _line(name, facts["type"], facts["session_id"], fold(records, name)) for name, facts in asked.items()
    )


def _line(name: str, kind: str, session_id: str, state: AddedStream) -> AddedLine:
    ended = state.ended or {}
    return AddedLine(
        name,
        kind,
        session_id,
        stage(state),
        ended.get("outcome", ""),
        ended.get("reason", ""),
        ended.get("why", ""),
        ended.get("bytes"),
    )


def stage(state: AddedStream) -> str:
    """Tell how far a stream is: not_begun, shipping, processing at Panopto, or ended."""
    if state.ended is not None:
        return "ended"
    if state.submitting:
        return "processing"
    return "shipping" if state.upload is not None else "not_begun"
