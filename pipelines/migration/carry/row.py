"""An item on its way to its lecture items, as one compact row, and when it is looked for."""

from dataclasses import dataclass, field

from pipelines.items import Outcome
from pipelines.migration.carry.members import Wanted
from pipelines.migration.ends import End
from pipelines.migration.finish import FIRST_LOOK, GROWTH, LONGEST_INTERVAL
from pipelines.opencast.model import Unread


@dataclass(slots=True)
class Row:
    """An item whose session (`session_id`, in lower case) is right; times are those of the stage's clock.

    `start` is the session's as its record tells it (ISO 8601), or None. The item is looked for when it is
    `due`, until its `deadline`. `tries` counts what failed for now since its lecture item was seen, and
    `tried` says when that began. `sent` has what was sent and is to be read back, by lecture item; `done` are
    those that need nothing more; `against` is what stands against any of them. `was_right` tells whether an
    earlier run ended with all of them as they should be. `aside` is the folder that its session is in, where
    that is not its own: LumiNUS imports from one folder, so that one look tells.
    """

    event_id: str
    session_id: str
    start: str | None
    taken: float
    deadline: float
    due: float
    tries: int = 0
    tried: float = 0.0
    sent: dict[str, Wanted] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    against: End | None = None
    was_right: bool = False
    aside: str = ""

    def untold(self, event: Unread) -> End:
        """How it ends where Opencast does not tell its event: what was right counts as right."""
        if self.was_right:
            return End(Outcome.VERIFIED, None, f"as it was carried before: {event.why}")
        return End(Outcome.PERMANENT, event.reason, event.why)

    @property
    def seen(self) -> bool:
        """Whether its lecture item was there: from then on its tries count, and not its deadline."""
        return bool(self.tries or self.sent)

    @property
    def end(self) -> End:
        """How it ends when all its lecture items are done."""
        return self.against or End(Outcome.VERIFIED)

    def refuse(self, lecture_item: str, end: End) -> None:
        """Have done with a lecture item that is not as it should be; the first one's reason is the row's."""
        self.done.add(lecture_item)
        first = self.against
        self.against = End(first.outcome, first.reason, f"{first.why}; {end.why}") if first else end

    def missed(self, now: float) -> None:
        """Be looked for again after about half the time that it has waited already, and at its deadline."""
        self.due = max(min(now + interval(now - self.taken), self.deadline), now + FIRST_LOOK)


def interval(waited: float) -> float:
    """Return the seconds to the next look: 1 s, and GROWTH times as long after each, up to the longest.

    Told by the time that has passed, it is the same however many looks others have caused meanwhile.
    """
    return min(FIRST_LOOK + (GROWTH - 1) * waited, LONGEST_INTERVAL)
