"""The words of a description: the operator's template, filled in line by line, and the marker after it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config.template import FIELDS
from pipelines.panopto.description import describe
from pipelines.panopto.manifest import event_of, legal

anything = st.text(st.characters(exclude_categories=()), max_size=40)
facts = st.fixed_dictionaries(
    {}, optional={name: anything | st.lists(anything, max_size=3) for name in FIELDS}
)


def test_a_description_in_full() -> None:
    """The event's words, an empty line, a line for each thing that it has, and the marker."""
    told = {
        "description": "First.\r\nSecond.\n", "presenters": ["Ada Lovelace ", " ", "Emmy\nNoether"],
        "contributors": ["Bo"], "location": "HG F 30", "language": "eng", "rightsholder": "ETH",
        "license": "CC-BY", "source": "Tape 7", "series": "S", "subjects": ["maths"], "creator": "admin",
    }  # fmt: skip
    assert describe(told, "e-1") == (
        "First.\nSecond.\n\nPresenters: Ada Lovelace, Emmy Noether\nContributors: Bo\nLocation: HG F 30\n"
        "Language: eng\nRights: ETH\nLicence: CC-BY\nSource: Tape 7\nOpencast: e-1"
    )


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({}, "Opencast: e-1"),
        ({"description": " \n", "presenters": [" "], "location": ""}, "Opencast: e-1"),
        ({"presenters": ["Ada"]}, "Presenters: Ada\nOpencast: e-1"),
        ({"description": "Words."}, "Words.\n\nOpencast: e-1"),
    ],
)
def test_a_line_of_which_every_field_is_empty_is_left_out(told: dict[str, str], text: str) -> None:
    """So are blank lines at the beginning; what is blank counts as empty."""
    assert describe(told, "e-1") == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", "Opencast: e-1"),
        ("{description}", "One.\n\n\nTwo.\nOpencast: e-1"),
        (
            "Moved in 2026.\n\n\n\n{location}\n\n{series}: {subjects}\n",
            "Moved in 2026.\n\nS: \nOpencast: e-1",
        ),
        ("{series} {location}, {creator}\nby {creator}", "S , \nOpencast: e-1"),
        ("\n\r\n  \n{series}\n\n", "S\n\nOpencast: e-1"),
        ("Opencast: {series}\x00", "Opencast: S\nOpencast: e-1"),
    ],
)
def test_the_operators_own_template(template: str, text: str) -> None:
    """A line without fields stays, and so does one with a field that is given; blank lines become one."""
    told = {"description": "One.\n\n\nTwo.", "series": "S", "location": " "}
    assert "\n".join(line.rstrip() for line in text.split("\n")) == describe(told, "e-1", template)


def test_a_value_that_looks_like_a_field_is_none() -> None:
    """What people wrote is not filled in a second time."""
    assert describe({"location": "{creator}", "creator": "x"}, "e", "{location}").startswith("{creator}\n")


@pytest.mark.fault(36)
@given(facts, anything.filter(bool), anything)
def test_any_id_comes_back_from_its_marker(told: dict[str, str], event_id: str, line: str) -> None:
    """Whatever words and template are, the session is known by its last line, and XML takes it all."""
    text = describe(told, event_id, f"{{description}}\n{line}\n{{location}} {{presenters}} {{series}}")
    assert event_of(text) == event_of(f"{text}\r\n") == event_id
    assert legal(text) == text


@given(facts, st.sampled_from([name for name in FIELDS if name != "description"]))
def test_a_value_stands_on_one_line(told: dict[str, str], name: str) -> None:
    """Whatever is in it, it makes no second line."""
    assert len(describe(told, "e", f"{name}: {{{name}}}").splitlines()) <= 2


def test_a_marker_in_the_words_is_not_the_marker() -> None:
    """A description that was copied from another session does not claim to be that event."""
    assert event_of(describe({"description": "Opencast: other"}, "mine")) == "mine"
    assert event_of("Opencast: other\nand more words") is None
