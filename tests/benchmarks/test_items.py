"""The benchmark of items tells what it says it tells, and counts nothing that did not arrive."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from benchmarks.discard.process import ROOT
from benchmarks.items import Cost, arrived, said

MIB = 1024 * 1024


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_items_cost() -> None:
    """Two small worlds, by a migration as far as LumiNUS and by the engine alone; every item arrived, also of
    events whose files are told by the search service alone."""
    command = [sys.executable, "-m", "benchmarks.items", "--events", "4", "40", "--bare", "--carry"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    figures = json.loads(done.stdout)
    assert (figures["events"], figures["items"]) == (40, 25)
    assert figures["bytes_checked"] > 0
    assert {"cpu_ms_an_item", "rss_kib_an_item", "over_bare_engine_ms_an_item"} <= set(figures)


def test_what_slopes_are() -> None:
    """Both slopes are between the least number and the most, and what the engine takes is taken off."""
    few = Cost(40, 30, 3.0, 2.0, 100 * MIB, 1000, bare_cpu=1.0)
    many = Cost(400, 390, 9.0, 5.6, 109 * MIB, 9000, bare_cpu=2.8)
    figures = said([few, many], bare=True)
    assert (figures["cpu_ms_an_item"], figures["bare_engine_ms_an_item"]) == (10.0, 5.0)
    assert figures["over_bare_engine_ms_an_item"] == 5.0
    assert figures["rss_kib_an_item"] == 25.6
    assert (figures["cpu_ms_an_event"], figures["bytes_checked"]) == (14.0, 10000)


def test_what_did_not_come_from_the_source_is_no_run() -> None:
    """An object with other bytes than any source ends it; manifests are nobody's source."""
    film = {"key": "presenter.mp4", "sha256": "aa", "size": 5}
    manifest = {"key": "manifest.xml", "sha256": "bb", "size": 7}
    assert arrived([film, manifest], Counter({"aa": 1})) == 5
    for objects in ([{**film, "sha256": "cc"}], [manifest]):
        with pytest.raises(SystemExit, match="none of the sources"):
            arrived(objects, Counter({"aa": 1}))
