"""What lecture items are to be, worked out from Opencast's own answers and the audit, by code of its own.

It knows nothing of how the migration decides: only what docs/carry.md says of the members.
"""

import base64
import fnmatch
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fakes.processes import Stand

Json = Any

STUDENTS = ("ROLE_ANONYMOUS", "*_Learner")
"""The roles that the sandbox's settings name."""


@dataclass(frozen=True)
class Shown:
    """What students see of a lecture item."""

    name: str
    presenter: str
    publish: bool
    start: datetime
    description: str


def shown(row: Json) -> Shown:
    """Return what a row of the audit shows."""
    start = datetime.fromisoformat(row["start_date"])
    return Shown(row["name"], row["presenter"], row["publish"], start, row["description"])


def opencast(stand: Stand, path: str) -> Json:
    """Ask the sandbox's Opencast."""
    account = stand.details["opencast"]
    pair = base64.b64encode(f"{account['username']}:{account['password']}".encode()).decode()
    request = urllib.request.Request(account["url"] + path, headers={"Authorization": f"Basic {pair}"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def due(stand: Stand) -> Mapping[str, Shown]:
    """Return what the lecture items of each session are to be, under the conservative policy."""
    events = {one["identifier"]: one for one in opencast(stand, "/api/events?withacl=true&limit=1000")}
    series = {one["identifier"]: one for one in opencast(stand, "/api/series?limit=1000")}
    found = {}
    for session in stand.audit("sessions"):
        event = events[event_of(session)]
        found[session["session_id"]] = Shown(
            name=" ".join(event["title"].split()),
            presenter=", ".join(_presenters(event, series.get(event["is_part_of"], {}))),
            publish=_is_published(event),
            start=datetime.fromisoformat(session["date"]),
            description=event["description"].strip(),
        )
    return found


def event_of(session: Json) -> str:
    """Return the event of a session of the audit."""
    found: str = session["description"].rpartition("Opencast: ")[2]
    return found


def _presenters(event: Json, series: Json) -> list[str]:
    chain = (
        event["presenter"],
        event["contributor"],
        series.get("organizers", []),
        [series.get("creator", "")],
    )
    told = ([" ".join(name.split()) for name in names if name.strip()] for names in chain)
    return next(names for names in told if names)


def _is_published(event: Json) -> bool:
    if event["status"].rpartition(".")[2] != "PROCESSED" or event["processing_state"] not in {
        "",
        "SUCCEEDED",
    }:
        return False
    rules = [
        rule["allow"]
        for rule in event["acl"]
        if rule["action"] == "read" and any(fnmatch.fnmatchcase(rule["role"], one) for one in STUDENTS)
    ]
    return "engage-player" in event["publication_status"] and bool(rules) and all(rules)
