"""Items go on to LumiNUS: by the audit, every member is what the policy says, and nothing is sent twice."""

import csv
import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.carrying_runs import (
    CARRIED,
    QUICK,
    assert_all_right,
    calls,
    carried,
    modules_table,
    outcomes,
    patches,
    report,
    write_modules,
)
from fakes.lecture_policy import Shown, due, event_of, opencast, shown
from fakes.processes import Stand, standing

pytestmark = pytest.mark.slow

Json = Any

WORLD = {**QUICK, "events": 36, "luminus_page": 2}
"""The whole catalogue; lists that come in pages of two."""


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox whose items are all carried, by a run whose settings lie in `run` of its folder."""
    with standing(tmp_path_factory.mktemp("world"), **WORLD) as found:
        ran = carried(found.folder / "run", found)
        assert ran.code == 4, ran.talk  # some captions and chapters of the catalogue are none
        assert ran.document["outcomes"]["permanent"] == 0
        yield found


def test_every_member_is_what_the_policy_says(stand: Stand) -> None:
    """Of each session in a module's folder one lecture item, set by one PATCH; some shown and some hidden."""
    tabled = {row["folder_id"] for row in stand.audit("lecture-items")}
    sessions = [row for row in stand.audit("sessions") if row["folder_id"] in tabled]
    assert_all_right(stand, items=len(sessions))
    assert len(sessions) >= 10
    assert {row["publish"] for row in stand.audit("lecture-items")} == {True, False}
    assert len(stand.audit("sessions")) > len(sessions)
    assert patches(stand) == len(sessions)


def test_every_patch_has_the_type_that_the_portal_names(stand: Stand) -> None:
    """And all of them were answered by 200."""
    sent = calls(stand, "patch_session")
    assert {row["headers"]["Content-Type"] for row in sent} == {"application/json-patch+json"}
    assert {row["status"] for row in sent} == {200}


def test_a_second_run_sends_nothing(stand: Stand) -> None:
    """It sends no PATCH, nothing to Panopto, and asks LumiNUS nothing."""
    before = stand.audit("requests")
    ran = carried(stand.folder / "run", stand)
    assert ran.code == 4, ran.talk
    assert ran.document["bytes"]["sent"] == 0
    after = stand.audit("requests")
    assert [row for row in after if row["service"] != "opencast"] == [
        row for row in before if row["service"] != "opencast"
    ]


def test_the_report_names_each_lecture_item(stand: Stand) -> None:
    """By its event, with whether it is published, as the audit has it."""
    events = {row["session_id"]: event_of(row) for row in stand.audit("sessions")}
    told = report(stand.folder / "run")
    for row in stand.audit("lecture-items"):
        item = told[events[row["session_id"]]]
        assert item["lecture_items"] == [row["lecture_item_id"]]
        assert item["published"].startswith("yes" if row["publish"] else "no")


def test_a_series_without_a_row_is_left_alone(tmp_path: Path) -> None:
    """Its lecture items stay as LumiNUS made them; its sessions are verified all the same."""
    with standing(tmp_path, **QUICK) as stand:
        table = modules_table(stand)
        left_out = next(
            one["is_part_of"] for one in opencast(stand, "/api/events") if one["is_part_of"] in table
        )
        path = write_modules(tmp_path / "run", {one: table[one] for one in table if one != left_out})
        ran = carried(tmp_path / "run", stand, {"luminus.modules": path})
        assert ran.code == 0, ran.talk
        time.sleep(2 * QUICK["lecture_item_lag"])
        rows, wanted = stand.audit("lecture-items"), due(stand)
        untouched = [row for row in rows if row["module_id"] == table[left_out]]
        assert 1 <= len(untouched) < len(rows) == CARRIED
        for row in rows:
            if row in untouched:
                assert (row["patches"], row["presenter"]) == (0, "")
            else:
                assert (row["patches"], shown(row)) == (1, wanted[row["session_id"]])


def test_series_that_share_a_module(tmp_path: Path) -> None:
    """Three series of one folder and one module: its web lecture is asked for once, a look serves all."""
    with standing(tmp_path, **QUICK) as stand:
        table = modules_table(stand)
        with (stand.folder / "folders.csv").open() as file:
            folders = {row["series"]: row["folder_id"] for row in csv.DictReader(file)}
        shared = min(table)
        modules = write_modules(tmp_path / "run", dict.fromkeys(table, table[shared]))
        path = tmp_path / "run" / "folders.csv"
        path.write_text("\n".join(["series,folder_id", *(f"{one},{folders[shared]}" for one in table)]))
        ran = carried(tmp_path / "run", stand, {"luminus.modules": modules, "panopto.folders": str(path)})
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert {row["module_id"] for row in stand.audit("lecture-items")} == {table[shared]}
        assert len(calls(stand, "weblecture")) == 1


def test_items_that_are_not_there_yet_wait_for_the_next_run(tmp_path: Path) -> None:
    """Three and `lecture_item`, after one look a module where carry.wait is 0; the next run takes them up."""
    late = 4.0
    with standing(tmp_path, **{**QUICK, "lecture_item_lag": late}) as stand:
        ran = carried(tmp_path / "run", stand, {"carry.wait": 0})
        assert ran.code == 3, ran.talk
        assert outcomes(ran) == {"verified": 1, "waiting": CARRIED}
        assert ran.document["reasons"] == {"lecture_item": CARRIED}
        assert len(calls(stand, "sessions")) <= CARRIED
        assert (patches(stand), stand.audit("lecture-items")) == (0, [])
        time.sleep(late)
        ran = carried(tmp_path / "run", stand, {"carry.wait": 0})
        assert ran.code == 0, ran.talk
        assert ran.document["bytes"]["sent"] == 0
        assert_all_right(stand)


def test_a_run_looks_again_as_long_as_it_is_to(tmp_path: Path) -> None:
    """carry.wait shorter than LumiNUS takes: it looks more than once, then leaves them to the next run."""
    with standing(tmp_path, **{**QUICK, "lecture_item_lag": 600}) as stand:
        started = time.monotonic()
        ran = carried(tmp_path / "run", stand, {"carry.wait": 4})
        assert ran.code == 3, ran.talk
        assert 4 < time.monotonic() - started < 45
        assert ran.document["reasons"] == {"lecture_item": CARRIED}
        assert CARRIED < len(calls(stand, "sessions")) <= 15


def test_both_lecture_items_of_a_session_are_set(tmp_path: Path) -> None:
    """Where modules are listed together: both as the policy says, and both in the report."""
    with standing(tmp_path, **{**QUICK, "events": 8, "cross_listed": "on"}) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        rows = stand.audit("lecture-items")
        assert_all_right(stand, items=len(rows))
        twins: dict[str, list[str]] = {}
        for row in rows:
            twins.setdefault(row["session_id"], []).append(row["lecture_item_id"])
        assert max(map(len, twins.values())) == 2
        events = {row["session_id"]: event_of(row) for row in stand.audit("sessions")}
        told = report(tmp_path / "run")
        for session_id, items in twins.items():
            assert sorted(told[events[session_id]]["lecture_items"]) == sorted(items)


@pytest.mark.parametrize("answer", ["item", "number", "nothing"])
def test_whatever_a_patch_is_answered(answer: str, tmp_path: Path) -> None:
    """The lecture item is read back; one PATCH each."""
    with standing(tmp_path, **{**QUICK, "patch_answer": answer}) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert patches(stand) == CARRIED


@pytest.mark.parametrize("action", ["lose_answer", "reset"])
def test_a_patch_without_an_answer(action: str, tmp_path: Path) -> None:
    """Applied or not, it is looked for first: each lecture item is set once."""
    fault = {"operation": "luminus.patch_session", "action": action, "times": 2}
    with standing(tmp_path, faults=[fault], **QUICK) as stand:
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert patches(stand) == CARRIED + (2 if action == "reset" else 0)


def test_no_luminus_first_and_luminus_later(tmp_path: Path) -> None:
    """Nothing is shipped again: the second run only carries what the first has moved."""
    with standing(tmp_path, **QUICK) as stand:
        ran = carried(tmp_path / "run", stand, {"luminus": None})
        assert ran.code == 0, ran.talk
        assert calls(stand) == []
        before = [row for row in stand.audit("requests") if row["call"] == "upload_part"]
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert [row for row in stand.audit("requests") if row["call"] == "upload_part"] == before
        assert ran.document["bytes"]["sent"] == 0
        assert_all_right(stand)


def patch_by_hand(stand: Stand, item_id: str, wanted: Shown) -> None:
    """Set a lecture item as somebody else would, who has the same account."""
    account = stand.details["luminus"]
    body = {
        "id": item_id,
        "name": wanted.name,
        "presenter": wanted.presenter,
        "publish": wanted.publish,
        "startDate": wanted.start.isoformat(),
        "description": wanted.description,
    }
    headers = {
        "Authorization": f"Bearer {account['token']}",
        "Ocp-Apim-Subscription-Key": account["subscription_key"],
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(
        f"{account['url']}/weblecture/session", json.dumps(body).encode(), headers, method="PATCH"
    )
    with urllib.request.urlopen(request, timeout=20) as reply:
        reply.read()


def test_what_is_right_already_is_not_sent(tmp_path: Path) -> None:
    """Somebody set the lecture items by hand meanwhile: the run finds them equal, and sends no PATCH."""
    late = 4.0
    with standing(tmp_path, **{**QUICK, "lecture_item_lag": late}) as stand:
        assert carried(tmp_path / "run", stand, {"carry.wait": 0}).code == 3
        time.sleep(late)
        wanted = due(stand)
        for row in stand.audit("lecture-items"):
            patch_by_hand(stand, row["lecture_item_id"], wanted[row["session_id"]])
        before = calls(stand, "sessions")
        ran = carried(tmp_path / "run", stand)
        assert ran.code == 0, ran.talk
        assert_all_right(stand)
        assert patches(stand) == CARRIED
        assert len(calls(stand, "sessions")) - len(before) <= CARRIED
