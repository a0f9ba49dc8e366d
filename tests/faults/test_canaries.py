"""Secrets in what is written (F40): whatever goes wrong, none of them is found anywhere.

The sandbox hears every request before anything of it is blanked, so each secret that was ever sent is known:
accounts, tokens, signed queries, upload targets, LumiNUS's token and key, VALT's token. Then all that the
verbs wrote is searched: stdout, stderr with tracebacks and asyncio's debugging, JSON, reports, every file.
There is no `-vv`, no page and no HTML report yet; what there is, is searched.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from campaign.auditor import approve
from campaign.surroundings import leaked
from fakes.overheard import overheard
from fakes.processes import ROOT, ferry

from pipelines.cli import verbs
from pipelines.sandbox import Switches, World
from pipelines.sandbox.faults import ACTIONS

MIB = 1024 * 1024
WORLD = World.seeded(7, 9, 11 * MIB, 60_000, 2)
SWITCHES = Switches(
    largest=11 * MIB,
    typical=60_000,
    rate_limit="off",
    signatures="all",
    seconds_to_processing=0.05,
    seconds_to_complete=0.05,
    lecture_item_lag=0.2,
    luminus_rate=20,
    search_lag=0.1,
    opencast_account="editor",
)
LOUD = {"PYTHONASYNCIODEBUG": "1", "FERRY_TRACEBACK": "1"}
"""As much as can be had of errors and of asyncio."""

COOKIE = "c0ffee-cookie-7f3a9d"
QUERY = "c0ffee-signature-51b2"
HEADERS = {
    "Set-Cookie": f"JSESSIONID={COOKIE}; Path=/",
    "Location": f"https://127.0.0.1:9/login?signature={QUERY}",
    "WWW-Authenticate": f'Basic realm="{QUERY}"',
}
"""What a server may add to any refusal."""
BODY = json.dumps({"message": f"no right, see https://127.0.0.1:9/?signature={QUERY}"})

Fault = Mapping[str, Any]


def at(operation: str, action: str, nth: int = 1, times: int = 1, **arguments: Any) -> Fault:
    """Return a fault."""
    return {
        "operation": operation, "action": action, "nth": nth, "times": times, "arguments": arguments
    }  # fmt: skip


def refusals(*operations: str) -> tuple[Fault, ...]:
    """Each of these operations refuses in turn with a redirect, 401, 403, 500, and a reset."""
    return tuple(
        fault
        for operation in operations
        for fault in (
            at(operation, "status", 1, status=500, headers=HEADERS, body=BODY),
            at(operation, "reset", 2),
            at(operation, "lose_answer", 3),
        )
    )


GET, PUT = "files.get_file", "panopto.upload_part"
SOURCE = tuple(
    at(GET, action, 2 + 2 * number, **arguments)
    for number, (action, arguments) in enumerate(
        [
            ("short", {"bytes": 1000}),
            ("short_no_length", {"bytes": 1000}),
            ("reset", {}),
            ("stall", {"seconds": 0.2}),
            ("wrong_range", {}),
            ("ignore_range", {}),
            ("html", {}),
            ("flip", {"at": 10}),
            ("delay", {"seconds": 0.1}),
            ("trickle", {"bytes": 100_000}),
            ("lose_answer", {}),
            ("status", {"status": 302, "headers": HEADERS}),
            ("status", {"status": 403, "headers": HEADERS, "body": BODY}),
            ("status", {"status": 404, "headers": HEADERS}),
            ("status", {"status": 410, "headers": HEADERS}),
            ("status", {"status": 429, "headers": {"Retry-After": "0"}}),
            ("change", {}),
        ]
    )
)
TARGET = (
    *(
        at(PUT, action, 1 + number, **arguments)
        for number, (action, arguments) in enumerate(
            [
                ("cut", {"bytes": 1000}),
                ("reset", {}),
                ("stall", {"seconds": 0.2}),
                ("lose_answer", {}),
                ("wrong_etag", {}),
                ("no_etag", {}),
                ("flip", {"at": 10}),
                ("status", {"status": 302, "headers": HEADERS}),
                ("status", {"status": 500, "headers": HEADERS, "body": BODY}),
                ("status", {"status": 429}),
            ]
        )
    ),
    at("panopto.create_multipart_upload", "empty"),
    at("panopto.create_multipart_upload", "lose_answer", 2),
    at("panopto.create_multipart_upload", "status", 3, status=403, headers=HEADERS, body=BODY),
    at("panopto.complete_multipart_upload", "error_in_200"),
    at("panopto.complete_multipart_upload", "empty", 2),
    at("panopto.complete_multipart_upload", "lose_answer", 3),
    at(
        "panopto.process",
        "state",
        1,
        state=5,
        message=f"no codec for https://127.0.0.1:9/a.mp4?signature={QUERY}",
    ),
    at("panopto.process", "alter", 2, name="Something else"),
)
OPAQUE = (at(PUT, "opaque_etag", 1, 0),)
SERVICES = (
    *refusals(
        "opencast.list_events", "panopto.token", "panopto.create_session_upload",
        "panopto.get_session_upload", "panopto.put_session_upload", "luminus.modules", "luminus.sessions",
        "luminus.patch_session", "opencast.add_ace", "opencast.delete_ace",
    ),
    at("luminus.weblecture", "status", 1, status=403, headers=HEADERS, body=BODY),
)  # fmt: skip
VALT = refusals("valt.login", "valt.schedules", "valt.rooms", "valt.edit")
REFUSED: Mapping[str, tuple[Fault, ...]] = {
    operation: (at(operation, "status", 1, 0, status=status, headers=HEADERS, body=BODY),)
    for operation, status in (
        ("opencast.list_events", 401), ("panopto.token", 401), ("panopto.create_session_upload", 403),
        ("luminus.modules", 401), ("valt.login", 401), ("valt.schedules", 403), ("valt.rooms", 302),
        ("panopto.create_multipart_upload", 403), ("files.get_file", 401),
    )
}  # fmt: skip
SILENT: Mapping[str, tuple[Fault, ...]] = {
    "a silent source": (at(GET, "stall_body", 2, bytes=1000),),
    "a target that reads no more": (at(PUT, "stop_reading", 1, bytes=1000),),
}
ROUNDS: Mapping[str, tuple[Fault, ...]] = {
    "nothing": (),
    "source": SOURCE,
    "target": TARGET,
    "opaque": OPAQUE,
    "services": SERVICES,
    "valt": VALT,
    **SILENT,
    **REFUSED,
}
REPORT, ACCESS = "FOLDER/report.json", "FOLDER/access.json"
"""FOLDER stands for that of the settings."""

ROLES = "role,grant,principal\nROLE_ANONYMOUS,level,Organization\n*_Learner,viewer,group:All staff\n"
VERBS: tuple[tuple[str, ...], ...] = (
    ("plan",),
    ("run",),
    ("run", "--json"),
    ("carry",),
    ("carry", "--json"),
    ("status",),
    ("status", "--json"),
    ("report",),
    ("report", "--format", "json"),
    ("report", "--format", "csv"),
    ("verify",),
    ("schedules", "plan", "--json"),
    ("schedules", "run"),
    ("plan", "--json"),
    ("verify", "--json"),
    ("reconcile",),
    ("verify", "--level", "full"),
    ("retry", "--failed"),
    ("cleanup",),
    ("cleanup", "--all-open", "--apply", "--json"),
    ("rollback",),
    ("rollback", "--run", "1"),
    ("rollback", "--run", "1", "--json"),
    ("show", WORLD.events[0].identifier),
    ("redirects", "--format", "csv"),
    ("report", "--format", "json", "--output", REPORT),
    ("access",),
    ("access", "--format", "json", "--output", ACCESS),
    ("access", "--grant", "--from-report", ACCESS),
    ("source", "mark", "--from-report", REPORT, "--apply"),
    ("source", "mark", "--from-report", REPORT, "--field", "subjects=moved", "--apply", "--json"),
    ("source", "unmark", "--from-report", REPORT, "--apply"),
    ("source", "retract", "--from-report", REPORT),
    ("add-stream", WORLD.events[0].identifier, REPORT, "--type", "primary"),
)
LOOKS: tuple[tuple[str, ...], ...] = (
    ("plan",),
    ("run",),
    ("schedules", "run"),
    ("report", "--format", "json"),
)
FEWER = {
    "valt": (("schedules", "plan"), *(("schedules", "run"),) * 4),
    **dict.fromkeys(SILENT, (("run",), ("report", "--format", "json"))),
    **dict.fromkeys(REFUSED, LOOKS),
}
"""What is run where a round takes long, or where nothing is moved."""


def everything(folder: Path, told: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return all that was written: what the verbs said, and each file that is not the operator's own."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".secret" and path.name != "sandbox.json"
    }
    return {**told, **{name: held for name, held in files.items() if not name.startswith("panopto-objects")}}


def said(settings: Path, given: Sequence[tuple[str, ...]]) -> dict[str, bytes]:
    """Run the verbs, every other one with all that there is of debugging, and return what each has said."""
    told = {}
    for number, verb in enumerate(given):
        words = [word.replace("FOLDER", str(settings.parent)) for word in verb]
        ran = ferry(*words, "-c", settings, environment=LOUD if number % 2 else {}, seconds=100)
        for stream, text in (("stdout", ran.output), ("stderr", ran.talk)):
            told[f"{stream} of {number} {' '.join(verb)}"] = text.encode()
    return told


@pytest.mark.slow
@pytest.mark.fault(40)
@pytest.mark.parametrize("name", ROUNDS)
def test_no_secret_is_written_whatever_goes_wrong(
    name: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """None is in any output or file, but the upload target in the checkpoint, whose mode is 0600."""
    (tmp_path / "here").mkdir()
    with overheard(tmp_path / "here", WORLD, SWITCHES, ROUNDS[name]) as site:
        changes = {
            "transfer.part_size_mib": 5, "transfer.attempts": 3, "transfer.least_rate_kib": 1024,
            "transfer.integrity": "etag",
            "session.roles": "roles.csv",
            "finish.limit_minutes": 0.1, "carry.wait": 3, "luminus.calls_per_second": 18,
        }  # fmt: skip
        (tmp_path / "here" / "roles.csv").write_text(ROLES)
        settings = site.stand.settings(tmp_path / "here", changes)
        told = said(settings, FEWER.get(name, VERBS))
        struck = [row["struck"] for row in site.sandbox.faults.statistics()]
        secrets = {**site.secrets, "server's cookie": COOKIE, "server's query": QUERY}
        targets = site.targets
    checkpoint = tmp_path / "here" / "migration.checkpoint"
    if checkpoint.exists():
        assert checkpoint.stat().st_mode & 0o777 == 0o600
    record_property("injected", sum(struck))
    record_property("happened", f"{len(secrets)} secrets looked for in {len(told)} outputs: 0 found")
    assert all(struck)
    if name == "nothing":
        assert {"upload target", "bearer", "basic", "policy", "signature", "access_token"} <= site.kinds()
    approve(
        leaked(
            everything(tmp_path / "here", told), secrets, [(checkpoint.name, target) for target in targets]
        )
    )


def test_every_verb_is_among_them() -> None:
    """But those that make a sandbox of their own, or measure with data of their own."""
    assert {verb[0] for verb in VERBS} == set(verbs.VERBS) - {"demo", "sandbox", "bench"}


@pytest.mark.slow
@pytest.mark.fault(40)
def test_a_demo_tells_no_secret(tmp_path: Path) -> None:
    """Of the two processes, what both say and what they leave; the handed out files are its owner's alone."""
    ran = ferry("demo", "--events", "3", "--work", tmp_path, environment=LOUD, seconds=100)
    secrets = {path.name: path.read_text().strip() for path in tmp_path.glob("*.secret")}
    assert len(secrets) == 6
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.secret")} == {0o600}
    approve(
        leaked(everything(tmp_path, {"stdout": ran.output.encode(), "stderr": ran.talk.encode()}), secrets)
    )


def test_every_kind_of_fault_is_among_them() -> None:
    """Each action that the sandbox knows strikes in some round."""
    assert {fault["action"] for faults in ROUNDS.values() for fault in faults} == set(ACTIONS)


BROKEN = """
import sys
from engine import Http
from pipelines.cli import main

async def call(self, method, url, *, headers=None, body=None, **more):
    raise RuntimeError(f"{method} {url}?policy=c0ffee {dict(headers or {})} {body}")

Http.call = call
main()
"""


@pytest.mark.slow
@pytest.mark.fault(40)
@pytest.mark.parametrize("environment", [{}, LOUD])
def test_an_internal_error_tells_no_secret(environment: Mapping[str, str], tmp_path: Path) -> None:
    """Neither its sentence nor its traceback, even where the error's own words hold all headers."""
    with overheard(tmp_path, WORLD, SWITCHES) as site:
        site.stand.settings(tmp_path)
        for verb in (("plan",), ("run",), ("verify",), ("schedules", "run")):
            done = subprocess.run(
                [sys.executable, "-X", "dev", "-c", BROKEN, *verb, "-c", str(tmp_path / "migration.toml")],
                cwd=ROOT, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, check=False,
                timeout=60,
            )  # fmt: skip
            assert done.returncode in {0, 1}, done.stderr.decode()
            if done.returncode:
                assert b"internal error (RuntimeError" in done.stderr
                assert (b"Traceback" in done.stderr) == bool(environment)
            secrets = {**site.secrets, "query": "c0ffee"}
            approve(leaked({"stdout": done.stdout, "stderr": done.stderr}, secrets))


@pytest.mark.slow
@pytest.mark.fault(40)
def test_no_process_shows_a_secret(tmp_path: Path) -> None:
    """Those of the environment are not handed on to a command that prints another; none is an argument."""
    seen = tmp_path / "seen"
    seen.mkdir()
    show = tmp_path / "show"
    show.write_text(
        f"#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline > {seen}/$$\necho word\n"
    )
    show.chmod(0o700)
    with overheard(tmp_path, WORLD, SWITCHES) as site:
        settings = site.stand.settings(
            tmp_path, {"opencast.password_file": None, "opencast.password_command": str(show)}
        )
        password = {"FERRY_PANOPTO__PASSWORD": site.stand.details["panopto"]["password"]}
        ferry("plan", "-c", settings, environment=password)
        shown = {path.name: path.read_bytes() for path in seen.iterdir()}
        assert shown
        approve(leaked(shown, site.secrets))
        assert all(b"FERRY_" not in one for one in shown.values())
