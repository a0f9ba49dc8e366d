"""Each thing that goes wrong on the way, once or for ever: what the command says, what Panopto then holds."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve, dishonest, findings
from campaign.books import read
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
    books = read(stand)
    approve([*findings(books), *dishonest(books, ran.document, ran.code)])
    return ran


def outcomes(ran: Ran) -> dict[str, int]:
    """Return the outcomes that some item has."""
    return {name: count for name, count in ran.document["outcomes"].items() if count}


def case(name: str, mark: pytest.MarkDecorator | tuple[()], *row: Any) -> Any:
    """Return a row of a table of tests: its name, which fault it shows, and the rest."""
    return pytest.param(*row, id=name, marks=mark)


ONCE = [
    case("short", pytest.mark.fault(2), [at_source("short", arguments={"bytes": 100_000})]),
    case("short at a part's end", pytest.mark.fault(2), [at_source("short", arguments={"bytes": PART})]),
    case(
        "short, no length",
        pytest.mark.fault(3),
        [at_source("short_no_length", arguments={"bytes": 100_000})],
    ),
    case("reset by the source", pytest.mark.fault(1), [at_source("reset")]),
    case(
        "503 from the source",
        pytest.mark.fault(8),
        [at_source("status", arguments=status(503, **{"Retry-After": "1"}))],
    ),
    case("429 from the source", pytest.mark.fault(8), [at_source("status", arguments=status(429))]),
    case(
        "the probe fails", pytest.mark.fault(8), [at_source("status", nth=1, times=2, arguments=status(500))]
    ),
    case("another range", pytest.mark.fault(5), [at_source("wrong_range")]),
    case("the whole file", pytest.mark.fault(5), [at_source("ignore_range")]),
    case("a part is cut", pytest.mark.fault(1), [at_target("cut", arguments={"bytes": 100_000})]),
    case("a part is reset", pytest.mark.fault(1), [at_target("reset", nth=2)]),
    case(
        "a part gets 503",
        pytest.mark.fault(8),
        [at_target("status", arguments=status(503, **{"Retry-After": "1"}))],
    ),
    case("a part gets 429", pytest.mark.fault(8), [at_target("status", times=2, arguments=status(429))]),
    case(
        "a part gets 500", pytest.mark.fault(8), [at_target("status", nth=2, times=2, arguments=status(500))]
    ),
    case("a part without an ETag", pytest.mark.fault(16), [at_target("no_etag")]),
    case(
        "create gets 503",
        pytest.mark.fault(8),
        [at_target("status", "create_multipart_upload", arguments=status(503))],
    ),
    case("create is empty", pytest.mark.fault(17), [at_target("empty", "create_multipart_upload")]),
    case(
        "complete gets an error in 200",
        pytest.mark.fault(19),
        [at_target("error_in_200", "complete_multipart_upload")],
    ),
    case(
        "complete gets 503",
        pytest.mark.fault(8),
        [at_target("status", "complete_multipart_upload", arguments=status(503))],
    ),
    case(
        "REST gets 503",
        pytest.mark.fault(8),
        [
            at_target("status", "create_session_upload", arguments=status(503)),
            at_target("status", "put_session_upload", arguments=status(429, **{"Retry-After": "1"})),
            at_target("status", "get_session_upload", times=2, arguments=status(500)),
        ],
    ),
    case(
        "the token endpoint gets 503",
        pytest.mark.fault(8),
        [at_target("status", "token", arguments=status(503))],
    ),
    case(
        "Opencast's API gets 503",
        pytest.mark.fault(8),
        [{"operation": "opencast.list_events", "action": "status", "arguments": status(503)}],
    ),
]


@pytest.mark.parametrize("faults", ONCE)
def test_what_goes_wrong_once_is_overcome(faults: list[Fault], tmp_path: Path) -> None:
    """Everything ends verified, in one session, and the fault did strike."""
    with standing(tmp_path, events=1, faults=faults, **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 1}
        books = read(stand)
        assert len(books.sessions) == 1
        assert books.calls("abort_multipart_upload") == 0
        assert set(books.struck()) == {fault["action"] for fault in faults}


FOR_EVER = [
    case(
        "short",
        pytest.mark.fault(2),
        at_source("short", arguments={"bytes": 100_000}, **FOREVER),
        3,
        "retryable",
    ),
    case(
        "short, no length",
        pytest.mark.fault(3),
        at_source("short_no_length", arguments={"bytes": 100_000}, **FOREVER),
        3,
        "retryable",
    ),
    case("reset", pytest.mark.fault(1), at_source("reset", **FOREVER), 3, "retryable"),
    case("another range", pytest.mark.fault(5), at_source("wrong_range", **FOREVER), 3, "retryable"),
    case(
        "a part is cut",
        pytest.mark.fault(1),
        at_target("cut", arguments={"bytes": 100_000}, **FOREVER),
        3,
        "retryable",
    ),
    case("a part without an ETag", pytest.mark.fault(16), at_target("no_etag", **FOREVER), 3, "retryable"),
    case(
        "complete gets an error in 200",
        pytest.mark.fault(19),
        at_target("error_in_200", "complete_multipart_upload", **FOREVER),
        3,
        "retryable",
    ),
    case("a login page", pytest.mark.fault(10), at_source("html", nth=1, **FOREVER), 4, "permanent"),
    case(
        "not found",
        pytest.mark.fault(13),
        at_source("status", nth=1, arguments=status(404), **FOREVER),
        4,
        "permanent",
    ),
    case("a part is refused", (), at_target("status", arguments=status(400), **FOREVER), 4, "permanent"),
]


@pytest.mark.parametrize(("fault", "code", "outcome"), FOR_EVER)
def test_what_always_goes_wrong_never_becomes_an_object(
    fault: Fault, code: int, outcome: str, tmp_path: Path
) -> None:
    """Its exit code, its outcome, and no object of the event; nothing is told as verified."""
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand, attempts=2)
        assert ran.code == code, ran.talk
        assert outcomes(ran) == {outcome: 1}
        books = read(stand)
        assert (books.objects, books.sessions) == ([], [])
        assert books.struck()


@pytest.mark.parametrize(
    "action",
    [
        pytest.param("short", marks=pytest.mark.fault(2)),
        pytest.param("short_no_length", marks=pytest.mark.fault(3)),
    ],
)
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
        assert read(stand).calls("create_session_upload") == 1


@pytest.mark.fault(4)
@pytest.mark.parametrize("level", ["etag", "spot"])
def test_a_byte_that_is_stored_wrong_is_found(level: str, tmp_path: Path) -> None:
    """At level etag in any part; at level spot in the first one of a file of several, whatever the budget."""
    fault = at_target("flip", match="partNumber=1&", nth=1, arguments={"at": 4_000_000})
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        ran = moved(stand, integrity=level, hashing=0.001)
        assert ran.code == 0, ran.talk
        assert "part_differs" in ran.talk
        assert ran.document["bytes"]["sent_again"] == PART


@pytest.mark.fault(4, 16)
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
        assert read(stand).calls("abort_multipart_upload") == 0


@pytest.mark.fault(16)
def test_etags_that_say_nothing_lower_the_level_and_are_told(tmp_path: Path) -> None:
    """Everything is verified at level crc, and that is said once."""
    fault = at_target("opaque_etag", **FOREVER)
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand, integrity="etag")
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 2}
        assert ran.talk.count("integrity falls") == 1
        assert "to=crc" in ran.talk


@pytest.mark.fault(19)
@pytest.mark.parametrize("queries", ["off", "on"])
def test_an_empty_answer_to_complete_says_nothing(queries: str, tmp_path: Path) -> None:
    """It is looked for where the target tells, and else sent again; never taken for success."""
    fault = at_target("empty", "complete_multipart_upload")
    with standing(tmp_path, events=1, faults=[fault], object_queries=queries, **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert ran.document["bytes"]["sent_again"] == (0 if queries == "on" else LARGEST)


@pytest.mark.fault(26)
def test_a_token_that_expires_on_the_way_is_asked_for_anew(tmp_path: Path) -> None:
    """Panopto says 403 or 401; the run does not notice."""
    with standing(tmp_path, events=3, expires_in=1.0, bandwidth=8, **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 3}
        assert read(stand).calls("token") >= 2


@pytest.mark.fault(11)
def test_signed_addresses_that_expire_are_signed_anew(tmp_path: Path) -> None:
    """A file takes longer than its signature lives."""
    life = {"signatures": "all", "signature_life": 2.0}
    with standing(tmp_path, events=1, bandwidth=4, **{**QUICK, "largest": 40 * MIB}, **life) as stand:
        ran = moved(stand, parts_in_flight=2)
        assert ran.code == 0, ran.talk
        assert outcomes(ran) == {"verified": 1}


@pytest.mark.fault(25)
def test_processing_that_fails_is_permanent(tmp_path: Path) -> None:
    """State 5 at Panopto: four, its reason, and the other item is verified."""
    fault = at_target("state", "process", arguments={"state": 5, "message": "no codec"})
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 4, ran.talk
        assert outcomes(ran) == {"verified": 1, "permanent": 1}
        assert ran.document["reasons"] == {"processing_error": 1}


@pytest.mark.fault(25)
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


@pytest.mark.fault(25)
def test_a_session_with_another_title_differs(tmp_path: Path) -> None:
    """Five; the item is told as different and not moved again."""
    fault = at_target("alter", "process", arguments={"name": "Something else"})
    with standing(tmp_path, events=2, faults=[fault], **QUICK) as stand:
        ran = moved(stand)
        assert ran.code == 5, ran.talk
        assert outcomes(ran) == {"verified": 1, "differs": 1}
        assert moved(stand).code == 5
        assert len(stand.audit("sessions")) == 2
