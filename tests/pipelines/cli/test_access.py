"""What `ferry access` asks for, says, and ends with."""

import csv
import io
from pathlib import Path

import pytest

from pipelines.access.decide import May, Wanted
from pipelines.access.difference import Difference, Missing, Right
from pipelines.access.grant import Fate, Told
from pipelines.access.report import AccessReport, Line
from pipelines.access.roles import Who
from pipelines.cli import sharing
from pipelines.cli.access import NAMED, WORDS, asked, code_of, code_of_look, document, lines, nothing
from pipelines.cli.exits import Exit
from pipelines.cli.report import Format
from pipelines.config import SettingsError
from pipelines.panopto.aspects import Access, Level, Permission

HERE = Access(Level.RESTRICTED, inherited=False)
ADA = Right("Viewer", "User", "a", "ada")
GONE = Missing(Who("User", "gone"), "unknown_principal", "Panopto finds no user gone")


def line(name: str, wanted: Wanted | None = None, what: Difference | None = None, **more: object) -> Line:
    """A session that is known."""
    facts = {"access": HERE, **more}
    return Line(name, f"s-{name}", wanted or Wanted(), difference=what or Difference(), **facts)  # type: ignore[arg-type]


SAME = line("same")
WIDEN = line("widen", Wanted(Level.PUBLIC), Difference(widen=Level.PUBLIC, grant=(ADA,)))
NARROW = line("narrow", what=Difference(narrow=Level.RESTRICTED, remove=(ADA,)))
FOLDER = line("folder", what=Difference(inherits_wider=Level.PUBLIC))
NO_ROW = line("row", Wanted(unmapped=("=ROLE",), why=("a reason",)))
LOST = line("lost", Wanted(grants=(May("Viewer", GONE.who),)), Difference(missing=(GONE,)))
UNREAD = Line("unread", "s-unread", Wanted(), unread="the connection broke", passing=True)
UNTOLD = Line("untold", "s-untold", None, HERE, unread="nobody tells")
ALL = AccessReport({"panopto": "p"}, (SAME, WIDEN, NARROW, FOLDER, NO_ROW, LOST, UNREAD, UNTOLD))


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ((), Exit.DONE), ((SAME,), Exit.DONE), ((SAME, UNREAD), Exit.RETRYABLE),
        ((UNREAD, NO_ROW), Exit.PERMANENT), ((LOST,), Exit.PERMANENT), ((UNTOLD,), Exit.PERMANENT),
        ((UNTOLD, WIDEN), Exit.DIFFERS), ((NARROW,), Exit.DIFFERS), ((FOLDER,), Exit.DIFFERS),
    ],
)  # fmt: skip
def test_the_code_of_a_look(found: tuple[Line, ...], code: Exit) -> None:
    """Five where something differs, else four where something cannot be told, else three."""
    assert code_of_look(AccessReport({}, found)) is code


@pytest.mark.parametrize(
    ("fates", "code"),
    [
        ([], Exit.DONE), ([Fate.DONE, Fate.ALREADY], Exit.DONE), ([Fate.UNDECIDED], Exit.RETRYABLE),
        ([Fate.UNDECIDED, Fate.IN_PART], Exit.PERMANENT), ([Fate.REFUSED], Exit.PERMANENT),
        ([Fate.LEFT], Exit.PERMANENT), ([Fate.LEFT, Fate.CHANGED], Exit.DIFFERS),
        ([Fate.BY_HAND], Exit.DIFFERS),
    ],
)  # fmt: skip
def test_the_code_of_what_was_done(fates: list[Fate], code: Exit) -> None:
    """Five where a person has to look, else four where something was not given, else three."""
    assert code_of([Told("a", one) for one in fates]) is code


def test_what_people_read() -> None:
    """Each session that differs with what would be done, roles without a row, how many, the digest."""
    assert list(sharing.lines(ALL)) == [
        "widen: Restricted -> Public; grant Viewer user ada",
        "narrow: Restricted -> Restricted; remove Viewer user ada",
        "folder: to be Restricted, and its folder shows it as Public: a person must look",
        "lost: Panopto finds no user gone",
        "unread: the connection broke",
        "untold: nobody tells",
        "no row for =ROLE, of 1 sessions",
        "1 sessions are as they are to be",
        "1 sessions to narrow",
        "1 sessions to widen",
        "1 sessions in folders that are wider",
        "2 sessions not known",
        f"digest {ALL.digest}",
    ]
    assert "No session is verified yet." in list(sharing.lines(AccessReport({})))
    many = AccessReport({}, tuple(line(str(one), what=FOLDER.difference) for one in range(NAMED + 2)))
    assert "and 2 more, as --format json names them" in list(sharing.lines(many))


def test_the_sheet_is_safe_and_whole() -> None:
    """A line a session; a role that a spreadsheet would compute has an apostrophe before it."""
    others = Difference(others=(Permission("Creator", "b", "User", inherited=True),))
    rows = list(
        csv.DictReader(
            io.StringIO(sharing.sheet(AccessReport({}, (*ALL.lines, line("o", what=others)))).decode())
        )
    )
    by = {row["event_id"]: row for row in rows}
    assert (by["widen"]["level"], by["widen"]["wanted"], by["widen"]["to_grant"]) == (
        "Restricted", "Public", "Viewer user ada",
    )  # fmt: skip
    assert (by["row"]["unmapped"], by["row"]["why"]) == ("'=ROLE", "a reason")
    assert (by["unread"]["level"], by["untold"]["wanted"]) == ("", "")
    assert by["o"]["others"] == "Creator user b"


def test_what_is_said_of_what_was_done() -> None:
    """Every fate has its words; those that ask for something are named, up to a number."""
    assert set(WORDS) == set(Fate)
    told = [Told("d", Fate.DONE), *(Told(str(one), Fate.CHANGED, "x") for one in range(NAMED + 1))]
    said = list(lines(told))
    assert said[0] == "changed: 0: x"
    assert said[NAMED:] == [
        "and 1 more, as --format json names them",
        "1 done",
        f"{NAMED + 1} {WORDS[Fate.CHANGED]}",
    ]
    found = document(told[:2], Exit.DIFFERS)
    assert (found["sessions"]["done"], found["items"][1]["why"]) == (1, "x")
    assert nothing(Exit.USAGE, grant=True)["items"] == []
    assert nothing(Exit.USAGE, grant=False)["exit"] == 2


def test_what_is_asked_for(tmp_path: Path) -> None:
    """A look, or a grant with the report of one; a grant writes no report."""
    path = tmp_path / "access.json"
    assert asked(False, None, Format.CSV, path) is None
    for grant, report, style, output in (
        (True, None, Format.TABLE, None),
        (False, path, Format.TABLE, None),
        (True, path, Format.CSV, None),
        (True, path, Format.JSON, path),
    ):
        with pytest.raises(SettingsError, match=r"^--(grant|from-report): "):
            asked(grant, report, style, output)
    path.write_text('{"items": []}')
    with pytest.raises(SettingsError, match="is no report of access"):
        asked(True, path, Format.JSON, None)


def test_a_report_that_is_not_there_is_usage(tmp_path: Path) -> None:
    """It is said which file, and what to name."""
    with pytest.raises(SettingsError, match=r"cannot be read .*; name a file that `ferry access"):
        asked(True, tmp_path / "none.json", Format.TABLE, None)
