"""How deep `ferry verify` is asked to look, and what is said while it does."""

import anyio
import pytest

from engine import Unreachable
from pipelines.cli import deeper
from pipelines.cli.deeper import depth_of, telling, words
from pipelines.cli.verify import changed, code_of, ends, files_read, unrecorded
from pipelines.config import SettingsError
from pipelines.recheck.depth import Depth, Level, SampleSize
from pipelines.recheck.found import Found, Unread
from pipelines.recheck.sources import ReadSoFar


def test_what_is_asked_for() -> None:
    """Without a word nothing is read again; a size alone is a sample; a sample alone is a twentieth."""
    assert depth_of(None, None, None) == Depth(Level.QUICK)
    assert depth_of(Level.FULL, None, None) == Depth(Level.FULL)
    assert depth_of(None, "200", 7) == Depth(Level.SAMPLE, SampleSize(count=200), 7)
    assert depth_of(Level.SAMPLE, None, 7) == Depth(Level.SAMPLE, SampleSize(share=0.05), 7)


def test_a_seed_is_drawn_where_none_is_given() -> None:
    """It is short enough to be typed."""
    assert all(0 <= depth_of(None, "5%", None).seed < deeper.SEEDS for _ in range(100))


@pytest.mark.parametrize(
    ("level", "sample", "seed", "option"),
    [
        (Level.FULL, "5%", None, "--sample"),
        (Level.QUICK, "5%", None, "--sample"),
        (None, None, 7, "--seed"),
        (None, "five", None, "--sample five"),
    ],
)
def test_what_makes_no_sense(level: Level | None, sample: str | None, seed: int | None, option: str) -> None:
    """It is refused by the option as it was typed."""
    with pytest.raises(SettingsError, match=rf"^{option}: "):
        depth_of(level, sample, seed)


async def test_a_word_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While files are read it is told how far that is; the result comes back, and so does an error."""
    monkeypatch.setattr(deeper, "EVERY", 0.001)
    so_far = ReadSoFar(3, 9, 5 * 2**20)

    async def look() -> Found:
        for _ in range(5000):
            await anyio.sleep(0.001)
            if "3 of 9 files" in capsys.readouterr().err:
                return Found(files=9)
        return Found()

    async def fail() -> Found:
        raise Unreachable("no way")

    assert await telling(look, so_far) == Found(files=9)
    with pytest.raises(Unreachable):
        await telling(fail, so_far)
    assert words(so_far) == "3 of 9 files read again, 5.0 MiB"


def test_what_was_changed_or_is_not_on_record() -> None:
    """Neither is as it was meant; a change outweighs what is not on record, and both are told."""
    gone = Found(changed=(Unread("event e, file presenter.mp4", "another file"),))
    old = Found(unrecorded=("e-1", "e-2"))
    assert (code_of(gone + old), code_of(old)) == (4, 3)
    assert list(changed(gone)) == ["changed since: event e, file presenter.mp4: another file"]
    (sentence,) = unrecorded(old)
    assert sentence.startswith("not on record: the checksums of 2 items, ")
    assert sentence.endswith(": e-1, e-2")
    assert not [one for found in (gone, old) for one in ends(found) if "as it was meant" in one]


def test_what_was_read_is_told() -> None:
    """By number and size; a sample names its seed; where nothing was read nothing is said."""
    found = Found(files=3, bytes=2048)
    assert list(files_read(found, Depth())) == []
    assert list(files_read(found, Depth(Level.FULL))) == ["3 files (2.0 KiB) give the bytes that were sent"]
    (line,) = files_read(found, Depth(Level.SAMPLE, seed=41))
    assert line.endswith("sent, a sample drawn with --seed 41")
