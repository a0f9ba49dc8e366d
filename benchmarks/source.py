"""The source: nginx in front of a folder, plain and over TLS, each also with a delay before its replies.

The delay is a timer inside nginx (echo_sleep), after which the file goes out by sendfile as ever: it costs no
process, and no CPU to speak of.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.authority import Authority
from benchmarks.peers.client import program
from benchmarks.ports import free_ports, wait_for

ECHO_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
DELAY_MS = 50

CONFIG = """
{module}
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type video/mp4;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.3;
    root {files};
{servers}
}}
"""

AT_ONCE = "server {{ listen 127.0.0.1:{port}{tls}; }}"
DELAYED = """server {{
    listen 127.0.0.1:{port}{tls};
    location / {{ echo_sleep {seconds}; echo_exec @file; }}
    location @file {{ }}
}}"""


def why_no_source() -> str:
    """Say why there can be no source here; empty where there can."""
    if program("nginx") is None:
        return "nginx is not installed (Debian: nginx-light)"
    if not ECHO_MODULE.exists():
        return "nginx has no echo module (Debian: nginx-light brings libnginx-mod-http-echo)"
    return ""


@dataclass(frozen=True, slots=True)
class Source:
    """A running source: its port by whether it speaks TLS and whether it waits before it answers."""

    ports: dict[tuple[bool, bool], int]

    def url(self, tls: bool, delayed: bool) -> str:
        """Return where files are read, without a slash at the end."""
        return f"{'https' if tls else 'http'}://127.0.0.1:{self.ports[tls, delayed]}"


@contextmanager
def serving(files: Path, folder: Path, authority: Authority) -> Iterator[Source]:
    """Serve a folder of files until the block ends; `folder` takes what nginx writes."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = _ports()
    config = folder / "nginx.conf"
    config.write_text(configuration(files.resolve(), folder.resolve(), authority, ports))
    log = folder / "error.log"
    command = [str(program("nginx")), "-c", str(config.resolve()), "-e", str(log.resolve())]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for port in ports.values():
                wait_for(port, process, log.read_text)
            yield Source(ports)
        finally:
            process.terminate()
            process.wait(30)


def configuration(
    files: Path, folder: Path, authority: Authority, ports: dict[tuple[bool, bool], int]
) -> str:
    """Write nginx's configuration."""
    servers = (
        (DELAYED if delayed else AT_ONCE).format(
            port=port, tls=" ssl" if tls else "", seconds=DELAY_MS / 1000
        )
        for (tls, delayed), port in ports.items()
    )
    return CONFIG.format(
        module=f"load_module {ECHO_MODULE};",
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        files=files,
        chain=authority.chain.resolve(),
        key=authority.key.resolve(),
        servers="\n".join(servers),
    )


def _ports() -> dict[tuple[bool, bool], int]:
    kinds = [(tls, delayed) for tls in (False, True) for delayed in (False, True)]
    return dict(zip(kinds, free_ports(len(kinds)), strict=True))
