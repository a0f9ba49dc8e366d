"""What goes wrong while an event's subjects are read, over whole commands; the auditor judges.

Its list tells the first alone, parted at commas, so each event that has any costs one call. However that
fails, the lecture is moved once, and the aspect `tags` says what became of them.
"""

import json
import signal
import time
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve, dishonest, findings
from campaign.books import read
from fakes.processes import Ran, Stand, begun, ferry, standing

pytestmark = pytest.mark.slow

QUICK: Mapping[str, Any] = {
    "largest": 60_000,
    "typical": 30_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
    "folder_lag": 0,
    "opencast_account": "editor",
}
CALL = "get_metadata"
WHOLE, LISTED = ["Physics, applied", "Optics"], ["Physics", "applied"]
CARRIED = ("carried", "", WHOLE)
Property = Any


def struck(action: str, **more: Any) -> Mapping[str, Any]:
    """Return a fault of the call."""
    return {"operation": f"opencast.{CALL}", "action": action, **more}


def status(code: int, times: int = 1, **arguments: Any) -> Mapping[str, Any]:
    """Return one that answers with a status."""
    return struck("status", times=times, arguments={"status": code, **arguments})


@dataclass(frozen=True)
class Site:
    """A sandbox of one event of two subjects, and the settings of all runs."""

    stand: Stand
    event_id: str
    settings: Path

    def run(self) -> Ran:
        """Run once, and hold it against every invariant."""
        ran = ferry("run", "-c", self.settings, "--json", seconds=90)
        books = read(self.stand)
        approve([*findings(books), *dishonest(books, ran.document, ran.code)])
        return ran

    def put(self, **fields: Any) -> None:
        """Give the event other words, as its people do."""
        account = self.stand.details["opencast"]
        told = json.dumps([{"id": name, "value": value} for name, value in fields.items()])
        url = f"{account['url']}/api/events/{self.event_id}/metadata?type=dublincore/episode"
        data = urllib.parse.urlencode({"metadata": told}).encode()
        request = urllib.request.Request(url, data=data, method="PUT")
        words = f"{account['username']}:{account['password']}"
        request.add_header("Authorization", f"Basic {b64encode(words.encode()).decode()}")
        with urllib.request.urlopen(request, timeout=30):
            pass

    @property
    def tags(self) -> list[str]:
        """The tags of its one session."""
        (row,) = self.stand.audit("sessions")
        return list(row["tags"])

    @property
    def description(self) -> str:
        """The description of its one session."""
        (row,) = self.stand.audit("sessions")
        return str(row["description"])

    @property
    def told(self) -> tuple[str, str, Any]:
        """How the aspect stands by `ferry report`: outcome, reason, and what it is."""
        report = ferry("report", "-c", self.settings, "--format", "json").document
        (item,) = report["items"]
        assert item["outcome"] == "verified"
        (told,) = [one for one in item["aspects"] if one["aspect"] == "tags"]
        assert bool(told["why"]) == (told["outcome"] != "carried")
        return told["outcome"], told["reason"], told["value"]

    def count(self, *calls: str) -> int:
        """How often these calls arrived."""
        return sum(one.call in calls for one in read(self.stand).log)


@contextmanager
def site(
    folder: Path, *faults: Mapping[str, Any], subjects: Sequence[str] = WHOLE, **changes: Any
) -> Iterator[Site]:
    """Stand with one event that is to be moved, of two subjects, one with a comma."""
    with standing(folder, events=1, faults=[*faults], **QUICK) as stand:
        (event_id,) = {one["event_id"] for one in stand.audit("sources")}
        (run := folder / "run").mkdir()
        settings = stand.settings(run, {"luminus": None, "transfer.attempts": 2, **changes})
        found = Site(stand, event_id, settings)
        found.put(subjects=list(subjects))
        yield found


PASSING: Mapping[str, Mapping[str, Any]] = {
    "lost": struck("lose_answer"),
    "unheard": struck("reset"),
    "429": status(429, headers={"Retry-After": "1"}),
    "500": status(500),
    "503": status(503),
    "late": struck("delay", arguments={"seconds": 0.3}),
}
ROWS = {name: pytest.mark.fault(8) for name in ("429", "500", "503")}


@pytest.mark.parametrize("fault", [pytest.param(one, marks=ROWS.get(one, ())) for one in PASSING])
def test_what_passes_leaves_all_there(fault: str, tmp_path: Path, record_property: Property) -> None:
    """All subjects are tags, exit 0; a second run, at which nothing changed, makes no such call."""
    with site(tmp_path, PASSING[fault]) as found:
        ran = found.run()
        assert (ran.code, found.tags, found.told) == (0, WHOLE, CARRIED), ran.talk
        calls = found.count(CALL)
        assert calls == (1 if fault == "late" else 2)
        assert found.run().code == 0
        assert (found.count(CALL), found.count("create_session_upload")) == (calls, 1)
        record_property("injected", 1)


STAYING: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "503": (status(503, 2), "server_fault"),
    "429": (status(429, 2), "throttled"),
    "unheard": (struck("reset", times=2), "unreachable"),
    "junk": (status(200, headers={"Content-Type": "application/json"}, body='{"fields": ['), "server_fault"),
}


@pytest.mark.parametrize("fault", STAYING)
def test_what_stays_away_is_mended_by_the_next_run(fault: str, tmp_path: Path, record_property: Any) -> None:
    """Retryable, exit 3, no tag is guessed and the lecture is there; the next run sends none of it again."""
    struck, reason = STAYING[fault]
    with site(tmp_path, struck, **{"session.description": "About {subjects}"}) as found:
        ran = found.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (3, 1), ran.talk
        assert (found.tags, found.told[:2], "About" in found.description) == (
            [], ("retryable", reason), False
        )  # fmt: skip
        sent = found.count("upload_part", "create_session_upload")
        ran = found.run()
        assert (ran.code, found.tags, found.told) == (0, WHOLE, CARRIED), ran.talk
        assert found.description.startswith("About Physics, applied, Optics\n")
        assert found.count("upload_part", "create_session_upload") == sent
        record_property("happened", "tags and description were set by the next run, no film was sent again")


def test_what_stays_away_in_two_runs_is_left_and_tried_again_when_asked(tmp_path: Path) -> None:
    """What the list tells is carried, and told as not all; `ferry retry --aspect tags` lets it be mended."""
    with site(tmp_path, status(503, 4)) as found:
        assert found.run().code == 3
        ran = found.run()
        assert (ran.code, found.tags) == (4, LISTED), ran.talk
        assert found.told == ("permanent", "server_fault", LISTED)
        calls = found.count(CALL)
        assert found.run().code == 4
        assert found.count(CALL) == calls
        assert ferry("retry", "--aspect", "tags", "-c", found.settings).code == 0
        assert found.run().code == 0
        assert (found.tags, found.told, found.count("create_session_upload")) == (WHOLE, CARRIED, 1)


REFUSED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "403": (status(403), "refused"),
    "404": (status(404), "gone"),
    "410": (status(410), "unreadable"),
    "no such field": (
        status(200, headers={"Content-Type": "application/json"}, body='[{"id": "title", "value": "x"}]'),
        "unreadable",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_refused_is_told_beside_what_the_list_tells(fault: str, tmp_path: Path) -> None:
    """Permanent, exit 4; no later run asks again of itself."""
    struck, reason = REFUSED[fault]
    with site(tmp_path, struck) as found:
        ran = found.run()
        assert (ran.code, ran.document["outcomes"]["verified"]) == (4, 1), ran.talk
        assert (found.tags, found.told) == (LISTED, ("permanent", reason, LISTED))
        assert found.run().code == 4
        assert (found.count(CALL), found.count("create_session_upload")) == (1, 1)


@pytest.mark.fault(26)
@pytest.mark.parametrize("code", [401, 302])
def test_credentials_that_ran_out_end_the_run(code: int, tmp_path: Path) -> None:
    """Exit 7; with the account mended the same run goes on, and sends no film again."""
    fault = status(code, headers={"Location": "https://127.0.0.1:9/login.html"})
    with site(tmp_path, fault) as found:
        assert found.run().code == 7
        films = found.count("upload_part")
        ran = found.run()
        assert (ran.code, found.tags, found.told) == (0, WHOLE, CARRIED), ran.talk
        assert (found.count("create_session_upload"), found.count(CALL)) == (1, 2)
        assert found.count("upload_part") - films == 1  # The manifest.


@pytest.mark.fault(30)
@pytest.mark.parametrize("action", ["stall", "lose_answer"])
def test_a_run_that_is_killed_at_the_call_goes_on(action: str, tmp_path: Path) -> None:
    """Nothing is there twice, and all subjects are tags."""
    with site(tmp_path, struck(action)) as found:
        (tmp_path / "killed").mkdir()
        with begun("run", "-c", found.settings, "--json", folder=tmp_path / "killed") as process:
            end = time.monotonic() + 30
            while not found.count(CALL) and not [one for one in found.stand.audit("faults") if one["struck"]]:
                assert time.monotonic() < end
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        ran = found.run()
        assert (ran.code, found.tags, found.told) == (0, WHOLE, CARRIED), ran.talk
        assert found.count("create_session_upload") == 1


def test_another_second_subject_alone_is_carried_by_one_call(tmp_path: Path) -> None:
    """The version tells that there is something to be read; a mark by a role costs one, and sets nothing."""
    with site(tmp_path) as found:
        assert found.run().code == 0
        assert found.count(CALL) == 1
        found.put(subjects=[WHOLE[0], "Waves"])
        for _ in range(2):
            assert found.run().code == 0
            assert (found.tags, found.count(CALL)) == ([WHOLE[0], "Waves"], 2)
        puts = found.count("update_session_tags", "update_session")
        report = found.settings.with_name("report.json")
        assert ferry("report", "-c", found.settings, "--format", "json", "--output", report).code == 0
        marked = ferry("source", "mark", "--from-report", report, "-c", found.settings, "--apply", "--json")
        assert marked.document["events"]["done"] == 1
        for _ in range(2):
            assert found.run().code == 0
            assert found.count(CALL) == 3
        assert found.count("update_session_tags", "update_session") == puts
        retracted = ferry("source", "retract", "--from-report", report, "-c", found.settings, "--json")
        assert retracted.document["events"]["to do"] == 1


@pytest.mark.parametrize("setting", [{"session.tags": False}, {}], ids=["not wanted", "none there"])
def test_where_nothing_is_made_of_subjects_nobody_asks(setting: Mapping[str, Any], tmp_path: Path) -> None:
    """No tags wanted and none in the description; an event that has none."""
    with site(tmp_path, subjects=WHOLE if setting else (), **setting) as found:
        assert found.run().code == 0
        assert (found.tags, found.count(CALL)) == ([], 0)


def test_an_account_that_may_not_read_them_moves_everything_all_the_same(tmp_path: Path) -> None:
    """A call for each event that has any, what the list tells as tags, and a sentence that names the role."""
    with standing(tmp_path, events=6, **{**QUICK, "opencast_account": "least"}) as stand:
        (run := tmp_path / "run").mkdir()
        settings = stand.settings(run, {"luminus": None})
        ran = ferry("run", "-c", settings, "--json")
        assert ran.code == 4, ran.talk
        books = read(stand)
        approve([*findings(books), *dishonest(books, ran.document, ran.code)])
        subjects = {one["event_id"]: one["metadata"]["subjects"] for one in stand.audit("events")}
        having = [one for one in books.sessions if subjects[one.event_id]]
        assert len(having) > 1
        assert all(one.tags == subjects[one.event_id][:1] for one in having)
        items = ferry("report", "-c", settings, "--format", "json").document["items"]
        whys = [told["why"] for one in items for told in one["aspects"] if told["outcome"] != "carried"]
        assert len(whys) == len(having) == sum(one.call == CALL for one in books.log)
        assert all("ROLE_API_EVENTS_METADATA_VIEW" in why for why in whys)
