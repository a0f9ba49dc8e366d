"""The limits of a run, kept in one place for all its passes, and read again while it goes on."""

from pathlib import Path

from engine import Bandwidth, Observer, Slots, silence
from pipelines.config import Settings, SettingsError
from pipelines.config.limits import Limits, read_limits
from pipelines.config.windows import TimeWindows
from pipelines.migration.stages import LimitsKept, LimitsRead

Stamp = tuple[int, int, int] | None

MOST_PARTS = 512
"""In flight, whatever a file says."""


class RunLimits:
    """What one run may do now: places for parts, bytes a second, and time windows.

    Raises SettingsError where the file that the settings name cannot be used.
    """

    def __init__(self, settings: Settings, observer: Observer = silence) -> None:
        self._settings = settings
        self._observer = observer
        self._stamp = self._look()
        self._limits = read_limits(settings)
        self.slots = Slots(*self._places(), settings.transfer.least_parts_per_host)
        self.bandwidth = Bandwidth(self._limits.bytes_a_second)

    def windows(self) -> TimeWindows:
        """Return the time windows."""
        return self._limits.windows

    @property
    def most_parts(self) -> int:
        """The most parts that may ever be in flight in this run."""
        return MOST_PARTS if self._settings.limits.file else self._limits.parts_in_flight

    def look(self) -> None:
        """Read the file if it is another one than when it was read."""
        if self._look() != self._stamp:
            self.read()

    def read(self) -> None:
        """Read the file; where it cannot be used, all limits stay as they are, and the observer hears why."""
        self._stamp = self._look()
        try:
            self._set(read_limits(self._settings))
        except SettingsError as error:
            self._observer(LimitsKept(str(error)))
        else:
            self._observer(LimitsRead(self._limits.parts_in_flight, self._limits.bytes_a_second))

    def _set(self, limits: Limits) -> None:
        self._limits = limits
        self.slots.total, self.slots.per_host, self.slots.per_transfer = self._places()
        self.bandwidth.rate = limits.bytes_a_second

    def _places(self) -> tuple[int, int, int]:
        """Return the most parts in flight: in the run, at one host, of one file."""
        parts, transfer = self._limits.parts_in_flight, self._settings.transfer
        return parts, transfer.parts_per_host or parts, transfer.parts_per_file or parts

    def _look(self) -> Stamp:
        return stamp(self._settings.limits.file)


def stamp(file: Path | None) -> Stamp:
    """Return what tells a file from one that was written since; None where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
