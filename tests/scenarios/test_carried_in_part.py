"""A part that is bad is told in one sentence; the recording arrives, and nothing is guessed."""

import pytest
from fakes.carried_site import SEVERAL, Moved
from fakes.processes import ferry

pytestmark = pytest.mark.slow

BAD = [
    ("no_captions", "captions", "no_captions", "in de: the file is no XML"),
    ("captions_gone", "captions", "gone", "the file is not there"),
    ("past_the_end", "chapters", "past_the_end", "1 entry begins after the end of the recording"),
    ("chapter_past_the_end", "chapters", "past_the_end", "segment 4: 'soon' is no time: left out"),
    ("empty_segments", "chapters", "bad_chapters", "the file has no segments"),
    ("owner_unknown", "owner", "refused", "to nobody.here (says: The user was not found.)"),
    ("owner_untabled", "owner", "no_row", "the table of owners has no row for Marta Ruiz"),
    ("id_taken", "external_id", "refused", "Another session has this external ID"),
    ("no_role", "access", "no_row", "the table of roles has no row for ROLE_OF_NOBODY"),
]


@pytest.mark.parametrize(("name", "aspect", "reason", "words"), BAD)
def test_a_bad_part(name: str, aspect: str, reason: str, words: str, carried: Moved) -> None:
    """Its own outcome says so, and the item is verified: film, title and all that is good are there."""
    row, told = carried.row(name), carried.aspect(name, aspect)
    assert (row["outcome"], told["outcome"], told["reason"]) == ("verified", "permanent", reason)
    assert words in told["why"]
    assert "\n" not in told["why"]
    assert carried.session(name)["state"] == 4
    assert carried.came_of(name, "presenter.mp4")
    others = {one["outcome"] for one in row["aspects"] if one["aspect"] != aspect}
    assert others == {"carried"}
    shown = ferry("show", carried.events[name].identifier, "-c", carried.settings)
    assert words in shown.output
    assert ("ferry access" if aspect == "access" else "ferry retry --aspect") in shown.output


def test_nothing_is_guessed(carried: Moved) -> None:
    """What is not known stays as Panopto made it; what was good of a part is there."""
    account = carried.session("owner_untabled")["owner"]
    assert account == carried.session("owner_unknown")["owner"] == "ferry"
    assert carried.session("id_taken")["external_id"] == ""
    access = carried.session("no_role")
    assert (access["access"]["level"], access["permissions"]) == ("Restricted", [])
    assert [one["language"] for one in carried.session("captions_gone")["captions"]] == ["German"]
    assert carried.session("no_captions")["captions"] == []
    for name in ("past_the_end", "chapter_past_the_end"):
        assert [one["time"] for one in carried.session(name)["entries"]] == [0.0, 12.4]
    assert carried.session("empty_segments")["entries"] == []


def test_a_folder_without_rights(carried: Moved) -> None:
    """Its item is permanent, with the folder and what to check; it goes to no other folder."""
    row = carried.row("no_rights")
    assert (row["outcome"], row["reason"], row["session_id"]) == ("permanent", "refused", "")
    assert "(no permission); check the folder's id and the account's right" in row["why"]
    assert "no_rights" not in carried.arrived


def test_a_module_without_a_web_lecture(carried: Moved) -> None:
    """The session is whole and right; that LumiNUS cannot show it is the item's end, with whom to ask."""
    row = carried.row("toolless")
    assert (row["outcome"], row["reason"]) == ("permanent", "no_web_lecture")
    assert "module GER1000 has no web lecture: its owner can add that tool" in row["why"]
    assert carried.session("toolless")["state"] == 4
    assert carried.came_of("toolless", "presenter.mp4")


def test_a_schedule_of_several_rooms(carried: Moved) -> None:
    """It is left alone, and its rooms are named; the other booking is carried."""
    told = {one["schedule_id"]: one for one in carried.bookings.document["schedules"]}
    several = told.pop(str(SEVERAL))
    assert (several["verdict"], several["reason"]) == ("error", "multi_room")
    assert "2 rooms (Studio, Laboratory)" in several["why"]
    assert [one["verdict"] for one in told.values()] == ["verified"]
    (held,) = [one for one in carried.books["schedules"] if one["schedule_id"] == SEVERAL]
    assert held["edits"] == 0


def test_each_is_counted(carried: Moved) -> None:
    """The run ends with 4, and its document counts what was and was not carried."""
    first = carried.runs[0]
    assert first.code == 4
    told = first.document["aspects"]
    counts = {name: sum(aspect == name for _, aspect, _, _ in BAD) for name in told}
    assert {name: one.get("permanent", 0) for name, one in told.items()} == counts
