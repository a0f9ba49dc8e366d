"""A world of series and events for the emulated Opencast to hold: seeded, or a person's own video files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pipelines.sandbox import drafts, shapes
from pipelines.sandbox.bookings import booking
from pipelines.sandbox.container import Container, read_container
from pipelines.sandbox.media import DiskMedia
from pipelines.sandbox.recordings import Element, Event, Publication, Series, Streams

SERIES = (
    "Physics I",
    "Statik & Dynamik",
    "Öffentliche Abendvorträge",
    "物理学演習",
    "Series <without> a folder",
)


@dataclass(frozen=True, slots=True)
class World:
    """Series and events. No two events have both title and date in common.

    `left_out` are the files of a person's own folder that are no media.
    """

    series: tuple[Series, ...]
    events: tuple[Event, ...]
    left_out: tuple[Path, ...] = ()

    @classmethod
    def seeded(
        cls,
        seed: int = 7,
        events: int = 16,
        largest: int = 210_000_000,
        typical: int = 6_000_000,
        bookings: int = 0,
    ) -> Self:
        """A world that follows from its seed: event k has shape k of the catalogue; sizes in bytes.

        Event 1 is one file of `largest` bytes; the others' files have `typical` bytes, give or take half.
        After them come so many `bookings`, lectures that are still to be recorded. An event is the same
        whatever number of others there are.
        """
        series = tuple(_series(seed, number) for number in range(len(SERIES)))
        drafted = (drafts.Draft(seed, number, typical, largest, series) for number in range(1, events + 1))
        held = tuple(shapes.shape(draft.number)(draft) for draft in drafted)
        return cls(series, held + tuple(booking(seed, one, series) for one in range(1, bookings + 1)))

    @classmethod
    def shaped(cls, *names: str, seed: int = 7, largest: int = 300_000, typical: int = 20_000) -> Self:
        """Those events of the seeded world whose shapes have these names, and no others."""
        world = cls.seeded(seed, len(shapes.CATALOGUE), largest, typical)
        return replace(world, events=tuple(world.events[shapes.numbered(name) - 1] for name in names))

    @property
    def bookings(self) -> tuple[Event, ...]:
        """The events that are still to be recorded."""
        return tuple(one for one in self.events if one.is_booking)

    def with_event(self, event: Event) -> Self:
        """This world with the event of the same identifier replaced, or with one more."""
        events = tuple(event if one.identifier == event.identifier else one for one in self.events)
        return replace(self, events=events if event in events else (*events, event))

    def with_grant(self, role: str, action: str) -> Self:
        """This world with the access control list of every event letting a role do something."""
        granted = (replace(one, grants=(*one.grants, (role, action))) for one in self.events)
        return replace(self, events=tuple(granted))

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """A world of the media files in a folder and its subfolders, each an event of one stream.

        Hidden files and folders are passed over; other files that are no media are `left_out`.

        Raises ValueError (one sentence) where there is no folder or no media file in it. Reads the disk.
        """
        if not folder.is_dir():
            raise ValueError(f"The media folder {folder} does not exist or is no folder.")
        series = Series("own-files", folder.resolve().name or "Own files", datetime.now(UTC))
        found = tuple(_own_files(folder))
        events = tuple(_own_event(folder, path, held, series) for path, held in found if held)
        if not events:
            raise ValueError(f"No file in {folder} is a video or sound file of a known container.")
        return cls((series,), events, tuple(path for path, held in found if held is None))


def _series(seed: int, number: int) -> Series:
    chance = drafts.chance(seed, "series", number)
    return Series(
        drafts.identifier(chance), SERIES[number], drafts.FIRST_LECTURE - timedelta(days=30 + number),
        description="" if number % 2 else "Given every winter.",
        organizers=(drafts.PRESENTERS[number % len(drafts.PRESENTERS)],),
        subjects=("Physics",), publishers=("",), tabled=number < len(SERIES) - 1,
    )  # fmt: skip


def _own_files(folder: Path) -> Iterator[tuple[Path, Container | None]]:
    """Each file that is not hidden, and what its bytes are; None for what is no media, nor a file at all."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and not path.is_dir():
            yield path, _container(path)


def _container(path: Path) -> Container | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_container(file)


def _own_event(folder: Path, path: Path, held: Container, series: Series) -> Event:
    """The event of one own file: titled by its path, dated by its last change, with what its bytes tell."""
    facts = path.stat()
    name = path.relative_to(folder).as_posix()
    chance = drafts.chance(0, name)
    changed = datetime.fromtimestamp(int(facts.st_mtime), UTC)
    element = Element(
        drafts.identifier(chance), "presenter/delivery", _mediatype(held), f"recording{path.suffix.lower()}",
        DiskMedia(path, facts.st_size), int(facts.st_mtime), tags=("engage-download",),
        streams=Streams(held.duration, audio=held.audio, video=held.video),
    )  # fmt: skip
    publication = Publication(
        drafts.identifier(chance), "engage-player", url="/play/{event}", media=(element,)
    )
    return Event(
        drafts.identifier(chance), name, changed, changed, held.duration, series, publications=(publication,)
    )


def _mediatype(held: Container) -> str:
    kind = "video" if held.video else "audio"
    names = {"ebml": "webm", "mp3": "mpeg", "wave": "wav", "avi": "x-msvideo", "asf": "x-ms-asf"}
    return f"{kind}/{names.get(held.name, held.name)}"
