"""Worlds that are made for one question, carried to LumiNUS: long names, other policies, another token."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from fakes.carrying_runs import carried, report
from fakes.processes import Ran, Stand

from pipelines.sandbox.luminus.credentials import Account
from pipelines.sandbox.standing import Sandbox
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World

pytestmark = pytest.mark.slow

Json = Any

SWITCHES = Switches(
    largest=300_000,
    typical=200_000,
    rate_limit="off",
    seconds_to_processing=0.05,
    seconds_to_complete=0.05,
    lecture_item_lag=0.2,
    luminus_rate=0,
)
LONGEST = 500


@dataclass(frozen=True)
class Place:
    """A sandbox in this process, whose one event is what a test made of it."""

    sandbox: Sandbox
    stand: Stand

    async def run(self, changes: Mapping[str, Json] | None = None) -> Ran:
        """Run a migration as a process."""
        return await anyio.to_thread.run_sync(
            partial(carried, self.stand.folder / "run", self.stand, changes)
        )

    async def item(self) -> Json:
        """Return the one lecture item of the audit."""
        (row,) = await self.items()
        return row

    async def items(self) -> list[Json]:
        """Return the lecture items of the audit."""
        return list(await anyio.to_thread.run_sync(self.stand.audit, "lecture-items"))

    async def reported(self) -> Json:
        """Return the one item of the report that has a lecture item."""
        told = await anyio.to_thread.run_sync(report, self.stand.folder / "run")
        (row,) = [row for row in told.values() if row["lecture_items"]]
        return row


def lecture(**changes: Json) -> World:
    """Return a world whose one event is an ordinary lecture with changes."""
    world = World.seeded(events=1, largest=SWITCHES.largest)
    (event,) = world.events
    return world.with_event(replace(event, **changes))


@asynccontextmanager
async def placed(folder: Path, world: World, **switches: Json) -> AsyncIterator[Place]:
    """Serve a world."""
    async with Sandbox(world, replace(SWITCHES, **switches), folder=folder) as sandbox:
        yield Place(sandbox, Stand(folder, sandbox.details))


def units(text: str) -> int:
    """Return how long a text is in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


async def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    """600 characters with emoji are cut to 500 UTF-16 units, no emoji torn; the report has the whole name."""
    title = "".join(f"Lecture \N{ROCKET}{number:04}" for number in range(47))[:600]
    async with placed(tmp_path, lecture(title=title)) as place:
        ran = await place.run()
        assert ran.code == 0, ran.talk
        row = await place.item()
        assert LONGEST - 2 <= units(row["name"]) <= LONGEST
        assert title.startswith(row["name"])
        assert row["patches"] == 1
        assert (
            f"LumiNUS name beyond {LONGEST} units, in full: {title}"
            in (await place.reported())["not_carried"]
        )


async def test_presenters_that_are_too_many(tmp_path: Path) -> None:
    """Cut between two names, with how many are left out; the report has all of them."""
    names = tuple(f"Professor Number {number} \N{GRADUATION CAP}" for number in range(40))
    async with placed(tmp_path, lecture(presenters=names)) as place:
        ran = await place.run()
        assert ran.code == 0, ran.talk
        row = await place.item()
        assert units(row["presenter"]) <= LONGEST
        kept = row["presenter"].count("Professor Number")
        assert row["presenter"] == f"{', '.join(names[:kept])}, ... (+{len(names) - kept})"
        whole = f"LumiNUS presenter beyond {LONGEST} units, in full: {', '.join(names)}"
        assert whole in (await place.reported())["not_carried"]


@pytest.mark.parametrize(
    ("series", "presenter", "expected"),
    [("organizers", "", "Ada Brennan"), ("creator", "", "The Creator"), ("nobody", "Staff", "Staff")],
)
async def test_a_blank_presenter(series: str, presenter: str, expected: str, tmp_path: Path) -> None:
    """The series' organizers are named, else its creator, else whom the operator names."""
    world = lecture(presenters=("",), contributors=("  ",))
    (event,) = world.events
    assert event.series is not None
    given = replace(
        event.series,
        organizers=(expected,) if series == "organizers" else ("",),
        creator=expected if series == "creator" else " ",
    )
    others = tuple(given if one.identifier == given.identifier else one for one in world.series)
    world = replace(world, series=others).with_event(replace(event, series=given))
    async with placed(tmp_path, world) as place:
        ran = await place.run({"carry.presenter": presenter})
        assert ran.code == 0, ran.talk
        assert (await place.item())["presenter"] == expected


async def test_nobody_to_name(tmp_path: Path) -> None:
    """Four and `no_presenter`, and no PATCH; once the operator names somebody, the next run carries it."""
    world = lecture(presenters=("",), contributors=("",))
    (event,) = world.events
    assert event.series is not None
    nobody = replace(event.series, organizers=("",), creator="")
    series = tuple(nobody if one.identifier == nobody.identifier else one for one in world.series)
    async with placed(
        tmp_path, replace(world, series=series).with_event(replace(event, series=nobody))
    ) as place:
        ran = await place.run()
        assert (ran.code, ran.document["reasons"]) == (4, {"no_presenter": 1}), ran.talk
        assert (await place.item())["patches"] == 0
        ran = await place.run({"carry.presenter": "Staff"})
        assert ran.code == 0, ran.talk
        assert ran.document["bytes"]["sent"] == 0
        row = await place.item()
        assert (row["presenter"], row["patches"]) == ("Staff", 1)


@pytest.mark.parametrize(
    ("changes", "settings", "published"),
    [
        ({"readers": ("ROLE_ANONYMOUS",)}, {}, True),
        ({"readers": ("0000_Learner",)}, {}, True),
        ({"readers": ("0000_Instructor",)}, {}, False),
        ({"readers": ("ROLE_ANONYMOUS",), "denied": ("0000_Learner",)}, {}, False),
        ({"readers": ("ROLE_ANONYMOUS",)}, {"carry.channels": ["api"]}, False),
        ({"readers": ("ROLE_ANONYMOUS",)}, {"carry.publish": "unpublished"}, False),
        ({"readers": ("0000_Instructor",)}, {"carry.publish": "keep"}, None),
        ({"readers": ("0000_Instructor",)}, {"carry.student_roles": []}, None),
        ({"readers": ("ROLE_ANONYMOUS",), "processing_state": "RUNNING"}, {}, False),
    ],
)
async def test_who_sees_it(
    changes: Mapping[str, Json], settings: Mapping[str, Json], published: bool | None, tmp_path: Path
) -> None:
    """By the operator's policy; None is what LumiNUS made of it by itself."""
    readers = {**changes, "readers": (*changes["readers"], "ROLE_MIGRATION")}
    async with placed(tmp_path, lecture(**readers)) as place:
        ran = await place.run(settings)
        assert ran.code == 0, ran.talk
        row = await place.item()
        (module,) = [one for one in place.sandbox._modules.values() if one.id == row["module_id"]]
        by_itself = module.web_lecture is not None and module.web_lecture.auto_publish
        assert row["publish"] is (by_itself if published is None else published)
        assert (await place.reported())["published"].startswith("yes" if row["publish"] else "no")


async def test_another_token(tmp_path: Path) -> None:
    """The token in the file has ended: it waits; with another one in its place, the next run carries it."""
    async with placed(tmp_path, lecture(), luminus_token_life=0.0) as place:
        ran = await place.run()
        assert (ran.code, ran.document["reasons"]) == (3, {"luminus_account": 1}), ran.talk
        issued = Account.issued("ferry", 3600, time.time())
        place.sandbox.luminus.account = replace(
            issued, subscription_key=place.sandbox.luminus.account.subscription_key
        )
        (tmp_path / "luminus-token.secret").write_text(issued.token + "\n")
        ran = await place.run()
        assert ran.code == 0, ran.talk
        assert (await place.item())["patches"] == 1


async def test_an_event_that_goes_between_session_and_lecture_item(tmp_path: Path) -> None:
    """Nothing tells any more what the lecture item is to be: four, no PATCH, and the session stays."""
    async with placed(tmp_path, lecture(), lecture_item_lag=3.0) as place:
        assert (await place.run({"carry.wait": 0})).code == 3
        (event,) = place.sandbox.world.events
        place.sandbox.opencast.remove(event.identifier)
        await anyio.sleep(3.0)
        ran = await place.run()
        assert (ran.code, ran.document["reasons"]) == (4, {"gone": 1}), ran.talk
        assert (await place.item())["patches"] == 0
        assert len(await anyio.to_thread.run_sync(place.stand.audit, "sessions")) == 1
