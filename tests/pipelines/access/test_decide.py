"""The most private reading of an access list wins, whatever it says."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.access.decide import May, Wanted, decide
from pipelines.access.roles import Rights, RoleTable, Who
from pipelines.opencast.model import Grant
from pipelines.panopto.aspects import Level

STAFF, CLASS, ADA = Who("Group", "All staff"), Who("Group", "Physics I"), Who("User", "ada")
TABLE = RoleTable(
    {
        "ANY": Rights(Level.PUBLIC),
        "USER": Rights(Level.ORGANIZATION),
        "STAFF": Rights(viewers=frozenset({STAFF})),
        "ADA": Rights(viewers=frozenset({ADA}), creators=frozenset({ADA})),
        "ADMIN": Rights(),
    },
    {
        "*_Learner": Rights(Level.ORGANIZATION_UNLISTED, frozenset({CLASS})),
        "7_*": Rights(Level.ORGANIZATION, frozenset({CLASS, STAFF})),
    },
)  # fmt: skip


def read(*roles: str) -> tuple[Grant, ...]:
    """Lines that let roles read; a minus before one denies it."""
    return tuple(Grant(one.lstrip("-"), "read", not one.startswith("-")) for one in roles)


def viewers(*who: Who) -> tuple[May, ...]:
    """Grants to view."""
    return tuple(sorted(May("Viewer", one) for one in who))


def test_an_unknown_list_decides_nothing() -> None:
    """An empty one does: nobody may read."""
    assert decide(None, TABLE) is None
    assert decide((), TABLE) == Wanted()


@pytest.mark.parametrize(
    ("acl", "level", "grants"),
    [
        (read("ANY", "USER"), Level.PUBLIC, ()),
        (read("USER", "STAFF"), Level.ORGANIZATION, viewers(STAFF)),
        (read("STAFF"), Level.RESTRICTED, viewers(STAFF)),
        (read("ADMIN"), Level.RESTRICTED, ()),
        (read("4_Learner"), Level.ORGANIZATION_UNLISTED, viewers(CLASS)),
        (read("7_Learner"), Level.ORGANIZATION_UNLISTED, viewers(CLASS)),
        ((Grant("ANY", "write", True), Grant("ANY", "migrated", True)), Level.RESTRICTED, ()),
        (read("ADA"), Level.RESTRICTED, viewers(ADA)),
        ((*read("ADA"), Grant("ADA", "write", True)), Level.RESTRICTED, (May("Creator", ADA), *viewers(ADA))),
        ((Grant("ADA", "write", True),), Level.RESTRICTED, ()),
        ((*read("STAFF"), Grant("STAFF", "write", True)), Level.RESTRICTED, viewers(STAFF)),
        ((*read("ADA"), Grant("ADA", "write", True), Grant("ADA", "write", False)), Level.RESTRICTED,
         viewers(ADA)),
    ],
)  # fmt: skip
def test_what_is_allowed(acl: tuple[Grant, ...], level: Level, grants: tuple[May, ...]) -> None:
    """The widest level of a reader; viewers who may read, creators who may write as well by their own row."""
    found = decide(acl, TABLE)
    assert found is not None
    assert (found.level, found.grants, found.unmapped) == (level, grants, ())


@pytest.mark.parametrize(
    ("acl", "grants"),
    [
        (read("USER", "-ANY"), ()),
        (read("USER", "-USER"), ()),
        (read("USER", "STAFF", "-ANY"), viewers(STAFF)),
        (read("USER", "STAFF", "ADA", "-4_Learner"), viewers(ADA)),
        (read("USER", "STAFF", "ADA", "-ADA"), ()),
        (read("USER", "STAFF", "ADA", "-stranger"), viewers(ADA)),
    ],
)
def test_a_denial_takes_away_what_could_reach_who_is_denied(
    acl: tuple[Grant, ...], grants: tuple[May, ...]
) -> None:
    """No level; no group where somebody by name, or nobody knows who, is denied; and never the same one."""
    found = decide(acl, TABLE)
    assert found is not None
    assert (found.level, found.grants) == (Level.RESTRICTED, grants)


def test_who_is_nobody_may_be_denied() -> None:
    """A role that the table gives nothing stands for nobody at Panopto."""
    assert decide(read("USER", "-ADMIN"), TABLE) == decide(read("USER"), TABLE)


def test_it_says_why_and_which_roles_have_no_row() -> None:
    """One sentence for each thing that was narrowed."""
    found = decide(read("USER", "STAFF", "7_Learner", "new", "-stranger"), TABLE)
    assert found is not None
    assert found.unmapped == ("new", "stranger")
    assert found.why == (
        "7_Learner fits several patterns of the table: what all of them say counts",
        "Restricted, not Organization: Panopto cannot keep it from stranger, who may not read",
        "not granted, as it could reach who is denied: Viewer group All staff, Viewer group Physics I",
    )


ROLES = st.sampled_from(["ANY", "USER", "STAFF", "ADA", "ADMIN", "4_Learner", "7_Learner", "7_x", "new"])
LINES = st.builds(Grant, ROLES, st.sampled_from(["read", "write", "other"]), st.booleans())
LISTS = st.lists(LINES, max_size=8).map(tuple)


def is_no_wider(one: Wanted | None, other: Wanted | None) -> bool:
    """Whether nobody sees by the one who does not by the other."""
    assert one is not None
    assert other is not None
    return not one.level.is_wider(other.level) and set(one.grants) <= set(other.grants)


@given(LISTS)
def test_never_more_than_the_source_allows(acl: tuple[Grant, ...]) -> None:
    """Each level and grant is that of a role which may read, by every row that holds for it."""
    found = decide(acl, TABLE)
    assert found is not None
    denied = {one.role for one in acl if one.action == "read" and not one.allow}
    readers = {one.role for one in acl if one.action == "read" and one.allow} - denied
    rights = {role: TABLE.of(role) for role in readers if TABLE.of(role)}
    assert found.level is Level.RESTRICTED or any(
        not any(found.level.is_wider(one.level) for one in held) for held in rights.values()
    )
    for may in found.grants:
        named = [
            role for role, held in rights.items()
            if all(may.who in (one.creators if may.role == "Creator" else one.viewers) for one in held)
        ]  # fmt: skip
        assert named
        assert may.role == "Viewer" or any(Grant(role, "write", True) in acl for role in named)
    for role in denied:
        assert not {may.who for may in found.grants} & {who for one in TABLE.of(role) for who in one.people}
        assert found.level is Level.RESTRICTED or TABLE.of(role) == (Rights(),)


@given(LISTS, st.data())
def test_taking_an_allowance_away_never_widens(acl: tuple[Grant, ...], data: st.DataObject) -> None:
    """Whichever it is."""
    allowed = [place for place, one in enumerate(acl) if one.allow]
    if allowed:
        place = data.draw(st.sampled_from(allowed))
        assert is_no_wider(decide(acl[:place] + acl[place + 1 :], TABLE), decide(acl, TABLE))


@given(LISTS, LINES, st.integers(0, 8))
def test_a_denial_more_never_widens(acl: tuple[Grant, ...], line: Grant, place: int) -> None:
    """Wherever it stands in the list."""
    more = (*acl[:place], replace(line, allow=False), *acl[place:])
    assert is_no_wider(decide(more, TABLE), decide(acl, TABLE))


@given(LISTS)
def test_the_order_of_a_list_says_nothing(acl: tuple[Grant, ...]) -> None:
    """A list and its reverse want the same."""
    one, other = decide(acl, TABLE), decide(acl[::-1], TABLE)
    assert is_no_wider(one, other)
    assert is_no_wider(other, one)
