"""The document and the table at the end of a verb."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Snapshot, Tally
from pipelines.cli.exits import Exit
from pipelines.cli.summary import document, moved, write_json, write_table
from pipelines.items import AspectOutcome, Outcome, Outcomes

ASPECTS = {("captions", AspectOutcome.CARRIED): 2, ("owner", AspectOutcome.PERMANENT): 1}
SOME = Outcomes({Outcome.VERIFIED: 3, Outcome.PERMANENT: 1}, {"gone": 1}, ASPECTS)
SENT = Snapshot(bytes=Tally(10_000, 200, 3_000), parts=Tally(5, 1, 2), orphan_uploads=1)


def test_the_document_is_what_was_promised() -> None:
    """Names, order and values are those of the issue, every outcome is there, and nothing else is."""
    assert document(Exit.PERMANENT, SOME, SENT) == {
        "version": 1,
        "exit": 4,
        "outcomes": {
            "verified": 3,
            "skipped": 0,
            "waiting": 0,
            "retryable": 0,
            "permanent": 1,
            "differs": 0,
        },
        "reasons": {"gone": 1},
        "aspects": {"captions": {"carried": 2}, "owner": {"permanent": 1}},
        "bytes": {"sent": 10_000, "sent_again": 200, "skipped": 3_000},
        "parts": {"sent": 5, "sent_again": 1, "skipped": 2},
        "orphan_uploads": 1,
        "orphan_session_uploads": 0,
    }


def test_a_verb_that_moves_nothing_has_the_same_document() -> None:
    """`status` tells of no bytes, in the same shape."""
    found = document(Exit.DONE, Outcomes())
    assert found.keys() == document(Exit.PERMANENT, SOME, SENT).keys()
    assert found["bytes"] == found["parts"] == {"sent": 0, "sent_again": 0, "skipped": 0}


@given(
    st.dictionaries(st.sampled_from(Outcome), st.integers(0, 10**6)),
    st.dictionaries(st.text(max_size=5), st.integers(1, 9), max_size=3),
)
def test_any_counts_are_json(outcomes: dict[Outcome, int], reasons: dict[str, int]) -> None:
    """What is counted comes back from the document as numbers by name."""
    read = orjson.loads(orjson.dumps(document(Exit.DONE, Outcomes(outcomes, reasons))))
    assert {Outcome(name): count for name, count in read["outcomes"].items() if name in outcomes} == outcomes
    assert read["reasons"] == reasons


def test_stdout_is_one_document(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """It is JSON with an end of line, and stderr is left alone."""
    write_json(document(Exit.DONE, SOME, SENT))
    out, err = capsysbinary.readouterr()
    assert orjson.loads(out)["version"] == 1
    assert (out[-1:], err) == (b"\n", b"")


@pytest.mark.parametrize("code", list(Exit))
def test_the_table_says_what_is_there(code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    """Outcomes that nobody has are left out, reasons are told, whatever the code."""
    write_table(code, SOME, SENT)
    said = capsys.readouterr().out
    assert "3  verified" in said
    assert "because: 1 gone" in said
    assert "waiting" not in said.split("because")[0]


def test_what_was_moved_is_one_line() -> None:
    """Nothing is said of bytes that were not sent again, or not there already."""
    assert moved(Snapshot(bytes=Tally(2048), parts=Tally(1))) == "2.0 KiB sent in 1 parts"
    assert moved(SENT) == "9.8 KiB sent in 5 parts, 200 B sent again, 2.9 KiB were there already"


def test_sessions_that_are_not_on_record_are_reconciled_first(capsys: pytest.CaptureFixture[str]) -> None:
    """To run again alone would end the same way for ever."""
    write_table(Exit.RETRYABLE, Outcomes({Outcome.RETRYABLE: 2}, {"unrecorded_session": 2}))
    assert "the checkpoint does not tell of: `ferry reconcile`, then run again." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("outcome", "code", "words"),
    [(AspectOutcome.PERMANENT, 4, "could not be carried"), (AspectOutcome.RETRYABLE, 3, "run again")],
)
def test_access_alone_is_looked_at_again_by_its_own_verb(
    outcome: AspectOutcome, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No run and no retry sets who may see a session, so neither is told to be tried."""
    write_table(Exit(code), Outcomes({Outcome.VERIFIED: 1}, {}, {("access", outcome): 1}))
    shown = " ".join(capsys.readouterr().out.split())
    assert "`ferry access` looks again" in shown
    assert words not in shown


def test_items_that_wait_are_not_said_to_be_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Where an aspect alone cannot be carried, no sentence says that an item cannot be moved."""
    outcomes = Outcomes({Outcome.WAITING: 1}, {}, {("owner", AspectOutcome.PERMANENT): 1})
    assert outcomes.exit_code == 4
    write_table(Exit.PERMANENT, outcomes)
    shown = " ".join(capsys.readouterr().out.split())
    assert "cannot be moved" not in shown
    assert "run again to go on. Something that belongs to some items could not be carried" in shown


@pytest.mark.parametrize(
    ("outcome", "code", "words"),
    [(AspectOutcome.PERMANENT, 4, "could not be carried"), (AspectOutcome.RETRYABLE, 3, "run again")],
)
def test_an_aspect_counts_as_its_item_would(
    outcome: AspectOutcome, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not carried is an exit code and a sentence of its own, though every item arrived."""
    outcomes = Outcomes({Outcome.VERIFIED: 3}, {}, {("captions", outcome): 1})
    assert outcomes.exit_code == code
    write_table(Exit(code), outcomes)
    shown = capsys.readouterr().out
    assert f"captions: 1 {outcome.value}" in shown
    assert words in " ".join(shown.split())
    assert Outcomes({Outcome.DIFFERS: 1}, {}, outcomes.aspects).exit_code == 5


def test_nothing_is_not_told_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    """A checkpoint without an item, or a selection of none, has nothing that could be verified."""
    write_table(Exit.DONE, Outcomes())
    told = capsys.readouterr().out
    assert "There is no item." in told
    assert "verified" not in told


@pytest.mark.parametrize(
    ("code", "said"),
    [(Exit.RETRYABLE, "Stopped before its end"), (Exit.ACCOUNT, "A service refuses the account")],
)
def test_a_run_that_was_stopped_says_nothing_of_items(
    code: Exit, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing was moved, as nobody answered, it is not said that every item arrived."""
    write_table(code, Outcomes(), stopped=True)
    told = capsys.readouterr().out
    assert said in told
    assert "arrived" not in told
