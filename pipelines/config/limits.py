"""The limits that hold at a moment, made of the settings and of a file that may change while a run goes on.

The file (`limits.file`) is TOML without sections; what it does not name is as the settings say.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from pipelines.config.error import SettingsError, no_file
from pipelines.config.faults import first_of, line_of, told
from pipelines.config.settings import PartsInFlight, Rate, Section, Settings, WindowsText
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


class _Changes(Section):
    """What the file may hold."""

    parts_in_flight: PartsInFlight | None = None
    up_mib: Rate | None = None
    down_mib: Rate | None = None
    windows: WindowsText | None = None


def read_limits(settings: Settings) -> Limits:
    """Return the limits that hold now. Raises SettingsError, one sentence that names the file."""
    return limits_of(settled(settings))


def settled(settings: Settings) -> Settings:
    """Return settings that name no file of limits, but hold what it says now. Raises SettingsError."""
    file = settings.limits.file
    if file is None:
        return settings
    changes = _changes(file)
    transfer = {name: value for name, value in changes.items() if name == "parts_in_flight"}
    limits = {name: value for name, value in changes.items() if name not in transfer}
    changed = {
        "transfer": settings.transfer.model_copy(update=transfer),
        "limits": settings.limits.model_copy(update={**limits, "file": None}),
    }
    found = settings.model_copy(update=changed)
    limits_of(found, str(file))
    return found


def _changes(file: Path) -> dict[str, Any]:
    """Return what the file names, checked."""
    where = str(file)
    try:
        text = file.read_text(encoding="utf-8")
        return _Changes(**tomllib.loads(text)).model_dump(exclude_none=True)
    except FileNotFoundError as error:
        raise no_file(file, "limits.file", where) from error
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})", where=where) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8, as TOML is", where=where) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is not TOML: {error}", where=where) from error
    except ValidationError as error:
        raise _fault(error, where, text) from error


def _fault(error: ValidationError, where: str, text: str) -> SettingsError:
    fault = first_of(error)
    name = str(fault["loc"][0])
    line = line_of(text, name)
    where = f"{where}, line {line}" if line else where
    if fault["type"] == "extra_forbidden":
        advice = f"it may hold {', '.join(_Changes.model_fields)}"
        return SettingsError(f"{name} is a limit that nothing reads", where=where, advice=advice)
    return told(fault, where, _Changes)
