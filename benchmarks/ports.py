"""Ports of servers that cannot be asked which port 0 became."""

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
READY_LIMIT = 20.0


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that the kernel gives to nobody else for a minute, all different.

    One connection has been made to each and closed on its side. Until its TIME_WAIT is over, Linux hands such
    a port out neither to port 0 nor to who connects, and a server with SO_REUSEADDR may listen on it: those
    that take seconds to get there find it free.
    """
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server((LOOPBACK, 0))) for _ in range(count)]
        for listening in sockets:
            with socket.create_connection(listening.getsockname()):
                listening.accept()[0].close()
        return [one.getsockname()[1] for one in sockets]


def wait_for(port: int, process: "subprocess.Popen[bytes]", said: Callable[[], str]) -> None:
    """Return when somebody listens there. Raises SystemExit with what the process said where nobody will."""
    end = time.monotonic() + READY_LIMIT
    while True:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"a server did not start: {said()}") from None
            time.sleep(0.02)
        else:
            return
