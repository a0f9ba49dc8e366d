"""The events that an account may read, kept in the order last asked for: lists are read page by page."""

from collections.abc import Sequence

from pipelines.sandbox.opencast.accounts import Account
from pipelines.sandbox.opencast.holdings import Holdings
from pipelines.sandbox.opencast.listing import in_order
from pipelines.sandbox.recordings import Event


class Index:
    """What `account` reads of the holdings; found out anew when they change, not at every page."""

    def __init__(self, holdings: Holdings, account: Account) -> None:
        self._holdings = holdings
        self._account = account
        self._seen: Sequence[Event] | None = None
        self._readable: Sequence[Event] = ()
        self._order: tuple[str, Sequence[Event]] | None = None

    def readable(self) -> Sequence[Event]:
        """The events that the account may read."""
        events = self._holdings.events
        if events is not self._seen:
            self._seen, self._order = events, None
            self._readable = [one for one in events if self._account.reads(one.readers)]
        return self._readable

    def in_order(self, events: Sequence[Event], sort: str) -> Sequence[Event]:
        """These events sorted as a call asks; all that are readable are not sorted twice the same way."""
        if events is not self._readable:
            return in_order(events, sort)
        if self._order is None or self._order[0] != sort:
            self._order = sort, in_order(events, sort)
        return self._order[1]
