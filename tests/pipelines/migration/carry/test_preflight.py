"""The plan says what of LumiNUS has to be mended, one sentence each, and changes nothing there."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from engine import FerryError, Interrupted, Refused, ServerFault, Unreachable
from pipelines.luminus.closed import QuotaSpent, TokenRefused
from pipelines.luminus.model import LectureItem, Members, Module, WebLecture
from pipelines.migration.carry.preflight import Problem, flips, preflight, stopped
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.opencast.model import Event, Grant

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLICY = PublishPolicy("conservative", ("engage-player",), ("ROLE_ANONYMOUS",))
MODULE = Module("m1", "CS0000", "Sorting", may_update=True)
TOOL = WebLecture("w1", "m1", auto_publish=False, folder_id="f1")
WHO = "series s1, module CS0000 (m1)"


@dataclass
class OneLuminus:
    """A LumiNUS that holds what a test gives it, fails where it is told to, and counts what it is asked."""

    seen: dict[str, Module] = field(default_factory=lambda: {"m1": MODULE})
    tools: dict[str, WebLecture | None] = field(default_factory=lambda: {"m1": TOOL})
    held: dict[str, list[LectureItem]] = field(default_factory=dict)
    fails: dict[str, FerryError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def modules(self) -> Mapping[str, Module]:
        """Return the modules that are seen."""
        self._ask("modules")
        return self.seen

    async def web_lecture(self, module_id: str) -> WebLecture | None:
        """Return a module's tool."""
        self._ask(f"tool {module_id}")
        return self.tools[module_id]

    async def items(self, web_lecture_id: str) -> list[LectureItem]:
        """Return a tool's lecture items."""
        self._ask(f"items {web_lecture_id}")
        return self.held[web_lecture_id]

    async def patch(self, members: Members) -> LectureItem | None:
        """Change nothing: a plan never does."""
        raise AssertionError(f"the plan changes {members.id}")

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.fails:
            raise self.fails[what]


async def problems(
    luminus: OneLuminus,
    modules: Mapping[str, str] | None = None,
    folders: Mapping[str, str] | None = None,
    token_ends: datetime | None = None,
) -> list[Problem]:
    """Return what the plan finds; without other words one series goes from folder f1 to module m1."""
    told = modules if modules is not None else {"s1": "m1"}
    return await preflight(
        luminus, told, {"s1": "F1"} if folders is None else folders, token_ends, 2400.0, NOW
    )


def said(found: Iterable[Problem]) -> list[str]:
    """Return the sentences."""
    return [one.sentence for one in found]


async def test_nothing_to_mend() -> None:
    """A module with everything is no sentence, whichever case its folder's letters have."""
    assert await problems(OneLuminus(), token_ends=NOW + timedelta(hours=8)) == []


@pytest.mark.parametrize(
    ("luminus", "reason", "sentence"),
    [
        (
            OneLuminus(seen={}),
            "unknown_module",
            "series s1, module m1: LumiNUS does not show the module to this account",
        ),
        (
            OneLuminus(seen={"m1": replace(MODULE, may_update=False)}),
            "no_right",
            f"{WHO}: the account has no right to update it",
        ),
        (
            OneLuminus(tools={"m1": None}),
            "no_web_lecture",
            f"{WHO}: it has no web lecture tool, so nothing can be carried there",
        ),
        (
            OneLuminus(tools={"m1": replace(TOOL, auto_publish=True)}),
            None,
            f"{WHO}: isAutoPublish is true: students see sessions before their metadata is carried",
        ),
        (
            OneLuminus(tools={"m1": replace(TOOL, folder_id="f2")}),
            "lecture_item",
            f"{WHO}: its sessions go to folder F1, where LumiNUS never sees them: it imports from f2",
        ),
        (
            OneLuminus(tools={"m1": replace(TOOL, folder_id=None)}),
            "lecture_item",
            f"{WHO}: its web lecture has no panoptoFolderURL, so LumiNUS never sees a session",
        ),
        (
            OneLuminus(fails={"tool m1": Refused("says no (403)", where="luminus.example.org")}),
            "refused",
            f"{WHO}: its web lecture cannot be read (luminus.example.org: says no (403))",
        ),
    ],
)
async def test_what_has_to_be_mended_in_a_module(
    luminus: OneLuminus, reason: str | None, sentence: str
) -> None:
    """Each fault is one sentence that names series and module, with the reason that its items would have."""
    assert await problems(luminus) == [Problem(reason, sentence, ("s1",))]


async def test_several_faults_of_several_series() -> None:
    """A module is asked once, however many series lead to it; only the series in a wrong folder is named."""
    luminus = OneLuminus(
        seen={"m1": replace(MODULE, may_update=False)}, tools={"m1": replace(TOOL, auto_publish=True)}
    )
    modules = {"s2": "m1", "s1": "m1", "s3": "m2", "s4": "m1"}
    found = await problems(luminus, modules, {"s1": "f1", "s2": "f9", "s3": "f3"})
    assert said(found) == [
        "series s1, s2, s4, module CS0000 (m1): the account has no right to update it",
        (
            "series s1, s2, s4, module CS0000 (m1): isAutoPublish is true: students see sessions before "
            "their metadata is carried"
        ),
        (
            "series s2, module CS0000 (m1): its sessions go to folder f9, where LumiNUS never sees them: it "
            "imports from f1"
        ),
        "series s3, module m2: LumiNUS does not show the module to this account",
    ]
    assert luminus.asked == ["modules", "tool m1"]
    held = {"s1": 5, "s2": 2, "s3": 1, "s4": 0, "s9": 7}
    assert stopped(found, held) == {"no_right": 7, "unknown_module": 1}


@pytest.mark.parametrize(
    ("left", "sentences"),
    [
        (None, []),
        (timedelta(minutes=40), []),
        (
            timedelta(minutes=25),
            [
                (
                    "the LumiNUS token ends at 2026-11-21 12:25 UTC, in 25 minutes, and the run needs it for "
                    "40 minutes: get a new one before the run"
                )
            ],
        ),
        (
            timedelta(minutes=-12),
            ["the LumiNUS token ended at 2026-11-21 11:48 UTC, 12 minutes ago: get a new one"],
        ),
        (
            timedelta(),
            ["the LumiNUS token ended at 2026-11-21 12:00 UTC, less than a minute ago: get a new one"],
        ),
        (
            timedelta(minutes=-1),
            ["the LumiNUS token ended at 2026-11-21 11:59 UTC, 1 minute ago: get a new one"],
        ),
        (
            timedelta(hours=-3),
            ["the LumiNUS token ended at 2026-11-21 09:00 UTC, 3 hours ago: get a new one"],
        ),
        (
            timedelta(days=-90),
            ["the LumiNUS token ended at 2026-08-23 12:00 UTC, 90 days ago: get a new one"],
        ),
    ],
)
async def test_the_token_has_to_last(left: timedelta | None, sentences: list[str]) -> None:
    """One that ends within the run is told with its time; with one that has ended nobody is asked."""
    luminus = OneLuminus()
    found = await problems(luminus, token_ends=None if left is None else NOW + left)
    ended = left is not None and left <= timedelta()
    assert said(found) == sentences
    assert bool(luminus.asked) is not ended
    assert stopped(found, {"s1": 3, "s2": 4}) == ({"luminus_account": 7} if ended else {})


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (TokenRefused("401"), ""),
        (QuotaSpent("403"), ""),
        (ServerFault("502"), "; try again later"),
        (
            Unreachable("the connection failed", where="luminus.example.org"),
            "; check luminus.url, and network.proxy if there is one, or try again later",
        ),
    ],
)
async def test_a_luminus_that_does_not_answer_is_one_sentence(error: FerryError, advice: str) -> None:
    """It ends the look, and stands against all items; what was found before is told, and counts first."""
    one, two = OneLuminus(fails={"modules": error}), OneLuminus(fails={"tool m2": error})
    two.seen = {"m1": replace(MODULE, may_update=False), "m2": MODULE, "m3": MODULE}
    modules = {"s1": "m1", "s2": "m2", "s3": "m3"}
    sentence = f"LumiNUS cannot be asked what has to be mended there: {error}{advice}"
    assert await problems(one, modules) == [Problem(error.code, sentence)]
    found = await problems(two, modules)
    assert said(found) == [f"{WHO}: the account has no right to update it", sentence]
    assert stopped(found, {"s1": 1, "s2": 2, "s3": 3}) == {"no_right": 1, error.code: 5}
    assert two.asked == ["modules", "tool m1", "tool m2"]


@pytest.mark.parametrize("place", ["modules", "tool m1"])
async def test_what_ends_the_whole_run_ends_the_plan(place: str) -> None:
    """Being asked to stop is no problem of a module."""
    with pytest.raises(Interrupted):
        await problems(OneLuminus(fails={place: Interrupted("asked to stop")}))


def event(name: str, series: str = "s1", *, shown: bool = False) -> Event:
    """Return an event that students see at Opencast, or do not."""
    acl = (Grant("ROLE_ANONYMOUS", "read", allow=shown),)
    return Event(name, series=series, status="PROCESSED", channels=("engage-player",), acl=acl)


def item(name: str, session_id: str, publish: bool | None = True) -> LectureItem:
    """Return a lecture item that students see, or do not."""
    return LectureItem(name, session_id, "Sorting", "Ada", publish, NOW, "")


async def flipped(luminus: OneLuminus, *events: Event) -> list[Problem]:
    """Return what would be hidden; the session of event e1 is S-e1, and e9 has none."""
    sessions = {one.identifier: f"S-{one.identifier}" for one in events if one.identifier != "e9"}

    async def read() -> AsyncIterator[Event]:
        for one in events:
            yield one

    return await flips(luminus, read(), sessions, {"s1": "m1", "s2": "m2"}, POLICY)


async def test_what_students_would_lose_is_told() -> None:
    """Each item that is shown and would not be, both of one session too, with the reason; no other."""
    held = [
        item("i1", "s-e1"),
        item("i0", "s-e1"),
        item("i2", "s-e2"),
        item("i3", "s-e3", False),
        item("i4", "s-e4", None),
        item("i5", "s-of-nobody"),
        item("i9", "s-e9"),
    ]
    luminus = OneLuminus(held={"w1": held})
    events = [event("e1"), event("e2", shown=True), event("e3"), event("e4"), event("e9"), event("e5", "s7")]
    why = "its access list denies it to ROLE_ANONYMOUS"
    assert await flipped(luminus, *events) == [
        Problem(None, f"e1: students see its lecture item {one} now and will not after the run: {why}")
        for one in ("i0", "i1")
    ]
    assert luminus.asked == ["tool m1", "items w1"]


async def test_nobody_is_asked_about_events_that_are_not_there_yet() -> None:
    """What has no session has no lecture item, and what has no module never gets one."""
    luminus = OneLuminus()
    assert await flipped(luminus, event("e9"), event("e1", "s7")) == []
    assert luminus.asked == []


async def test_nobody_is_asked_about_events_that_stay_shown() -> None:
    """Whatever LumiNUS has of them, nothing would be hidden."""
    luminus = OneLuminus(held={"w1": [item("i1", "s-e1")]})
    assert await flipped(luminus, event("e1", shown=True)) == []
    assert luminus.asked == []


@pytest.mark.parametrize(("count", "lines"), [(20, 20), (21, 21), (500, 21)])
async def test_a_long_list_ends_in_a_number(count: int, lines: int) -> None:
    """Twenty are named, and of more the number."""
    events = [event(f"e{100 + number}") for number in range(count)]
    luminus = OneLuminus(held={"w1": [item(one.identifier, f"s-{one.identifier}") for one in events]})
    told = await flipped(luminus, *events)
    assert len(told) == lines
    if count > 20:
        assert told[-1].sentence == f"and {count - 20} more lecture items that students see now"


async def test_a_module_that_cannot_be_looked_at_hides_no_other() -> None:
    """A module without a tool, or without the right to see it, is the pre-flight's to tell."""
    luminus = OneLuminus(held={"w1": [item("i1", "s-e1")]}, fails={"tool m2": Refused("403")})
    assert len(await flipped(luminus, event("e1"), event("e2", "s2"))) == 1
    luminus = OneLuminus(tools={"m1": None})
    assert await flipped(luminus, event("e1")) == []


@pytest.mark.parametrize("error", [TokenRefused("401"), ServerFault("502")])
async def test_what_was_found_before_luminus_closed_is_told(error: FerryError) -> None:
    """What students would lose in one module is told, even where the next does not answer."""
    luminus = OneLuminus(held={"w1": [item("i1", "s-e1")]}, fails={"tool m2": error})
    told = await flipped(luminus, event("e1"), event("e2", "s2"))
    assert [one.reason for one in told] == [None, error.code]
    assert told[0].sentence.startswith("e1:")


async def test_a_stop_ends_the_look_at_lecture_items() -> None:
    """Being asked to stop is not a module that cannot be looked at."""
    with pytest.raises(Interrupted):
        await flipped(OneLuminus(fails={"tool m1": Interrupted("asked to stop")}), event("e1"))
