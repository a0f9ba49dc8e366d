"""A real nginx takes what is written for it, and answers each old address with the viewer's."""

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.ports import free_ports
from pipelines.redirects import nginx
from pipelines.redirects.fit import LONGEST
from pipelines.redirects.forms import PAGES, Sites
from pipelines.redirects.moved import Moved

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (Debian: nginx-light)"),
]

SITES = Sites("https://video.example.edu", "https://example.hosted.panopto.com")
EVENTS = (
    "ID-3d-print",
    "34a1a436-353b-40c7-805e-4d36c10ac89d",
    "default",
    "include",
    "a.b_c~d",
    "-",
    "x" * LONGEST,
)
MOVED = tuple(Moved(event_id, f"session-{number}") for number, event_id in enumerate(EVENTS))

CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/ferry.conf;
    server {{
        listen 127.0.0.1:{port};
        {rule}
        location / {{ return 200 "the old player"; }}
    }}
}}
"""


def configured(folder: Path, moved: Sequence[Moved], status: int, port: int = 1) -> list[str]:
    """Write nginx's files, with the rule that stands on top of ours; return the command."""
    text = "".join(nginx.lines(moved, SITES, status))
    rule = next(line for line in text.splitlines() if "return" in line).removeprefix("# ")
    (folder / "ferry.conf").write_text(text)
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, rule=rule, port=port))
    return [str(NGINX), "-e", str(folder / "log"), "-c", str(folder / "nginx.conf")]


@contextmanager
def serving(folder: Path, moved: Sequence[Moved], status: int) -> Iterator[int]:
    """Run nginx until the block ends; give its port once it answers."""
    (port,) = free_ports(1)
    with subprocess.Popen(configured(folder, moved, status, port), stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(500):
                with socket.socket() as one:
                    if one.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def asked(port: int, target: str) -> tuple[int, str | None]:
    """Return the status of an answer and where it leads."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["Location"]
    finally:
        connection.close()


@pytest.mark.parametrize("status", [301, 302])
def test_every_old_address(tmp_path: Path, status: int) -> None:
    """Each form of each event is answered with its viewer; what else was asked for goes on as before."""
    with serving(tmp_path, MOVED, status) as port:
        for one in MOVED:
            for old in SITES.old(one.event_id):
                assert asked(port, old.removeprefix(SITES.player)) == (status, SITES.new(one.session_id))
        for page in PAGES:
            assert asked(port, f"{page}?mode=embed&id={EVENTS[0]}&t=30") == (status, SITES.new("session-0"))
        assert asked(port, f"/play/{EVENTS[0]}/") == (status, SITES.new("session-0"))
        assert asked(port, f"/play/{EVENTS[0]}?t=30") == (status, SITES.new("session-0"))
        for other in (
            "/",
            "/play/",
            "/play/unknown",
            f"/play/{EVENTS[0]}/more",
            f"/admin?id={EVENTS[0]}",
            f"{PAGES[0]}?id=unknown",
            f"{PAGES[0]}?series={EVENTS[0]}",
            PAGES[0],
            f"/paella7/ui/watchxhtml?id={EVENTS[0]}",
        ):
            assert asked(port, other) == (200, None), other


@pytest.mark.parametrize("count", [0, 1, 100_000])
def test_as_many_as_there_are(tmp_path: Path, count: int) -> None:
    """nginx finds no fault, nor anything to warn of, with none, with one and with a university's."""
    moved = [Moved(f"{number:08x}-353b-40c7-805e-4d36c10ac89d", f"{number:x}") for number in range(count)]
    ran = subprocess.run(
        [*configured(tmp_path, moved, 302), "-t"], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, "test is successful" in ran.stderr) == (0, True), ran.stderr
    assert not [line for line in ran.stderr.splitlines() if "warn" in line and "user" not in line]
