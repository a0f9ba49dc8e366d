"""What a person does next about one item, by how it stands."""

from collections.abc import Mapping

from pipelines.items import ItemState, Outcome
from pipelines.migration.found import TWO, UNRECORDED

BY_OUTCOME: Mapping[Outcome, str] = {
    Outcome.VERIFIED: "Nothing is left to do; `ferry verify` looks at it again.",
    Outcome.SKIPPED: "Each run looks again, and moves it as soon as it is to be moved.",
    Outcome.WAITING: "Run again to go on: the next run takes it up where it is.",
    Outcome.RETRYABLE: "It failed for now: run again to go on.",
    Outcome.PERMANENT: "Mend the cause: each run looks again.",
    Outcome.DIFFERS: "Look before anything is deleted; each run looks again, and none makes another session.",
}

BY_REASON: Mapping[str, str] = {
    UNRECORDED: "`ferry reconcile` takes its session in; then run again.",
    TWO: "Delete all but one of its sessions, then `ferry reconcile`.",
    "processing_error": "No run takes it up again by itself: look at the session at Panopto, then "
    "`ferry retry --event ID --dry-run`.",
    "upload_gone": "Each run looks for its session and sends nothing again; where there is none, "
    "`ferry reconcile` lets it begin anew.",
}


def next_step(state: ItemState) -> str:
    """Return one sentence."""
    return BY_REASON.get(state.reason or "") or BY_OUTCOME[state.outcome]
