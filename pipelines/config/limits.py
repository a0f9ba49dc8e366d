"""The limits that hold at a moment, made of the settings."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipelines.config.error import SettingsError
from pipelines.config.settings import Settings
from pipelines.config.windows import ALWAYS, TimeWindows, parse

MIB = 1024 * 1024
LONGEST_PART = 60.0
"""Seconds that the bytes of a part may take: the mean over a minute is what is kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may do: when, how many parts at once, and how many bytes a second (None: no limit)."""

    windows: TimeWindows
    parts_in_flight: int
    bytes_a_second: float | None


def limits_of(settings: Settings, where: str = "") -> Limits:
    """Return the limits of settings. Raises SettingsError where a rate is below a part a minute."""
    limits = settings.limits
    zone = ZoneInfo(limits.timezone) if limits.timezone else None
    part = settings.transfer.part_size_mib
    rates = {"up_mib": limits.up_mib, "down_mib": limits.down_mib}
    given = {name: rate for name, rate in rates.items() if rate is not None}
    for name, rate in given.items():
        if rate * LONGEST_PART < part:
            raise SettingsError(
                f"limits.{name} is less than a part of {part} MiB in {LONGEST_PART:.0f} seconds",
                where=where,
                advice=f"give at least {part / LONGEST_PART:.2f}, or a smaller transfer.part_size_mib",
            )
    return Limits(
        parse(limits.windows, zone) if limits.windows else ALWAYS,
        settings.transfer.parts_in_flight,
        min(given.values()) * MIB if given else None,
    )
