"""Memory is bounded by what is in flight, whatever the size of the files."""

import time
from pathlib import Path
from statistics import median

import psutil
import pytest
from fakes.processes import begun, ended, standing

pytestmark = [pytest.mark.fault(7)]

MIB = 1024 * 1024
SETTINGS = {"transfer.parts_in_flight": 16}


def peak_of_run(folder: Path, largest: int | None) -> float:
    """Run a migration of one file (or of none) and return the peak of its resident memory in MiB."""
    folder.mkdir()
    with standing(folder, events=1, largest=largest or MIB, keep_bytes="off") as stand:
        (folder / "run").mkdir()
        nothing = {} if largest else {"select.events": ["no-such-event"]}
        settings = stand.settings(folder / "run", {**SETTINGS, **nothing})
        with begun("run", "-c", settings, "--json", folder=folder / "run", fresh=True) as process:
            peak = watched(psutil.Process(process.pid))
            ran = ended(process, folder / "run")
        if largest:
            assert ran.code == 0, ran.talk
            assert largest in {row["size"] for row in stand.audit("objects")}
        return peak


def watched(process: psutil.Process) -> float:
    """Return the peak that the kernel keeps of a process, read until it has ended."""
    peak = 0
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.02)
    return peak / 1024


def hold(tmp_path: Path, smaller: int, larger: int, *, between: float, runs: int) -> None:
    """Assert both bounds in MiB, on medians: 64 over an idle start, and `between` two sizes."""
    idle, small, large = (
        median(peak_of_run(tmp_path / f"{size}-{run}", size) for run in range(runs))
        for size in (None, smaller, larger)
    )
    assert large - idle <= 64, f"idle {idle:.1f}, {larger // MIB} MiB {large:.1f}"
    assert large - small <= between, f"{smaller // MIB} MiB {small:.1f}, {larger // MIB} MiB {large:.1f}"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to read a process's peak")
def test_memory_of_a_larger_file(tmp_path: Path) -> None:
    """A file of 1 GiB takes hardly more than one of 256 MiB, and at most 64 MiB over an idle start."""
    hold(tmp_path, 256 * MIB, 1024 * MIB, between=12, runs=1)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to read a process's peak")
def test_memory_of_two_gibibytes(tmp_path: Path) -> None:
    """A file of 2 GiB stays within 8 MiB of one of 256 MiB."""
    hold(tmp_path, 256 * MIB, 2048 * MIB, between=8, runs=3)
