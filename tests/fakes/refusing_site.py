"""A sandbox whose folders of series are somebody else's, until the account may create there, and its audit.

The operator has chosen a folder for what they refuse; only the migration team sees it.
"""

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import Books, read
from campaign.order import false_ends, lines, unannounced

from fakes.booking_world import Site
from fakes.carried_site import standing_world
from fakes.processes import Ran, begun, ferry
from pipelines.sandbox import Fault, World
from pipelines.sandbox.panopto.model import Access, Folder, Grant

Json = Any

TEAM = "7ea30000-0000-4000-8000-000000000001"
"""The operator's folder for what its own does not take."""
FILMS = (".mp4", ".m4a")


@dataclass(frozen=True)
class Refusing:
    """The sandbox, its world, and the settings of all runs."""

    site: Site
    world: World
    settings: Path

    @property
    def own(self) -> Mapping[str, str]:
        """The own folder of each event that is of a series with a row in the table."""
        folders = self.site.sandbox.panopto.series_folders
        return {
            event.identifier: folders[event.series.identifier].id
            for event in self.world.events
            if event.series is not None and event.series.tabled
        }

    def give(self, level: str = "Restricted") -> None:
        """Let the account create in the folders of series, whose level becomes another one."""
        panopto = self.site.sandbox.panopto
        account = self.site.details["panopto"]["username"]
        creator = Grant(panopto.site.people.signed_in(account).id, "User", "Creator")
        for folder in panopto.series_folders.values():
            given = Access(level, [*folder.access.grants, creator])
            panopto.site.folders[folder.id] = replace(folder, owner=account, access=given)

    def strike(self, call: str, action: str, **more: Json) -> None:
        """Strike a call of Panopto's from now on."""
        self.site.sandbox.faults.add(Fault(f"panopto.{call}", action, **more))

    def run(self) -> Ran:
        """Run once, and hold it against every invariant."""
        ran = ferry("run", "-c", self.settings, "--json", seconds=90)
        assert "Traceback" not in ran.talk, ran.talk
        approve(dishonest(self.audited(), ran.document, ran.code))
        return ran

    def audited(self) -> Books:
        """Hold the books against every invariant."""
        books, written = self.books, lines(self.settings.with_name("migration.checkpoint").read_bytes())
        approve([*findings(books, Bounds()), *unannounced(written, books), *false_ends(written, books)])
        return books

    def killed_at(self, call: str, folder: Path) -> None:
        """Run, and kill it as soon as a fault strikes a call of Panopto's."""
        folder.mkdir()
        before = len(self.books.struck())
        with begun("run", "-c", self.settings, "--json", folder=folder) as process:
            end = time.monotonic() + 30
            while len(self.books.struck()) == before:
                assert time.monotonic() < end, (call, (folder / "stderr.txt").read_text())
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        self.audited()

    def retried(self) -> Ran:
        """Let the next run move sessions to their own folders."""
        ran = ferry("retry", "-c", self.settings, "--aspect", "folder", "--json")
        assert ran.code == 0, ran.talk
        return ran

    @property
    def books(self) -> Books:
        """The sandbox's own books."""
        return read(self.site)

    @property
    def lies_in(self) -> Mapping[str, str]:
        """The folder of each event's one session, of those that are of a series with a row."""
        found = [(one.event_id, one.folder_id) for one in self.books.sessions if one.event_id in self.own]
        assert len(dict(found)) == len(found), found
        return dict(found)

    def told(self, event_id: str) -> Json:
        """What the report says of the folder of an event."""
        return self.aspects(event_id)["folder"]

    def aspects(self, event_id: str) -> Mapping[str, Json]:
        """What the report says of the aspects of an event."""
        report = ferry("report", "-c", self.settings, "--format", "json").document
        (item,) = [one for one in report["items"] if one["event_id"] == event_id]
        return {one["aspect"]: one for one in item["aspects"]}

    def calls(self) -> Counter[str]:
        """How often each call arrived at Panopto, and how often a part of a film did (`film`)."""
        found: Counter[str] = Counter()
        for one in self.books.log:
            if one.service == "panopto":
                found["film" if one.call == "upload_part" and one.path.endswith(FILMS) else one.call] += 1
        return found


@contextmanager
def refusing(
    folder: Path,
    *,
    events: int = 4,
    whose: str = "foreign",
    luminus: bool = False,
    changes: Mapping[str, Json] | None = None,
) -> Iterator[Refusing]:
    """Stand, with settings that name the operator's folder; `whose` are the folders of series."""
    world = World.seeded(events=events, largest=60_000, typical=30_000)
    (stood := folder / "sandbox").mkdir()
    (run := folder / "run").mkdir()
    with standing_world(stood, world, series_folders=whose) as site:
        panopto = site.sandbox.panopto
        panopto.site.folders[TEAM] = replace(
            panopto.default_folder, id=TEAM, name="For the team", access=_own(panopto.default_folder)
        )
        without = {} if luminus else {"luminus": None}
        given = {**without, "panopto.refused_folder_id": TEAM, **(changes or {})}
        yield Refusing(site, world, site.settings(run, given))


def _own(folder: Folder) -> Access:
    return Access("Restricted", list(folder.access.grants))
