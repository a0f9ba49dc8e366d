"""What is wrong with a setting: the line it stands on, its value where it is a number, and what it may be."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from engine import PANOPTO
from pipelines.config.environment import SECTIONS
from pipelines.config.faults import bounds, line_of, told
from pipelines.config.settings import TransferSettings

MIB = 1024 * 1024

TEXT = """\
# [transfer]
[opencast]
note = '''
[transfer]
attempts = 9
'''

[transfer]
attempts = 3
sizes = [
  1,
]
odd = 1
select.limit = 2
"""


def numbers() -> Iterator[tuple[str, str]]:
    """Give every setting that is a number, by its section."""
    for section, held in SECTIONS.items():
        for name, schema in held.model_json_schema()["properties"].items():
            if {one.get("type") for one in schema.get("anyOf", [schema])} & {"integer", "number"}:
                yield section, name


@pytest.mark.parametrize(("section", "name"), list(numbers()))
@pytest.mark.parametrize("value", [-1, 1e12, float("inf"), float("nan")])
def test_no_number_is_without_bounds(section: str, name: str, value: float) -> None:
    """Below zero, absurdly much, and what is no number at all: the sentence has setting, value and bounds."""
    held = SECTIONS[section]
    with pytest.raises(ValidationError) as caught:
        held.model_validate({name: value})
    (fault,) = [one for one in caught.value.errors() if one["loc"] == (name,)]
    sentence = str(told({**fault, "loc": (section, name)}, "m.toml, line 3", held))
    assert sentence.startswith(f"m.toml, line 3: {section}.{name}: {value} is out of bounds; it is ")
    assert " and at most " in sentence


@pytest.mark.parametrize(("section", "name"), list(numbers()))
def test_true_is_no_number(section: str, name: str) -> None:
    """Python takes it for 1: a pilot of one event, or a MiB a second, that nobody asked for."""
    with pytest.raises(ValidationError) as caught:
        SECTIONS[section].model_validate({name: True})
    (fault,) = [one for one in caught.value.errors() if one["loc"] == (name,)]
    sentence = str(told(fault, "m.toml, line 3", SECTIONS[section]))
    assert sentence == f"m.toml, line 3: {name}: true and false say nothing here"


def test_the_size_of_parts_is_what_panopto_takes() -> None:
    """In whole MiB; anything else would be refused by Panopto only when a file is under way."""
    least, most = PANOPTO.limits.minimum // MIB, PANOPTO.limits.maximum // MIB
    assert bounds(TransferSettings, "part_size_mib") == f"it is at least {least} and at most {most}"


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        (("transfer",), 8),
        (("transfer", "attempts"), 9),
        (("transfer", "sizes"), 10),
        (("transfer", "odd"), 13),
        (("opencast", "note"), 3),
        (("transfer", "select"), 14),
        (("transfer", "attempts", "more"), None),
        (("panopto",), None),
    ],
)
def test_the_line_of_a_setting(steps: tuple[str, ...], line: int | None) -> None:
    """Neither a comment nor the text of another setting is taken for it; of several lines it is the first."""
    assert line_of(TEXT, *steps) == line
