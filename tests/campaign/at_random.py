"""Items moved under random faults, batch after batch, each audited: nothing corrupt, twice, or missing.

    python -m campaign.at_random [--items 10000] [--batch 500] [--seed 1] [--out FILE]

A batch is a sandbox of its own, a script of faults that come again and again at every call there is, and
`ferry run` with Panopto's pace lifted, killed once on its way and called until nothing is left that a later
call would mend. In every other batch manifests bring no captions, and they are added by calls of their own.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fakes.processes import ROOT, Stand, standing

from campaign.auditor import Bounds, dishonest, findings
from campaign.books import read
from campaign.finding import Finding
from campaign.record import write

PART = 5_242_880
CALLS = 8
"""A batch that has not come to its end after so many calls has something missing."""

SPOILT: Mapping[str, int] = {"captions": 4, "chapters": 2}
"""How many events of a sandbox have aspects that no run can carry: captions, of which an answer may also be
lost in doubt, and chapters that are none."""

UNMOVED = 15
"""How many events of a sandbox have nothing to move, whoever looks: they are live, not processed, published
nowhere, or playlists alone."""

CALL_LIMIT = 600.0
QUICK: Mapping[str, Any] = {
    "rate_limit": "off",
    "luminus_rate": 0,
    "luminus_page": 0,
    "lecture_item_lag": 0,
    "seconds_to_processing": 0,
    "seconds_to_complete": 0,
    "object_queries": "on",
    "largest": 12_000_000,
    "typical": 30_000,
    "bookings": 0,
}
SETTINGS: Mapping[str, Any] = {
    "transfer.part_size_mib": 5,
    "transfer.integrity": "etag",
    "transfer.items_in_flight": 48,
    "transfer.attempts": 12,
    "luminus.calls_per_second": 100,
}


SPACED = 5
"""One part that is spoilt twice in the same way is no accident, and ends a run: so those are far between."""


def _status(code: int, **headers: str) -> dict[str, Any]:
    return {"action": "status", "arguments": {"status": code, "headers": headers}}


KINDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "files.get_file": (
        {"action": "reset"},
        {"action": "short", "arguments": {"bytes": 1000}},
        {"action": "short_no_length", "arguments": {"bytes": 1000}},
        {"action": "wrong_range"},
        _status(503, **{"Retry-After": "0"}),
        _status(429),
        _status(500),
    ),
    "panopto.upload_part": (
        {"action": "reset"},
        {"action": "cut", "arguments": {"bytes": 500}},
        *({"action": "flip", "arguments": {"at": at}, "rarely": SPACED} for at in range(SPACED)),
        {"action": "wrong_etag", "rarely": SPACED},
        {"action": "no_etag"},
        {"action": "lose_answer"},
        _status(503, **{"Retry-After": "0"}),
        _status(500),
    ),
    "panopto.create_multipart_upload": ({"action": "lose_answer"}, {"action": "empty"}, _status(503)),
    "panopto.complete_multipart_upload": (
        {"action": "lose_answer"},
        {"action": "error_in_200"},
        {"action": "empty"},
        _status(503),
    ),
    "panopto.create_session_upload": ({"action": "lose_answer"}, _status(503), _status(429)),
    "panopto.put_session_upload": ({"action": "lose_answer"}, {"action": "reset"}, _status(500)),
    "panopto.get_session_upload": ({"action": "reset"}, _status(502)),
    "panopto.get_session": ({"action": "reset"}, _status(500)),
    "panopto.token": (_status(503),),
    "opencast.list_events": (_status(503), {"action": "reset"}),
    "opencast.get_event": (_status(500), {"action": "reset"}),
    "panopto.update_session_tags": ({"action": "lose_answer"}, {"action": "reset"}, _status(503)),
    "panopto.soap_update_session_external_id": ({"action": "lose_answer"}, _status(429), _status(503)),
    "panopto.legacy_login": (_status(503),),
    "panopto.upload_session_captions": ({"action": "lose_answer"}, {"action": "reset"}, _status(500)),
    "luminus.patch_session": ({"action": "lose_answer"}, {"action": "reset"}, _status(503)),
    "luminus.sessions": (_status(500),),
}
"""What may go wrong and be overcome, by the call that it strikes."""


def script(chance: random.Random, every: int) -> list[dict[str, Any]]:
    """Return faults of all kinds, each of which strikes about one in `every` calls, out of step."""
    return [
        _fault(operation, kind, chance, every * kind.get("rarely", 1))
        for operation, kinds in KINDS.items()
        for kind in kinds
    ]


def _fault(operation: str, kind: Mapping[str, Any], chance: random.Random, every: int) -> dict[str, Any]:
    return {
        "operation": operation,
        "action": kind["action"],
        "arguments": kind.get("arguments", {}),
        "nth": chance.randint(1, every),
        "every": chance.randint(every // 2, every * 2),
    }


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one batch: items with a session, faults that struck by action, calls, findings."""

    seed: int
    items: int
    struck: Mapping[str, int]
    calls: int
    seconds: float
    bytes: int
    found: tuple[str, ...]

    @property
    def line(self) -> dict[str, Any]:
        """One line of the record, with what counts by its name."""
        kinds = Counter(one.partition(":")[0] for one in self.found)
        return {
            "at_random": {
                "seed": self.seed,
                "items": self.items,
                "struck": dict(self.struck),
                "calls": self.calls,
                "seconds": self.seconds,
                "bytes": self.bytes,
                "corrupt": kinds["I1"],
                "duplicate": sum("has no session" not in one for one in self.found if one.startswith("I2")),
                "missing": sum("has no session" in one for one in self.found),
                "found": list(self.found),
            }
        }


def batch(seed: int, events: int, every: int) -> Batch:
    """Move one batch, and audit it."""
    chance = random.Random(seed)
    begun = time.monotonic()
    with TemporaryDirectory() as name:
        folder = Path(name)
        faults, captions = script(chance, every), ("take", "refuse")[seed % 2]
        with standing(folder, events=events, faults=faults, manifest_captions=captions, **QUICK) as stand:
            (run := folder / "run").mkdir()
            settings = stand.settings(run, SETTINGS)
            killed_after(settings, chance.uniform(1.5, 6.0))
            ran: list[tuple[int, Mapping[str, Any]]] = []
            while not ran or (not is_done(*ran[-1]) and len(ran) < CALLS):
                ran.append(called(settings))
            return _judged(stand, seed, events, ran, time.monotonic() - begun)


def _judged(
    stand: Stand, seed: int, events: int, ran: list[tuple[int, Mapping[str, Any]]], seconds: float
) -> Batch:
    books = read(stand)
    code, document = ran[-1]
    sessions = {one.event_id for one in books.sessions}
    found: list[Finding] = [*findings(books, Bounds()), *dishonest(books, document, code, events)]
    told = [*map(str, found), *lacking(code, document, len(sessions), events)]
    struck = Counter(one.fault for one in books.log if one.fault)
    size = sum(one.size for one in books.objects)
    return Batch(seed, len(sessions), struck, len(ran) + 1, round(seconds, 1), size, tuple(told))


def lacking(code: int, document: Mapping[str, Any], sessions: int, events: int) -> Iterator[str]:
    """I2: tell where a last run, by its exit code and document, left an event with films without a session.

    How many there must be is known of the sandbox: what a run says that it left out is not believed.
    """
    whole = document["outcomes"]["verified"] == sessions == events - UNMOVED
    if not (whole and is_done(code, document)):
        yield f"I2: an item has no session: exit {code}, {document['outcomes']}, {sessions} sessions"


def is_done(code: int, document: Mapping[str, Any]) -> bool:
    """Tell whether a run has left nothing but aspects that no run can carry."""
    lost = {name: counts.get("permanent", 0) for name, counts in document["aspects"].items()}
    carried = all(count <= SPOILT.get(name, 0) for name, count in lost.items())
    return code == 0 or (code == 4 and not document["outcomes"]["permanent"] and carried)


@contextmanager
def begun(settings: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Begin `ferry run` with Panopto's pace lifted; it is killed where it does not end."""
    command = [sys.executable, "-m", "benchmarks.clients.migration", str(settings), *options]
    with (settings.parent / "stderr.txt").open("ab") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def killed_after(settings: Path, seconds: float) -> None:
    """Begin a run, and kill it."""
    with begun(settings, "--carry") as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return


def called(settings: Path) -> tuple[int, Mapping[str, Any]]:
    """Run to the end, and return the exit code that the run tells and its document."""
    with begun(settings, "--carry") as process:
        output, _ = process.communicate(timeout=CALL_LIMIT)
    document: Mapping[str, Any] = json.loads(output)
    return document["exit"], document


def main() -> None:
    """Move batch after batch; ends with 1 where anything was found."""
    parser = argparse.ArgumentParser(description="Move items under random faults.")
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--every", type=int, default=40, help="one in about so many calls, for each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    moved, bad, seed = 0, 0, asked.seed
    while moved < asked.items:
        one = batch(seed, asked.batch, asked.every)
        write(one.line, asked.out)
        moved, bad, seed = moved + one.items, bad + len(one.found), seed + 1
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
