"""The limits that hold: what a file names goes before the settings; what is wrong with it is one sentence."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.config import Settings, SettingsError
from pipelines.config.limits import MIB, Limits, limits_of, read_limits, settled
from pipelines.config.windows import ALWAYS, parse

GUID = "0f0f0f0f-1111-2222-3333-444444444444"

Written = Callable[[str], Settings]


def settings_of(**limits: object) -> Settings:
    """Return settings with these limits."""
    panopto = {"url": "https://p.example.org", "client_id": "c", "username": "u", "folder_id": GUID}
    opencast = {"url": "https://o.example.org", "username": "u"}
    return Settings.model_validate({"opencast": opencast, "panopto": panopto, "limits": limits})


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a file of limits, and return settings that name it and have limits of their own."""

    def write(text: str) -> Settings:
        (tmp_path / "limits.toml").write_text(text)
        return settings_of(file=tmp_path / "limits.toml", up_mib=8.0, windows="Mon", timezone="UTC")

    return write


def test_without_any_there_is_no_limit() -> None:
    """The parts in flight are those of the settings."""
    assert limits_of(settings_of()) == Limits(ALWAYS, 16, None)
    assert read_limits(settings_of()) == Limits(ALWAYS, 16, None)


@pytest.mark.parametrize(
    ("rates", "rate"), [({"up_mib": 4, "down_mib": 2}, 2), ({"up_mib": 1}, 1), ({"down_mib": 0.5}, 0.5)]
)
def test_the_lower_rate_holds(rates: dict[str, float], rate: float) -> None:
    """Bytes pass straight through."""
    assert limits_of(settings_of(**rates)).bytes_a_second == rate * MIB


def test_an_empty_file_changes_nothing(written: Written) -> None:
    """What it does not name is as the settings say."""
    settings = written("# nothing yet\n")
    assert read_limits(settings) == limits_of(settings)


def test_what_the_file_names_goes_first(written: Written) -> None:
    """Each by itself, and the zone is that of the settings."""
    found = read_limits(written('parts_in_flight = 3\nup_mib = 2\nwindows = "Tue"\n'))
    zone = found.windows.zone
    assert found == Limits(parse("Tue", zone), 3, 2 * MIB)
    assert str(zone) == "UTC"


def test_what_the_file_says_now_can_be_kept(written: Written) -> None:
    """In settings that read no file any more."""
    settings = written("parts_in_flight = 3\n")
    kept = settled(settings)
    assert kept.limits.file is None
    assert limits_of(kept) == read_limits(settings)
    assert settled(kept) == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parts_in_flight = 0", "parts_in_flight: "),
        (
            "up_mib = 2\nparts_in_flight = 513",
            "parts_in_flight: 513 is out of bounds; it is at least 1 and at",
        ),
        ("up_mib = -1", "up_mib: "),
        ("up_mib = 0.1", "limits.up_mib is less than a part of 16 MiB in 60 seconds"),
        ('windows = "hush"', "windows: time window 1 cannot be read"),
        ("grace_seconds = 1", "grace_seconds is a limit that nothing reads; it may hold parts_in_flight"),
        ("up_mib", "is not TOML"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(written: Written, text: str, said: str) -> None:
    """One sentence with the file's name, and not what it holds."""
    settings = written(text)
    with pytest.raises(SettingsError) as caught:
        read_limits(settings)
    sentence = str(caught.value)
    assert re.match(rf"{settings.limits.file}(, line \d+)?: {re.escape(said)}", sentence)
    assert "\n" not in sentence
    assert "hush" not in sentence


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    """A folder, nothing at all, and bytes that are no UTF-8."""
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name, said in (("none", "there is no file"), (".", "cannot be read"), ("bytes", "is not UTF-8")):
        with pytest.raises(SettingsError, match=said):
            read_limits(settings_of(file=tmp_path / name))
