"""What a lecture item is to be comes from Opencast; what Opencast leaves blank stays as LumiNUS has it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.luminus.model import LONGEST_TEXT, LectureItem
from pipelines.migration.carry.members import Unable, Wanted, differing, wanted
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.carry.texts import line, units
from pipelines.opencast.model import Event, Grant, Series

START = datetime(2020, 1, 6, 2, 0, 1, tzinfo=UTC)
SINGAPORE = timezone(timedelta(hours=8))
POLICY = PublishPolicy("conservative", ("engage-player",), ("ROLE_ANONYMOUS",))
ITEM = LectureItem("item", "session", "CS0000 Lecture", "The uploader", True, START, "As imported")
EVENT = Event(
    "e",
    title="Sorting",
    description="On sorting",
    presenters=("Ada", "Bob"),
    contributors=("Carl",),
    status="PROCESSED",
    channels=("engage-player",),
    acl=(Grant("ROLE_ANONYMOUS", "read", allow=True),),
)
SERIES = Series("s", "CS0000", creator="Dora", organizers=("Eve", "Fay"))
BARE = replace(EVENT, presenters=(), contributors=(" ",))
TEXTS = st.text(alphabet=st.characters(codec=None)) | st.text(alphabet=" \n\r\t\u200b😀a\u0301", max_size=700)


def right(item: LectureItem, event: Event, series: Series | None = SERIES, presenter: str = "") -> Wanted:
    """Return what an item is to be, where it can be."""
    found = wanted(item, event, series, START, POLICY, presenter)
    assert isinstance(found, Wanted), found
    return found


def unable(item: LectureItem, event: Event, series: Series | None = SERIES) -> str:
    """Return the reason why an item cannot be changed."""
    found = wanted(item, event, series, START, POLICY, " ")
    assert isinstance(found, Unable), found
    return found.reason


def after(item: LectureItem, told: Wanted) -> LectureItem:
    """Return an item as a LumiNUS has it that stores what it is sent."""
    members = told.members
    return replace(
        item,
        name=members.name,
        presenter=members.presenter,
        publish=members.publish,
        start=members.start,
        description=members.description,
    )


def test_all_six_members_come_from_where_they_should() -> None:
    """Title, presenters and description are Opencast's, the start is the session's."""
    found = right(ITEM, EVENT)
    assert found.members.body() == {
        "id": "item",
        "name": "Sorting",
        "presenter": "Ada, Bob",
        "publish": True,
        "startDate": "2020-01-06T02:00:01+00:00",
        "description": "On sorting",
    }
    assert found.presenter_from == "the event's presenters"
    assert found.publish_why == "published in engage-player and readable by ROLE_ANONYMOUS"
    assert found.cut == {}


@pytest.mark.parametrize(
    ("item", "event", "series", "told", "source"),
    [
        (ITEM, replace(EVENT, presenters=("", "\u200b")), SERIES, "Carl", "the event's contributors"),
        (ITEM, BARE, SERIES, "Eve, Fay", "the series' organizers"),
        (ITEM, BARE, replace(SERIES, organizers=("",)), "Dora", "the series' creator"),
        (ITEM, BARE, replace(SERIES, organizers=(), creator=" "), "The uploader", "the lecture item"),
        (ITEM, BARE, None, "The uploader", "the lecture item"),
        (replace(ITEM, presenter=" \n"), BARE, None, "The school", "carry.presenter"),
    ],
)
def test_the_presenter_is_the_first_that_anybody_names(
    item: LectureItem, event: Event, series: Series | None, told: str, source: str
) -> None:
    """Blank names are nobody, and the next in line is asked."""
    found = right(item, event, series, "The school")
    assert (found.members.presenter, found.presenter_from) == (told, source)


def test_nobody_is_named() -> None:
    """LumiNUS takes no blank presenter, so none is sent."""
    assert unable(replace(ITEM, presenter="\u3000"), BARE, None) == "no_presenter"


def test_a_blank_title_keeps_the_name() -> None:
    """The name of the import stays; where it is blank too, nothing is sent."""
    untitled = replace(EVENT, title=" \n")
    assert right(ITEM, untitled).members.name == "CS0000 Lecture"
    assert unable(replace(ITEM, name=" "), untitled) == "invalid"


def test_a_blank_description_keeps_what_is_there() -> None:
    """It is sent all the same: LumiNUS may clear what is not."""
    assert right(ITEM, replace(EVENT, description=" \r\n")).members.description == "As imported"


def test_what_was_cut_is_kept_in_full() -> None:
    """Name and presenters are within the limit, and the report has all of them."""
    title, names = "😀" * 300, tuple(f"Presenter {number:03}" for number in range(60))
    found = right(ITEM, replace(EVENT, title=title, presenters=names))
    assert found.members.name == "😀" * 250
    assert found.members.presenter.endswith(f"Presenter 031, ... (+{60 - 32})")
    assert found.cut == {"name": title, "presenter": ", ".join(names)}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, ()),
        ({"name": " Sorting  "}, ()),
        ({"name": "sorting"}, ("name",)),
        ({"presenter": "Ada,  Bob"}, ()),
        ({"presenter": "Ada"}, ("presenter",)),
        ({"publish": None}, ("publish",)),
        ({"publish": False}, ("publish",)),
        ({"start": START.astimezone(SINGAPORE)}, ()),
        ({"start": START + timedelta(microseconds=28107)}, ()),
        ({"start": START - timedelta(seconds=1)}, ()),
        ({"start": START + timedelta(seconds=2)}, ("startDate",)),
        ({"start": START.astimezone(SINGAPORE).replace(tzinfo=UTC)}, ("startDate",)),
        ({"start": None}, ("startDate",)),
        ({"description": "\r\nOn sorting \r\n"}, ()),
        ({"description": ""}, ("description",)),
        ({"name": "", "description": "On"}, ("name", "description")),
    ],
)
def test_what_differs(fields: dict[str, object], names: tuple[str, ...]) -> None:
    """Members are compared as LumiNUS may give them back: trimmed, in another zone, with other line ends."""
    found = right(ITEM, EVENT)
    assert differing(replace(after(ITEM, found), **fields), found.members) == names  # type: ignore[arg-type]


def test_an_untold_publish_is_not_a_hidden_one() -> None:
    """Where LumiNUS does not say whether an item is shown, it is told that it is not."""
    hidden = right(ITEM, replace(EVENT, channels=()))
    assert not hidden.members.publish
    assert differing(replace(after(ITEM, hidden), publish=None), hidden.members) == ("publish",)


def test_lines_are_compared_however_they_end() -> None:
    """Either end of line and spaces before it make no difference; fewer lines do."""
    found = right(ITEM, replace(EVENT, description="One \r\n\r\nTwo\rThree"))
    assert differing(replace(after(ITEM, found), description="One\n\nTwo \nThree\n"), found.members) == ()
    joined = replace(after(ITEM, found), description="One Two Three")
    assert differing(joined, found.members) == ("description",)


@given(
    st.builds(replace, st.just(ITEM), name=TEXTS, presenter=TEXTS, description=TEXTS),
    st.builds(
        replace,
        st.just(EVENT),
        title=TEXTS,
        description=TEXTS,
        presenters=st.lists(TEXTS, max_size=3).map(tuple),
    ),
)
def test_what_is_sent_is_valid_and_settles(item: LectureItem, event: Event) -> None:
    """LumiNUS would take it, nothing differs once it is stored, and a second run wants the same."""
    found = wanted(item, event, SERIES, START, POLICY, "")
    if isinstance(found, Unable):
        assert not line(item.name)
        assert not line(event.title)
        return
    members = found.members
    for text in (members.name, members.presenter):
        assert text.strip()
        assert units(text) <= LONGEST_TEXT
    stored = after(item, found)
    assert differing(stored, members) == ()
    again = right(stored, event)
    assert differing(stored, again.members) == ()
    assert again.members == members
