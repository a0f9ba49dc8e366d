"""The ways in which a peer can stall: each ends within its deadline, and is tried again."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, dishonest, findings, silence
from campaign.books import Books, read
from fakes.processes import ferry, standing
from fakes.raw_server import Connection, raw_server

from engine import Network, RetryPolicy, TimedOut, open_http
from pipelines.panopto.auth import Account, Tokens
from pipelines.rest import Rest

MIB = 1024 * 1024
PART_DEADLINE, CALL_DEADLINE = 30.0, 60.0
QUICK: Mapping[str, Any] = {
    "largest": 6 * MIB,
    "typical": 6 * MIB,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
STALLS = (
    {"operation": "files.get_file", "action": "stall_body", "nth": 6, "arguments": {"bytes": 100_000}},
    {"operation": "files.get_file", "action": "trickle", "nth": 7, "arguments": {"bytes": 1}},
    {"operation": "panopto.upload_part", "action": "stop_reading", "nth": 2, "arguments": {"bytes": 100_000}},
    {"operation": "panopto.upload_part", "action": "stall", "nth": 4},
    {"operation": "panopto.create_session_upload", "action": "stall", "nth": 1},
)


@pytest.mark.slow
@pytest.mark.fault(6)
def test_every_stall_ends_within_its_deadline_and_is_tried_again(
    tmp_path: Path, record_property: Any
) -> None:
    """Silence and a trickle of the source, a target that does not read or answer, a silent call: all at once.

    No event and no session upload is without a request that begins, runs or ends for twice the longest
    deadline, no request takes longer than that, and neither does the run.
    """
    with standing(tmp_path, events=5, faults=list(STALLS), **QUICK) as stand:
        settings = stand.settings(tmp_path, {"transfer.part_size_mib": 5, "transfer.attempts": 4})
        begun = time.monotonic()
        ran = ferry("run", "-c", settings, "--json", seconds=110)
        seconds = time.monotonic() - begun
        assert ran.code == 0, ran.talk
        assert ran.document["outcomes"]["verified"] == 5
        struck = [row["fault"] for row in stand.audit("log") if row["fault"]]
        assert sorted(struck) == sorted(str(one["action"]) for one in STALLS)
        assert PART_DEADLINE <= seconds < 2 * CALL_DEADLINE
        books = read(stand)
        events = {one.event_id for one in books.sources}
        allowed = Bounds(events=events, gap=2 * CALL_DEADLINE, again=len(STALLS) * 5 * MIB)
        approve([*findings(books, allowed), *dishonest(books, ran.document, ran.code, planned=5)])
        for subject in {one.about for one in books.log}:
            approve(silence(Books(log=[one for one in books.log if one.about == subject]), 2 * CALL_DEADLINE))
        assert max(one.seconds for one in books.log) < 2 * CALL_DEADLINE
    record_property("injected", len(STALLS))
    record_property("happened", f"{len(STALLS)} stalls at once ended after {seconds:.0f} s, all verified")


async def quiet(connection: Connection) -> None:
    """Read and say nothing."""
    await connection.gone()


@pytest.mark.fault(6)
async def test_a_silent_api_ends_each_try_at_its_deadline() -> None:
    """A call and a request for a token are tried as often as they may be, and say which host it was."""
    patience = RetryPolicy(attempts=3, first=0.001)
    async with raw_server(quiet) as here, open_http(Network()) as http:
        rest = Rest(http, here.url, policy=patience, deadline=0.05)
        with pytest.raises(TimedOut, match=rest.where):
            await rest.call("GET", "/x", endpoint="GET x")
        assert here.opened == 3
        with pytest.raises(TimedOut, match=rest.where):
            await Tokens(rest, Account("c", "s")).token()
        assert here.opened == 6
