"""What `ferry reconcile` says, and the code that it ends with."""

import pytest

from pipelines.app.reconciliation import Reconciled
from pipelines.cli.exits import Exit
from pipelines.cli.reconcile import NAMED, WORDS, code_of, document, write
from pipelines.recheck.found import Unread
from pipelines.reconcile.join import Joined, Verdict

HOSTILE = "e\x1b[2J[/bold]"
pytestmark = pytest.mark.fault(35)


def test_every_verdict_has_its_words() -> None:
    """None is counted in silence."""
    assert set(WORDS) == set(Verdict)


@pytest.mark.parametrize(
    ("verdicts", "unread", "code"),
    [
        ([], False, Exit.DONE),
        ([Verdict.KNOWN, Verdict.ADOPTED, Verdict.TO_MOVE, Verdict.RELEASED], False, Exit.DONE),
        ([Verdict.ADOPTED, Verdict.PROCESSING], False, Exit.RETRYABLE),
        ([Verdict.ADOPTED, Verdict.HELD], False, Exit.RETRYABLE),
        ([Verdict.ADOPTED], True, Exit.RETRYABLE),
        ([Verdict.PROCESSING, Verdict.TWICE], True, Exit.DIFFERS),
        ([Verdict.DIFFERS], False, Exit.DIFFERS),
        ([Verdict.MISSING], False, Exit.DIFFERS),
    ],
)
def test_the_code(verdicts: list[Verdict], unread: bool, code: Exit) -> None:
    """Five where a person has to look, else three where a later look may tell more."""
    found = Reconciled(
        [Joined("a", verdict) for verdict in verdicts], unread=[Unread("folder f", "no")] if unread else []
    )
    assert code_of(found) == code


def test_the_document_names_what_is_not_only_to_be_moved() -> None:
    """Counts of every verdict, and an entry for each event with a session."""
    found = Reconciled(
        [Joined("a", Verdict.TWICE, ("s-1", "s-2"), "two"), Joined("b", Verdict.TO_MOVE)], others=3
    )
    told = document(found, Exit.DIFFERS, dry_run=True)
    assert (told["exit"], told["dry_run"], told["others"]) == (5, True, 3)
    assert told["events"] == {**{one.value: 0 for one in Verdict}, "twice": 1, "to move": 1}
    assert told["items"] == [
        {"event_id": "a", "verdict": "twice", "session_ids": ["s-1", "s-2"], "why": "two"}
    ]


def test_what_people_read(capsys: pytest.CaptureFixture[str]) -> None:
    """Who asks for something is named first, up to a number; no escape reaches the terminal."""
    differing = [
        Joined(f"{HOSTILE}{n}", Verdict.DIFFERS, ("s",), "title is another") for n in range(NAMED + 2)
    ]
    found = Reconciled(
        [*differing, Joined("b", Verdict.ADOPTED, ("t",), "fine")], 4, [Unread("folder f", "no permission")]
    )
    write(found, dry_run=True)
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert text.count("title is another") == NAMED
    assert "and 2 more, as --json names them" in text
    assert "not listed: folder f: no permission" in text
    assert "would be moved again" in text
    assert "1 found at Panopto as they were meant: taken in" in text
    assert "4 sessions are of events that are not selected, or gone from Opencast" in text
    assert "Nothing was written." in text
