"""States over time."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.panopto.model import State, Upload
from pipelines.sandbox.panopto.timeline import Steps, begins, cancelled, completed, opened
from pipelines.sandbox.switches import Switches

ORDER = {
    State.UPLOADING: {State.DELETING_FILES},
    State.UPLOAD_COMPLETE: {State.PROCESSING},
    State.PROCESSING: {State.COMPLETE, State.PROCESSING_ERROR},
    State.UPLOAD_CANCELLED: {State.DELETING_FILES},
    State.DELETING_FILES: {State.DELETED, State.DELETING_ERROR},
}


def timelines(now: float, switches: Switches, seed: int) -> list[Steps]:
    """Every kind of timeline."""
    random = Random(seed)
    ends = [cancelled(now, end, switches, random) for end in (State.DELETED, State.DELETING_ERROR)]
    done = [completed(now, end, None, switches, random) for end in (State.COMPLETE, State.PROCESSING_ERROR)]
    return [opened(now, switches, random), *ends, *done]


@given(st.floats(0, 1e6), st.floats(0, 1), st.integers(0, 9))
def test_states_follow_each_other_in_the_published_order(now: float, jitter: float, seed: int) -> None:
    """Whatever the jitter, time goes on and no state is left out."""
    for steps in timelines(now, Switches(jitter=jitter), seed):
        for earlier, later in pairwise(steps):
            assert earlier.at <= later.at
            assert later.state in ORDER[earlier.state]


def test_an_upload_is_in_the_last_step_begun() -> None:
    """Between two steps nothing happens."""
    switches = Switches(jitter=0, seconds_to_processing=10, seconds_to_complete=20)
    steps = completed(100, State.COMPLETE, None, switches, Random(1))
    upload = Upload("id", "target", "session", "folder", steps)
    assert [int(upload.state(now)) for now in (100, 109, 110, 129, 130, 9999)] == [1, 1, 3, 3, 4, 4]
    assert begins(steps, State.PROCESSING) == 110
    assert begins(steps, State.DELETED) == float("inf")
