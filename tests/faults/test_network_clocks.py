"""A clock that differs from a peer's: told from a minute on with the host's name; nothing else changes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from campaign.auditor import Bounds, approve, findings
from campaign.books import read
from fakes.processes import Stand, ferry, standing

QUICK: Mapping[str, Any] = {
    "largest": 300_000,
    "typical": 300_000,
    "rate_limit": "off",
    "signatures": "all",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.05,
}


def place(stand: Stand, service: str) -> str:
    """Return host and port of a service."""
    return urlsplit(stand.details[service]["url"]).netloc


def about(problems: list[str]) -> list[str]:
    """Return what is said of clocks."""
    return [one for one in problems if "clock" in one]


@pytest.mark.slow
@pytest.mark.fault(29)
def test_clocks_that_differ_by_twenty_minutes_are_told_and_nothing_else_changes(
    tmp_path: Path, record_property: Any
) -> None:
    """By `plan` and by the run's log, as there is no doctor yet: the hosts, which way, by how much. Tokens
    and signatures hold, and all is moved.
    """
    skews = {"opencast_skew": 1200, "panopto_skew": -1200, "valt_skew": 90}
    with standing(tmp_path, events=2, bookings=1, **skews, **QUICK) as stand:
        settings = stand.settings(tmp_path, {"luminus": None})
        opencast, panopto, valt = (place(stand, name) for name in ("opencast", "panopto", "valt"))
        planned = ferry("plan", "-c", settings, "--json")
        told = about(planned.document["problems"])
        assert len(told) == 2
        twenty = "clock is (1199|120[0-5]) s "
        assert [one for one in told if re.search(f"{twenty}behind that of {opencast};", one)], told
        assert [one for one in told if re.search(f"{twenty}ahead of that of {panopto};", one)], told
        booked = ferry("schedules", "plan", "-c", settings, "--json")
        assert [one for one in about(booked.document["problems"]) if valt in one]
        ran = ferry("run", "-c", settings, "--json")
        assert ran.code == 0, ran.talk
        assert ran.talk.count("this machine's clock is") == 2
        books = read(stand)
        approve(findings(books, Bounds(events={one.event_id for one in books.sources})))
        assert not [row for row in stand.audit("log") if row["status"] in {401, 403, 410}]
    record_property("injected", len(skews))
    record_property("happened", "three hosts named with the difference; two recordings moved all the same")


@pytest.mark.slow
@pytest.mark.fault(29)
def test_clocks_that_differ_by_half_a_minute_are_not_told(tmp_path: Path) -> None:
    """By none of the verbs."""
    with standing(
        tmp_path, events=1, bookings=1, opencast_skew=30, panopto_skew=-30, valt_skew=30, **QUICK
    ) as stand:
        settings = stand.settings(tmp_path, {"luminus": None})
        assert not about(ferry("plan", "-c", settings, "--json").document["problems"])
        assert not about(ferry("schedules", "plan", "-c", settings, "--json").document["problems"])
        ran = ferry("run", "-c", settings, "--json")
        assert ran.code == 0
        assert "clock is" not in ran.talk
