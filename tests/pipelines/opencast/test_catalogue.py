"""All subjects of an event are read out of its own catalogue, as servers of every version answer it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from fakes.emulated_opencast import serving
from fakes.opencast_api import OpencastApi, page
from fakes.scripted_http import json_answer
from multidict import CIMultiDict

from engine import AccountRefused, Answer, FerryError, Gone, Refused, ServerFault, Unreadable
from pipelines.opencast.catalogue import read_subjects
from pipelines.sandbox import Switches, World

PATH = "/api/events/e/metadata"
PLAIN = CIMultiDict({"Content-Type": "text/plain"})


def field(value: Any) -> list[dict[str, Any]]:
    """Return a catalogue of two fields."""
    return [{"id": "title", "value": "Heat"}, {"id": "subjects", "type": "text", "value": value}]


@pytest.mark.parametrize(
    ("value", "subjects"),
    [
        (["Physics, applied", "Optics"], ("Physics, applied", "Optics")),
        ([" Optics ", "", None], ("Optics",)),
        ("Physics, applied", ("Physics, applied",)),
        ([], ()),
        (None, ()),
    ],
)
def test_each_value_is_one_subject(value: Any, subjects: tuple[str, ...]) -> None:
    """Commas part nothing; blank ones are none."""
    assert read_subjects(field(value), "e") == subjects


@pytest.mark.parametrize(
    "json", [[], [{"id": "title", "value": "Heat"}], field({"de": "Optik"}), ["subjects"]]
)
def test_a_catalogue_that_tells_no_subjects_is_unreadable(json: Any) -> None:
    """A site may have taken the field away: that it is empty is not guessed."""
    with pytest.raises(Unreadable, match="event e, metadata"):
        read_subjects(json, "e")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page(403), Refused),
        (page(401), AccountRefused),
        (page(302, Location="https://opencast.example/login.html"), AccountRefused),
        (Answer(404, PLAIN, b"Cannot find an event"), Gone),
        (Answer(410, PLAIN, b""), Unreadable),
        (Answer(204, PLAIN, b""), Unreadable),
        (json_answer(200, {"fields": []}), ServerFault),
        (Answer(200, PLAIN, b'[{"id"'), ServerFault),
        (page(500), ServerFault),
    ],
)
async def test_every_other_answer_is_an_error(answer: Answer, error: type[FerryError]) -> None:
    """A role that is missing refuses this call alone, and is named."""
    api = OpencastApi()
    api.answers[PATH] = answer
    with pytest.raises(error) as raised:
        await api.client().subjects("e")
    assert isinstance(raised.value, Refused) == ("ROLE_API_EVENTS_METADATA_VIEW" in str(raised.value))


@pytest.mark.parametrize("version", ["1.0.0", "1.5.0", "1.10.0", "1.12.0"])
async def test_the_sandbox_tells_what_its_world_has(version: str) -> None:
    """In every version, of every event; the event itself tells the first alone, parted at commas."""
    world = World.seeded(7, 6, largest=1000, typical=1000)
    async with serving(world, Switches(opencast_api=version)) as site:
        for event in world.events:
            assert await site.client.subjects(event.identifier) == event.subjects
        assert any(len(one.subjects) > 1 for one in world.events)


async def test_without_its_role_the_event_is_read_and_its_subjects_are_refused() -> None:
    """As an account has it that has no more than a reader needs."""
    world = World.seeded(7, 1, largest=1000, typical=1000)
    async with serving(world, Switches(opencast_account="least")) as site:
        name = world.events[0].identifier
        assert (await site.client.event(name)).identifier == name
        with pytest.raises(Refused, match="ROLE_API_EVENTS_METADATA_VIEW"):
            await site.client.subjects(name)


def test_a_recorded_answer_is_read() -> None:
    """That of a site in Helsinki."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded answers")
    path = Path(folder) / "opencast" / "helsinki-lataamo" / "GET_event_metadata.json"
    (catalogue,) = (one for one in json.loads(path.read_bytes()) if one["flavor"] == "dublincore/episode")
    assert read_subjects(catalogue["fields"], "e") == ("Testin more",)
