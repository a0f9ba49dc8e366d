"""Whether an item that Panopto could not process may begin anew: never where a session of it would stay."""

import pytest

from engine import Record
from pipelines import items
from pipelines.items import Outcome, fold
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.release import OVER, RETRIED, Fate, begun_anew, release

FAILED = SessionUpload("u", "f", "s", "https://t/b/k", State.PROCESSING_ERROR)
MINE = Session("s", "Analysis", "Opencast: a", None, None, "f")
OTHER = Session("t", "Analysis", "Opencast: a", None, 60.0, "f")


def upload(state: State | int, session_id: str | None = "s") -> SessionUpload:
    """Return the session upload in a state."""
    return SessionUpload("u", "f", session_id, "https://t/b/k", state)


def test_the_failed_session_of_our_upload_is_deleted_first() -> None:
    """Panopto says that it came of that upload, it carries the item's marker, and it is all that is there."""
    found = release("a", FAILED, [MINE])
    assert (found.fate, found.delete) == (Fate.RELEASED, "s")


@pytest.mark.parametrize("found", [FAILED, None, upload(State.DELETED, None)])
def test_where_no_session_is_nothing_is_deleted(found: SessionUpload | None) -> None:
    """The item begins anew."""
    assert (release("a", found, []).fate, release("a", found, []).delete) == (Fate.RELEASED, None)


@pytest.mark.parametrize(
    ("found", "sessions"),
    [
        (FAILED, [OTHER]),
        (FAILED, [MINE, OTHER]),
        (FAILED, [Session("s", "Analysis", "", None, None, "f")]),
        (FAILED, [Session("s", "Analysis", "Opencast: b", None, None, "f")]),
        (upload(State.PROCESSING_ERROR, None), [MINE]),
        (None, [MINE]),
        (upload(State.DELETED), [MINE]),
        (upload(State.COMPLETE), []),
    ],
)
def test_what_is_not_surely_ours_and_failed_is_for_a_person(
    found: SessionUpload | None, sessions: list[Session]
) -> None:
    """Nothing is deleted and nothing begins anew."""
    decided = release("a", found, sessions)
    assert (decided.fate, decided.delete) == (Fate.BY_HAND, None)


def test_a_session_that_is_there_and_fine_is_said() -> None:
    """Somebody had it processed again: it is taken in and not made twice."""
    decided = release("a", upload(State.COMPLETE), [MINE])
    assert (decided.fate, decided.delete) == (Fate.THERE, None)
    assert "`ferry reconcile`" in decided.why


@pytest.mark.parametrize("state", [*sorted(set(State) - OVER), 99])
@pytest.mark.parametrize("sessions", [[], [MINE]])
def test_what_panopto_has_not_decided_is_not_touched(state: State | int, sessions: list[Session]) -> None:
    """Nor what is in a state that nobody knows."""
    assert release("a", upload(state), sessions).fate is Fate.UNDECIDED


def test_an_item_that_begins_anew_is_a_planned_one_again() -> None:
    """It is not settled, nothing of the old upload is left in it, and its files are of another start."""
    ended = items.ended(
        "a", Outcome.PERMANENT, "processing_error",
        upload_id="u", session_id="s", folder_id="f", series="s-1", title="Analysis", bytes=9,
    )  # fmt: skip
    history: list[Record] = [ended, items.delete("a", "s"), items.deleted("a", "s")]
    assert fold(history).settled()
    history += begun_anew("a", fold(history), {"folder_id": "f", "title": "Analysis", "bytes": 9})
    state = fold(history)
    assert (state.settled(), state.outcome, state.stage) == (False, Outcome.WAITING, "not_begun")
    assert (state.generation, state.upload, state.session_id, state.series) == (2, None, None, "s-1")
    assert state.planned is not None
    assert state.planned["folder_id"] == "f"
    assert history[-2].facts == {"reason": RETRIED}


@pytest.mark.parametrize(("names", "home"), [((), "own"), (("2026",), "")])
def test_what_its_own_folder_refused_is_planned_to_go_there_again(names: tuple[str, ...], home: str) -> None:
    """The operator's folder, where it was, is the place of no recording."""
    told = {"outcome": "permanent", "lies_in": "team", "path": ["own", *names]}
    ended = items.ended(
        "a", Outcome.PERMANENT, "processing_error", folder_id="team", aspects={"folder": told}
    )
    history = [ended]
    history += begun_anew("a", fold(history), ended.facts)
    state = fold(history)
    assert state.planned is not None
    assert state.planned["folder_id"] == home
    assert state.planned.get("path", []) == (["own", *names] if names else [])
    assert state.aspects == {}
