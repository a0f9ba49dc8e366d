"""What a person does next about one item, by how it stands."""

from collections.abc import Mapping

from pipelines.items import AspectOutcome, ItemState, Outcome
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


BY_ASPECT: Mapping[AspectOutcome, str] = {
    AspectOutcome.RETRYABLE: "Its session is right; the next run tries again what failed for now.",
    AspectOutcome.PERMANENT: "Its session is right. Mend the cause of what is not carried, then "
    "`ferry retry --aspect NAME --dry-run`.",
}
"""The same where the item itself is verified, and something that belongs to it is not carried."""

OF_ACCESS = (
    "Its session is right. Once the cause of what is not granted is mended, `ferry access` looks again."
)
"""The same where that is its access list alone, which no run sets."""

AWAY = (
    "LumiNUS sees it in its own folder alone, and no run moves it there by itself: let the account create "
    "in that one, or correct the table of folders; then `ferry retry --aspect folder`."
)
"""The same where it waits for a lecture item in the folder for what its own refuses."""


def next_step(state: ItemState) -> str:
    """Return one sentence."""
    if state.reason == "lecture_item" and _stands(state, "folder") == AspectOutcome.PERMANENT:
        return AWAY
    of_aspects = _of_aspects(state) if state.outcome is Outcome.VERIFIED else ""
    return BY_REASON.get(state.reason or "") or of_aspects or BY_OUTCOME[state.outcome]


def _stands(state: ItemState, name: str) -> str | None:
    """Return the outcome of an aspect; None where nothing is on record of it."""
    told = state.aspects.get(name)
    return told["outcome"] if told else None


def _of_aspects(state: ItemState) -> str:
    """Return what is done about aspects that are not carried; empty where all are."""
    lacking = {name for name, told in state.aspects.items() if told["outcome"] != AspectOutcome.CARRIED}
    if lacking == {"access"}:
        return OF_ACCESS
    stand = {told["outcome"] for told in state.aspects.values()}
    return next((words for outcome, words in BY_ASPECT.items() if outcome in stand), "")
