"""What LumiNUS, or the gateway before it, refuses: what the command says, what waits, and what goes on."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import (
    CALLS,
    CARRIED,
    QUICK,
    assert_all_right,
    calls,
    carried,
    modules_table,
    outcomes,
    patches,
    report,
    settings,
    write_modules,
)
from fakes.processes import Ran, Stand, ferry, standing

pytestmark = pytest.mark.slow

Json = Any
Fault = Mapping[str, Any]

WAIT = {"Retry-After": "1"}
TOO_MANY = json.dumps({"code": 400, "status": "fail", "message": "TooManyRequests"})
QUOTA = "Out of call volume quota. Quota will be replenished in 00:00:01."
THROTTLES: Mapping[str, Mapping[str, Json]] = {
    "400 as text": {"status": 400, "body": "TooManyRequests"},
    "400 as an envelope": {"status": 400, "body": TOO_MANY},
    "200 with a failure": {"status": 200, "body": TOO_MANY},
    "429": {"status": 429, "headers": WAIT},
    "403 of a quota": {
        "status": 403,
        "headers": WAIT,
        "body": json.dumps({"statusCode": 403, "message": QUOTA}),
    },
}


def refusing(call: str, status: int, **more: Json) -> Fault:
    """Return the fault by which LumiNUS itself, not its gateway, refuses a call with a status."""
    return {
        "operation": f"luminus.{call}",
        "action": "status",
        "arguments": {"status": status},
        **more,
    }


def parked(ran: Ran) -> str:
    """Return the one sentence by which the command says that it asks LumiNUS nothing more."""
    (sentence,) = [line for line in ran.talk.splitlines() if "nothing more goes to LumiNUS" in line]
    return sentence


def assert_shipped(stand: Stand, events: int = QUICK["events"]) -> None:
    """Assert that every event has a session that Panopto has completed."""
    assert Counter(row["state"] for row in stand.audit("sessions")) == {4: events}


@pytest.mark.parametrize("shape", THROTTLES)
def test_throttled_at_every_operation(shape: str, tmp_path: Path) -> None:
    """The first call of each is refused, in each of five shapes: all is carried, by one PATCH each."""
    faults: list[Fault] = [
        {"operation": f"luminus.{call}", "action": "status", "arguments": THROTTLES[shape]} for call in CALLS
    ]
    with standing(tmp_path, faults=faults, **QUICK) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert [row["call"] for row in calls(stand) if row["fault"]] == list(CALLS)


def test_more_calls_than_luminus_takes(tmp_path: Path) -> None:
    """It takes two a second, and refuses others in seven ways in turn: it takes longer; all is carried."""
    with standing(tmp_path, **{**QUICK, "events": 8, "luminus_rate": 2}) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand, items=len(stand.audit("lecture-items")))
        assert len([row for row in calls(stand) if row["status"] in {400, 403, 429}]) >= 3


def test_a_token_that_has_ended(tmp_path: Path) -> None:
    """Three, one sentence, one refused call; the media that are still under way go on and are verified."""
    slow = {**QUICK, "largest": 20_000_000, "bandwidth": 8.0, "luminus_token_life": 0}
    with standing(tmp_path, **slow) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 3, ran.talk
        assert outcomes(ran) == {"verified": 1, "waiting": CARRIED}
        assert ran.document["reasons"] == {"luminus_account": CARRIED}
        assert_shipped(stand)
        assert (patches(stand), len(calls(stand))) == (0, 1)
        (refused,) = [row["number"] for row in calls(stand)]
        later = [row for row in stand.audit("log") if row["number"] > refused]
        assert "upload_part" in {row["call"] for row in later}
        assert "luminus.token" in parked(ran)


def test_a_token_that_ends_on_the_way(tmp_path: Path) -> None:
    """What is carried stays; the rest waits; with a token that is taken again, the next run completes it."""
    fault = refusing("patch_session", 401, nth=2)
    with standing(tmp_path, faults=[fault], **QUICK) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 3, ran.talk
        assert outcomes(ran)["waiting"] >= 1
        assert set(ran.document["reasons"]) == {"luminus_account"}
        assert_shipped(stand)
        refused = next(row["number"] for row in calls(stand) if row["status"] == 401)
        assert len([row for row in calls(stand) if row["number"] > refused]) <= 1
        assert "luminus.token" in parked(ran)
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert ran.document["bytes"]["sent"] == 0
        assert_all_right(stand)


def test_the_quota_of_a_day(tmp_path: Path) -> None:
    """Three and `luminus_quota`; the sentence says when to come back, and shipping goes on."""
    with standing(tmp_path, **{**QUICK, "luminus_quota": 4}) as stand:
        ran = carried(tmp_path / "run", stand, {"luminus.calls_per_second": 5})
        assert ran.code == 3, ran.talk
        assert set(ran.document["reasons"]) == {"luminus_quota"}
        assert_shipped(stand)
        assert len(calls(stand)) <= 6
        assert "spent until 20" in parked(ran)


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"luminus.url": "{url}/v2"}, "luminus_address", "check luminus.url"),
        ({"luminus.subscription_key_file": "{key}"}, "luminus_account", "luminus.subscription_key"),
        ({"luminus.token_file": "{key}"}, "luminus_account", "luminus.token"),
    ],
)
def test_settings_that_luminus_does_not_know(
    changes: dict[str, str], reason: str, words: str, tmp_path: Path
) -> None:
    """A wrong address, key or token: a sentence names the setting; all else is done; mended, it goes on."""
    key = tmp_path / "wrong.secret"
    key.write_text("0123456789abcdef0123456789abcdef\n")
    key.chmod(0o600)
    with standing(tmp_path, **QUICK) as stand:
        url = stand.details["luminus"]["url"]
        ran = carried(
            tmp_path / "run", stand, {name: text.format(url=url, key=key) for name, text in changes.items()}
        )
        assert ran.code == 3, ran.talk
        assert ran.document["reasons"] == {reason: CARRIED}
        assert_shipped(stand)
        assert len(calls(stand)) == 1
        assert words in parked(ran)
        assert key.read_text().strip() not in ran.talk
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)


def test_an_account_that_only_reads(tmp_path: Path) -> None:
    """Four and `no_right`, no PATCH, and everything is at Panopto; the plan says it before."""
    with standing(tmp_path, **{**QUICK, "luminus_account": "reader"}) as stand:
        planned = ferry("plan", "-c", settings(tmp_path / "run", stand), "--json")
        told = [one for one in planned.document["problems"] if "no right to update" in one]
        assert 0 < len(told) <= len(modules_table(stand))
        assert (planned.code, planned.document["luminus"]["stops"]) == (4, {"no_right": CARRIED})
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 4, ran.talk
        assert outcomes(ran) == {"verified": 1, "permanent": CARRIED}
        assert ran.document["reasons"] == {"no_right": CARRIED}
        assert patches(stand) == 0
        assert_shipped(stand)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 200, "body": "<html>Sign in</html>"},
        {"status": 200, "body": '{"status": "fail", "code": 500}'},
        {"status": 400},
        {"status": 415},
    ],
)
def test_a_patch_that_is_answered_badly_once(answer: Mapping[str, Json], tmp_path: Path) -> None:
    """Not applied, whatever it looks like: it is looked at, and sent again."""
    fault = {"operation": "luminus.patch_session", "action": "status", "arguments": answer}
    with standing(tmp_path, faults=[fault], **QUICK) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert patches(stand) == CARRIED + 1


def test_a_right_that_only_the_patch_denies(tmp_path: Path) -> None:
    """LumiNUS's own 403: that module's items end so, after one try; the other modules' are carried."""
    with standing(tmp_path, faults=[refusing("patch_session", 403)], **QUICK) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 4, ran.talk
        assert set(ran.document["reasons"]) == {"no_right"}
        rows = stand.audit("lecture-items")
        assert {row["patches"] for row in rows} == {0, 1}
        assert len({row["module_id"] for row in rows if row["patches"] == 0}) == 1


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox at which plans are made, and nothing else."""
    with standing(tmp_path_factory.mktemp("world"), **QUICK) as found:
        yield found


def codes(stand: Stand) -> Mapping[str, str]:
    """Return the ids of all modules of LumiNUS's account, by their short names."""
    account = stand.details["luminus"]
    headers = {
        "Authorization": f"Bearer {account['token']}",
        "Ocp-Apim-Subscription-Key": account["subscription_key"],
    }
    with urllib.request.urlopen(
        urllib.request.Request(f"{account['url']}/module", headers=headers), timeout=20
    ) as reply:
        return {row["name"]: row["id"] for row in json.load(reply)["data"]}


def planned(folder: Path, stand: Stand, changes: Mapping[str, Json] | None = None) -> list[str]:
    """Return the problems that a plan names, and check that it wrote nothing anywhere."""
    ran = ferry("plan", "-c", settings(folder, stand, changes), "--json")
    assert "Traceback" not in ran.talk, ran.talk
    written = {row["call"] for row in stand.audit("log") if row["method"] not in {"GET", "HEAD"}}
    # SOAP asks by POST as well.
    assert written <= {"token", "soap_get_sessions_by_external_id"}
    assert not (folder / "migration.checkpoint").exists()
    problems: list[str] = ran.document["problems"]
    return problems


@pytest.mark.parametrize(
    ("module", "words", "code", "reason"),
    [
        ("00000000-0000-0000-0000-00000000dead", "does not show the module", 4, "unknown_module"),
        ("GER1000", "has no web lecture tool", 4, "no_web_lecture"),
        ("LAJ2201", "no right to update", 4, "no_right"),
        ("another's", "where LumiNUS never sees them", 3, "lecture_item"),
    ],
)
def test_a_plan_says_what_stands_against_a_module(
    module: str, words: str, code: int, reason: str, world: Stand, tmp_path: Path
) -> None:
    """A sentence, the items that it stops, and their code; a series with nothing to move is no trouble."""
    table, known = modules_table(world), codes(world)
    idle, wrong, *_ = sorted(table)
    known["another's"] = table[idle]
    unseen = {idle: "00000000-0000-0000-0000-00000000beef"} if module != "another's" else {}
    path = write_modules(tmp_path / "run", {**table, **unseen, wrong: known.get(module, module)})
    ran = ferry("plan", "-c", settings(tmp_path / "run", world, {"luminus.modules": path}), "--json")
    assert ran.code == code, ran.talk
    (stopped,) = [one for one in ran.document["problems"] if words in one]
    assert wrong in stopped
    assert list(ran.document["luminus"]["stops"]) == [reason]


def test_a_plan_says_what_is_published_by_itself(world: Stand, tmp_path: Path) -> None:
    """Of two web lectures with isAutoPublish, the one to which something is to come."""
    problems = planned(tmp_path / "run", world)
    assert len([one for one in problems if "isAutoPublish" in one]) == 1


def test_a_table_of_wrong_modules_ends_its_items_alone(tmp_path: Path) -> None:
    """Unknown, without a tool, without the right: permanent by their reasons; the fourth is carried."""
    with standing(tmp_path, **{**QUICK, "events": 14}) as stand:
        table, known = modules_table(stand), codes(stand)
        series = sorted(table)
        wrong = ("00000000-0000-0000-0000-00000000dead", known["GER1000"], known["LAJ2201"])
        path = write_modules(tmp_path / "run", dict(zip(series, (*wrong, table[series[3]]), strict=True)))
        ran = carried(tmp_path / "run", stand, {"luminus.modules": path})
        assert ran.code == 4, ran.talk
        given = Counter(row["series"] for row in report(tmp_path / "run").values() if row["session_id"])
        reasons = dict(zip(("unknown_module", "no_web_lecture", "no_right"), series, strict=False))
        assert (
            ran.document["reasons"].items()
            >= {reason: given[one] for reason, one in reasons.items() if given[one]}.items()
        )
        rows = [row for row in stand.audit("lecture-items") if row["patches"]]
        assert {row["module_id"] for row in rows} <= {table[series[3]]}
        assert len(rows) == given[series[3]]


@pytest.mark.parametrize(("life", "words"), [(0, "token ended"), (600, "token ends at")])
def test_a_plan_says_when_the_token_ends(life: int, words: str, tmp_path: Path) -> None:
    """One that has ended, or that lives for less than a run needs."""
    with standing(tmp_path, **{**QUICK, "luminus_token_life": life}) as stand:
        (sentence,) = [one for one in planned(tmp_path / "run", stand) if "token" in one]
        assert words in sentence
