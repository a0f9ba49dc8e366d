"""What a person sees of a run: a picture on a terminal, plain lines elsewhere, and no text of others' raw."""

import io
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from engine import (
    BytesFlowed,
    ClockDiffers,
    HostAnswers,
    HostRests,
    LevelFell,
    PartFailed,
    PartSettled,
    RelayFell,
    TransferFailed,
    TransferFinished,
    TransferStarted,
    Waiting,
)
from pipelines.cli.screen import EVERY, Board, Lines, Picture
from pipelines.items import Outcome
from pipelines.migration.stages import (
    CarryParked,
    CarryRests,
    CheckpointMended,
    ExternalIdsUnasked,
    ItemBegan,
    ItemCarrying,
    ItemEnded,
    ItemProcessing,
    LectureItemSet,
    LimitsKept,
    LimitsRead,
    Planned,
    Planning,
    SeriesUnmet,
    WindowClosed,
    WindowOpened,
    WindowShut,
)

HOSTILE = "e[/bold]\x1b[2J\n\r\u202ef\x9b2J[red]:bug:"

any_fact = st.sampled_from(
    [
        Planning(3, 2),
        CheckpointMended(7),
        SeriesUnmet((HOSTILE, "s2")),
        WindowShut("Mon 22:00"),
        LimitsRead(3, None),
        LimitsRead(3, 0.5),
        LimitsKept(HOSTILE),
        WindowOpened(),
        WindowClosed(120.0),
        Planned(2, 100),
        Planned(0, 0),
        ItemBegan(HOSTILE),
        ItemProcessing(HOSTILE),
        ItemCarrying(HOSTILE),
        CarryParked(HOSTILE),
        CarryRests(3, 900.0),
        ExternalIdsUnasked(HOSTILE),
        LectureItemSet(HOSTILE, "l", ("name",), again=True),
        *(ItemEnded(HOSTILE, outcome, "gone", HOSTILE) for outcome in Outcome),
        TransferStarted(HOSTILE, "1/a.mp4", 100, 10, 10, 1),
        TransferStarted(HOSTILE, "1/b.mp4", 0, 0, 0, 0),
        BytesFlowed(5),
        PartSettled(HOSTILE, "1/a.mp4", 1, 5, again=False),
        PartSettled(HOSTILE, "1/x.mp4", 2, 5, again=True),
        PartFailed(HOSTILE, "1/a.mp4", 1, 5, "unreachable"),
        TransferFinished(HOSTILE, "1/a.mp4", 100),
        TransferFailed(HOSTILE, "1/b.mp4", "gone"),
        Waiting(HOSTILE, 1.5, "throttled"),
        LevelFell("host", "crc"),
        RelayFell("host", "a proxy is set"),
        HostRests("host", HOSTILE),
        HostAnswers("host", 61.5),
        ClockDiffers("host", -61.5),
        "no fact at all",
    ]
)


class Log:
    """Keeps what would be written."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def info(self, said: str, **fields: Any) -> None:
        """Keep a line."""
        self.lines.append((said, fields))

    warning = info


def board() -> tuple[Picture, Board, Console]:
    """Return a board that is drawn into memory."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, highlight=False)
    picture = Picture()
    return picture, Board(picture, console), console


def drawn(board: Board) -> str:
    """Return the board as text without colours."""
    console = Console(file=io.StringIO(), width=120)
    console.print(board)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.fault(36)
@given(st.lists(any_fact, max_size=20))
def test_any_facts_can_be_drawn(facts: list[object]) -> None:
    """In whatever order they come, facts are drawn, and no control character of others with them."""
    picture, shown, console = board()
    for fact in facts:
        picture(fact)
        shown(fact)
    console.print(shown)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    without_colours = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert not {unicodedata.category(one) for one in without_colours if one != "\n"} & {"Cc", "Cf"}
    assert "\N{BUG}" not in text


@given(st.lists(any_fact, max_size=20))
def test_any_facts_can_be_told_in_lines(facts: list[object]) -> None:
    """Lines are written for any facts, with a reason where one is known."""
    picture, log = Picture(), Log()
    lines = Lines(picture, log, clock=lambda: 0.0)
    for fact in facts:
        picture(fact)
        lines(fact)
    ended = [fields for said, fields in log.lines if said == "ended"]
    assert len(ended) == sum(isinstance(fact, ItemEnded) for fact in facts)


def test_a_file_that_begins_again_has_one_row() -> None:
    """A transfer that starts anew under another upload leaves no row of its first start behind."""
    _, shown, _ = board()
    shown(TransferStarted("e", "1/a.mp4", 100, 0, 10, 0))
    shown(TransferStarted("e", "1/a.mp4", 100, 0, 10, 0))
    assert drawn(shown).count("a.mp4") == 1
    shown(TransferFinished("e", "1/a.mp4", 100))
    assert "a.mp4" not in drawn(shown)


def test_the_picture_counts_items_and_bytes() -> None:
    """The one line has items to move, ends by outcome, those at Panopto and all bytes that flowed."""
    picture = Picture()
    for fact in (
        Planned(3, 100),
        ItemProcessing("a"),
        ItemProcessing("b"),
        ItemEnded("a", Outcome.VERIFIED, None, ""),
        BytesFlowed(2048),
        PartSettled("b", "1/a.mp4", 1, 1024, again=False),
    ):
        picture(fact)
    assert picture.line == "3 items to move, 1 verified, 1 at Panopto; 2.0 KiB under way or sent"


def test_what_a_window_cut_off_is_not_counted_when_the_next_one_opens() -> None:
    """It has its end yet to come; what has ended for good is not taken up again."""
    picture = Picture()
    for fact in (
        Planned(3, 0),
        ItemProcessing("a"),
        ItemEnded("b", Outcome.RETRYABLE, "unreachable", ""),
        ItemEnded("c", Outcome.VERIFIED, None, ""),
    ):
        picture(fact)
    assert picture.exit_code == 3
    picture(WindowOpened())
    assert picture.exit_code == 0
    assert picture.line == "3 items to move, 1 verified; 0 B under way or sent"


def test_windows_are_told() -> None:
    """Whoever looks at a run that moves nothing sees why, and when it goes on."""
    log = Log()
    lines = Lines(Picture(), log, clock=lambda: 0.0)
    for fact in (WindowClosed(120.0), WindowShut("Mon 2026-03-02 22:00"), WindowOpened()):
        lines(fact)
    assert [said for said, _ in log.lines] == [
        "the time window has ended; items under way have 120 s to end",
        "outside the time windows; goes on at Mon 2026-03-02 22:00",
        "a time window has opened; goes on",
    ]


def test_an_item_that_goes_on_is_at_luminus_and_no_more_at_panopto() -> None:
    """It is counted in one place at a time, until it ends."""
    picture = Picture()
    for fact in (Planned(2, 0), ItemProcessing("a"), ItemCarrying("a"), ItemCarrying("b")):
        picture(fact)
    assert picture.line == "2 items to move, none ended yet, 2 wait for LumiNUS; 0 B under way or sent"
    picture(ItemEnded("a", Outcome.WAITING, "lecture_item", "not yet"))
    picture(ItemEnded("b", Outcome.VERIFIED, None, ""))
    assert picture.line == "2 items to move, 1 verified, 1 waiting; 0 B under way or sent"


def test_a_closed_luminus_is_told_once_and_not_again_by_every_item() -> None:
    """The items that wait for it have their reason and not the same sentence."""
    picture, log = Picture(), Log()
    lines = Lines(picture, log, clock=lambda: 0.0)
    lines(CarryParked("the token has ended"))
    lines(ItemEnded("a", Outcome.WAITING, "luminus_account", "the token has ended"))
    lines(ItemEnded("b", Outcome.WAITING, "lecture_item", "not there yet"))
    assert [fields.get("why") for _, fields in log.lines] == ["the token has ended", None, "not there yet"]


def test_a_lecture_item_that_is_set_again_is_told_and_the_first_time_only_counted() -> None:
    """Whoever edited it can see what was put back; a whole migration is no list of its own items."""
    picture, log = Picture(), Log()
    lines = Lines(picture, log, clock=lambda: 0.0)
    for fact in (
        LectureItemSet("a", "l-1", ("name",), again=False),
        LectureItemSet("b", "l-2", ("publish", "name"), again=True),
    ):
        picture(fact)
        lines(fact)
    assert (picture.set, picture.set_again) == (2, 1)
    assert log.lines == [("set again", {"item": "b", "lecture_item": "l-2", "changed": "publish, name"})]


def test_progress_is_told_even_where_nothing_happens() -> None:
    """A run that waits for LumiNUS says so now and then, without a fact to cause it."""
    now = [0.0]
    picture, log = Picture(), Log()
    lines = Lines(picture, log, clock=lambda: now[0])
    picture(ItemCarrying("a"))
    for _ in range(3):
        now[0] += EVERY
        lines.go_on()
        lines.go_on()
    assert [said for said, _ in log.lines] == ["goes on"] * 3
    assert "1 wait for LumiNUS" in log.lines[-1][1]["so_far"]


def test_progress_is_told_now_and_then() -> None:
    """Between two lines of progress some time passes, however many facts come."""
    now = 0.0
    log = Log()
    lines = Lines(Picture(), log, clock=lambda: now)
    for _ in range(5):
        lines(BytesFlowed(1))
    now = EVERY
    for _ in range(5):
        lines(BytesFlowed(1))
    assert [said for said, _ in log.lines] == ["goes on"]
