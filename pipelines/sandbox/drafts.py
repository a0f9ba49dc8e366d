"""How a seeded event is drafted: its films, publications and texts, as the ordinary lecture has them.

A draft is the event's number, its seed and the sizes wanted; everything else about it follows from these.
"""

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pipelines.sandbox.elements import jpeg
from pipelines.sandbox.media import SeededMedia, TextMedia
from pipelines.sandbox.recordings import Checksum, Element, Event, Publication, Series, Streams

FIRST_LECTURE = datetime(2019, 9, 2, 8, 15, tzinfo=UTC)
SPACING = timedelta(minutes=97)
BYTES_A_SECOND = 175_000
QUALITIES = ((640, 360), (1280, 720), (1920, 1080))
TITLES = (
    "Electromagnetism I: the long afternoon",
    "Stresses & strains in thin shells",
    "Hörfunk-Übung: Größe, Maß, Öffentlichkeit",
    "If a < b and b < c: ordering <em>everything</em>",
    "مقدمة في نظرية الأعداد",
    "量子力学入門（第三回）",
    'The "quoted" lecture, with 100% more \\backslashes\\',
    "Fieldwork 🐟 in the Minch",
    "Lecture",
    "Étale cohomology, ou bien: à peu près tout",
    "  Spaces before and after  ",
    "שיעור פתיחה: אופטיקה",
    "Ordinary differential equations; DROP TABLE lectures",
    "Заключительная лекция",
    "A title so long that somebody must have pasted its abstract: " + "on the boundary layer " * 9,
    "Lecture",
    "naïve café: a combining é and a non-breaking space",
    "Vorlesung 7/12: https://example.org/?a=1&b=2",
)
PRESENTERS = ("Ada Brennan", "Jürgen Höß", "Nguyễn Thị Minh", "O'Hara & Söhne", "Li 李 Wei", "Marta Ruiz")


@dataclass(frozen=True, slots=True)
class Draft:
    """What an event is made from. `number` counts from 1; sizes are in bytes."""

    seed: int
    number: int
    typical: int
    largest: int
    series: tuple[Series, ...]
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chance", chance(self.seed, self.number))

    @property
    def start(self) -> datetime:
        """When the lecture was given: no two lectures of a world at the same time."""
        return FIRST_LECTURE + SPACING * self.number

    @property
    def modified(self) -> int:
        """When its files were published, in seconds since 1970."""
        return int((self.start + timedelta(hours=5)).timestamp())

    def identifier(self) -> str:
        """A new UUID."""
        return identifier(self.chance)

    def size(self) -> int:
        """A file's size: the typical one, give or take half of it."""
        return int(self.typical * self.chance.uniform(0.5, 1.5))

    def film(
        self, size: int | None = None, duration: int | None = None, *, video: bool = True
    ) -> SeededMedia:
        """New bytes of the typical size and a duration (milliseconds) that fits it, unless they are given."""
        length = self.size() if size is None else size
        fitting = max(1200, length * 1000 // BYTES_A_SECOND + self.chance.randrange(1000))
        duration = fitting if duration is None else duration
        return SeededMedia(self.identifier(), length, duration, video=video, audio=True)


def chance(seed: int, *names: object) -> random.Random:
    """Chance that follows from a seed and from what it is for."""
    return random.Random(f"{seed}:{names}")  # noqa: S311 - a world is to be made again, not kept secret


def identifier(source: random.Random) -> str:
    """A UUID as Opencast makes them (version 4), from that source of chance."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


def track(draft: Draft, flavor: str, film: SeededMedia, quality: tuple[int, int] = QUALITIES[1]) -> Element:
    """A progressive MP4 as the encoder of the default workflows publishes it."""
    width, height = quality
    streams = Streams(
        film.duration, audio=film.audio, video=True, width=width, height=height,
        framerate=draft.chance.choice((25, 25.0, 30, 29.97)),
        bitrate=draft.chance.choice((float, int))(film.size * 8000 // film.duration),
    )  # fmt: skip
    return Element(
        draft.identifier(), flavor, "video/mp4", f"{flavor.partition('/')[0]}_{height}p.mp4", film,
        draft.modified, tags=("engage-download", "engage-streaming", f"{height}p-quality"),
        checksum=draft.chance.choice(CHECKSUMS), streams=streams,
    )  # fmt: skip


MIGRATION = "ROLE_MIGRATION"
CHECKSUMS: tuple[Checksum, ...] = ("md5", "none", "none")


def small(draft: Draft, flavor: str, mediatype: str, name: str, content: bytes, ref: str = "") -> Element:
    """An attachment or a catalogue."""
    media = TextMedia(content)
    return Element(draft.identifier(), flavor, mediatype, name, media, draft.modified, size_told=-1, ref=ref)


def pictures(draft: Draft) -> tuple[Element, ...]:
    """The previews that every publication has."""
    return tuple(
        small(draft, f"presenter/{kind}+preview", "image/jpeg", f"{kind}.jpg", jpeg(f"{kind} {draft.number}"))
        for kind in ("search", "player")
    )


def published(draft: Draft, *media: Element, channel: str = "engage-player") -> Publication:
    """A publication with files, previews and its Dublin Core catalogue."""
    catalogue = small(draft, "dublincore/episode", "text/xml", "dublincore.xml", b"<dublincore/>")
    return Publication(
        draft.identifier(), channel, url="/play/{event}", media=media,
        attachments=pictures(draft), catalogues=(catalogue,),
    )  # fmt: skip


def internal(draft: Draft) -> Publication:
    """The editor's low previews of the uncut film, which nobody should migrate."""
    film = draft.film(9000 + draft.chance.randrange(5000))
    return Publication(
        draft.identifier(), "internal", url="/admin-ng/index.html#/events/events/{event}/tools/editor",
        media=(track(draft, "presenter/preview", film, QUALITIES[0]),),
    )  # fmt: skip


def lecture(draft: Draft, *publications: Publication) -> Event:
    """An event as most are; without publications it gets a presenter's film in engage-player."""
    if not publications:
        publications = (internal(draft), published(draft, track(draft, "presenter/delivery", draft.film())))
    found = (one.streams.duration for made in publications for one in made.media if one.streams)
    length = next((one for one in found if one), None)
    title = TITLES[(draft.number - 1) % len(TITLES)]
    readers, denied = _access(draft)
    return Event(
        draft.identifier(), title, draft.start, draft.start + timedelta(minutes=draft.chance.randrange(300)),
        duration=draft.chance.choice((length, length, 0, None)),
        series=draft.series[draft.number % len(draft.series)],
        description=draft.chance.choice(("", "Second term.\nBring a pencil & <paper>.", "Mitschnitt")),
        presenters=(draft.chance.choice(PRESENTERS),),
        location=draft.chance.choice(("", "HS 3", "Theatre B")),
        subjects=draft.chance.choice(((), ("Physics",), ("Physics", "Optics"))),
        language=draft.chance.choice(("", "eng", "deu")),
        license=draft.chance.choice(("", "ALLRIGHTS", "CC-BY")),
        publications=publications,
        archive=(original(draft),),
        readers=readers,
        denied=denied,
    )  # fmt: skip


def _access(draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who may read an event and who may not: everybody, a course, staff alone, everybody but its learners."""
    course = uuid.uuid5(uuid.NAMESPACE_URL, f"https://courses.sandbox.invalid/{draft.number % 3}")
    learners = f"{course}_Learner"
    match draft.number % 4:
        case 0:
            return (MIGRATION, "ROLE_ANONYMOUS"), (learners,)
        case 1:
            return (MIGRATION, "ROLE_ANONYMOUS"), ()
        case 2:
            return (MIGRATION, f"{course}_Instructor", learners), ()
        case _:
            return (MIGRATION,), ()


def original(draft: Draft, flavor: str = "presenter/source", film: SeededMedia | None = None) -> Element:
    """What was recorded, uncut: only the archive has it."""
    film = film or draft.film(20_000 + draft.chance.randrange(9000))
    name = "screen.mp4" if flavor.startswith("presentation/") else "camera.mp4"
    return replace(track(draft, flavor, film), name=name, tags=("archive",))
