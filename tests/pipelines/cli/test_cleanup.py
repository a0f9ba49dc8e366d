"""What `ferry cleanup` says, and the code that it ends with."""

import pytest

from pipelines.app.cleaning import Cleanup
from pipelines.cli.cleanup import NAMED, WORDS, code_of, document, lines
from pipelines.cli.exits import Exit
from pipelines.reconcile.leftovers import Cleaned, Fate


def test_every_fate_has_its_words() -> None:
    """None is counted in silence."""
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize(
    ("found", "apply", "code"),
    [
        ([], True, Exit.DONE),
        ([Cleaned("a", "u", fate) for fate in set(Fate) - {Fate.UNDECIDED}], True, Exit.DONE),
        ([Cleaned("a", "u", Fate.UNDECIDED)], False, Exit.RETRYABLE),
        ([Cleaned("a", "u", Fate.CANCELLED, left=1)], True, Exit.RETRYABLE),
        ([Cleaned("a", "u", Fate.TO_CANCEL, left=1)], False, Exit.DONE),
    ],
)
def test_the_code(found: list[Cleaned], apply: bool, code: Exit) -> None:
    """Three where something that was to go may be there still."""
    assert code_of(Cleanup(found), apply) == code


def test_the_document() -> None:
    """Every fate is counted, every session upload named, and what is left in them."""
    told = document(Cleanup([Cleaned("a", "u", Fate.CANCELLED, "w", 2, 1)], 4), Exit.RETRYABLE, apply=True)
    assert (told["exit"], told["applied"], told["session_uploads"]["cancelled"]) == (3, True, 1)
    assert (told["aborted_uploads"], told["orphan_uploads"], told["orphan_session_uploads"]) == (2, 1, 4)
    assert told["items"] == [
        {"event_id": "a", "session_upload_id": "u", "fate": "cancelled", "aborted": 2, "left": 1, "why": "w"}
    ]


def test_what_people_read() -> None:
    """Those that are over are counted and not named; a look says that nothing was done."""
    over = [Cleaned("a", f"u-{n}", Fate.OVER, "w") for n in range(NAMED)]
    found = [*over, Cleaned("b", "v", Fate.TO_CANCEL, "it is open", left=1)]
    assert list(lines(Cleanup(found, 1), apply=False)) == [
        "to cancel: b: session upload v: it is open",
        "1 session uploads would be cancelled",
        f"{NAMED} not open any more",
        "1 multipart uploads in them are still open",
        "1 session uploads may be open whose ids were never heard: Panopto ends them",
        "Nothing was cancelled or written; --apply does it.",
    ]
    assert list(lines(Cleanup([Cleaned("b", "v", Fate.CANCELLED, "", 2)]), apply=True))[-1] == (
        "2 multipart uploads in them aborted"
    )
    assert list(lines(Cleanup(), apply=True)) == ["Nothing on record can be open."]
