"""What it took a process to come to its first call: an interpreter's start is no part of moving bytes."""

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds since a process was started, and seconds of CPU that it has used."""

    start_s: float
    start_cpu_s: float


def since_start() -> Start:
    """Tell of this process, by the kernel's own record of when it began."""
    used = os.times()
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    passed = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return Start(round(passed, 3), round(used.user + used.system, 3))
