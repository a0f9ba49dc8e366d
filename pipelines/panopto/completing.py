"""Completing an upload, a session's or a stream's: what is in doubt is looked up, not said again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from engine import FerryError, RetryPolicy, Transient, retrying
from pipelines.panopto.calls import ONCE, Calls, is_fine
from pipelines.panopto.model import State

Upload = TypeVar("Upload")


async def said(
    calls: Calls,
    path: str,
    endpoint: str,
    raw: Mapping[str, Any],
    read: Callable[[Any, str], Upload],
    what: str,
) -> Upload | FerryError:
    """Say once that all files of an upload are there, by its whole object with state 1.

    Returns how it stands, or the error of an answer that was lost, or that was no yes.
    """
    body = {**raw, "State": int(State.UPLOAD_COMPLETE)}
    try:
        answer = await calls.call("PUT", path, endpoint=endpoint, json=body, policy=ONCE)
        if is_fine(answer):
            return calls.read(read, answer)
    except Transient as error:
        return error
    return calls.refusal(answer, what)


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
