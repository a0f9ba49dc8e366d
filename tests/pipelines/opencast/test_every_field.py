"""Every field of every recorded answer is carried, described, or dropped with a reason; a new one fails."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from fakes.opencast_fields import (
    ANSWERS,
    ATTRIBUTES,
    EVENT,
    FRAME,
    NOT_READ,
    PUBLICATION,
    PUBLISHED,
    SITE,
    TRACK,
    WHOLE_EVENT,
    XML,
)
from lxml import etree

from pipelines.opencast.model import Element, Event, Grant, Publication, Scheduling, Series, Track
from pipelines.opencast.payload import read_event

MODEL = {one.__name__: one for one in (Element, Event, Grant, Publication, Scheduling, Series, Track)}


def answers() -> list[Path]:
    """The recorded answers, or skip the test."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    return sorted((Path(folder) / "opencast").rglob("*.*"))


def paths(value: Any, above: str = "") -> Iterator[str]:
    """Yield the name of every field below a value; a list's members have the list's."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, above)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{above}{name}"
            yield from paths(inner, f"{above}{name}.")


def table_of(path: Path) -> Mapping[str, str] | None:
    """The table that a file's fields are in; None where nothing is read of it. Fails for an unknown file."""
    found = [table for name, table in ANSWERS.items() if path.name.startswith(name)]
    if found:
        return found[0]
    assert any(mark in path.name for mark in NOT_READ), f"nothing says what becomes of {path.name}"
    return None


def test_every_field_of_every_recorded_answer_is_in_the_table() -> None:
    """One that the tables lack is named, with the file that has it."""
    unknown, looked = [], 0
    for path in answers():
        table = table_of(path) if path.suffix == ".json" else None
        if table is None:
            continue
        looked += 1
        names = dict.fromkeys(paths(json.loads(path.read_bytes())))
        dropped = [name for name in names if table.get(name, "").startswith(SITE)]
        inside = tuple(f"{name}." for name in dropped)
        unknown += [
            f"{path.name}: {name}" for name in names if name not in table and not name.startswith(inside)
        ]
    assert unknown == []
    assert looked >= 25


def test_every_part_of_every_recorded_catalogue_is_in_the_table() -> None:
    """Segments, chapters and cut lists: elements and attributes."""
    unknown, looked = [], 0
    for path in answers():
        if path.suffix not in {".xml", ".smil"}:
            continue
        looked += 1
        for element in etree.parse(path).iter(etree.Element):
            name = etree.QName(element).localname
            unknown += [] if name in XML or name in FRAME else [f"{path.name}: {name}"]
            for attribute in map(str, element.attrib):
                short = etree.QName(attribute).localname
                known = f"{name}@{short}" in XML or short in ATTRIBUTES
                unknown += [] if known else [f"{path.name}: {name}@{short}"]
    assert unknown == []
    assert looked == 4


def lost(json: Mapping[str, Any], table: Mapping[str, str], read: Any) -> list[str]:
    """The fields that tell something, whose facts are empty; a sum that is no MD5 tells nothing."""
    kinds = ("carried", "described")
    facts = {name: table[name].rpartition(".")[2] for name in json if table[name].startswith(kinds)}
    unknown = (None, "", [], {}, 0, -1, False)
    told = [name for name in facts if json[name] not in unknown]
    told = [name for name in told if name != "checksum" or json[name].endswith("(md5)")]
    return [name for name in told if not getattr(read, facts[name])]


def test_what_is_carried_is_read_without_loss() -> None:
    """Whatever a recorded event, publication or track tells is in the fact that its table names."""
    looked = 0
    for path in answers():
        document = json.loads(path.read_bytes()) if path.suffix == ".json" else []
        table = table_of(path) if document else None
        for one in document if isinstance(document, list) else [document]:
            if table is WHOLE_EVENT:
                event = read_event(one)
                assert lost(one, EVENT, event) == []
            elif table is PUBLISHED:
                event = read_event({"identifier": "e", "publications": [one]})
                assert lost(one, PUBLICATION, event.publications[0]) == []
            else:
                continue
            looked += 1
            for made, publication in zip(one.get("publications", [one]), event.publications, strict=False):
                for media, track in zip(made.get("media", ()), publication.tracks, strict=True):
                    assert lost(media, TRACK, track) == []
    assert looked >= 12


def test_every_fate_is_one_of_three() -> None:
    """What is carried or described names a fact that there is; what is dropped has a reason."""
    for table in ANSWERS.values():
        for name, fate in table.items():
            kind, _, rest = fate.partition(": ")
            assert kind in {"carried", "described", "dropped"}, name
            if kind == "dropped":
                assert len(rest) > 10, name
            else:
                owner, _, fact = rest.partition(".")
                assert fact in {one.name for one in fields(MODEL[owner])}, name


def test_every_fact_comes_from_some_field() -> None:
    """Nothing of the model is left empty for ever: each is read from a field of the tables."""
    named = {fate.partition(": ")[2] for table in ANSWERS.values() for fate in table.values()}
    ours = {"Event.scheduling", "Element.kind", "Publication.refused", "Track.height"}
    later = {f"Series.{name}" for name in ("language", "license", "rightsholder")}
    facts = {f"{name}.{one.name}" for name, kind in MODEL.items() for one in fields(kind)}
    assert facts - named - ours - later == set()
