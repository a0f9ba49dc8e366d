"""What the exit code says, and which error ends a run with which."""

from enum import IntEnum

from engine import (
    AccountRefused,
    CheckpointDamaged,
    CheckpointForeign,
    CheckpointInUse,
    FerryError,
    LocalResource,
    PartRefused,
    TargetDiffers,
    Transient,
    Untrusted,
)
from pipelines.config import SettingsError
from pipelines.migration.passes import WindowEnded


class Exit(IntEnum):
    """The exit codes of every verb. 130 and 143 (interrupted, resumable) are 128 and the signal's number."""

    DONE = 0
    INTERNAL = 1
    USAGE = 2
    RETRYABLE = 3
    PERMANENT = 4
    DIFFERS = 5
    IN_USE = 6
    ACCOUNT = 7
    LIMIT = 8
    LOCAL = 9
    CHECKPOINT = 10
    INTERRUPTED = 130
    TERMINATED = 143


_EXITS: tuple[tuple[type[FerryError], Exit], ...] = (
    (SettingsError, Exit.USAGE),
    (WindowEnded, Exit.LIMIT),
    (Untrusted, Exit.USAGE),
    (PartRefused, Exit.USAGE),
    (CheckpointInUse, Exit.IN_USE),
    (CheckpointDamaged, Exit.CHECKPOINT),
    (CheckpointForeign, Exit.CHECKPOINT),
    (AccountRefused, Exit.ACCOUNT),
    (LocalResource, Exit.LOCAL),
    (TargetDiffers, Exit.DIFFERS),
    (Transient, Exit.RETRYABLE),
    (FerryError, Exit.PERMANENT),
)


def exit_for(error: FerryError) -> Exit:
    """Return the code of an error that stopped a whole run."""
    return next(code for kind, code in _EXITS if isinstance(error, kind))
