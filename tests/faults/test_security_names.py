"""Hostile names (F36): in titles, series, ids, agents, files, rooms, and in what servers answer as messages.

The titles arrive as they were, and nothing else of them has any effect: no path, no key at the target, no
line and no escape on a terminal. There is no page yet; what is told is told by terminal, log, JSON and CSV.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve
from campaign.books import read
from campaign.surroundings import chosen_by_source, strange_files
from fakes.overheard import overheard
from fakes.processes import ferry
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from pipelines.migration.carry.texts import line, units
from pipelines.opencast.model import Event
from pipelines.panopto.document import write
from pipelines.panopto.manifest import NAMESPACE, Manifest, title_of
from pipelines.sandbox import Switches, World
from pipelines.sandbox.drafts import FIRST_LECTURE
from pipelines.sandbox.valt import seeds
from pipelines.sandbox.valt.model import Room
from pipelines.schedules.convert import name_of

HOSTILE: Mapping[str, str] = {
    "path": "../../../../tmp/x/../y\\..\\z",
    "nul": "a\x00b\x07c\x7fd\x9b31me",
    "end of line": "a\r\nSet-Cookie: x=1\r\n\r\n2026-01-01T00:00:00Z [info     ] forged",
    "direction": "abc\u202e4pm.exe\u2066\u2069\u200f",
    "four bytes": "😀𝔘𐍈 量子",
    "long": "x" * 300,
    "markup": "R&D <script>alert(1)</script> &amp; [bold red]x[/nope] :warning: \\[b]",
    "formula": '=HYPERLINK("https://evil.example";1)',
    "escape": "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x1b[2J\x1b[31m",
    "template": "{title} %s $(id) `id` ${HOME} {{7*7}}",
}
TITLES = tuple(HOSTILE.values())
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Of XML 1.0, section 2.2."""
OURS = {"migration.checkpoint", "migration.checkpoint.lock"}
SWITCHES = Switches(
    largest=90_000, typical=20_000, rate_limit="off", seconds_to_processing=0.05, seconds_to_complete=0.05,
    lecture_item_lag=0.2, luminus_rate=20, search_lag=0.1,
)  # fmt: skip
MESSAGE = f"no codec {HOSTILE['escape']} {HOSTILE['end of line']} [red]"

titles = st.text(st.characters(codec=None), max_size=320) | st.sampled_from(TITLES)


def words(text: str) -> str:
    """Return a text on one line, as LumiNUS and VALT have it: by a rule of this test's own."""
    return " ".join(
        "".join(one for one in word if unicodedata.category(one) not in {"Cc", "Cs"}) for word in text.split()
    )


@pytest.mark.fault(36)
@given(titles)
@example("\r\n\t")
def test_a_title_arrives_in_a_manifest_as_it_was(title: str) -> None:
    """Read back by a parser it is the same but for what XML cannot hold; a blank one is the event's id."""
    told = title_of(title, "event-1")
    root = etree.fromstring(
        write(Manifest(told, "", FIRST_LECTURE, ())), etree.XMLParser(resolve_entities=False)
    )
    assert root.findtext(f"{{{NAMESPACE}}}Title") == (
        ILLEGAL.sub("", title) if ILLEGAL.sub("", title).strip() else "event-1"
    )


@pytest.mark.fault(36)
@given(titles)
def test_a_title_arrives_at_luminus_as_it_was(title: str) -> None:
    """On one line; nothing is escaped, added or obeyed, and what fits is whole."""
    told = line(title)
    assert words(title).replace(" ", "").endswith(told.replace(" ", ""))
    assert not any(unicodedata.category(one) in {"Cc", "Cs"} for one in told)
    assert units(told) <= units(title)


@pytest.mark.fault(36)
@given(titles.filter(lambda title: len(title) <= 255))
def test_a_title_arrives_at_valt_as_it_was(title: str) -> None:
    """On one line, whole but for spaces; what looks like one of our own fields is not filled in."""
    told = "".join(name_of(Event("e", title=title), "{title}").split())
    assert told.replace(" ", "") == words(title).replace(" ", "")


def world() -> World:
    """A world in which every word that a person can write is hostile, ids and names of files among them."""
    plain = World.seeded(7, len(TITLES), 90_000, 20_000, len(TITLES))
    series = tuple(replace(one, title=f"{one.title} {TITLES[at]}") for at, one in enumerate(plain.series))
    by_id = {one.identifier: one for one in series}
    recorded = plain.events[0]
    made = [
        hostile(replace(recorded, start=one.start, created=one.created, series=one.series), at, by_id)
        for at, one in enumerate(plain.events[: len(TITLES)])
    ]
    booked = [hostile(one, at, by_id) for at, one in enumerate(plain.bookings)]
    return replace(plain, series=series, events=(*made, *booked))


def hostile(event: Any, number: int, series: Mapping[str, Any]) -> Any:
    """Return an event of the sandbox with hostile words everywhere."""
    title = TITLES[number]
    kind = "b" if event.is_booking else "e"
    changed = replace(
        event,
        identifier=f"{kind}{number} [red]&x='\"\u202e;é \x1b[31m",
        title=f"{title} {kind}{number}" if number != 5 else title,
        description=title,
        location=title,
        presenters=(title, "Ada"),
        series=series[(event.series or next(iter(series.values()))).identifier],
    )
    publications = tuple(
        replace(
            one,
            media=tuple(
                replace(file, identifier=f"{file.identifier}{number}", name=f"..%2f{number}[red].mp4")
                for file in one.media
            ),
        )
        for one in changed.publications
    )
    return replace(changed, publications=publications)


def clean(text: str, *, several: bool = True) -> None:
    """Assert that a text moves no cursor and turns no writing, and that no line in it is forged."""
    bad = [one for one in text if unicodedata.category(one) in {"Cc", "Cf"} and (one != "\n" or not several)]
    assert not bad, repr(text)
    assert not re.search(r"(?m)^(Set-Cookie|2026-01-01T00:00:00Z)", text)


@pytest.mark.slow
@pytest.mark.fault(36)
@pytest.mark.fault(41)
def test_a_world_of_hostile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """All is moved, carried on and booked; keys, files and hosts are ours; what is told is plain text."""
    monkeypatch.setitem(seeds.AGENTS, "agent-hs3", Room(39, HOSTILE["escape"]))
    monkeypatch.setitem(seeds.AGENTS, "agent-theatre-b", Room(41, HOSTILE["markup"]))
    here = tmp_path / "here"
    here.mkdir()
    held = world()
    with overheard(here, held, SWITCHES) as site:
        settings = site.stand.settings(here, {"luminus.calls_per_second": 18})
        before = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
        told = {
            " ".join(verb): ferry(*verb, "-c", settings, environment={"COLUMNS": "500"}, seconds=60)
            for verb in (
                ("plan",), ("run",), ("schedules", "plan"), ("schedules", "run"), ("status",), ("report",),
                ("verify",), ("reconcile",), ("report", "--format", "csv"), ("report", "--format", "json"),
            )
        }  # fmt: skip
        books = read(site.stand)
        hosts = {
            site.stand.details[name]["url"].split("//")[1]
            for name in ("opencast", "panopto", "luminus", "valt", "audit")
        }
        hosts.add(site.sandbox.files_url.split("//")[1])
        lecture_items = site.stand.audit("lecture-items")
        schedules = site.stand.audit("schedules")
    record_property(
        "happened", f"{len(TITLES)} hostile names, in every text there is: {len(told)} outputs are plain"
    )
    assert told["run"].code == 0, told["run"].talk
    assert {one.title for one in books.sessions} == {
        ILLEGAL.sub("", one.title) for one in held.events if not one.is_booking
    }
    approve([*chosen_by_source(books, hosts)])
    after = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    ours = {f"here/{name}" for name in OURS}
    approve(strange_files(before, {one for one in after if "panopto-objects" not in one}, ours))
    for name, ran in told.items():
        clean(ran.talk)
        if "csv" not in name and "json" not in name:
            clean(ran.output)
    assert "<script>alert(1)</script> &amp; [bold red]x[/nope] :warning:" in told["report"].output
    carried = [one.title for one in held.events if not one.is_booking and one.series.tabled]
    names = {one["name"] for one in lecture_items}
    assert {words(title) for title in carried if units(title) <= 255} <= names
    assert told["schedules run"].code == 0, told["schedules run"].talk
    booked = {words(one["name"]) for one in schedules}
    assert {words(one.title) for one in held.bookings if len(one.title) <= 255} <= booked
    rows = list(csv.DictReader(io.StringIO(told["report --format csv"].output, newline="")))
    assert len(rows) == len(held.events) + len(held.bookings)
    assert not any(re.match(r"\s*[=+\-@]", cell) for row in rows for cell in row.values())


def saying(operation: str, status: int, times: int = 0) -> Mapping[str, Any]:
    """Return the fault of a service that refuses with a hostile message, as JSON and in its headers."""
    body = json.dumps({"message": MESSAGE, "error": {"message": MESSAGE}, "data": {"message": MESSAGE}})
    headers = {"Location": "https://a.example/\u00ff[red]", "Content-Type": "text/html; x=[red]"}
    arguments = {"status": status, "headers": headers, "body": body}
    return {"operation": operation, "action": "status", "times": times, "arguments": arguments}


MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "processing": {
        "operation": "panopto.process", "action": "state", "times": 0,
        "arguments": {"state": 5, "message": MESSAGE},
    },
    "session upload": saying("panopto.create_session_upload", 400),
    "token": saying("panopto.token", 400),
    "create": saying("panopto.create_multipart_upload", 403),
    "part": saying("panopto.upload_part", 302),
    "file": saying("files.get_file", 404),
    "events": saying("opencast.list_events", 400),
    "PATCH": saying("luminus.patch_session", 400),
    "module": saying("luminus.weblecture", 403),
    "schedule": saying("valt.edit", 400),
    "login": saying("valt.login", 401),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.fault(36)
@pytest.mark.parametrize("name", MESSAGES)
def test_hostile_messages_of_servers(name: str, tmp_path: Path) -> None:
    """Whatever a service says when it refuses is told as plain text, one line each, and kept so."""
    with overheard(tmp_path, World.seeded(7, 2, 90_000, 20_000, 1), SWITCHES, (MESSAGES[name],)) as site:
        changes = {"transfer.attempts": 1, "finish.limit_minutes": 0.05, "carry.wait": 2}
        settings = site.stand.settings(tmp_path, {**changes, "luminus.calls_per_second": 18})
        verbs = (("run",), ("schedules", "run"), ("status",), ("report",), ("verify",))
        told = [ferry(*verb, "-c", settings, seconds=60) for verb in verbs]
        (row,) = site.sandbox.faults.statistics()
    assert row["struck"]
    assert any(ran.code for ran in told)
    for ran in told:
        clean(ran.talk)
        clean(ran.output)
        assert all(re.match(r"(ferry: |\d{4}-\d\d-\d\dT)", line) for line in ran.talk.splitlines())
