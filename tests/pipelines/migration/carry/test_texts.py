"""Texts for LumiNUS are on one line, within its limit as it counts, and nothing in them is torn."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.migration.carry.texts import cut, joined, line, lines, units

ANY = st.text(alphabet=st.characters(codec=None)) | st.text(
    alphabet="aé \t\n\x00\u0301\u200b\u200d\u200f\ud83d\udc69👩🏽🇸🇬\ufe0f\U000e0067", max_size=60
)
FAMILY = "👩\u200d👩\u200d👧"
FLAG = "🇸🇬"
ACCENTED = "e\u0301"


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text is to be seen."""
    return all(unicodedata.category(one)[0] in "CZ" for one in text)


def is_whole(text: str) -> bool:
    """Tell whether a text is on one line, trimmed, and without half a character."""
    return not any("\ud800" <= one <= "\udfff" for one in text) and text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("é", 1), ("😀", 2), (FAMILY, 8), (FLAG, 4), ("\ud83d", 1)]
)
def test_units_are_those_of_utf_16(text: str, length: int) -> None:
    """What lies beyond the basic plane counts twice, as in .NET."""
    assert units(text) == length


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  A\tB\r\n C ", "A B C"),
        ("A\u00a0\u2028B\u3000", "A B"),
        ("A\x00B \x07 C", "AB C"),
        ("\ufeff\u200b A", "A"),
        ("\u200b \u200d\u200f", ""),
        (" \n\u3000", ""),
        ("A\ud83dB", "AB"),
        (FAMILY, FAMILY),
    ],
)
def test_a_text_on_one_line(text: str, told: str) -> None:
    """White space is one space; what cannot be seen is not in the way, but holds a family together."""
    assert line(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A\r\nB\rC\n", "A\nB\nC"),
        ("  A\n\n\tB  ", "A\n\n\tB"),
        ("A\x00\ud83dB", "AB"),
        (" \r\n ", ""),
    ],
)
def test_a_text_of_several_lines(text: str, told: str) -> None:
    """Lines end in one way, and what no text holds is left out."""
    assert lines(text) == told


@pytest.mark.parametrize(
    ("text", "longest", "told"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcde"),
        ("abc def", 4, "abc"),
        ("a😀", 2, "a"),
        ("a😀", 3, "a😀"),
        (f"a{ACCENTED}", 2, "a"),
        (f"a{FAMILY}", 8, "a"),
        (f"a{FAMILY}", 9, f"a{FAMILY}"),
        ("a👍🏽", 3, "a"),
        ("a❤\ufe0f", 2, "a"),
        ("a\u1112\u1161\u11ab", 3, "a"),
        (f"{FLAG}{FLAG}", 6, FLAG),
        (f"a{FLAG}{FLAG}", 8, f"a{FLAG}"),
        ("🏴\U000e0067\U000e0062\U000e007f!", 6, "🏴\U000e0067\U000e0062"),
        ("a🏴\U000e0067\U000e0062\U000e007f!", 8, "a"),
        ("e" + "\u0301" * 9, 5, "e" + "\u0301" * 4),
    ],
)
def test_a_cut_is_between_what_is_seen_as_one(text: str, longest: int, told: str) -> None:
    """Nothing is torn that is one to the eye, unless it is longer than the limit all by itself."""
    assert cut(text, longest) == told


def test_a_name_of_600_characters_with_emoji() -> None:
    """Three hundred letters and three hundred emoji are 900 for LumiNUS, and 500 of them are kept."""
    kept = cut("a😀" * 300)
    assert units(kept) == 499
    assert kept == "a😀" * 166 + "a"


@given(ANY, st.integers(2, 40))
@example("\u200b" * 50 + "a", 5)
@example("\u0301" * 50, 5)
def test_a_cut_text_is_within_the_limit_whole_and_not_blank(text: str, longest: int) -> None:
    """It never is over the limit, torn, or blank where the text was not; and it is not cut again."""
    kept = cut(text, longest)
    assert units(kept) <= longest
    assert is_whole(kept)
    assert is_blank(kept) == is_blank(text)
    assert cut(kept, longest) == kept
    assert line(text).startswith(kept)


@pytest.mark.parametrize(
    ("names", "longest", "told"),
    [
        ([], 500, ""),
        (["", " \n"], 500, ""),
        (["A"], 500, "A"),
        (["A", " ", "B \n C"], 500, "A, B C"),
        (["Tan, A.", "Lim"], 500, "Tan, A., Lim"),
        (["Anna", "Bob", "Cleo"], 15, "Anna, Bob, Cleo"),
        (["Anna", "Bob", "Cleo"], 14, "Anna, ... (+2)"),
        (["Anna", "Bob", "Cleopatra"], 19, "Anna, Bob, ... (+1)"),
        (["Anna", "Bob", "Cleopatra"], 18, "Anna, ... (+2)"),
        (["Annabel", "Bob"], 11, "A, ... (+1)"),
        (["Annabel"], 4, "Anna"),
    ],
)
def test_names_are_cut_between_them(names: list[str], longest: int, told: str) -> None:
    """As many names as fit are whole, and of the others the number is told."""
    assert joined(names, longest) == told


@given(st.lists(ANY, max_size=12), st.integers(20, 60))
def test_joined_names_are_within_the_limit_whole_and_not_blank(names: list[str], longest: int) -> None:
    """They never are over the limit, torn, or blank where one name was not; and they stay so."""
    told = joined(names, longest)
    assert units(told) <= longest
    assert is_whole(told)
    assert is_blank(told) == all(map(is_blank, names))
    assert joined([told], longest) == told


def test_very_many_names_are_joined_at_once() -> None:
    """A list without end costs no more than what is kept of it."""
    told = joined(["Name"] * 100_000)
    assert told.endswith(", ... (+99919)")
    assert units(told) <= 500
