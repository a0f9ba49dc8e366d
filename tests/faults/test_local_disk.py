"""A disk that is full, fails, or may not be written: nothing ends falsely, and the same command goes on.

In memory the checkpoint's file layer fails at each of its operations. As a process the command stands on real
file systems: a tmpfs of a few KiB, and a folder that is mounted read-only, as root may write anywhere else.
"""

import errno
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fakes.carrying_runs import QUICK, assert_all_right
from fakes.crashing_disk import CrashingDisk
from fakes.processes import Ran, Stand, ferry, standing
from fakes.swept_site import SweptSite
from fakes.virtual_time import virtually

from engine import LocalResource

pytestmark = [pytest.mark.fault(32), pytest.mark.slow]

Json = Any
CODES = {"full": errno.ENOSPC, "quota": errno.EDQUOT, "fails": errno.EIO, "read-only": errno.EROFS}
LEAST = 100
AT_ONCE = 2
"""Items that the site ships at once: what is on record of those may still be asked for afterwards."""


class FailingDisk(CrashingDisk):
    """Fails once, and notes what had been asked of Panopto by then."""

    def __init__(self, site: SweptSite, number: int, code: int) -> None:
        super().__init__(Random(number))
        self.fail_at, self.error = number, code
        self.opened = self.submitted = 0
        self._site = site

    def _break(self) -> OSError:
        self.opened, self.submitted = self._site.panopto.calls["create"], len(self._site.panopto.sessions)
        return super()._break()


def ran(site: SweptSite, disk: CrashingDisk) -> bool:
    """Run once; tell whether the disk let it."""
    try:
        virtually(site.run(disk))
    except (LocalResource, OSError):
        return False  # the latter while it was opened, where the checkpoint's door makes it one of ours
    return True


def failed_at(number: int, code: int, end: object) -> bool:
    """Fail one operation, then run again on a disk that works; tell whether there was one to fail."""
    site = SweptSite()
    disk = FailingDisk(site, number, code)
    whole = ran(site, disk)
    struck = disk.operations >= number
    if struck and not whole:
        assert (
            disk.operations <= number + 1
        )  # a folder may be flushed at closing; the file is not trusted again
        assert site.panopto.calls["create"] <= disk.opened + AT_ONCE
        assert len(site.panopto.sessions) <= disk.submitted + AT_ONCE
    disk.fail_at = 0
    for name, state in (site.states(disk) if whole or disk.operations > 4 else {}).items():
        assert state.outcome != "verified" or site.is_whole(name)
    assert ran(site, disk)
    assert site.end() == end
    assert all(state.outcome == "verified" and state.carried for state in site.states(disk).values())
    return struck


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=name, marks=() if name in {"full", "fails"} else pytest.mark.long)
        for name, code in CODES.items()
    ],
)
def test_the_disk_fails_at_every_operation(code: int, record_property: Callable[[str, object], None]) -> None:
    """No further item is begun, the file is not written again, and the next run ends as it would have."""
    site = SweptSite()
    assert ran(site, CrashingDisk(Random(0)))
    number = 1
    while failed_at(number, code, site.end()):
        number += 1
    assert number > LEAST
    record_property("injected", number - 1)
    record_property(
        "happened", f"{number - 1} operations failed; each run ended, and each next one was whole"
    )


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """Mount something at a folder; skips the test where that is not allowed."""
    folder.mkdir(exist_ok=True)
    made = subprocess.run(["mount", *arguments, folder], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"nothing may be mounted here: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A sandbox of four events."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", **QUICK) as found:
        yield found


def run(file: Path) -> Ran:
    """Run for its document."""
    ended = ferry("run", "-c", file, "--json")
    assert "Traceback" not in ended.talk
    assert ended.document["exit"] == ended.code
    return ended


def calls(stand: Stand) -> int:
    """Return how many calls arrived anywhere."""
    return len(stand.audit("log"))


def test_a_full_disk(stand: Stand, tmp_path: Path) -> None:
    """Nine, with what to do about it; with room again the same command ends what is left, nothing twice."""
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=8k", "none") as small:
        file = stand.settings(tmp_path, {"checkpoint.path": str(small / "migration.checkpoint")})
        full = run(file)
        assert full.code == 9
        assert "No space left on device" in full.talk
        assert "free space or mend the disk, then run again" in full.talk
        assert full.document["outcomes"]["verified"] < 4
        subprocess.run(["mount", "-o", "remount,size=4m", small], check=True)
        assert run(file).code == 0
        assert_all_right(stand)


def test_a_folder_that_is_read_only(stand: Stand, tmp_path: Path) -> None:
    """Nine before the first call, for a checkpoint that is to be begun and for one that is there."""
    folder = tmp_path / "kept"
    file = stand.settings(tmp_path, {"checkpoint.path": str(folder / "migration.checkpoint")})
    folder.mkdir()
    for fresh in (True, False):
        before = calls(stand)
        with mounted(folder, "--bind", str(folder)):
            subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
            refused = run(file)
        assert refused.code == 9
        assert "Read-only file system" in refused.talk
        assert calls(stand) == before
        if fresh:
            assert run(file).code == 0
