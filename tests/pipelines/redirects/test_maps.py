"""What servers read: whatever an event is called, each line is a redirect of one event or a comment."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.redirects import apache, document, haproxy, nginx, sheet
from pipelines.redirects.fit import Parted, fits, in_addresses, in_caseless_maps, in_maps
from pipelines.redirects.forms import PAGES, Sites
from pipelines.redirects.moved import Moved

SITES = Sites("https://video.example.edu", "https://example.hosted.panopto.com")
VIEWER = "https://example.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id="

HOSTILE = (
    "default",
    "include",
    "~.*",
    "a;b",
    "a b",
    'a"b',
    "a}b",
    "$host",
    "a\nb",
    "#a",
    "a\\",
    ".",
    "..",
    "",
    "é",
)
names = st.one_of(
    st.uuids().map(str), st.text(max_size=8), st.text("aAbB.~-", max_size=3), st.sampled_from(HOSTILE)
)
events = st.lists(st.builds(Moved, names, names), max_size=6, unique_by=lambda one: one.event_id)

Part = Callable[[Iterable[Moved]], Parted]
Lines = Callable[[Sequence[Moved], Sites, int], Iterable[str]]


@given(events)
@pytest.mark.parametrize("part", [in_addresses, in_maps, in_caseless_maps])
def test_each_event_is_in_or_named(part: Part, moved: Sequence[Moved]) -> None:
    """None is lost between what is written and what is named as left out."""
    fit, unfit = part(moved)
    assert sorted((*fit, *unfit)) == sorted(moved)


@pytest.mark.parametrize("name", HOSTILE[2:])
def test_what_does_not_fit(name: str) -> None:
    """No server is given an id with a sign of its own, or one that has two ways of being written."""
    assert not fits(name)


@pytest.mark.parametrize(
    "name", ["ID-3d-print", "34a1a436-353b-40c7-805e-4d36c10ac89d", "a.b_c~d", "default", "-"]
)
def test_what_fits(name: str) -> None:
    """Ids as Opencast makes them, and words that are a server's own, as they stand beside a slash."""
    assert fits(name)


def test_ids_that_nginx_takes_for_one() -> None:
    """Neither is guessed."""
    moved = (Moved("A", "1"), Moved("a", "2"), Moved("b", "3"))
    assert in_caseless_maps(moved) == ((Moved("b", "3"),), (Moved("A", "1"), Moved("a", "2")))


@given(events)
@pytest.mark.parametrize("lines", [apache.lines, haproxy.lines])
def test_lines_of_two_words(lines: Lines, moved: Sequence[Moved]) -> None:
    """Apache and HAProxy read an event and its viewer in each line, and comments."""
    fit, _ = in_maps(moved)
    text = "".join(lines(fit, SITES, 302))
    read = [line.split(" ") for line in text.splitlines() if not line.startswith("#")]
    assert read == [[one.event_id, f"{VIEWER}{one.session_id}"] for one in fit]


@given(events)
def test_nginx_reads_an_event_a_line(moved: Sequence[Moved]) -> None:
    """Besides what stands in every file there is a key and a quoted viewer for each event, none twice."""
    fit, _ = in_caseless_maps(moved)
    text = "".join(nginx.lines(fit, SITES, 301))
    lines = text.splitlines()
    begin = lines.index("map $ferry_event $ferry_viewer {")
    read = [re.fullmatch(r' {4}"/([^"$\\\s]+)" "([^"$\\\s]+)";', line) for line in lines[begin + 2 : -1]]
    assert [one and one.groups() for one in read] == [
        (one.event_id, f"{VIEWER}{one.session_id}") for one in fit
    ]
    assert len({one.event_id.lower() for one in fit}) == len(fit)
    assert lines[-1] == "}"


@given(events)
def test_csv_and_json_take_what_has_an_address(moved: Sequence[Moved]) -> None:
    """Both hold every form of every event, and nothing that a terminal or a spreadsheet would obey."""
    fit, _ = in_addresses(moved)
    text, told = "".join(sheet.lines(fit, SITES)), "".join(document.lines(fit, SITES))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    found = json.loads(told)["redirects"]
    assert [row["old_url"] for row in rows] == [old for one in found for old in one["old_urls"]]
    assert len(rows) == len(fit) * (len(PAGES) + 1)
    assert [(one["event_id"], one["session_id"]) for one in found] == [
        (one.event_id, one.session_id) for one in fit
    ]
    assert all(line.startswith("https://") for line in text.splitlines()[1:])
    assert re.fullmatch(r"[\n -~]*", told)


def test_what_is_to_be_done_with_a_map_stands_on_top_of_it() -> None:
    """Each begins with comments that hold the answer's status, asked for or not."""
    for server, answer in ((nginx, "return 301"), (apache, "R=301"), (haproxy, "code 301")):
        text = "".join(server.lines((), SITES, 301))
        assert text.startswith("# ")
        assert answer in text
