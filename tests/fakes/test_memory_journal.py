"""The journal in memory is the checkpoint without its file."""

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Record, open_checkpoint
from fakes.memory_journal import Killed, MemoryJournal

records = st.lists(
    st.builds(
        Record,
        st.sampled_from(["a", "b"]),
        st.sampled_from(["x", "y"]),
        st.dictionaries(st.sampled_from(["n"]), st.integers(0, 9)),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None)
@given(records)
async def test_it_keeps_what_the_checkpoint_keeps(given: list[Record]) -> None:
    """Any records leave the same live ones in memory and in a file."""
    memory = MemoryJournal()
    with TemporaryDirectory() as folder:
        async with open_checkpoint(Path(folder) / "c", {"a": "b"}) as checkpoint:
            for record in given:
                await memory.append(record)
                await checkpoint.append(record)
            for subject in ("a", "b"):
                assert list(memory.history(subject)) == list(checkpoint.history(subject))
            assert sorted(memory.subjects()) == sorted(checkpoint.subjects())


@pytest.mark.parametrize("kept", [False, True])
async def test_it_ends_at_a_record_and_goes_on(kept: bool) -> None:
    """The record at which it ends is kept or lost as was asked; those after it are lost."""
    journal, numbers = MemoryJournal(), count(1)
    journal.end_at(2, kept=kept)
    for _ in range(3):
        try:
            await journal.append(Record("a", f"{next(numbers)}"))
        except Killed:
            continue
    journal.go_on()
    await journal.append(Record("a", "later"))
    assert journal.kinds("a") == ["1", *(["2"] if kept else []), "later"]
