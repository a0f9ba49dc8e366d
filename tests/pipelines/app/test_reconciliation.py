"""What reconciling lets begin anew, and what it holds back because nobody can tell."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from fakes.migration_site import HOME, WHEN, lecture

from engine import Refused
from pipelines import items
from pipelines.app.reconciliation import Books, Reconciled, _find
from pipelines.items import Outcome
from pipelines.migration.planning import Row, Rules
from pipelines.migration.select import Selected, select
from pipelines.panopto.model import Session, SessionUpload, State
from pipelines.reconcile.join import Verdict, meant

ELSEWHERE = "elsewhere"
SELECTED = select(lecture("a"), channels=("p",))
assert isinstance(SELECTED, Selected)
DOUBTFUL = (
    items.planned("a", estimate=None, series="s1", folder_id=HOME),
    items.uploading("a", upload_id="u", folder_id=HOME, target="https://t/b/p", files=[]),
    items.submit("a", {"title": "Lecture a", "date": WHEN.isoformat(), "duration": 9.0, "files": []}),
    items.ended("a", Outcome.RETRYABLE, "upload_gone"),
)
"""Panopto was to be told that its upload is complete, and a run found neither that nor a session."""


class Panopto:
    """Shows no session; some folders are refused, and some session uploads known."""

    def __init__(self, dark: str = "", known: Mapping[str, SessionUpload] | None = None) -> None:
        self._dark = dark
        self._known = known or {}

    async def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """Give none."""
        if folder_id == self._dark:
            raise Refused("may not be read", where=folder_id)
        for none in ():
            yield none

    async def get(self, upload_id: str) -> SessionUpload | None:
        """Return a session upload."""
        return self._known.get(upload_id)


async def verdict(panopto: Any) -> tuple[Verdict, int]:
    """Reconcile an event in doubt; return what became of it, and how many records say so."""
    row, found = Row("a", None, "s1", HOME), Reconciled()
    books = Books(["a"], lambda _: DOUBTFUL)
    rules = Rules(default_folder=HOME, folders={"s2": ELSEWHERE})
    await _find(panopto, rules, [(row, meant(SELECTED, HOME))], books, {}, found)
    (one,) = found.joined
    return one.verdict, len(one.records)


@pytest.mark.fault(35)
async def test_what_panopto_knows_nothing_of_begins_anew() -> None:
    """Asked by its id, it does not know the session upload, and no folder has a session of it."""
    assert await verdict(Panopto()) == (Verdict.RELEASED, 1)


@pytest.mark.fault(24, 35)
@pytest.mark.parametrize("dark", [HOME, ELSEWHERE])
async def test_nothing_begins_anew_while_a_folder_cannot_be_read(dark: str) -> None:
    """Its session may lie in any that the settings name: it was moved by hand, or is not listed now."""
    assert await verdict(Panopto(dark)) == (Verdict.HELD, 0)


@pytest.mark.fault(24, 35)
@pytest.mark.parametrize("state", list(State))
async def test_nothing_begins_anew_while_panopto_knows_its_upload(state: State) -> None:
    """Whatever it says of it: the run decides by that."""
    known = SessionUpload("u", HOME, None, "https://t/b/p", state)
    assert await verdict(Panopto(known={"u": known})) == (Verdict.HELD, 0)
