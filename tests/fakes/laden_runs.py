"""Runs of `ferry` over two events of a sandbox that carry everything, each audited; and what came of them."""

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from campaign.aspects import strange_owners
from campaign.auditor import Bounds, approve, dishonest, findings
from campaign.books import Books, read
from campaign.order import false_ends, lines, unannounced

from fakes.processes import Ran, Stand, begun, ferry, standing

QUICK: Mapping[str, Any] = {
    "largest": 60_000,
    "typical": 30_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "folder_lag": 0,
    "search_lag": 0,
}
EVENTS = 40
"""So many have one of each kind among them."""

USER = "idp\\jsmith"
FROM = "2026-10-01T08:00:00+00:00"

RICH: Mapping[str, Any] = {
    "captions": ["English_USA", "French", "German"],
    "entries": 3,
    "images": 4,
    "thumbnail": True,
    "attachments": 0,
    "tags": [],
}
NOTES: Mapping[str, Any] = {
    "captions": [],
    "entries": 0,
    "images": 0,
    "thumbnail": True,
    "attachments": 1,
    "tags": ["Physics"],
}
"""What the sessions of the two events are to have: the one in every language, the other with a handout."""

FILMS = ("presenter.mp4", "presentation.mp4")


@dataclass(frozen=True)
class Laden:
    """A sandbox, the two events that are moved, and the settings of all runs."""

    stand: Stand
    rich: str
    notes: str
    settings: Path

    def run(self) -> Ran:
        """Run once, and hold it against every invariant."""
        ran = ferry("run", "-c", self.settings, "--json", seconds=100)
        self.audited(ran)
        return ran

    def audited(self, ran: Ran | None = None) -> Books:
        """Hold the books against every invariant, and against what a run says of itself."""
        books, written = self.books, lines(self.settings.with_name("migration.checkpoint").read_bytes())
        approve([*findings(books, Bounds()), *unannounced(written, books), *false_ends(written, books)])
        creators = {str(one) for event in books.events for one in event.metadata.get("creator") or ()}
        approve(strange_owners(books, dict.fromkeys(creators, USER)))
        if ran is not None:
            approve(dishonest(books, ran.document, ran.code))
        return books

    def killed_at(self, call: str, folder: Path) -> None:
        """Run, and kill it as soon as a fault strikes a call of Panopto's."""
        folder.mkdir()
        with begun("run", "-c", self.settings, "--json", folder=folder) as process:
            end = time.monotonic() + 30
            while not [one for one in self.books.log if one.call == call and one.fault]:
                assert time.monotonic() < end, (folder / "stderr.txt").read_text()
                time.sleep(0.02)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        self.audited()

    @property
    def books(self) -> Books:
        """The sandbox's own books."""
        return read(self.stand)

    def has(self, event_id: str) -> Mapping[str, Any]:
        """Return what an event's one session has."""
        (row,) = (one for one in self.stand.audit("sessions") if one["external_id"] in {event_id, None}
                  and one["description"].endswith(event_id))  # fmt: skip
        counted = {name: len(row[name]) for name in ("entries", "images", "attachments")}
        captions = sorted(one["language"] for one in row["captions"])
        return {
            "captions": captions,
            **counted,
            "thumbnail": row["thumbnail"] is not None,
            "tags": list(row["tags"]),
        }

    def told(self, event_id: str) -> Mapping[str, tuple[str, str]]:
        """Return how the aspects of an event stand, and why, by `ferry report`."""
        report = ferry("report", "-c", self.settings, "--format", "json").document
        (item,) = (one for one in report["items"] if one["event_id"] == event_id)
        return {one["aspect"]: (one["outcome"], one["reason"]) for one in item["aspects"]}

    def calls(self) -> Counter[str]:
        """Return how often each call arrived at Panopto, and how often a film or part of one did (`film`)."""
        found: Counter[str] = Counter()
        for one in self.books.log:
            if one.service == "panopto":
                found["film" if one.call == "upload_part" and one.path.endswith(FILMS) else one.call] += 1
        return found


@contextmanager
def laden(
    folder: Path, *faults: Mapping[str, Any], attempts: int = 4, given: bool = False, **switches: Any
) -> Iterator[Laden]:
    """Stand with two events to be moved; `given` is whether owner and availability are set as well."""
    with standing(folder, events=EVENTS, faults=[*faults], **{**QUICK, **switches}) as stand:
        sources = stand.audit("sources")
        (rich,) = {one["event_id"] for one in sources if one["url"].endswith("/fr.xml")}
        (notes,) = {one["event_id"] for one in sources if one["url"].endswith("/notes.pdf")}
        (run := folder / "run").mkdir()
        changes: dict[str, Any] = {"luminus": None, "select.events": [rich, notes]}
        changes |= {"transfer.attempts": attempts}
        settings = stand.settings(run, changes | (tables(stand, run, (rich, notes)) if given else {}))
        yield Laden(stand, rich, notes, settings)


def tables(stand: Stand, folder: Path, moved: tuple[str, ...]) -> Mapping[str, str]:
    """Write the operator's tables of owners and of availability; return the settings that lead to them."""
    about = [one["metadata"] for one in stand.audit("events") if one["event_id"] in moved]
    creators = sorted({name for one in about for name in one["creator"]})
    series = sorted({one["isPartOf"] for one in about if one["isPartOf"]})
    owners, availability = folder / "owners.csv", folder / "availability.csv"
    owners.write_text(
        "".join(f"{row}\n" for row in ["presenter,username", *(f'"{one}",{USER}' for one in creators)])
    )
    availability.write_text(
        "".join(f"{row}\n" for row in ["series,from,until", *(f"{one},{FROM}," for one in series)])
    )
    return {"session.owners": str(owners), "session.availability": str(availability)}
