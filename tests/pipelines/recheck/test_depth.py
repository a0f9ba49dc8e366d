"""How deep to look: which files a level reads again, and that a seed draws the same ones again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recheck.depth import Depth, Level, SampleSize, drawn, sample_size

NAMES = [f"e-{number}/presenter.mp4" for number in range(1000)]
FILES = [(name, name) for name in NAMES]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("5%", SampleSize(share=0.05)),
        (" 0.5 % ", SampleSize(share=0.005)),
        ("100%", SampleSize(share=1.0)),
        ("200", SampleSize(count=200)),
    ],
)
def test_a_size_is_a_number_or_a_share(text: str, size: SampleSize) -> None:
    """Blanks do not matter."""
    assert sample_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "0%", "101%", "-5", "5 files", "%", "1e3", "nan%"])
def test_what_is_no_size(text: str) -> None:
    """It is said in one sentence that quotes it."""
    with pytest.raises(ValueError, match="such as 200 or 5%"):
        sample_size(text)


@given(st.integers(0, 10**6), st.floats(0.0001, 1.0))
def test_a_share_of_some_files_is_never_none_of_them(files: int, share: float) -> None:
    """At least one where there are any, and never more than there are."""
    assert min(1, files) <= SampleSize(share=share).of(files) <= files


def test_the_levels() -> None:
    """Quick reads nothing again, full everything, a sample as many as were asked for or there are."""
    assert Depth().chosen(FILES) == []
    assert Depth(Level.FULL).chosen(FILES) == NAMES
    assert len(Depth(Level.SAMPLE, SampleSize(count=7), 1).chosen(FILES)) == 7
    assert len(Depth(Level.SAMPLE, SampleSize(share=0.05), 1).chosen(FILES)) == 50
    assert Depth(Level.SAMPLE, SampleSize(count=5000), 1).chosen(FILES) == NAMES


@given(st.permutations(NAMES[:30]), st.integers(0, 2**31))
def test_a_seed_draws_the_same_in_any_order(names: list[str], seed: int) -> None:
    """What is drawn hangs on seed and names alone."""
    assert drawn(names, 7, seed) == drawn(NAMES[:30], 7, seed)


def test_another_seed_draws_others() -> None:
    """Over a hundred seeds each file comes up about as often as any other."""
    counts = [sum(name in drawn(NAMES[:20], 5, seed) for seed in range(400)) for name in NAMES[:20]]
    assert min(counts) > 60
    assert max(counts) < 140


def test_a_grown_checkpoint_keeps_most_of_a_sample() -> None:
    """Of files that were drawn only those go that new ones have pushed out."""
    before, after = drawn(NAMES[:900], 90, 3), drawn(NAMES, 90, 3)
    assert len(before & after) > 70
