"""Completing an upload, a session's or a stream's: what is in doubt is looked up, not said again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from engine import FerryError, RetryPolicy, retrying

Upload = TypeVar("Upload")


async def completed(
    say: Callable[[], Awaitable[Upload | FerryError]],
    look: Callable[[], Awaitable[Upload | None]],
    is_open: Callable[[Upload], bool],
    *,
    policy: RetryPolicy,
    sleep: Callable[[float], Awaitable[None]],
) -> Upload | None:
    """Say that all files are there, and return how the upload stands; None where it is not known any more.

    `say` returns its error where the answer was lost, or was no yes: it is never said again before a `look`
    has shown that the upload is still open (faults.md F24). Raises that error where that did not help.
    """
    doubt: FerryError | None = None

    async def once() -> Upload | None:
        nonlocal doubt
        if doubt is None:
            outcome = await say()
            if not isinstance(outcome, FerryError):
                return outcome
            doubt = outcome
        seen = await look()
        if seen is None or not is_open(seen):
            return seen
        error, doubt = doubt, None
        raise error

    return await retrying(once, policy=policy, sleep=sleep)
