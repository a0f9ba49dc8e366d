"""What is wanted against what is there: what differs, and nothing besides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.access.decide import May, Wanted
from pipelines.access.difference import Difference, Missing, Right, difference
from pipelines.access.roles import Who
from pipelines.panopto.aspects import Access, Level, Permission, Principal

ADA, STAFF, GONE = Who("User", "ada"), Who("Group", "All staff"), Who("User", "gone")
LOST = Missing(GONE, "unknown_principal", "Panopto finds no user gone")
PEOPLE = {ADA: Principal("a", "ada", "User"), STAFF: Principal("g", "All staff", "Group"), GONE: LOST}
VIEWS, EDITS = Right("Viewer", "User", "a", "ada"), Right("Creator", "User", "a", "ada")
HERE = Access(Level.RESTRICTED, inherited=False)


def has(role: str, who: str = "a", *, inherited: bool = False) -> Permission:
    """A permission of ada, or of another one."""
    return Permission(role, who, "User", inherited)


@pytest.mark.parametrize(
    ("level", "access", "expected"),
    [
        (Level.PUBLIC, Access(Level.PUBLIC, inherited=False), Difference()),
        (Level.PUBLIC, Access(Level.PUBLIC, inherited=True), Difference()),
        (Level.RESTRICTED, Access(Level.PUBLIC, inherited=False), Difference(narrow=Level.RESTRICTED)),
        (Level.RESTRICTED, Access(Level.PUBLIC, inherited=True), Difference(inherits_wider=Level.PUBLIC)),
        (Level.ORGANIZATION, HERE, Difference(widen=Level.ORGANIZATION)),
        (Level.ORGANIZATION, Access(Level.RESTRICTED, inherited=True), Difference(widen=Level.ORGANIZATION)),
    ],
)
def test_a_level(level: Level, access: Access, expected: Difference) -> None:
    """A folder that is wider cannot be helped at the session."""
    assert difference(Wanted(level), access, (), (), PEOPLE) == expected
    assert expected.level == (expected.narrow or expected.widen)


@pytest.mark.parametrize(
    ("there", "granted"),
    [
        ((), True),
        ((has("Viewer"),), False),
        ((has("Viewer", inherited=True),), False),
        ((has("Creator"),), False),
        ((has("Publisher", inherited=True),), False),
        ((has("Something of the site's"),), True),
        ((has("Viewer", "b"),), True),
    ],
)
def test_who_may_view_already_is_granted_nothing(there: tuple[Permission, ...], granted: bool) -> None:
    """By whichever role, of the session or from above."""
    wanted = Wanted(grants=(May("Viewer", ADA),))
    assert difference(wanted, HERE, there, (), PEOPLE).grant == ((VIEWS,) if granted else ())


def test_only_what_is_our_own_is_taken_away() -> None:
    """What others granted, and what comes from above, is listed."""
    there = (has("Viewer"), has("Viewer", "b"), has("Viewer", "c", inherited=True))
    ours = {VIEWS, Right("Viewer", "User", "c")}
    assert difference(Wanted(), HERE, there, ours, PEOPLE) == Difference(remove=(VIEWS,), others=there[1:])


def test_a_creator_who_is_to_be_a_viewer_becomes_one() -> None:
    """Where we made the creator; and is left one where somebody else did."""
    wanted = Wanted(grants=(May("Viewer", ADA),))
    found = difference(wanted, HERE, (has("Creator"),), {EDITS}, PEOPLE)
    assert found == Difference(grant=(VIEWS,), remove=(EDITS,))
    assert difference(wanted, HERE, (has("Creator"),), (), PEOPLE) == Difference(others=(has("Creator"),))


def test_who_is_not_there_is_told_once_and_the_others_are_granted() -> None:
    """Two roles for the same name, and two names for the same one, are one."""
    wanted = Wanted(grants=(May("Creator", GONE), May("Viewer", GONE), May("Viewer", STAFF)))
    found = difference(wanted, HERE, (), (), PEOPLE)
    assert (found.missing, found.grant) == ((LOST,), (Right("Viewer", "Group", "g"),))
    assert found.to_do
    twice = {**PEOPLE, GONE: PEOPLE[ADA]}
    both = Wanted(grants=(May("Viewer", ADA), May("Viewer", GONE)))
    assert difference(both, HERE, (), (), twice).grant == (VIEWS,)


def test_who_is_to_edit_needs_no_second_role_to_view() -> None:
    """A viewer who becomes a creator keeps what was granted before."""
    wanted = Wanted(grants=(May("Creator", ADA), May("Viewer", ADA)))
    assert difference(wanted, HERE, (), (), PEOPLE).grant == (EDITS,)
    assert difference(wanted, HERE, (has("Viewer"),), {VIEWS}, PEOPLE) == Difference(grant=(EDITS,))


ROLES = st.sampled_from(["Viewer", "Creator"])
PERMISSIONS = st.builds(Permission, ROLES, st.sampled_from("abg"), st.just("User"), st.booleans())


@given(
    st.lists(st.builds(May, ROLES, st.sampled_from([ADA, STAFF]))),
    st.lists(PERMISSIONS, unique=True),
    st.sets(st.builds(Right, ROLES, st.just("User"), st.sampled_from("abg"))),
    st.sampled_from(Level),
    st.builds(Access, st.sampled_from(Level), st.booleans()),
)
def test_what_is_done_leaves_nothing_to_do(
    grants: list[May], there: list[Permission], ours: set[Right], level: Level, access: Access
) -> None:
    """A session to which all of it was done does not differ any more, but by its folder."""
    wanted = Wanted(level, tuple(grants))
    first = difference(wanted, access, there, ours, PEOPLE)
    gone = {(one.role, one.id) for one in first.remove}
    kept = [one for one in there if one.inherited or (one.role, one.principal_id) not in gone]
    given_now = [Permission(one.role, one.id, one.kind) for one in first.grant]
    now = Access(first.level, inherited=False) if first.level else access
    after = difference(wanted, now, (*kept, *given_now), ours - set(first.remove) | set(first.grant), PEOPLE)
    assert not after.to_do
    assert after.inherits_wider == first.inherits_wider
