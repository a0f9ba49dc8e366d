"""The table of roles says what it says, or which line is wrong and how."""

from pathlib import Path

import pytest

from pipelines.access.roles import Rights, Who, all_allow, read_roles
from pipelines.config import SettingsError
from pipelines.panopto.aspects import Level

TABLE = """role,grant,principal
ROLE_ANONYMOUS,level,Public
ROLE_USER,level,OrganizationUnlisted
*_Learner,level,Organization
ROLE_STAFF,viewer,group:All staff
ROLE_STAFF,creator,user:idp\\jsmith
role_staff,viewer,group:all STAFF
7_*,viewer,user:lovelace
ROLE_ADMIN,nothing,
"""
STAFF, JSMITH, LOVELACE = Who("Group", "All staff"), Who("User", "idp\\jsmith"), Who("User", "lovelace")


def written(folder: Path, text: str) -> Path:
    """A table in a file."""
    path = folder / "roles.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_of_one_role_add_up_and_a_name_in_another_case_is_the_same(tmp_path: Path) -> None:
    """A role without a row has no rights, which is not the same as nothing."""
    table = read_roles(written(tmp_path, TABLE))
    assert table.of("ROLE_STAFF") == (Rights(viewers=frozenset({STAFF}), creators=frozenset({JSMITH})),)
    assert table.of("role_staff")[0].viewers == {STAFF}
    assert table.of("ROLE_ADMIN") == (Rights(),)
    assert table.of("ROLE_OTHER") == ()


def test_a_row_in_full_goes_before_patterns_and_patterns_hold_together(tmp_path: Path) -> None:
    """What all patterns that a role fits allow is what it is allowed."""
    table = read_roles(written(tmp_path, TABLE + "7_Learner,level,Restricted\n"))
    assert table.of("7_Learner") == (Rights(),)
    both = table.of("7_x_Learner")
    assert both == (Rights(Level.ORGANIZATION), Rights(viewers=frozenset({LOVELACE})))
    assert all_allow(both) == Rights()
    assert all_allow((Rights(Level.PUBLIC), Rights(Level.ORGANIZATION))) == Rights(Level.ORGANIZATION)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("R,level,Everybody", "line 2: has 'Everybody' as level; a level is one of Restricted,"),
        ("R,level,", "line 2: has '' as level"),
        ("R,viewer,jsmith", "line 2: has 'jsmith' as principal; write user:NAME or group:NAME"),
        ("R,viewer,user: ", "line 2: has 'user:' as principal"),
        ("R,publisher,user:x", "line 2: has 'publisher' as grant; a grant is one of level, viewer"),
        ("R,nothing,user:x", "line 2: gives nothing to user:x"),
        ("R,level,Public\nR,level,Restricted", "line 3: gives R another level"),
        ("R,viewer,user:x\nR,viewer,user:x", "line 3: says the same of R"),
        ("R,viewer,user:x\nR,nothing,", "line 3: gives R nothing, and something"),
        ("R,nothing,\nR,viewer,user:x", "line 3: gives R nothing, and something"),
        ("*_Learner,creator,user:x", "line 2: lets whoever fits *_Learner edit"),
        (",level,Public", "line 2: has no role"),
    ],
)
def test_a_wrong_row_is_one_sentence(rows: str, said: str, tmp_path: Path) -> None:
    """It names the file, the line, what is wrong and what to do."""
    with pytest.raises(SettingsError) as caught:
        read_roles(written(tmp_path, f"role,grant,principal\n{rows}\n"))
    assert str(caught.value).startswith(f"{tmp_path / 'roles.csv'}, {said}")
    assert "\n" not in str(caught.value)


def test_a_table_without_principals_may_give_nothing(tmp_path: Path) -> None:
    """The third column is needed by grants alone."""
    assert read_roles(written(tmp_path, "role,grant\nR,nothing\n")).of("R") == (Rights(),)
    with pytest.raises(SettingsError, match="has '' as principal"):
        read_roles(written(tmp_path, "role,grant\nR,viewer\n"))
