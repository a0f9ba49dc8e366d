"""Replies have the keys that recorded ones have."""

import os
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipelines.sandbox.opencast import render
from pipelines.sandbox.opencast.render import Flags, Links
from pipelines.sandbox.opencast.versions import KNOWN, Version
from pipelines.sandbox.shapes import CATALOGUE
from pipelines.sandbox.world import World

NEWEST = Version(1, 11)
WORLD = World.seeded(7, len(CATALOGUE), largest=10_000, typical=10_000)
LINKS = Links("http://api", "http://files", lambda element: "")
EVERYTHING = Flags(True, True, True, True, True, True)


@pytest.fixture
def samples() -> Path:
    """The folder of the JSON samples of Opencast's developer guide."""
    reference = os.environ.get("FERRY_REFERENCE")
    if not reference:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    return Path(reference) / "opencast" / "opencast-docs-samples"


def recorded(folder: Path, begin: str) -> Any:
    """The sample whose file name begins like this."""
    (path,) = folder.glob(f"{begin}*")
    return orjson.loads(path.read_bytes())


def test_keys_are_those_of_the_samples(samples: Path) -> None:
    """Publication, archived track, series, schedule and metadata field have the documented keys."""
    event, scheduled = WORLD.events[2], WORLD.events[16]
    (made,) = render.publications_json(event, NEWEST, LINKS, internal=False)
    documented = recorded(samples, "events-api_19")
    assert made.keys() == documented.keys()
    audio = next(one for one in documented["media"] if not one["has_video"])
    assert made["media"][0].keys() == audio.keys()
    assert made["metadata"][0].keys() == documented["metadata"][0].keys()
    assert made["attachments"][0].keys() == documented["attachments"][0].keys() | {"ref"}
    (archived,) = render.media_json(event, NEWEST, LINKS)
    assert archived.keys() == recorded(samples, "events-api_14")[0].keys()
    series = render.series_json(WORLD.series[0], single=True)
    assert recorded(samples, "series-api_02").keys() <= series.keys()
    schedule = render.scheduling_json(scheduled)
    assert schedule is not None
    assert schedule.keys() == recorded(samples, "events-api_20").keys()
    field = render.metadata_json(event, combined=False)[0]["fields"][0]
    assert field.keys() == recorded(samples, "events-api_16")[0].keys()


@pytest.mark.parametrize("version", KNOWN, ids=str)
def test_every_event_renders_in_every_version(version: Version) -> None:
    """No shape of the catalogue is beyond any version, and what is written is JSON."""
    chance = random.Random(1)
    for event in WORLD.events:
        shown = render.event_json(event, version, EVERYTHING, LINKS)
        assert orjson.loads(render.encode(shown, chance)) == orjson.loads(orjson.dumps(shown))
        assert ("scheduling" in shown) is (version >= (1, 1))
        assert all(one["channel"] != "internal" or version >= (1, 11) for one in shown["publications"])


def test_subjects_are_the_first_one_split() -> None:
    """Opencast splits the first subject at its commas and forgets the others."""
    with_two = next(one for one in WORLD.events if len(one.subjects) == 2)
    assert render.event_json(with_two, NEWEST, Flags(), LINKS)["subjects"] == ["Physics"]


def test_metadata_joins_or_splits_the_start() -> None:
    """Within a list the start is one ISO date, in a call of its own a day and a time."""
    event = WORLD.events[0]
    joined = {one["id"]: one["value"] for one in render.metadata_fields(event, combined=True)}
    split = {one["id"]: one["value"] for one in render.metadata_fields(event, combined=False)}
    assert joined["startDate"] == "2019-09-02T09:52:00Z"
    assert (split["startDate"], split["startTime"]) == ("2019-09-02", "09:52")
    assert "startTime" not in joined
