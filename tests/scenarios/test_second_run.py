"""A second run moves what is new or changed at the source and nothing else, and a third one does nothing."""

import json
import signal
import time
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import Books, Request, Session, read
from fakes.processes import Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 600_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "opencast_account": "editor",
    "retraction_seconds": 0.05,
}
WRITES = ("create_", "put_session", "upload_", "complete_", "update_", "soap_update", "delete_s", "abort_")
"""How the calls to Panopto begin that change something."""


def configured(stand: Stand, **changes: Any) -> Path:
    """Write the settings of all runs of a sandbox, whose checkpoint lies beside them."""
    folder = stand.folder / "run"
    folder.mkdir(exist_ok=True)
    return stand.settings(folder, {"luminus": None, **changes})


def opencast(stand: Stand, method: str, path: str, form: Mapping[str, str] | None = None) -> None:
    """Change an event at the source, as its people do."""
    account = stand.details["opencast"]
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(f"{account['url']}{path}", data=data, method=method)
    words = f"{account['username']}:{account['password']}"
    request.add_header("Authorization", f"Basic {b64encode(words.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=30):
        pass


def reword(stand: Stand, event_id: str, **fields: Any) -> None:
    """Give an event other words."""
    told = json.dumps([{"id": name, "value": value} for name, value in fields.items()])
    path = f"/api/events/{event_id}/metadata?type=dublincore/episode"
    opencast(stand, "PUT", path, {"metadata": told})


def film_anew(stand: Stand, event_id: str) -> None:
    """Publish another film of an event."""
    url = f"{stand.details['audit']['url']}/events/{event_id}/film"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30):
        pass


def sessions_of(books: Books, event_id: str) -> list[Session]:
    """Return the sessions of an event."""
    return [one for one in books.sessions if one.event_id == event_id]


class Mark:
    """A moment of a sandbox: what has reached it since."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._after = max(one.number for one in read(stand).log)

    @property
    def written(self) -> list[Request]:
        """The requests since then that changed something at Panopto."""
        log = [one for one in read(self._stand).log if one.number > self._after]
        return [one for one in log if one.service == "panopto" and one.call.startswith(WRITES)]

    def calls(self, name: str) -> int:
        """How many of them are of one name."""
        return sum(one.call == name for one in self.written)


def external_ids(stand: Stand) -> dict[str, str]:
    """Return the external id of each session."""
    return {one["session_id"]: one["external_id"] for one in stand.audit("sessions")}


def moved(stand: Stand, settings: Path) -> list[str]:
    """Run, and return the events that have sessions."""
    ran = ferry("run", "-c", settings, "--json")
    assert ran.code == 0, ran.talk
    return sorted({one.event_id for one in read(stand).sessions})


def test_only_what_changed_is_moved(tmp_path: Path) -> None:
    """One of each kind: the changed film's bytes alone are sent, words by one PUT, nothing is deleted."""
    with standing(tmp_path, events=7, **QUICK) as stand:
        film, words, gone, tags, *_ = moved(stand, configured(stand, **{"select.limit": 6}))
        settings = configured(stand)
        old = {name: sessions_of(read(stand), name)[0].session_id for name in (film, words, gone, tags)}
        film_anew(stand, film)
        reword(stand, words, title="Another title")
        reword(stand, tags, subjects=["Optics"])
        opencast(stand, "DELETE", f"/api/events/{gone}")
        time.sleep(0.3)
        wanted = {"new": 1, "media": 1, "metadata": 2, "date": 0, "gone": 1}
        mark = Mark(stand)
        plan = ferry("plan", "-c", settings, "--json")
        assert (plan.document["changes"], plan.document["to_move"]["items"]) == (wanted, 2), plan.talk
        assert mark.written == []

        ran = ferry("run", "-c", settings, "--json")
        assert (ran.code, ran.document["changes"]) == (0, wanted), ran.talk
        books = read(stand)
        fresh = {one.session_upload_id for one in books.sessions if one.session_id not in old.values()}
        sent = [one for one in books.objects if one.session_upload_id in fresh]
        assert len(fresh - {None}) == 7 - 4 + 1
        assert mark.calls("create_session_upload") == 2
        assert sum(one.bytes_in for one in mark.written if one.call == "upload_part") <= sum(
            one.size for one in sent
        )
        assert (mark.calls("update_session"), mark.calls("delete_session")) == (1, 0)
        # What the source does not have any more cannot be held against it.
        approve(one for one in findings(books, Bounds(sessions={film: 2})) if gone not in one.what)

        newest = next(one for one in sessions_of(books, film) if one.session_id != old[film])
        ids = external_ids(stand)
        assert (ids[old[film]], ids[newest.session_id]) == ("", film)
        assert sessions_of(books, words)[0].title == "Another title"
        assert [one.session_id for one in sessions_of(books, gone)] == [old[gone]]
        (labelled,) = [one for one in stand.audit("sessions") if one["session_id"] == old[tags]]
        assert labelled["tags"] == ["Optics"]

        rows = {one["event_id"]: one for one in report(settings)}
        assert rows[film]["earlier_sessions"] == [old[film]]
        assert rows[film]["session_id"] == newest.session_id
        assert (rows[gone]["outcome"], rows[gone]["at_source"][:4]) == ("verified", "gone")
        assert old[film] in ferry("show", film, "-c", settings).output
        assert old[film] not in ferry("redirects", "-c", settings).output
        assert ferry("verify", "-c", settings).code == 0

        mark = Mark(stand)
        third = ferry("run", "-c", settings, "--json")
        assert (third.code, third.document["bytes"]["sent"]) == (0, 0), third.talk
        assert third.document["changes"] == {"new": 0, "media": 0, "metadata": 0, "date": 0, "gone": 1}
        assert mark.written == []


def report(settings: Path) -> list[dict[str, Any]]:
    """Return the rows of the report."""
    rows: list[dict[str, Any]] = ferry("report", "-c", settings, "--format", "json").document["items"]
    return rows


def test_films_that_changed_may_be_reported_only(tmp_path: Path) -> None:
    """`changed = "report"`: nothing is sent, and the report says so, as long as it is so."""
    with standing(tmp_path, events=1, **QUICK) as stand:
        settings = configured(stand, **{"transfer.changed": "report"})
        (film,) = moved(stand, settings)
        film_anew(stand, film)
        mark = Mark(stand)
        for _ in range(2):
            ran = ferry("run", "-c", settings, "--json")
            assert (ran.code, ran.document["changes"]["media"]) == (0, 1), ran.talk
        assert mark.written == []
        assert report(settings)[0]["at_source"] == "its films have changed, and were not moved again"
        assert moved(stand, configured(stand)) == [film]
        assert len(sessions_of(read(stand), film)) == 2
        assert report(settings)[0]["at_source"] == ""


def strikes(call: str, action: str, nth: int = 1, times: int = 1, **arguments: Any) -> dict[str, Any]:
    """Return a fault of one of Panopto's calls."""
    fault = {"operation": f"panopto.{call}", "action": action, "nth": nth, "times": times}
    return {**fault, "arguments": arguments}


@pytest.mark.fault(24)
@pytest.mark.parametrize(
    "fault",
    [
        strikes("update_session", "lose_answer"),
        *(strikes("update_session", "status", status=status) for status in (401, 403, 429, 500)),
    ],
    ids=["lost", "401", "403", "429", "500"],
)
def test_words_are_set_whatever_becomes_of_answers(fault: dict[str, Any], tmp_path: Path) -> None:
    """The same PUT again does no harm; a token that ran out is renewed."""
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings = configured(stand)
        (words,) = moved(stand, settings)
        reword(stand, words, title="Another title")
        mark = Mark(stand)
        assert moved(stand, settings) == [words]
        (session,) = sessions_of(read(stand), words)
        assert session.title == "Another title"
        assert {one.call for one in mark.written} == {"update_session"}
        assert mark.calls("update_session") == 2


def test_words_that_may_not_be_set_are_an_aspect_of_their_own(tmp_path: Path) -> None:
    """Panopto says no: the item stays verified, nothing is sent, and a later run tries again."""
    faults = [strikes("update_session", "status", times=2, status=403)]
    with standing(tmp_path, events=1, faults=faults, **QUICK) as stand:
        settings = configured(stand)
        (words,) = moved(stand, settings)
        reword(stand, words, title="Another title")
        ran = ferry("run", "-c", settings, "--json")
        assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 1), ran.talk
        assert ran.document["aspects"]["metadata"] == {"permanent": 1}
        assert moved(stand, settings) == [words]
        assert sessions_of(read(stand), words)[0].title == "Another title"


@pytest.mark.fault(24)
@pytest.mark.parametrize("kill", [False, True], ids=["lost", "killed"])
@pytest.mark.parametrize(
    ("call", "nth"),
    [
        ("create_session_upload", 2),
        ("put_session_upload", 2),
        ("soap_update_session_external_id", 2),
        ("soap_update_session_external_id", 3),
    ],
)
def test_a_film_that_changed_is_moved_once(call: str, nth: int, kill: bool, tmp_path: Path) -> None:
    """Answers are lost, or the run is killed there: two sessions in the end, the id with the newest."""
    fault = strikes(call, "stall" if kill else "lose_answer", nth)
    with standing(tmp_path, events=1, faults=[fault], **QUICK) as stand:
        settings = configured(stand)
        (film,) = moved(stand, settings)
        film_anew(stand, film)
        if kill:
            killed_at_fault(stand, settings)
        assert moved(stand, settings) == [film]
        sessions_are_two(stand, settings, film)


def test_a_run_that_is_killed_at_its_put_is_made_again(tmp_path: Path) -> None:
    """Before the words were set, or after: the next run sets them, and sends nothing."""
    faults = [strikes("update_session", "stall"), strikes("update_session", "lose_answer", 2, 3)]
    with standing(tmp_path, events=1, faults=faults, **QUICK) as stand:
        settings = configured(stand)
        (words,) = moved(stand, settings)
        reword(stand, words, title="Another title")
        mark = Mark(stand)
        killed_at_fault(stand, settings)
        killed_at_fault(stand, settings)
        assert moved(stand, settings) == [words]
        assert sessions_of(read(stand), words)[0].title == "Another title"
        assert {one.call for one in mark.written} == {"update_session"}


def killed_at_fault(stand: Stand, settings: Path) -> None:
    """Begin a run, and kill it where the next fault strikes."""
    before = sum(one.fault is not None for one in read(stand).log)
    folder = stand.folder / f"killed-{before}"
    folder.mkdir()
    with begun("run", "-c", settings, folder=folder) as process:
        end = time.monotonic() + 30
        while sum(one.fault is not None for one in read(stand).log) == before:
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def sessions_are_two(stand: Stand, settings: Path, film: str) -> None:
    """Assert that an event has two sessions, complete, of which the one on record has the external id."""
    books = read(stand)
    approve(findings(books, Bounds(sessions={film: 2})))
    assert [one.state for one in sessions_of(books, film)] == [4, 4]
    (row,) = report(settings)
    ids = external_ids(stand)
    assert ids[row["session_id"]] == film
    assert [ids[one] for one in row["earlier_sessions"]] == [""]
    mark = Mark(stand)
    assert ferry("run", "-c", settings).code == 0
    assert mark.written == []


def test_lecture_items_follow(tmp_path: Path) -> None:
    """Words that changed go on to the lecture item; another film's session gets a lecture item of its own."""
    with standing(tmp_path, events=1, **QUICK) as stand:
        settings = stand.settings(tmp_path)
        (event,) = moved(stand, settings)
        (item,) = [one for one in stand.audit("lecture-items") if one["session_id"] == only(stand, event)]
        reword(stand, event, title="Another title")
        assert moved(stand, settings) == [event]
        (after,) = [
            one for one in stand.audit("lecture-items") if one["lecture_item_id"] == item["lecture_item_id"]
        ]
        assert after["patches"] == 2
        film_anew(stand, event)
        assert moved(stand, settings) == [event]
        sessions = {one.session_id for one in sessions_of(read(stand), event)}
        patched = {one["session_id"]: one["patches"] for one in stand.audit("lecture-items")}
        assert sorted(patched[one] for one in sessions) == [1, 2]
        approve(findings(read(stand), Bounds(sessions={event: 2}, patches=2)))


def only(stand: Stand, event: str) -> str:
    """Return the session of an event that has one."""
    return sessions_of(read(stand), event)[0].session_id
