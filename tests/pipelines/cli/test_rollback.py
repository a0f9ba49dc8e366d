"""What `ferry rollback` says, and the code that it ends with."""

from collections.abc import Callable

import pytest
from fakes.processes import Ran

from pipelines.app.undoing import Listed
from pipelines.cli.exits import Exit
from pipelines.cli.rollback import (
    ELSEWHERE,
    NAMED,
    WORDS,
    code_of,
    document,
    lines,
    number,
    run_lines,
    runs_document,
)
from pipelines.config import SettingsError
from pipelines.reconcile.rollback import Fate, Undone
from pipelines.runs import Run

Told = Callable[..., Ran]


def test_every_fate_has_its_words() -> None:
    """None is counted in silence."""
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([], Exit.DONE),
        ([Fate.TO_DELETE, Fate.DELETED, Fate.GONE], Exit.DONE),
        ([Fate.DELETED, Fate.UNDECIDED], Exit.RETRYABLE),
        ([Fate.UNDECIDED, Fate.BY_HAND], Exit.DIFFERS),
    ],
)
def test_the_code(fates: list[Fate], code: Exit) -> None:
    """Five where a person has to look, else three where something is not decided."""
    assert code_of([Undone("a", fate) for fate in fates]) == code


def test_the_document() -> None:
    """Every fate is counted, every item named, with its session."""
    told = document("1", [Undone("a", Fate.TO_DELETE, "w", "s")], Exit.DONE, apply=False)
    assert (told["exit"], told["applied"], told["run"], told["events"]["to delete"]) == (0, False, "1", 1)
    assert told["items"] == [{"event_id": "a", "fate": "to delete", "session_id": "s", "why": "w"}]


def test_what_people_read() -> None:
    """What would go, that nothing else is touched, and the words that do it."""
    found = [Undone(f"a-{n}", Fate.TO_DELETE, "session s") for n in range(NAMED + 1)]
    told = list(lines("3", found, apply=False))
    assert told[0] == "to delete: a-0: session s"
    assert told[NAMED] == "and 1 more, as --json names them"
    assert told[-2:] == [ELSEWHERE, f"Nothing was deleted. To do it: --run 3 --apply --sessions {NAMED + 1}"]
    assert list(lines("3", found, apply=True))[-1] == ELSEWHERE
    assert list(lines("3", [], apply=True)) == ["Run 3 has no session on record any more."]


def test_the_list_of_runs() -> None:
    """For people and as JSON; one from before runs were told apart has no date."""
    found = [Listed(Run("before"), 2), Listed(Run("1", "2026-03-01T08:00:00+00:00", "1.0"), 3)]
    assert list(run_lines(found)) == [
        "run before: 2 sessions, the first from earlier",
        "run 1: 3 sessions, the first from 2026-03-01T08:00:00+00:00, by ferry 1.0",
    ]
    assert runs_document(found)["runs"][0] == {"run": "before", "began": None, "by": None, "sessions": 2}
    assert list(run_lines([])) == ["No run on record has made a session."]


def test_applying_needs_the_number() -> None:
    """Neither without the other."""
    assert number(True, 3) == 3
    assert number(False, None) is None
    for apply, sessions in ((True, None), (False, 3)):
        option, other = ("--apply", "--sessions") if apply else ("--sessions", "--apply")
        with pytest.raises(SettingsError, match=f"^{option}: goes with {other}; look without both"):
            number(apply, sessions)


@pytest.mark.parametrize("words", [["--run", "1", "--apply"], ["--apply", "--sessions", "1"]])
def test_wrong_usage_is_two_and_one_document(words: list[str], told: Told) -> None:
    """Stdout is JSON where that was asked for."""
    ran = told("rollback", "--json", *words)
    assert (ran.code, ran.document["exit"]) == (2, 2)
