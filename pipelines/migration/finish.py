"""From "all files are there" to a settled session: look again, ever more rarely, until Panopto has decided.

Every upload waits by itself and asks for its look when it is due; the pace of the one endpoint is the queue
where all of them stand, first come, first served, so that none waits for ever behind others.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

import anyio

from engine import Transient
from pipelines.panopto.model import SessionUpload, State

FIRST_LOOK = 1.0
"""Seconds from completing an upload to the first look at it."""

LONGEST_INTERVAL = 60.0
GROWTH = 1.5
NAMELESS_LOOKS = 10
"""Looks at a completed upload that tells no session, before we stop asking for it."""

MISSING_LOOKS = 3
"""Looks in a row at which Panopto knows no such upload, before we believe it."""

Seen = Callable[[str], Awaitable[None]]
"""Told the session's id; returns when it is durable."""

Why = Literal["limit", "session_unknown"]
WhyNot = Literal["processing_error", "cancelled", "unknown_upload"]


@dataclass(frozen=True, slots=True)
class Pending:
    """Panopto has not decided. `reason` says why we look no more in this run, where that is so."""

    reason: Why | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """The session is there and can be watched."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No good session came of the upload. `anew` tells whether another session upload may do better."""

    reason: WhyNot
    sentence: str
    anew: bool


Verdict = Pending | Ready | Failed


@dataclass(frozen=True, slots=True)
class Settled:
    """How an upload ended, as far as this run looked; `state` is None where Panopto told none."""

    state: State | int | None
    session_id: str | None
    verdict: Verdict


def judge(state: State | int, message: str = "") -> Verdict:
    """Tell what a state means for the item; `message` is Panopto's own word (panopto.md, section 2).

    A number that is not known decides nothing: the item's time limit ends it.
    """
    match state:
        case State.COMPLETE:
            return Ready()
        case State.PROCESSING_ERROR:
            said = _on_one_line(message)[:200]
            return Failed("processing_error", f"Panopto could not process it ({said or 'no message'})", False)
        case State.UPLOAD_CANCELLED | State.DELETING_FILES | State.DELETED | State.DELETING_ERROR:
            return Failed("cancelled", "the session upload was cancelled or timed out at Panopto", True)
        case _:
            return Pending()


def _on_one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def interval(looks: int) -> float:
    """Return the seconds to wait before the next look, after so many."""
    return min(FIRST_LOOK * GROWTH ** min(looks, 50), LONGEST_INTERVAL)


@dataclass(frozen=True, slots=True)
class View:
    """What the looks at one upload have shown so far."""

    looks: int = 0
    state: State | int | None = None
    session_id: str | None = None
    verdict: Verdict = Pending()
    nameless: int = 0
    missing: int = 0

    def after(self, upload: SessionUpload | None) -> "View":
        """Return the view after one more look; None is an upload that Panopto does not know."""
        if upload is None:
            missing = self.missing + 1
            verdict = _vanished(self.session_id) if missing >= MISSING_LOOKS else _UNSURE
            return replace(self, looks=self.looks + 1, verdict=verdict, missing=missing)
        session_id = upload.session_id or self.session_id
        verdict = judge(upload.state, upload.message)
        nameless = self.nameless + (isinstance(verdict, Ready) and session_id is None)
        return View(self.looks + 1, upload.state, session_id, verdict, nameless)

    def after_fault(self, error: Transient) -> "View":
        """Return the view after a look that brought no answer: nothing is known to have changed."""
        return replace(self, looks=self.looks + 1, verdict=Pending(sentence=str(error)))

    def settled(self, left: float) -> Settled | None:
        """Return the end, or None where one more look is due; `left` is in seconds."""
        unnamed = isinstance(self.verdict, Ready) and self.session_id is None
        verdict = self.verdict
        if unnamed and (left <= 0 or self.nameless >= NAMELESS_LOOKS):
            verdict = Pending("session_unknown", "Panopto is done but does not tell the session")
        elif isinstance(verdict, Pending) and left <= 0 and self.looks:
            verdict = Pending("limit", verdict.sentence or _still(self.state))
        elif unnamed or isinstance(verdict, Pending):
            return None
        return Settled(self.state, self.session_id, verdict)


_UNSURE = Pending(sentence="Panopto does not know the session upload any more")


def _vanished(session_id: str | None) -> Verdict:
    """With a session on record the comparison that follows decides; without one nothing will come."""
    if session_id is not None:
        return Ready()
    return Failed("unknown_upload", _UNSURE.sentence, True)


def _still(state: State | int | None) -> str:
    told = state.name.lower().replace("_", " ") if isinstance(state, State) else f"state {state}"
    return f"Panopto has not finished in the time given ({told})"


class Finisher:
    """Settles uploads. `look` makes one try to read an upload; `limit` is in seconds for each of them.

    It owns no task: whoever awaits `settle` does the looking.
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[SessionUpload | None]],
        *,
        limit: float = 7200.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._look = look
        self._limit = limit
        self._clock = clock
        self._sleep = sleep

    async def settle(self, upload_id: str, *, seen: Seen, session_id: str | None = None) -> Settled:
        """Look until Panopto has decided or the time is over.

        `session_id` is what earlier runs have seen; another one goes to `seen` before anything else is done.
        Raises what no looking helps against: AccountRefused, Refused.
        """
        view = View(session_id=session_id)
        end = self._clock() + self._limit
        while (settled := view.settled(left := end - self._clock())) is None:
            await self._sleep(max(0.0, min(interval(view.looks), left)))
            after = await self._after_look(upload_id, view)
            if after.session_id is not None and after.session_id != view.session_id:
                await seen(after.session_id)
            view = after
        return settled

    async def _after_look(self, upload_id: str, view: View) -> View:
        try:
            return view.after(await self._look(upload_id))
        except Transient as error:
            return view.after_fault(error)
