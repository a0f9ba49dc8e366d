"""All subjects are learned by one call where something is made of them; what cannot be read is told."""

from typing import Any

import pytest
from fakes.migration_site import lecture

from engine import AccountRefused, FerryError, Gone, Refused, ServerFault, Throttled, Unreadable
from pipelines.migration.changes import Shown
from pipelines.migration.furnish.wants import Wants
from pipelines.migration.subjects import Learned, Subjects, as_in_a_list, as_listed, told_alone

TAGS = Shown(aspects=frozenset({"tags"}))
WORDS = Shown(description="About {subjects}")
EVENT = lecture("e", subjects=("Physics", "applied"))
WHOLE = ("Physics, applied", "Optics")
UNREAD = {"outcome": "retryable", "reason": "throttled", "why": "later"}


class Source:
    """Tells the subjects of an event, or raises; counts the calls."""

    def __init__(self, found: tuple[str, ...] | FerryError = WHOLE) -> None:
        self.calls = 0
        self._found = found

    async def subjects(self, event_id: str) -> tuple[str, ...]:
        """Tell them."""
        assert event_id == "e"
        self.calls += 1
        if isinstance(self._found, FerryError):
            raise self._found
        return self._found


@pytest.mark.parametrize("shown", [TAGS, WORDS])
async def test_all_are_learned_by_one_call(shown: Shown) -> None:
    """Whichever of the two is made of them; nothing else of the event changes."""
    source = Source()
    learned = await Subjects(source.subjects, shown).learn(EVENT, None)
    assert (learned.event, learned.unread, source.calls) == (lecture("e", subjects=WHOLE), {}, 1)


@pytest.mark.parametrize(("event", "shown"), [(lecture("e"), TAGS), (EVENT, Shown())])
async def test_nobody_is_asked_for_nothing(event: Any, shown: Shown) -> None:
    """An event that has none, and subjects of which nothing is made."""
    source = Source()
    assert await Subjects(source.subjects, shown).learn(event, None) == Learned(event)
    assert source.calls == 0
    assert await as_listed(event, None) == Learned(event)


@pytest.mark.parametrize("error", [ServerFault("broken"), Throttled("slow down", retry_after=1.0)])
async def test_what_passes_is_tried_again_by_the_next_run(error: FerryError) -> None:
    """Nothing is made of subjects until then; a second time in a row it is left at what the list tells."""
    subjects = Subjects(Source(error).subjects, TAGS)
    first = await subjects.learn(EVENT, None)
    assert (first.event.subjects, first.unread["outcome"], first.unread["reason"]) == (
        (), "retryable", error.code
    )  # fmt: skip
    second = await subjects.learn(EVENT, Wants("e", unread=first.unread))
    assert (second.event.subjects, second.unread["outcome"]) == (EVENT.subjects, "permanent")
    assert "in two runs" in second.unread["why"]


@pytest.mark.parametrize("error", [Refused("no", advice="give it X"), Gone("gone"), Unreadable("what?")])
async def test_what_does_not_pass_leaves_what_the_list_tells(error: FerryError) -> None:
    """With one sentence that says so, and what to do."""
    learned = await Subjects(Source(error).subjects, TAGS).learn(EVENT, None)
    assert learned.event == EVENT
    assert (learned.unread["outcome"], learned.unread["reason"]) == ("permanent", error.code)
    assert str(error) in learned.unread["why"]


@pytest.mark.parametrize(
    ("before", "known"),
    [
        (Wants("e", tags=WHOLE), WHOLE),
        (Wants("e", tags=("Physics, pure", "Optics")), EVENT.subjects),
        (Wants("e", tags=WHOLE, unread=UNREAD), EVENT.subjects),
        (Wants("e"), EVENT.subjects),
    ],
)
async def test_what_was_read_before_holds_while_the_list_does_not_speak_against_it(
    before: Wants, known: tuple[str, ...]
) -> None:
    """So that a right that was taken away makes no good tags bad."""
    learned = await Subjects(Source(Refused("no")).subjects, TAGS).learn(EVENT, before)
    assert (learned.event.subjects, learned.unread["outcome"]) == (known, "permanent")


async def test_an_account_that_is_refused_ends_the_run() -> None:
    """It would be refused everything."""
    with pytest.raises(AccountRefused):
        await Subjects(Source(AccountRefused("no")).subjects, TAGS).learn(EVENT, None)


def test_what_a_list_tells_of_subjects() -> None:
    """The first, parted at commas."""
    assert as_in_a_list(WHOLE) == ("Physics", "applied")
    assert as_in_a_list(()) == ()


def test_it_is_told_where_no_tags_are_set() -> None:
    """Else it is told with them, once they are."""
    assert told_alone(UNREAD, WORDS) == {"tags": UNREAD}
    assert told_alone(UNREAD, TAGS) == told_alone({}, WORDS) == {}
