"""A migration as a state machine: what may happen to it, in any order, and what holds after each step.

The letters and numbers are those of the invariants: I1 what is stored is what the source was, I2 one session
an event and each PATCH once, I3 little is sent again, I4 intents before calls (which the fakes assert at each
call), I6 signs of life and an end, I9 the books agree with what the systems hold, I10 one owner.
"""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fakes.later_captions import LANGUAGES, TAGS
from fakes.memory_site import LOST, Break
from fakes.panopto_in_memory import Trouble
from fakes.whole_site import IN_FLIGHT, QUIET, WholeSite
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine import (
    AccountRefused,
    CheckpointInUse,
    FerryError,
    Interrupted,
    LocationExpired,
    ServerFault,
    ShortBody,
    TargetDiffers,
    Throttled,
    TimedOut,
    Unreachable,
    UploadGone,
)
from pipelines.items import ItemState, Outcome

ITEM = 7
"""Parts of an item: four, two, and its manifest."""

LONGEST_RUN = 7200.0
"""Seconds of virtual time after which every run has ended, whatever is going wrong."""

EVENTS = st.sampled_from(["event-1", "event-2"])

SOURCE_BREAKS = {
    "reset": Break(after=700),
    "short": Break(after=300, told=False),
    "503": Break(status=503),
    "429": Break(status=429),
    "410": Break(status=410),
    "stall": Break(wait=10_000.0),
    "403": Break(status=403),
}
PROBE_ERRORS: dict[str, FerryError] = {
    "unreachable": Unreachable("refused", where="source"),
    "timed out": TimedOut("silent", where="source"),
    "short": ShortBody("one byte was asked for", where="source"),
    "expired": LocationExpired("ran out", where="source"),
    "throttled": Throttled("slower", where="source", retry_after=30.0),
}
TARGET_FAULTS: dict[str, FerryError | str] = {
    "lost": LOST,
    "reset": Unreachable("reset", where="target"),
    "503": Throttled("slower", where="target", retry_after=5.0),
    "500": ServerFault("error", where="target"),
    "unknown upload": UploadGone("NoSuchUpload", where="target"),
}
TROUBLES: tuple[Trouble, ...] = (
    "unheard", "unanswered", "silence", "page", "401", "403", "429", "500", "503",
)  # fmt: skip
CALLS = (
    "token", "create", "get", "submit", "cancel", "session", "folder", "sessions", "captions", "tags",
)  # fmt: skip
LUMINUS_ERRORS: dict[str, FerryError] = {
    "429": Throttled("slower", where="luminus", retry_after=20.0),
    "412": ServerFault("changed meanwhile", where="luminus"),
    "reset": Unreachable("reset", where="luminus"),
}


class Migrating(RuleBasedStateMachine):
    """One checkpoint over two events, and everything that befalls it."""

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.excused: set[type[BaseException]] = set()
        self.expected_again = 0

    @initialize(tells=st.booleans(), seed=st.integers(0, 1000))
    def begin(self, tells: bool, seed: int) -> None:
        """Nothing was done yet; the target tells of parts and objects, or not."""
        folder = Path(self.undo.enter_context(TemporaryDirectory()))
        self.site = WholeSite(folder, tells=tells, seed=seed)

    def start(self) -> None:
        """A run begins, the first one or a later one, unless one is there."""
        if not self.site.runs:
            self.site.start()

    @rule(rounds=st.integers(1, 60))
    def tick(self, rounds: int) -> None:
        """The loop of the run goes so many rounds."""
        self.start()
        self.site.go(rounds)

    @rule(rounds=st.integers(60, 200))
    def go_on(self, rounds: int) -> None:
        """It goes many rounds: some two hundred are a whole run, where nothing goes wrong."""
        self.start()
        self.site.go(rounds)

    @rule(seconds=st.floats(0.1, 60.0))
    def wait(self, seconds: float) -> None:
        """So much time passes."""
        self.start()
        self.site.go(seconds=seconds)

    @precondition(lambda self: self.site.runs)
    @rule(power=st.booleans())
    def kill(self, power: bool) -> None:
        """The process is gone between two rounds, and perhaps the power with it."""
        self.site.kill(power=power)

    @rule(operations=st.integers(1, 12))
    def doom(self, operations: int) -> None:
        """The process will die at one of the next writes to the disk."""
        self.site.disk.kill_at = self.site.disk.operations + operations

    @precondition(lambda self: self.site.runs)
    @rule()
    def second_run(self) -> None:
        """I10: another run on the same checkpoint is refused before it does anything."""
        before = self.site.disk.operations
        with pytest.raises(CheckpointInUse, match="pid"):
            self.site.start()
        assert self.site.disk.operations == before

    @precondition(lambda self: self.site.runs)
    @rule()
    def drain(self) -> None:
        """The run is asked to stop, and does when its parts in flight have ended."""
        asked = self.site.now
        self.excused.add(Interrupted)
        self.site.drain()
        assert not self.site.go(seconds=LONGEST_RUN)
        assert self.site.now - asked <= QUIET

    @rule(what=st.sampled_from(sorted(SOURCE_BREAKS)))
    def break_get(self, what: str) -> None:
        """The next GET of a run of parts goes wrong."""
        self.site.files.breaks.append(SOURCE_BREAKS[what])
        self.expected_again += 2 * ITEM if what == "403" else 0

    @rule(what=st.sampled_from(sorted(PROBE_ERRORS)))
    def break_probe(self, what: str) -> None:
        """The next look at a source goes wrong."""
        self.site.files.troubles.append(PROBE_ERRORS[what])

    @rule(
        system=st.sampled_from(["source", "target", "panopto"]), seconds=st.sampled_from([5.0, 60.0, 600.0])
    )
    def outage(self, system: str, seconds: float) -> None:
        """A system takes no connection for some time."""
        self.site.life.down_until[system] = self.site.now + seconds
        self.expected_again += 2 * IN_FLIGHT

    @rule()
    def expire(self) -> None:
        """All addresses of the source run out."""
        self.site.files.expire()

    @rule(call=st.sampled_from(["part", "create", "complete", "abort", "list", "head"]),
          what=st.sampled_from(sorted(TARGET_FAULTS)), after=st.integers(1, 3))  # fmt: skip
    def break_target(self, call: str, what: str, after: int) -> None:
        """One of the next calls to the S3 goes wrong, or its answer is lost."""
        target = self.site.target
        target.faults[call, target.calls[call] + after] = TARGET_FAULTS[what]
        self.expected_again += 2 if call == "part" and what != "unknown upload" else ITEM

    @rule(after=st.integers(1, 3))
    def flip(self, after: int) -> None:
        """One of the next parts is stored with another byte, and answered with the ETag of that."""
        target = self.site.target
        target.flips.add(target.calls["part"] + after)
        self.expected_again += 2
        self.excused.add(TargetDiffers)

    @rule(call=st.sampled_from(CALLS),
          what=st.sampled_from(TROUBLES))  # fmt: skip
    def break_panopto(self, call: str, what: Trouble) -> None:
        """The next call of that name to Panopto goes wrong, or its answer is lost."""
        self.site.panopto.troubles[call].append(what)
        self.expected_again += IN_FLIGHT
        if what in {"401", "403"}:
            self.excused.add(AccountRefused)

    @rule()
    def fail_processing(self) -> None:
        """Panopto cannot process the next upload that is completed."""
        self.site.panopto.spoilt += 1

    @rule()
    def revoke_token(self) -> None:
        """Panopto knows the token no longer."""
        self.site.panopto.revoke()

    @rule()
    def forget_uploads(self) -> None:
        """The session uploads that are open time out."""
        self.expected_again += ITEM * self.site.forget()

    @rule(call=st.sampled_from(["modules", "web_lecture", "items", "patch"]),
          what=st.sampled_from(sorted(LUMINUS_ERRORS)))  # fmt: skip
    def break_luminus(self, call: str, what: str) -> None:
        """The next call of that name to LumiNUS goes wrong."""
        self.site.luminus_troubles[call].append(LUMINUS_ERRORS[what])

    @rule(applies=st.booleans())
    def lose_patches(self, applies: bool) -> None:
        """The answer to the next PATCH of each lecture item is lost, with or without what it asks."""
        for item_id in self.site.luminus.held:
            self.site.luminus.lost.setdefault(item_id, []).append(applies)

    @rule(event=EVENTS, stream=st.integers(0, 1))
    def edit_film(self, event: str, stream: int) -> None:
        """Another film is published under the same name."""
        self.site.rewrite(event, stream)
        self.expected_again += 2 * ITEM

    @rule(event=EVENTS)
    def edit_title(self, event: str) -> None:
        """An event is given another title."""
        self.site.rename(event)
        self.expected_again += 1

    @invariant()
    def whole(self) -> None:
        """I1: the films of each session are films that were published, each of them whole."""
        for event, sessions in self.site.panopto.by_event().items():
            for session in sessions:
                found = self.site.objects_of(f"prefix-{session.removeprefix('s-')}")
                films = [data for name, data in found.items() if name != "manifest.xml"]
                sources = self.site.versions(event)
                assert len(films) == len(sources)
                assert all(sum(film in one for film in films) == 1 for one in sources)
                assert self.site.panopto.sessions[session]["Name"] in self.site.titles[event]

    @invariant()
    def once(self) -> None:
        """I2: no event has two sessions, no upload was completed twice, no PATCH says the same again, and no
        session has captions twice in one language."""
        assert all(len(set(one)) == len(one) for one in self.site.panopto.captions.values())
        assert all(len(one) == 1 for one in self.site.panopto.by_event().values())
        assert all(count == 1 for count in self.site.panopto.submits.values())
        last: dict[str, object] = {}
        for members in self.site.luminus.applied:
            assert last.get(members.id) != members.body()
            last[members.id] = members.body()

    @invariant()
    def little_again(self) -> None:
        """I3: what is sent again is what was in flight, or what the faults have cost."""
        excused = self.site.may_be_sent_again + self.expected_again
        assert self.site.target.sent_again <= excused + self.site.under_way

    @invariant()
    def alive(self) -> None:
        """I6: something happens all the time, and a run that ended says why."""
        assert self.site.life.longest_quiet <= QUIET
        for end in self.site.ends:
            assert end is None or type(end) in self.excused, repr(end)

    def teardown(self) -> None:
        """All is well again: the run ends, and some later ones bring every item to its place."""
        try:
            self.come_through()
        finally:
            self.undo.close()

    def come_through(self) -> None:
        """Run until nothing is left to do, and hold the books against the systems."""
        site = self.site
        assert not site.go(seconds=LONGEST_RUN), "the run does not end"
        self.alive()
        site.heal()
        site.disk.kill_at = 0
        for _ in range(4):
            site.start()
            assert not site.go(seconds=LONGEST_RUN), "the run does not end"
            if all(settled(one) for one in site.states().values()):
                break
        for check in (self.whole, self.once, self.little_again, self.alive, self.books):
            check()

    def books(self) -> None:
        """I9: each event has its outcome, and the systems hold what it says."""
        states = self.site.states()
        assert set(states) == set(self.site.events)
        sessions = self.site.panopto.by_event()
        for event, state in states.items():
            if state.reason == "processing_error":
                assert event not in sessions
                continue
            assert (state.outcome, bool(state.carried)) == (Outcome.VERIFIED, True), (event, state)
            assert sessions[event] == [state.session_id]
            self.furnished(state)
            (lecture_item,) = state.carried
            assert self.site.luminus.held[lecture_item].item.name in self.site.titles[event]
        patched = set(self.site.luminus.applications())
        assert patched == {name for state in states.values() for name in state.carried}

    def furnished(self, state: ItemState) -> None:
        """I9: what is told of a session's captions and tags is so; only captions may be in doubt."""
        session_id, told = state.session_id or "", state.aspects["captions"]
        there, doubtful = set(told["value"]), set(told.get("doubtful", ()))
        assert there | doubtful == set(LANGUAGES)
        assert told["outcome"] == ("permanent" if doubtful else "carried"), told
        assert len(there) <= len(self.site.panopto.captions[session_id]) <= len(LANGUAGES)
        assert (state.aspects["tags"]["outcome"], self.site.panopto.tags[session_id]) == ("carried", TAGS)


def settled(state: ItemState) -> bool:
    """Tell whether no run has anything left to do for an item."""
    return state.settled(carries=True)
