"""Which error ends a run with which exit code."""

import pytest

from engine import (
    AccountRefused,
    CheckpointDamaged,
    CheckpointForeign,
    CheckpointInUse,
    FerryError,
    Gone,
    LocalResource,
    PartRefused,
    Refused,
    ServerFault,
    TargetDiffers,
    TimedOut,
    Unreachable,
)
from pipelines.cli.exits import Exit, exit_for
from pipelines.cli.verbs import first, judged
from pipelines.config import SettingsError
from pipelines.migration.passes import WindowEnded


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("x"), 2),
        (WindowEnded("x"), 8),
        (Unreachable("x"), 3),
        (TimedOut("x"), 3),
        (ServerFault("x"), 3),
        (Gone("x"), 4),
        (Refused("x"), 4),
        (PartRefused("x"), 2),
        (TargetDiffers("x"), 5),
        (CheckpointInUse("x"), 6),
        (AccountRefused("x"), 7),
        (LocalResource("x"), 9),
        (CheckpointDamaged("x"), 10),
        (CheckpointForeign("x"), 10),
    ],
)
def test_each_error_has_the_code_of_the_list(error: FerryError, code: int) -> None:
    """The codes are those that a user was promised, also where the error comes in a group."""
    assert exit_for(error) == code
    grouped = BaseExceptionGroup("outer", [ExceptionGroup("inner", [error])])
    assert judged(first(grouped)) == (code, "x")


def test_interruptions_are_what_a_shell_says() -> None:
    """130 and 143 are 128 and the numbers of SIGINT and SIGTERM."""
    assert (Exit.INTERRUPTED, Exit.TERMINATED) == (128 + 2, 128 + 15)


def leaves(kind: type[FerryError]) -> list[type[FerryError]]:
    """Return an error and all that are more exact."""
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]


@pytest.mark.parametrize("kind", leaves(FerryError))
def test_no_error_of_ours_is_success_or_internal(kind: type[FerryError]) -> None:
    """Every error that the engine or the pipelines raise has a code of its own."""
    assert exit_for(kind("x")) not in {Exit.DONE, Exit.INTERNAL}


def test_what_the_machine_says_is_a_local_resource() -> None:
    """An OSError that nobody expected is told with its file, and is no internal error."""
    assert judged(FileExistsError(17, "File exists", "/a")) == (Exit.LOCAL, "/a: File exists")


def test_anything_else_is_internal() -> None:
    """An error of ours in the other sense says so, with how to find it."""
    code, sentence = judged(ZeroDivisionError("division by zero"))
    assert code is Exit.INTERNAL
    assert "ZeroDivisionError: division by zero" in sentence
    assert "FERRY_TRACEBACK=1" in sentence
