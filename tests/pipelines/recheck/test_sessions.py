"""Sessions held against the checkpoint: what differs, what cannot be told, and with how many calls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes.kept import MEANT, WHEN, finished, steps
from fakes.migration_site import Panopto, Upload

from engine import AccountRefused, FerryError, Record, Refused, Unreachable
from pipelines import items
from pipelines.items import Outcome
from pipelines.migration.place import Placed
from pipelines.migration.refused_folder import aside
from pipelines.panopto.description import describe
from pipelines.panopto.model import Session, State
from pipelines.recheck.found import Finding, Found
from pipelines.recheck.sessions import GIVEN_UP, Kept, kept, recheck_sessions

WRITES = {"create", "submit", "cancel"}


def there(panopto: Panopto, event_id: str, **changes: Any) -> Session:
    """Have Panopto hold the session of an event as it was meant, but for some changes."""
    session = Session(
        f"s-{event_id}",
        "Analysis I",
        describe({"description": "Limits.", "presenters": ["Ada"]}, event_id),
        WHEN,
        2700.0,
        "f-1",
    )
    session = replace(session, **changes)
    panopto.sessions[session.id] = session
    panopto.uploads[f"u-{event_id}"] = Upload(f"u-{event_id}", "f-1", State.COMPLETE, session.id)
    return session


def item(event_id: str, history: Sequence[Record] | None = None) -> Kept:
    """Return an item that was verified, or that of other records."""
    found = kept(event_id, history or [finished(event_id, steps(event_id))])
    assert found is not None
    return found


async def recheck(panopto: Panopto, *found: Kept) -> Found:
    """Look, and hold that nothing was written."""
    port: Any = panopto
    result = await recheck_sessions(found, port)
    assert not WRITES & panopto.calls.keys()
    return result


async def test_all_is_as_it_was_meant() -> None:
    """A verified item whose session stands counts, and nothing is told of it."""
    panopto = Panopto()
    there(panopto, "e")
    assert await recheck(panopto, item("e")) == Found(items=1)


@pytest.mark.parametrize(("folder_id", "differs"), [("TEAM", False), ("own", False), ("f-2", True)])
async def test_where_its_own_folder_did_not_take_it(folder_id: str, differs: bool) -> None:
    """The operator's folder is right, and so is its own, to which a person may have moved it since."""
    panopto = Panopto()
    there(panopto, "e", folder_id=folder_id)
    told = aside(Placed("own"), "team", Refused("takes none"))
    history = [*steps("e"), items.aspects("e", {"folder": told})]
    found = await recheck(panopto, item("e", [finished("e", history)]))
    assert [one.field for one in found.differences] == (["folder"] if differs else [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Other"}, "title"),
        ({"start_time": WHEN + timedelta(hours=1)}, "date"),
        ({"duration": 2000.0}, "duration"),
        ({"folder_id": "f-2"}, "folder"),
        ({"description": "Limits."}, "marker"),
    ],
)
@pytest.mark.parametrize("others", [0, 5])
async def test_each_field_is_compared(changes: dict[str, Any], field: str, others: int) -> None:
    """One field that was changed is one difference, be the session listed or read by itself."""
    panopto = Panopto()
    names = [f"o{number}" for number in range(others)]
    for name in names:
        there(panopto, name)
    there(panopto, "e", **changes)
    found = await recheck(panopto, item("e"), *map(item, names))
    (difference,) = found.differences
    assert (difference.event_id, difference.field, found.items) == ("e", field, others)


async def test_a_session_that_is_gone() -> None:
    """It is one difference, named by its id."""
    assert (await recheck(Panopto(), item("e"))).differences == (Finding("e", "session", "s-e", ""),)


@pytest.mark.fault(35)
async def test_a_second_session_of_an_event_is_a_difference_until_it_is_gone() -> None:
    """As reconcile found them: nobody is told that what is there twice is as it was meant."""
    panopto = Panopto()
    there(panopto, "e")
    panopto.sessions["s-2"] = replace(panopto.sessions["s-e"], id="s-2")
    twice = item("e", [items.found("e", ["s-e", "s-2"], {**MEANT, "folder_id": "f-1", "files": []})])
    assert (await recheck(panopto, twice)).differences == (Finding("e", "another session", "none", "s-2"),)
    del panopto.sessions["s-2"]
    assert not (await recheck(panopto, twice)).differences


async def test_streams_are_those_of_our_receipts() -> None:
    """An item under way whose files are not all on record differs in them."""
    panopto = Panopto()
    there(panopto, "e")
    history = [record for record in steps("e") if record.kind != "transfer.completed"]
    kept_files = replace(item("e", history), files=frozenset())
    assert [one.field for one in (await recheck(panopto, kept_files)).differences] == ["files"]
    assert (await recheck(panopto, item("e", steps("e")))).items == 1


@pytest.mark.parametrize("state", [State.PROCESSING_ERROR, State.DELETED, State.PROCESSING])
async def test_a_session_upload_that_is_not_complete(state: State) -> None:
    """Of an item that differs in something, any other state is a difference as well."""
    panopto = Panopto()
    there(panopto, "e", name="Other")
    panopto.uploads["u-e"].state = state
    difference, title = (await recheck(panopto, item("e"))).differences
    assert (difference.field, difference.expected, title.field) == ("state", "4 (complete)", "title")
    assert state.name.lower() in difference.found


async def test_an_item_that_was_right_and_is_costs_no_look_at_its_upload() -> None:
    """State 4 is its last one, and was seen: ten thousand items need not be asked for one by one."""
    panopto = Panopto()
    there(panopto, "e")
    assert await recheck(panopto, item("e")) == Found(items=1)
    assert panopto.calls["get"] == 0


async def test_a_session_upload_that_panopto_forgot() -> None:
    """What is done need not be known any more."""
    panopto = Panopto()
    there(panopto, "e")
    panopto.unknown.add("u-e")
    assert await recheck(panopto, item("e")) == Found(items=1)


async def test_what_panopto_still_processes_is_waiting() -> None:
    """An item that was never right is no difference before Panopto is done with it."""
    panopto = Panopto()
    there(panopto, "e", duration=0.0)
    panopto.uploads["u-e"].state = State.PROCESSING
    found = await recheck(panopto, item("e", steps("e")[:7]))
    assert [one.event_id for one in found.waiting] == ["e"]
    assert (found.differences, found.items) == ((), 0)


@pytest.mark.parametrize("ends", [[], [items.ended("e", Outcome.DIFFERS, "title")]])
async def test_what_no_run_has_seen_to_be_right_is_waiting(ends: list[Record]) -> None:
    """Its session is as it was meant, and what comes after is still to be done by a run."""
    panopto = Panopto()
    there(panopto, "e")
    found = await recheck(panopto, item("e", [*steps("e")[:7], *ends]))
    assert (found.items, [one.why for one in found.waiting]) == (1, ["its session is right now; run again"])


async def test_titles_are_told_as_they_are() -> None:
    """A difference holds the words themselves; quoting them is up to who shows them."""
    panopto = Panopto()
    there(panopto, "e", name="Other")
    (difference,) = (await recheck(panopto, item("e"))).differences
    assert (difference.expected, difference.found) == ("Analysis I", "Other")


async def test_ten_thousand_sessions_are_listed() -> None:
    """Sessions of one folder are not read one by one."""
    panopto = Panopto()
    names = [f"e{number}" for number in range(200)]
    for name in names:
        there(panopto, name)
    assert await recheck(panopto, *map(item, names)) == Found(items=200)
    assert (panopto.calls["sessions_of"], panopto.calls["session"]) == (1, 0)


async def test_what_the_list_lacks_is_read_by_itself() -> None:
    """A session that was moved is found, and told as moved; one that is only late in the list is no news."""
    panopto = Panopto()
    for name in "abc":
        there(panopto, name)
    there(panopto, "d", folder_id="f-2")
    found = await recheck(panopto, *map(item, "abcd"))
    assert panopto.calls["session"] == 1
    assert [(one.event_id, one.field) for one in found.differences] == [("d", "folder")]


async def test_a_list_that_lags_is_not_believed() -> None:
    """A difference is told only where the session itself has it."""
    panopto = Panopto()
    for name in "abc":
        there(panopto, name)
    late = replace(panopto.sessions["s-a"], name="old title")

    async def sessions_of(folder_id: str) -> Any:
        for session in (late, panopto.sessions["s-b"], panopto.sessions["s-c"]):
            yield session

    panopto.sessions_of = sessions_of  # type: ignore[method-assign]
    assert await recheck(panopto, *map(item, "abc")) == Found(items=3)
    assert panopto.calls["session"] == 1


async def test_a_folder_that_is_refused() -> None:
    """Its sessions may be elsewhere, so each is asked for."""
    panopto = Panopto()
    for name in "abc":
        there(panopto, name)
    panopto.fault = lambda call, subject: Refused("no") if call == "sessions_of" else None
    assert await recheck(panopto, *map(item, "abc")) == Found(items=3)


@pytest.mark.parametrize("call", ["get", "session", "sessions_of"])
async def test_what_cannot_be_read_is_named(call: str) -> None:
    """An answer that does not come is no difference, and the others are verified."""
    panopto = Panopto()
    names = "abcx" if call == "sessions_of" else "ax"
    for name in names:
        there(panopto, name, **({"name": "Other"} if (name, call) == ("x", "get") else {}))
    alone = finished("y", steps("y"))
    facts = {**alone.facts, "folder_id": "f-9"}
    there(panopto, "y", folder_id="f-9")

    def fault(called: str, subject: str) -> FerryError | None:
        hit = subject in {"u-x", "s-x", "f-1"} and called == call
        return Unreachable("no answer", where="panopto") if hit else None

    panopto.fault = fault
    found = await recheck(panopto, *map(item, names), item("y", [replace(alone, facts=facts)]))
    assert found.differences == ()
    assert "event x" in {one.what for one in found.unread}
    assert found.items == len(names) + 1 - len(found.unread)
    assert found.items > 0


async def test_a_panopto_that_is_gone_is_not_asked_for_ever() -> None:
    """After some items in a row without an answer the others are unread without a call."""
    panopto = Panopto()
    names = [f"e{number}" for number in range(10 * GIVEN_UP)]
    panopto.fault = lambda call, subject: Unreachable("no answer") if call != "sessions_of" else None
    found = await recheck(panopto, *map(item, names))
    assert len(found.unread) == len(names)
    assert panopto.calls["get"] < 2 * GIVEN_UP


@pytest.mark.parametrize("call", ["get", "sessions_of"])
async def test_an_account_that_is_refused_ends_it(call: str) -> None:
    """Without Panopto nothing is verified."""
    panopto = Panopto()
    panopto.fault = lambda called, subject: AccountRefused("no") if called == call else None
    with pytest.raises(AccountRefused):
        await recheck(panopto, *map(item, "abc"))


async def test_an_end_of_an_older_version() -> None:
    """What it did not put on record cannot differ; what it did is compared."""
    facts = {
        "outcome": "verified",
        "reason": None,
        "upload_id": "u-e",
        "session_id": "s-e",
        "folder_id": "f-1",
    }
    old = item("e", [Record("e", "item.ended", facts, closes=True)])
    panopto = Panopto()
    there(panopto, "e", name="Other", start_time=None)
    assert await recheck(panopto, old) == Found(items=1)
    there(panopto, "e", folder_id="f-2")
    assert [one.field for one in (await recheck(panopto, old)).differences] == ["folder"]


def test_an_item_without_a_session_is_not_looked_for() -> None:
    """A skip and what is not shipped yet have nothing to compare."""
    assert kept("e", [items.ended("e", Outcome.SKIPPED, "live")]) is None
    assert kept("e", steps("e")[:6]) is None
    assert item("e").facts["title"] == MEANT["title"]
