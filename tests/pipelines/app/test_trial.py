"""What `ferry bench` moves, and how many parts at once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.migration_site import HOME, lecture

from engine import Source
from pipelines.app.limits import RunLimits
from pipelines.app.trial import choose, with_parts
from pipelines.config import Settings
from pipelines.migration.planning import Rules
from pipelines.opencast.model import Event, Me, Publication, Unread

MIB = 1024 * 1024
RULES = Rules(default_folder=HOME)


class Listed:
    """An Opencast of these events."""

    def __init__(self, *events: Event) -> None:
        self.events = events

    async def page(
        self, offset: int, limit: int, *, series: str = "", publications: bool = True
    ) -> list[Event | Unread]:
        """Return a page of them."""
        return list(self.events[offset : offset + limit])

    async def batch(self, identifiers: Sequence[str], *, sign: bool) -> list[Event | Unread]:
        """Return those by name."""
        return [one for one in self.events if one.identifier in identifiers]

    async def read(self, identifier: str) -> Event | Unread:
        """Return one by name."""
        return next(one for one in self.events if one.identifier == identifier)

    async def me(self) -> Me:
        """Nobody asks."""
        raise NotImplementedError


def of_size(identifier: str, size: int | None) -> Event:
    """Return an event of one stream."""
    event = lecture(identifier)
    (publication,) = event.publications
    track = replace(publication.tracks[0], size=size)
    return replace(event, publications=(Publication(publication.id, publication.channel, (track,)),))


def events_of(sources: Sequence[Source]) -> list[str]:
    """Return the events that sources are of."""
    return [one.group for one in sources]


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([30, 30, 30], ["0", "1"]),
        ([None, 30, None, 30, 30], ["1", "3"]),
        ([None, 30, None], ["1"]),
        ([None, None, None], ["0"]),
    ],
)
async def test_whole_files_are_moved_until_there_are_enough_bytes(
    sizes: list[int | None], chosen: list[str]
) -> None:
    """An Opencast that tells no sizes is not moved whole: one such event is enough."""
    events = [of_size(str(number), size) for number, size in enumerate(sizes)]
    found = await choose(Listed(*events), RULES, 50)
    assert (found.folder_id, events_of(found.sources)) == (HOME, chosen)


def test_the_parts_that_were_asked_for_are_those_in_flight(tmp_path: Path) -> None:
    """Whatever a file of limits says of them; its bytes a second hold."""
    file = tmp_path / "limits.toml"
    file.write_text("parts_in_flight = 2\nup_mib = 10\n")
    panopto = {"url": "https://p.example.org", "client_id": "c", "username": "u"}
    opencast = {"url": "https://o.example.org", "username": "u"}
    settings = {"opencast": opencast, "panopto": panopto, "limits": {"file": file}}
    limits = RunLimits(with_parts(Settings.model_validate(settings), 64))
    assert (limits.slots.total, limits.most_parts) == (64, 64)
    assert limits.bandwidth.rate == 10 * MIB
