"""Each thing that goes wrong on the way, once or for ever: what the command says, what Panopto then holds."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Ran, Stand, ferry, standing

MIB = 1024 * 1024
PART = 5 * MIB
LARGEST = 12 * MIB
QUICK: Mapping[str, Any] = {
    "largest": LARGEST,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}
SETTINGS: Mapping[str, Any] = {"transfer.part_size_mib": 5, "transfer.parts_in_flight": 2}
"""One lane of all three parts: the second GET of a file is the one after its probe."""
FOREVER = {"times": 0}

Fault = Mapping[str, Any]

pytestmark = pytest.mark.slow


def at_source(action: str, **more: Any) -> Fault:
    """Return a fault of the file server: by default the GET after the probe of the first file."""
    return {"operation": "files.get_file", "action": action, "nth": 2, **more}


def at_target(action: str, call: str = "upload_part", **more: Any) -> Fault:
    """Return a fault of Panopto's."""
    return {"operation": f"panopto.{call}", "action": action, **more}


def status(code: int, **headers: str) -> dict[str, Any]:
    """Return the arguments of an answer with another status."""
    return {"status": code, "headers": headers}


def moved(stand: Stand, **changes: Any) -> Ran:
    """Run the migration and check what holds of every run; `changes` are settings of transfer."""
    settings = stand.settings(
        stand.folder, {**SETTINGS, **{f"transfer.{name}": value for name, value in changes.items()}}
    )
    ran = ferry("run", "-c", settings, "--json", seconds=90)
    assert "Traceback" not in ran.talk
    assert ran.document["exit"] == ran.code, ran.talk
    audited(stand, ran)
    return ran


def audited(stand: Stand, ran: Ran) -> None:
    """Assert that every object is a source of its event, and that each verified event has one session."""
    sources: dict[str, set[str]] = {}
    for row in stand.audit("sources"):
        sources.setdefault(row["event_id"], set()).add(row["sha256"])
    known = {digest for digests in sources.values() for digest in digests}
    objects = [row for row in stand.audit("objects") if not row["key"].endswith(".xml")]
    sessions = stand.audit("sessions")
    events = {row["session_upload_id"]: row["description"].rpartition("Opencast: ")[2] for row in sessions}
    for row in objects:
        assert row["sha256"] in sources.get(events.get(row["session_upload_id"], ""), known)
    verified = [row for row in sessions if row["state"] == 4]
    assert len({events[row["session_upload_id"]] for row in sessions}) == len(sessions)
    assert len(verified) >= ran.document["outcomes"]["verified"]


def struck(stand: Stand) -> list[str]:
    """Return the actions of the faults that did strike, in order."""
    return [row["fault"] for row in stand.audit("log") if row["fault"]]


def outcomes(ran: Ran) -> dict[str, int]:
    """Return the outcomes that some item has."""
    return {name: count for name, count in ran.document["outcomes"].items() if count}


def calls(stand: Stand, call: str) -> int:
    """Return how often a call arrived."""
    return sum(row["count"] for row in stand.audit("requests") if row["call"] == call)


ONCE: Mapping[str, tuple[Fault, ...]] = {
    "short": (at_source("short", arguments={"bytes": 100_000}),),
    "short at a part's end": (at_source("short", arguments={"bytes": PART}),),
    "short, no length": (at_source("short_no_length", arguments={"bytes": 100_000}),),
    "reset by the source": (at_source("reset"),),
    "503 from the source": (at_source("status", arguments=status(503, **{"Retry-After": "1"})),),
    "429 from the source": (at_source("status", arguments=status(429)),),
    "the probe fails": (at_source("status", nth=1, times=2, arguments=status(500)),),
    "another range": (at_source("wrong_range"),),
    "the whole file": (at_source("ignore_range"),),
    "a part is cut": (at_target("cut", arguments={"bytes": 100_000}),),
    "a part is reset": (at_target("reset", nth=2),),
    "a part gets 503": (at_target("status", arguments=status(503, **{"Retry-After": "1"})),),
    "a part gets 429": (at_target("status", times=2, arguments=status(429)),),
    "a part gets 500": (at_target("status", nth=2, times=2, arguments=status(500)),),
    "a part without an ETag": (at_target("no_etag"),),
    "create gets 503": (at_target("status", "create_multipart_upload", arguments=status(503)),),
    "create is empty": (at_target("empty", "create_multipart_upload"),),
    "complete gets an error in 200": (at_target("error_in_200", "complete_multipart_upload"),),
    "complete gets 503": (at_target("status", "complete_multipart_upload", arguments=status(503)),),
    "REST gets 503": (
        at_target("status", "create_session_upload", arguments=status(503)),
        at_target("status", "put_session_upload", arguments=status(429, **{"Retry-After": "1"})),
        at_target("status", "get_session_upload", times=2, arguments=status(500)),
    ),
    "the token endpoint gets 503": (at_target("status", "token", arguments=status(503)),),
    "Opencast's API gets 503": (
        {"operation": "opencast.list_events", "action": "status", "arguments": status(503)},
    ),
}


@pytest.mark.parametrize("name", ONCE)
def test_what_goes_wrong_once_is_overcome(name: str, tmp_path: Path) -> None:
    """Everything ends verified, in one session, and the fault did strike."""
    faults = ONCE[name]
    with standing(tmp_path, events=1, faults=list(faults), **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 1}
        assert len(stand.audit("sessions")) == 1
        assert calls(stand, "abort_multipart_upload") == 0
        assert set(struck(stand)) == {fault["action"] for fault in faults}


FOR_EVER: Mapping[str, tuple[Fault, int, str]] = {
    "short": (at_source("short", arguments={"bytes": 100_000}, **FOREVER), 3, "retryable"),
    "short, no length": (
        at_source("short_no_length", arguments={"bytes": 100_000}, **FOREVER),
        3,
        "retryable",
    ),
    "reset": (at_source("reset", **FOREVER), 3, "retryable"),
    "another range": (at_source("wrong_range", **FOREVER), 3, "retryable"),
    "a part is cut": (at_target("cut", arguments={"bytes": 100_000}, **FOREVER), 3, "retryable"),
    "a part without an ETag": (at_target("no_etag", **FOREVER), 3, "retryable"),
    "complete gets an error in 200": (
        at_target("error_in_200", "complete_multipart_upload", **FOREVER),
        3,
        "retryable",
    ),
    "a login page": (at_source("html", nth=1, **FOREVER), 4, "permanent"),
    "not found": (at_source("status", nth=1, arguments=status(404), **FOREVER), 4, "permanent"),
    "a part is refused": (at_target("status", arguments=status(400), **FOREVER), 4, "permanent"),
}


@pytest.mark.parametrize("name", FOR_EVER)
def test_what_always_goes_wrong_never_becomes_an_object(name: str, tmp_path: Path) -> None:
    """Its exit code, its outcome, and no object of the event; nothing is told as verified."""
    fault, code, outcome = FOR_EVER[name]
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand, attempts=2)
        assert ran.code == code, ran.talk
        assert outcomes(ran) == {outcome: 1}
        assert stand.audit("objects") == []
        assert stand.audit("sessions") == []
        assert struck(stand)


@pytest.mark.parametrize("action", ["short", "short_no_length"])
def test_first_contract_fewer_bytes_never_become_an_object(action: str, tmp_path: Path) -> None:
    """Over real connections: retryable, and whole when the same command finds the source mended."""
    fault = at_source(action, arguments={"bytes": 6 * MIB}, times=2)
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand, attempts=1)
        assert (ran.code, outcomes(ran)) == (3, {"retryable": 1})
        assert (stand.audit("objects"), stand.audit("sessions")) == ([], [])
        assert ran.document["parts"]["sent"] == 1
        ran = moved(stand)
        assert (ran.code, outcomes(ran)) == (0, {"verified": 1})
        assert calls(stand, "create_session_upload") == 1


@pytest.mark.parametrize("level", ["etag", "spot"])
def test_a_byte_that_is_stored_wrong_is_found(level: str, tmp_path: Path) -> None:
    """At level etag in any part; at level spot in the first one of a file of several, whatever the budget."""
    fault = at_target("flip", match="partNumber=1&", nth=1, arguments={"at": 4_000_000})
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand, integrity=level, hashing=0.001)
        assert ran.code == 0, ran.talk
        assert "part_differs" in ran.talk
        assert ran.document["bytes"]["sent_again"] == PART


@pytest.mark.parametrize("action", ["wrong_etag", "flip"])
def test_a_wrong_etag_for_ever_stops_the_run(action: str, tmp_path: Path) -> None:
    """The target stores something else than what is sent: five, one sentence, no object."""
    fault = at_target(action, arguments={"at": 1000}, **FOREVER)
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand, integrity="etag")
        assert ran.code == 5, ran.talk
        (sentence,) = [line for line in ran.talk.splitlines() if line.startswith("ferry: ")]
        assert "twice" in sentence
        assert stand.audit("objects") == []
        assert calls(stand, "abort_multipart_upload") == 0


def test_etags_that_say_nothing_lower_the_level_and_are_told(tmp_path: Path) -> None:
    """Everything is verified at level crc, and that is said once."""
    fault = at_target("opaque_etag", **FOREVER)
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand, integrity="etag")
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 2}
        assert ran.talk.count("integrity falls") == 1
        assert "to=crc" in ran.talk


@pytest.mark.parametrize("queries", ["off", "on"])
def test_an_empty_answer_to_complete_says_nothing(queries: str, tmp_path: Path) -> None:
    """It is looked for where the target tells, and else sent again; never taken for success."""
    fault = at_target("empty", "complete_multipart_upload")
    with standing(tmp_path, events=1, faults=[fault], object_queries=queries, **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert ran.document["bytes"]["sent_again"] == (0 if queries == "on" else LARGEST)


def test_a_token_that_expires_on_the_way_is_asked_for_anew(tmp_path: Path) -> None:
    """Panopto says 403 or 401; the run does not notice."""
    with standing(tmp_path, events=3, expires_in=1.0, bandwidth=8, **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 3}
        assert calls(stand, "token") >= 2


def test_signed_addresses_that_expire_are_signed_anew(tmp_path: Path) -> None:
    """A file takes longer than its signature lives."""
    life = {"signatures": "all", "signature_life": 2.0}
    with standing(tmp_path, events=1, bandwidth=4, **{**QUICK, "largest": 40 * MIB}, **life) as stand:
        ran = moved(stand, parts_in_flight=2)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 1}


def test_processing_that_fails_is_permanent(tmp_path: Path) -> None:
    """State 5 at Panopto: four, its reason, and the other item is verified."""
    fault = at_target("state", "process", arguments={"state": 5, "message": "no codec"})
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 4, ran.talk
        assert outcomes(ran) == {"verified": 1, "permanent": 1}
        assert ran.document["reasons"] == {"processing_error": 1}


def test_a_session_upload_that_timed_out_is_begun_anew(tmp_path: Path) -> None:
    """Panopto gave it up while its item waited; the next run opens another, and one session comes of it."""
    fault = at_source("reset", times=1)
    life = 4.0
    with standing(tmp_path, events=1, faults=[fault], upload_timeout=life, **QUICK) as stand:
        first = moved(stand, attempts=1)
        assert first.code == 3, first.talk
        time.sleep(life)
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        states = [row["state"] for row in stand.audit("session-uploads")]
        assert len(states) >= 2
        assert states.count(4) == len(stand.audit("sessions")) == 1


def test_a_session_with_another_title_differs(tmp_path: Path) -> None:
    """Five; the item is told as different and not moved again."""
    fault = at_target("alter", "process", arguments={"name": "Something else"})
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 5, ran.talk
        assert outcomes(ran) == {"verified": 1, "differs": 1}
        assert moved(stand).code == 5
        assert len(stand.audit("sessions")) == 2
