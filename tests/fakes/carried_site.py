"""Recordings with everything that one can carry, moved once and run again, and what the audit then says.

Whole ones stand beside ones of which a part is bad, so that one migration shows both.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anyio.from_thread import start_blocking_portal

from fakes.booking_world import Site, leads, table
from fakes.carrying_runs import modules_table, write_modules
from fakes.processes import Ran, Stand, ferry
from pipelines.sandbox import Sandbox, Switches, World
from pipelines.sandbox.elements import mpeg7
from pipelines.sandbox.laden import CHAPTERS
from pipelines.sandbox.luminus.modules import others
from pipelines.sandbox.media import TextMedia
from pipelines.sandbox.panopto.model import Session
from pipelines.sandbox.recordings import Event, Publication, Series
from pipelines.sandbox.shapes import CATALOGUE

Json = Any

SHAPES = (
    "large_file", "two_streams", "three_streams", "audio_only", "search_only", "archive_only", "captions",
    "handout", "live", "playlists_only", "no_captions", "captions_gone", "empty_segments",
    "chapter_past_the_end",
)  # fmt: skip
"""What is taken out of the sandbox's catalogue, by these names."""

SMALL: Mapping[str, Json] = {
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.1,
    "lecture_item_lag": 0.2,
    "luminus_rate": 0,
}
OWNER, NAMED = "jsmith", "Ada Brennan"
"""A user of Panopto, and the presenter who is that user by the table of owners."""
UNKNOWN, UNTABLED = "Li Wei", "Marta Ruiz"
"""A presenter whom the table leads to a user that does not exist, and one without a row."""
FOREIGN, TOOLLESS = "series-foreign", "series-without-tool"
"""Series whose Panopto folder belongs to somebody else, and whose module has no web lecture."""
OPENS, CLOSES = "2036-09-01T08:00+01:00", "2037-07-01T00:00Z"
SEVERAL = 13
"""The schedule of several rooms that the sandbox's VALT has."""
ROLES = """\
role,grant,principal
ROLE_ADMIN,nothing,
ROLE_MIGRATION,nothing,
ROLE_ANONYMOUS,level,Public
ROLE_STAFF,viewer,group:All staff
*_Learner,nothing,
*_Instructor,nothing,
"""


@dataclass(frozen=True)
class Moved:
    """What came of it. Events go by the names of `events`; `puts` are the PUTs of films after each run.

    `captions` are the files that Panopto holds, by their session upload and key.
    """

    settings: Path
    events: Mapping[str, Event]
    runs: tuple[Ran, Ran]
    puts: tuple[int, int]
    access: tuple[Json, Json]
    bookings: Ran
    books: Mapping[str, list[Json]]
    rows: Mapping[str, Json]
    captions: Mapping[tuple[str, str], str]

    def session(self, name: str) -> Json:
        """The session of an event, of which there is one, by Panopto's own books."""
        marker = f"Opencast: {self.events[name].identifier}"
        (found,) = [one for one in self.books["sessions"] if one["description"].endswith(marker)]
        return found

    def objects(self, name: str) -> dict[str, Json]:
        """What lies in the session upload of an event, by its key."""
        upload = self.session(name)["session_upload_id"]
        return {one["key"]: one for one in self.books["objects"] if one["session_upload_id"] == upload}

    def metadata(self, name: str) -> Json:
        """The metadata of an event, by Opencast's own books."""
        books = {one["event_id"]: one["metadata"] for one in self.books["events"]}
        return books[self.events[name].identifier]

    def caption(self, name: str, key: str) -> str:
        """A caption file that Panopto holds of an event."""
        return self.captions[self.session(name)["session_upload_id"], key]

    def came_of(self, name: str, key: str) -> set[str]:
        """The names of those files of an event at Opencast that an object has the bytes of."""
        sha256, event_id = self.objects(name)[key]["sha256"], self.events[name].identifier
        same = [
            one for one in self.books["sources"] if (one["event_id"], one["sha256"]) == (event_id, sha256)
        ]
        return {urlsplit(one["url"]).path.rpartition("/")[2] for one in same}

    @property
    def arrived(self) -> list[str]:
        """The names of the events that have a session."""
        marked = {one["description"].rpartition("Opencast: ")[2] for one in self.books["sessions"]}
        return [name for name, event in self.events.items() if event.identifier in marked]

    def row(self, name: str) -> Json:
        """What `ferry report` says of an event."""
        return self.rows[self.events[name].identifier]

    def aspect(self, name: str, aspect: str) -> Json:
        """What the report says of one aspect of an event."""
        (found,) = [one for one in self.row(name)["aspects"] if one["aspect"] == aspect]
        return found

    def calls(self, service: str) -> Counter[str]:
        """How often each call was made to a service."""
        found = [one for one in self.books["requests"] if one["service"] == service]
        return Counter({one["call"]: one["count"] for one in found})


def events() -> dict[str, Event]:
    """Return the recordings by their names: those of the catalogue, and ones that carry more, or less."""
    shaped = World.shaped(*SHAPES, typical=60_000).events
    found = {name: _by(event) for name, event in zip(SHAPES, shaped, strict=True)}
    plain = World.seeded(events=len(CATALOGUE) + 8, largest=60_000, typical=60_000).events[len(CATALOGUE) :]
    series = plain[0].series
    names = ("told", "owner_unknown", "owner_untabled", "id_taken", "no_rights", "toolless", "no_role")
    found |= {name: replace(_by(event), series=series) for name, event in zip(names, plain, strict=False)}
    changes: Mapping[str, Mapping[str, Json]] = {
        "told": {
            "title": "Wave optics: Größe & <Maß>",
            "description": "Second term.\nBring a pencil.",
            "contributors": (UNKNOWN, UNTABLED),
            "location": "HS 3",
            "language": "eng",
            "rightsholder": "The University",
            "license": "CC-BY",
            "source": "Capture agent 3",
            "subjects": ("Physics, applied", "Optics"),
            "readers": ("ROLE_MIGRATION", "ROLE_STAFF"),
        },
        "playlists_only": {"archive": ()},
        "owner_unknown": {"presenters": (UNKNOWN,)},
        "owner_untabled": {"presenters": (UNTABLED,)},
        "no_rights": {"series": _series(FOREIGN)},
        "toolless": {"series": _series(TOOLLESS)},
        "no_role": {"readers": ("ROLE_MIGRATION", "ROLE_OF_NOBODY")},
    }
    found |= {name: replace(found[name], **more) for name, more in changes.items()}
    found["segments"] = _without(found["captions"], "mpeg-7/chapter", "segments")
    found["past_the_end"] = _with_chapters(found["chapter_past_the_end"], "past_the_end")
    return found


def world() -> World:
    """Return the world of these events, and of two that are still to be recorded."""
    seeded = World.seeded(events=1, bookings=2)
    series = (*seeded.series, _series(FOREIGN), _series(TOOLLESS))
    return World(series, (*events().values(), *seeded.bookings))


@contextmanager
def standing_world(folder: Path, held: World, **switches: Json) -> Iterator[Site]:
    """Stand a sandbox of a world in a thread of this process."""
    sandbox = Sandbox(held, Switches(**{**SMALL, **switches}), folder=folder)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(sandbox):
        yield Site(folder, sandbox.details, sandbox)


def moved(site: Site, folder: Path) -> Moved:
    """Move everything, look at the access, carry the bookings, run again; read the audit at the end."""
    held = events()
    _make_awkward(site, held)
    settings = site.settings(folder, _changes(site, folder))
    first, puts = _run(settings), _puts(site)
    looked = _access(settings, folder)
    bookings = ferry("schedules", "run", "-c", settings, "--json")
    second = _run(settings)
    names = (
        "sessions", "objects", "sources", "events", "requests", "lecture-items", "schedules", "folders"
    )  # fmt: skip
    report = ferry("report", "-c", settings, "--format", "json")
    rows = {one["event_id"]: one for one in report.document["items"]}
    books = {name: site.audit(name) for name in names}
    held_captions = _captions(site)
    return Moved(
        settings, held, (first, second), (puts, _puts(site)), looked, bookings, books, rows, held_captions
    )


def _run(settings: Path) -> Ran:
    ran = ferry("run", "-c", settings, "--json", seconds=90)
    assert "Traceback" not in ran.talk, ran.talk
    assert ran.document["exit"] == ran.code
    return ran


def _access(settings: Path, folder: Path) -> tuple[Json, Json]:
    """Look at who may see the sessions, and then grant what that says."""
    path = folder / "access.json"
    looked = ferry("access", "-c", settings, "--format", "json", "--output", path)
    assert path.exists(), looked.talk
    granted = ferry("access", "-c", settings, "--grant", "--from-report", path, "--format", "json")
    return json.loads(path.read_bytes()), granted.document


def _puts(stand: Stand) -> int:
    """Return how many parts of films were sent, whole or not."""
    sent = [one["path"] for one in stand.audit("log") if one["call"] == "upload_part"]
    return sum(path.endswith((".mp4", ".m4a")) for path in sent)


def _captions(site: Site) -> dict[tuple[str, str], str]:
    """Return the caption files that Panopto holds, by their session upload and key."""
    return {
        (upload.id, key): b"".join(one.read_bytes() for one in stored.segments).decode()
        for upload in site.sandbox.panopto.site.uploads.values()
        for key, stored in upload.objects.items()
        if key.endswith(".vtt")
    }


def _make_awkward(site: Site, held: Mapping[str, Event]) -> None:
    """Let a folder belong to somebody else, and an external id be taken, its letters in another case."""
    panopto = site.sandbox.panopto
    foreign = panopto.series_folders[FOREIGN]
    panopto.site.folders[foreign.id] = replace(foreign, owner="somebody")
    folder, event = panopto.default_folder, held["id_taken"]
    other = Session("5e551044-0000-4000-8000-000000000001", folder.id, "Other", "", event.start, event.start)
    other.external_id = event.identifier.upper()
    panopto.site.sessions[other.id] = other


def _changes(site: Site, folder: Path) -> dict[str, Json]:
    """Return the settings, and write the tables that they name."""
    first = next(one.identifier for one in world().series if one.tabled)
    toolless = next(one.id for one in others((), {}, seed=7) if one.web_lecture is None)
    (folder / "roles.csv").write_text(ROLES)
    modules = {**modules_table(site), TOOLLESS: toolless}
    booked = [*leads(site).items()]
    booked[1] = (booked[1][0], SEVERAL)
    owners = ((NAMED, OWNER), (UNKNOWN, "nobody.here"))
    return {
        "opencast.archive": True,
        "session.roles": str(folder / "roles.csv"),
        "session.owners": table(folder / "owners.csv", "presenter,username", *owners),
        "session.availability": table(folder / "windows.csv", "series,from,until", (first, OPENS, CLOSES)),
        "luminus.modules": write_modules(folder, modules),
        "luminus.calls_per_second": 100,
        "valt.schedules": table(folder / "schedules.csv", "event_id,schedule_id", *booked),
    }


def _by(event: Event) -> Event:
    """Return an event that somebody gave who is a user of Panopto."""
    return replace(event, presenters=(NAMED,))


def _series(name: str) -> Series:
    return replace(World.seeded(events=1).series[0], identifier=name, title=name)


def _without(event: Event, flavor: str, identifier: str) -> Event:
    """Return another event without the catalogues of a flavor."""

    def kept(one: Publication) -> Publication:
        return replace(one, catalogues=tuple(file for file in one.catalogues if file.flavor != flavor))

    return replace(event, identifier=identifier, publications=tuple(map(kept, event.publications)))


def _with_chapters(event: Event, identifier: str) -> Event:
    """Return another event of 20 s whose chapters are well written; the last begins at 30.5 s."""
    event = replace(event, identifier=identifier)
    (old,) = [one for one in event.files if one.flavor == "mpeg-7/chapter"]
    return event.with_element(replace(old, media=TextMedia(mpeg7(CHAPTERS, "PT20S"))))
