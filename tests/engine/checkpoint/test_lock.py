"""What holds of the lock, and of the disks it is trusted on."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.checkpoint.lock import Mount, file_system_of, held, refuse_network
from engine.errors import CheckpointInUse, LocalResource

HOLDER = """
import sys, time
from pathlib import Path
from engine.checkpoint.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_it(tmp_path: Path) -> None:
    """Host, pid and start of the first are in the refusal; when it has ended, the next may."""
    path = tmp_path / "the.checkpoint"
    with held(path):
        with pytest.raises(CheckpointInUse) as refusal, held(path):
            pass
        assert f"pid {os.getpid()} on {os.uname().nodename}, started 20" in str(refusal.value)
    with held(path):
        pass


@pytest.mark.fault(33)
def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    """Nobody needs to unlock anything after kill -9."""
    path = tmp_path / "the.checkpoint"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CheckpointInUse, match=f"pid {holder.pid} "), held(path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with held(path):
            assert f'"pid":{os.getpid()},' in (tmp_path / "the.checkpoint.lock").read_text()


def test_the_lock_file_is_private(tmp_path: Path) -> None:
    """It lies beside a file that holds secrets, and is as private."""
    with held(tmp_path / "x"):
        assert stat.S_IMODE((tmp_path / "x.lock").stat().st_mode) == 0o600


def test_an_unreadable_owner_is_another_run(tmp_path: Path) -> None:
    """Whatever the lock file says, the lock holds."""
    with held(tmp_path / "x"):
        (tmp_path / "x.lock").write_text("rubbish")
        with pytest.raises(CheckpointInUse, match="another run"), held(tmp_path / "x"):
            pass


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/a/x", "nfs4"),
        ("/home/local/x", "ext4"),
        ("/home/localhost/x", "nfs4"),
        ("/var/x", "ext4"),
        ("/again/x", "xfs"),
    ],
)
def test_a_path_lies_on_the_deepest_mount(path: str, expected: str) -> None:
    """The longest mount point that holds it, and the last one mounted there."""
    mounts = [
        Mount("/home", "nfs4"),
        Mount("/", "ext4"),
        Mount("/home/local", "ext4"),
        Mount("/again", "cifs"),
        Mount("/again", "xfs"),
    ]
    assert file_system_of(Path(path), mounts) == expected


def test_a_path_on_no_known_mount_has_no_type() -> None:
    """What nobody can tell is not refused."""
    assert file_system_of(Path("/x"), []) == ""


def test_a_network_file_system_is_refused_unless_it_is_allowed_by_name(tmp_path: Path) -> None:
    """The refusal names the type, and so does the permission."""
    mounts = [Mount("/", "ext4"), Mount("/share", "CIFS")]
    with pytest.raises(LocalResource, match=r"network file system \(cifs\)"):
        refuse_network(Path("/share/x"), (), mounts)
    refuse_network(Path("/share/x"), ("nfs", "cifs"), mounts)
    refuse_network(Path("/x"), (), mounts)


def test_this_machines_mounts_can_be_read(tmp_path: Path) -> None:
    """A folder for tests lies on a disk of this machine."""
    refuse_network(tmp_path, ())
