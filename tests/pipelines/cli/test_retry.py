"""What `ferry retry` says, and the code that it ends with."""

from collections.abc import Callable

import pytest
from fakes.processes import Ran

from pipelines.cli.exits import Exit
from pipelines.cli.retry import NAMED, WORDS, asked_for, code_of, document, lines
from pipelines.config import SettingsError
from pipelines.reconcile.release import Fate, Released

Told = Callable[..., Ran]


def test_every_fate_has_its_words() -> None:
    """None is counted in silence."""
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([], Exit.DONE),
        ([Fate.RELEASED, Fate.LEFT], Exit.DONE),
        ([Fate.RELEASED, Fate.THERE], Exit.RETRYABLE),
        ([Fate.UNDECIDED], Exit.RETRYABLE),
        ([Fate.UNDECIDED, Fate.BY_HAND], Exit.DIFFERS),
    ],
)
def test_the_code(fates: list[Fate], code: Exit) -> None:
    """Five where a person has to look, else three where something is yet to be done."""
    assert code_of([Released("a", "processing_error", fate) for fate in fates]) == code


def test_the_document() -> None:
    """Every fate is counted, every item named, with what was deleted."""
    told = document([Released("a", "processing_error", Fate.RELEASED, "w", "s")], Exit.DONE, dry_run=True)
    assert (told["exit"], told["dry_run"], told["events"]["released"]) == (0, True, 1)
    assert told["items"] == [
        {
            "event_id": "a",
            "reason": "processing_error",
            "fate": "released",
            "deleted": "s",
            "why": "w",
        }
    ]


def test_what_people_read() -> None:
    """Who was released is named before who was left; a dry run says what would be, and that nothing was."""
    left = [Released(f"l-{n}", "gone", Fate.LEFT, "advice") for n in range(NAMED)]
    found = [*left, Released("a", "processing_error", Fate.RELEASED, "its failed session s", "s")]
    told = list(lines(found, dry_run=True))
    assert told[0] == ("released: a: processing_error: its failed session s would be deleted at Panopto")
    assert told[NAMED] == "and 1 more, as --json names them"
    assert told[-1] == "Nothing was deleted or written."
    assert "was deleted at Panopto" in next(lines(found, dry_run=False))
    assert list(lines([], dry_run=False)) == ["No item has failed so."]


def test_it_has_to_be_said_who_is_meant() -> None:
    """Neither nobody, nor a reason without --failed."""
    assert asked_for(True, "gone", ["a"], []).reason == "gone"
    assert asked_for(False, None, ["a"], []).events == ("a",)
    assert asked_for(False, None, [], ["owner"]).aspects == ("owner",)
    assert asked_for(False, None, [], ["external id", "access list"]).aspects == ("external_id", "access")
    for reason, events in ((None, []), ("gone", []), ("gone", ["a"])):
        with pytest.raises(SettingsError, match=r"^retry: say --failed, .* or --aspect$"):
            asked_for(False, reason, events, [])
    with pytest.raises(SettingsError, match="no aspect colour"):
        asked_for(False, None, [], ["colour"])
    with pytest.raises(SettingsError, match=r"^--aspect: goes with --event, or alone"):
        asked_for(True, None, [], ["owner"])


def test_wrong_usage_is_two_and_one_document(told: Told) -> None:
    """Stdout is JSON where that was asked for, and the sentence says what lacks."""
    ran = told("retry", "--json")
    assert (ran.code, ran.document["exit"], ran.document["items"]) == (2, 2, [])
    assert "say --failed" in ran.talk
