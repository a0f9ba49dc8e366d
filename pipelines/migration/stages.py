"""What happened to items, as frozen facts for whoever looks: the terminal now, a page or a report later."""

from dataclasses import dataclass

from pipelines.items import Outcome


@dataclass(frozen=True, slots=True)
class CheckpointMended:
    """A kill or a power loss had torn the checkpoint's end; so many bytes were cut, and nothing is lost."""

    bytes: int


@dataclass(frozen=True, slots=True)
class SessionUploadUnheard:
    """Panopto may have opened a session upload of which we never heard; no session comes of it."""


@dataclass(frozen=True, slots=True)
class ExternalIdsUnasked:
    """Panopto lets nobody ask for external ids, as `sentence` says: markers alone tell of sessions."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Planning:
    """Discovery goes on: so many events seen, so many of them to move."""

    seen: int
    to_move: int


@dataclass(frozen=True, slots=True)
class SeriesUnmet:
    """Series of the operator's selection that no event is of: probably written wrongly there."""

    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan stands: items to move, and about how many bytes (those whose size is known)."""

    items: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Events held against their items: those that are `new`, and what changed of those that are done.

    `gone` are those that Opencast does not have any more; nothing is deleted for it.
    """

    new: int = 0
    media: int = 0
    metadata: int = 0
    date: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class WindowShut:
    """No time window is open: the run waits for the next one, which opens `until`, as its clock shows it."""

    until: str


@dataclass(frozen=True, slots=True)
class WindowOpened:
    """A time window has opened, and the run goes on."""


@dataclass(frozen=True, slots=True)
class WindowClosed:
    """A time window has closed: no item is begun any more, and those under way have `grace` seconds."""

    grace: float


@dataclass(frozen=True, slots=True)
class LimitsRead:
    """The file of limits was read again, and these hold now; bytes a second are None where no limit is."""

    parts_in_flight: int
    bytes_a_second: float | None


@dataclass(frozen=True, slots=True)
class LimitsKept:
    """The file of limits cannot be used, as `sentence` says: those from before hold on."""

    sentence: str


@dataclass(frozen=True, slots=True)
class ItemBegan:
    """An item is being shipped."""

    event_id: str


@dataclass(frozen=True, slots=True)
class ItemProcessing:
    """Panopto has all of an item, and works on it."""

    event_id: str


@dataclass(frozen=True, slots=True)
class ItemCarrying:
    """The session of an item is right; its lecture items are looked for at LumiNUS."""

    event_id: str


@dataclass(frozen=True, slots=True)
class LectureItemSet:
    """A lecture item was set and read back: its members that were otherwise before.

    `again` is whether an earlier run had set it already, so that somebody changed it since.
    """

    event_id: str
    lecture_item: str
    members: tuple[str, ...]
    again: bool


@dataclass(frozen=True, slots=True)
class CarryParked:
    """LumiNUS answers nothing more in this run, as `sentence` says: what is to go there waits."""

    sentence: str


@dataclass(frozen=True, slots=True)
class CarryRests:
    """So many items wait for LumiNUS still; they are looked for again in so many seconds."""

    waiting: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ItemEnded:
    """An item has its outcome for this run."""

    event_id: str
    outcome: Outcome
    reason: str | None
    why: str
