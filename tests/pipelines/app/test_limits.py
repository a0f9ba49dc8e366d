"""Limits that are read again while a run goes on."""

import os
from pathlib import Path

import pytest

from pipelines.app.limits import RunLimits
from pipelines.config import Settings, SettingsError
from pipelines.config.windows import parse
from pipelines.migration.stages import LimitsKept, LimitsRead

MIB = 1024 * 1024


class Run:
    """The limits of a run with a file, and what was told of them."""

    def __init__(self, folder: Path, text: str, **transfer: int) -> None:
        self.file = folder / "limits.toml"
        self.file.write_text(text)
        self.told: list[object] = []
        panopto = {"url": "https://p.example.org", "client_id": "c", "username": "u"}
        opencast = {"url": "https://o.example.org", "username": "u"}
        document = {"opencast": opencast, "panopto": panopto, "limits": {"file": self.file}}
        self.limits = RunLimits(Settings.model_validate({**document, "transfer": transfer}), self.told.append)

    def write(self, text: str) -> None:
        """Write the file anew, a while later."""
        self.file.write_text(text)
        later = self.file.stat().st_mtime + 10
        os.utime(self.file, (later, later))

    @property
    def places(self) -> tuple[int, int, int]:
        """The places for parts: in the run, at a host, of a file."""
        slots = self.limits.slots
        return slots.total, slots.per_host, slots.per_transfer


def test_nothing_is_read_again_unless_it_changed(tmp_path: Path) -> None:
    """However often it is looked at."""
    run = Run(tmp_path, "parts_in_flight = 3\n")
    for _ in range(3):
        run.limits.look()
    assert (run.places, run.told) == ((3, 3, 3), [])


def test_a_changed_file_holds_at_once(tmp_path: Path) -> None:
    """For places, bytes a second and windows, and it is told once."""
    run = Run(tmp_path, "", parts_per_host=4)
    assert run.places == (16, 4, 16)
    run.write('parts_in_flight = 2\nup_mib = 2\nwindows = "Tue"\n')
    run.limits.look()
    run.limits.look()
    assert run.places == (2, 4, 2)
    assert run.limits.bandwidth.rate == 2 * MIB
    assert run.limits.windows() == parse("Tue")
    assert run.told == [LimitsRead(2, 2 * MIB)]


def test_a_limit_that_is_taken_out_is_gone(tmp_path: Path) -> None:
    """What the settings say holds again."""
    run = Run(tmp_path, "up_mib = 2\n")
    run.write("")
    run.limits.look()
    assert run.limits.bandwidth.rate is None
    assert run.told == [LimitsRead(16, None)]


def test_a_file_that_cannot_be_used_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    """Nor does one that is gone; once it can be read it holds."""
    run = Run(tmp_path, "parts_in_flight = 3\n")
    run.write("parts_in_flight = 2\nup_mib = 0\n")
    run.limits.look()
    run.limits.look()
    run.file.unlink()
    run.limits.look()
    run.limits.look()
    assert (run.places, run.limits.bandwidth.rate) == ((3, 3, 3), None)
    assert [type(fact) for fact in run.told] == [LimitsKept, LimitsKept]
    run.write("parts_in_flight = 2\n")
    run.limits.look()
    assert run.places == (2, 2, 2)


def test_asked_to_it_reads_a_file_that_did_not_change(tmp_path: Path) -> None:
    """A signal is answered whether or not there is anything new."""
    run = Run(tmp_path, "")
    run.limits.read()
    assert run.told == [LimitsRead(16, None)]


def test_a_run_does_not_begin_with_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    """There is nothing from before to go on with."""
    with pytest.raises(SettingsError, match="up_mib"):
        Run(tmp_path, "up_mib = 0\n")


def test_connections_are_enough_for_what_a_file_may_allow(tmp_path: Path) -> None:
    """They are counted once, when the pass begins."""
    assert Run(tmp_path, "parts_in_flight = 3\n").limits.most_parts == 512
