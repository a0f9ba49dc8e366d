"""The description of a session: the operator's template filled in, and the marker as its last line.

Panopto has no field for presenters, place, language, rights or licence, so they are told here.
"""

from collections.abc import Iterator, Mapping, Sequence

from pipelines.config.template import DESCRIPTION, FIELD
from pipelines.panopto.manifest import legal, marker_of

Facts = Mapping[str, str | Sequence[str]]
"""What an event has, by the names of the template's fields; several names are a sequence."""


def describe(facts: Facts, event_id: str, template: str = DESCRIPTION) -> str:
    """Return the description of a session, whose last line is the marker `Opencast: <event id>`.

    A line of which every field is empty is left out; of blank lines that follow each other one stays. A value
    stands on one line, but for the description, which keeps its own.
    """
    values = {name: _value(name, value) for name, value in facts.items()}
    return "\n".join(_spaced([*_lines(template, values), marker_of(event_id)]))


def _lines(template: str, values: Mapping[str, str]) -> Iterator[str]:
    for line in legal(template).splitlines():
        asked = [values.get(name, "") for name in FIELD.findall(line)]
        if any(asked) or not asked:
            yield FIELD.sub(lambda field: values.get(field[1], ""), line).rstrip()


def _spaced(lines: Sequence[str]) -> Iterator[str]:
    """Give lines without the blank ones at the beginning and after another."""
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line


def _value(name: str, value: str | Sequence[str]) -> str:
    if name == "description" and isinstance(value, str):
        return legal(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    several = [value] if isinstance(value, str) else value
    return ", ".join(line for line in map(_line, several) if line)


def _line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(legal(text).split())
