"""Which states an upload passes and when, decided at the moment that sets it on its way.

Nothing runs between two steps: who asks at a time is told the step of that time.
The order is that of Panopto/SessionUploadExample REST/UploadStatus.cs; the times are switches.
"""

from collections.abc import Sequence
from random import Random

from pipelines.sandbox.panopto.model import State, Step
from pipelines.sandbox.switches import Switches

Steps = tuple[Step, ...]

TIMED_OUT = "The upload was not completed in time."
CANCELLED = "The upload was cancelled."


def opened(now: float, switches: Switches, random: Random) -> Steps:
    """An upload that nobody completes or cancels: given up after its time-out."""
    end = now + switches.upload_timeout
    return (Step(now, State.UPLOADING), *_deleted(end, State.DELETED, TIMED_OUT, switches, random))


def cancelled(now: float, end: State, switches: Switches, random: Random) -> Steps:
    """An upload that its client cancels; `end` is 7, or 8 by a fault."""
    start = now + _varied(switches.seconds_to_delete, switches, random)
    return (Step(now, State.UPLOAD_CANCELLED, CANCELLED), *_deleted(start, end, CANCELLED, switches, random))


def completed(now: float, verdict: State, message: str | None, switches: Switches, random: Random) -> Steps:
    """An upload that its client completes: processed, with the verdict (4, 5, or 8 by a fault) at the end."""
    processing = now + _varied(switches.seconds_to_processing, switches, random)
    end = processing + _varied(switches.seconds_to_complete, switches, random)
    return (
        Step(now, State.UPLOAD_COMPLETE),
        Step(processing, State.PROCESSING),
        Step(end, verdict, message),
    )


def begins(steps: Sequence[Step], state: State) -> float:
    """When a state begins; infinity where it never does."""
    return next((step.at for step in steps if step.state is state), float("inf"))


def _deleted(start: float, end: State, message: str, switches: Switches, random: Random) -> Steps:
    last = start + _varied(switches.seconds_to_delete, switches, random)
    return (Step(start, State.DELETING_FILES, message), Step(last, end, message))


def _varied(seconds: float, switches: Switches, random: Random) -> float:
    return seconds * (1 + switches.jitter * random.uniform(-1, 1))
