"""Ports of servers that cannot be asked which port 0 became."""

import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack

READY_LIMIT = 20.0


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that were free a moment ago, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def wait_for(port: int, process: "subprocess.Popen[bytes]", said: Callable[[], str]) -> None:
    """Return when somebody listens there. Raises SystemExit with what the process said where nobody will."""
    end = time.monotonic() + READY_LIMIT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"a server did not start: {said()}") from None
            time.sleep(0.02)
        else:
            return
