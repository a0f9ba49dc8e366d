"""The sessions that have an event's id as their external id, wherever they lie: many events, one call.

A marker is lost where somebody words a description anew, and a session that was moved lies in no folder that
is listed. The external id stays. It is asked of the older API, which not every site opens: where Panopto
refuses, no further call is made, and the markers alone tell.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol

import anyio

from engine import AccountRefused, Observer, Refused, silence
from pipelines.migration.stages import ExternalIdsUnasked
from pipelines.panopto.manifest import spelled
from pipelines.panopto.model import Session
from pipelines.panopto.session_management import MOST_IDS


class Sessions(Protocol):
    """What is asked of Panopto (pipelines.panopto.session_management.SessionManagement)."""

    async def by_external_ids(self, external_ids: Sequence[str]) -> Mapping[str, tuple[Session, ...]]:
        """Return the sessions of each external id."""
        ...


class ExternalIds:
    """Asks once for each event of a plan, together with those after it."""

    def __init__(self, sessions: Sessions, observer: Observer = silence) -> None:
        self._sessions = sessions
        self._observer = observer
        self._ahead: Iterator[str] = iter(())
        self._found: dict[str, tuple[Session, ...]] = {}
        self._turn = anyio.Lock(fast_acquire=True)
        self.refused = ""
        """Why nothing is asked any more; empty where Panopto answers."""

    def follow(self, plan: Iterable[str], fresh: Callable[[str], bool] = lambda _: True) -> None:
        """Take the order in which events will be asked for; those that are not `fresh` then are left out."""
        self._ahead = (one for one in plan if one and fresh(one))

    async def of(self, event_id: str) -> tuple[Session, ...]:
        """Return the sessions of an event, none where Panopto lets nobody ask.

        Raises a Transient or a Stopping error: then nothing is known of the event.
        """
        async with self._turn:
            if event_id not in self._found and not self.refused and event_id:
                await self._ask(event_id)
        return self._found.pop(event_id, ())

    async def _ask(self, event_id: str) -> None:
        others = (one for one in self._ahead if one != event_id and one not in self._found)
        asked = {spelled(one): one for one in (event_id, *islice(others, MOST_IDS - 1))}
        try:
            found = await self._sessions.by_external_ids(list(asked))
        except (Refused, AccountRefused) as error:
            # Where it is the account that is refused, the next call of the run says so and stops it.
            self.refused = str(error)
            self._observer(ExternalIdsUnasked(self.refused))
        else:
            self._found |= {asked[name]: sessions for name, sessions in found.items()}
