"""Runs one command, and writes down what the operating system says that it took.

    python -I -S benchmarks/launch.py SPENT.json OUTPUT ERRORS COMMAND [ARGUMENT ...]

A process of its own, and a small one: on Linux a process begins with the peak memory of whoever started it.
It begins when a line comes on its standard input, and does nothing where that ends before: who started it has
ended too, and may not even have learnt that there is a process to end.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run it to its end, once it is asked to."""
    if not sys.stdin.readline():
        return
    path, output, errors, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, errors, flags, 0o600)]
    begun = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    spent = {
        "seconds": time.monotonic() - begun,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_rss": usage.ru_maxrss * 1024,
        "code": os.waitstatus_to_exitcode(status),
    }
    with open(path, "w") as out:  # noqa: PTH123 - pathlib would be a third of this process
        json.dump(spent, out)


if __name__ == "__main__":
    main()
