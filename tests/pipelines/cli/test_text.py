"""Texts of others, and sizes, as a person sees them."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from pipelines.cli.text import document, laid, page, plain, size


@pytest.mark.fault(36)
@given(st.text())
def test_no_control_character_passes(text: str) -> None:
    """No escape, no new line, no sign that turns the direction of writing, and no character more or less."""
    shown = plain(text)
    assert len(shown) == len(text)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_letters_in_any_script_stay(text: str) -> None:
    """Nothing is taken from a title in whatever script, nor a picture in it."""
    assert plain(text) == text


def test_what_would_move_a_cursor_is_replaced() -> None:
    """An escape sequence is left as harmless letters, a line's end as a mark."""
    assert plain("a\x1b[31mb\nc") == "a\ufffd[31mb\ufffdc"


def test_wide_and_fixed_blanks_are_blanks() -> None:
    """A title in Japanese keeps its words apart, and one with a non-breaking space too."""
    assert plain("量子\u3000力学\u00a07") == "量子 力学 7"


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (210_000_000, "200.3 MiB"),
        (1 << 30, "1.0 GiB"),
        (5 << 40, "5.0 TiB"),
        (5 << 50, "5120.0 TiB"),
    ],
)
def test_sizes_are_in_the_unit_a_person_would_choose(count: int, shown: str) -> None:
    """Up to TiB, one digit after the point."""
    assert size(count) == shown


@pytest.mark.fault(36)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_moves_no_cursor(text: str) -> None:
    """No control character stands in a document as itself, and every one comes back."""
    told = document({"title": text})
    assert not any(unicodedata.category(one) == "Cc" for one in told.decode() if one != "\n")
    assert json.loads(told) == {"title": text}


@pytest.mark.fault(36)
def test_markup_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither rich's tags nor its names of pictures are taken for what they say, on paper or in a table."""
    text = "[red]x[/nope] [link=https://evil.example]y[/link] :warning: \\[b]"
    page().print(text)
    assert capsys.readouterr().out == text + "\n"
    assert laid(Text(text), 200) == laid(text, 200) == [text]


def test_lines_are_whole_where_no_person_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a long line stays one line, and words in brackets stay words."""
    line = " ".join(["word [bold]"] * 50)
    page().print(line)
    assert capsys.readouterr().out == line + "\n"
