"""Our reading of LumiNUS: what is asked for, and what comes of modules, web lectures and lists of items."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fakes.scripted_http import Call, json_answer
from fakes.scripted_luminus import BASE, ITEM, MODULE, NO_TOOL, PAGE, ROW, SESSION, TOOL, Site, envelope, text

from engine import Answer, FerryError, Refused, ServerFault
from pipelines.luminus import client
from pipelines.luminus.closed import Closed
from pipelines.luminus.refusals import Invalid, NoRight


async def test_modules_are_found_by_their_ids_in_lower_case() -> None:
    """Whatever the case in the operator's table and at LumiNUS."""
    rows = [{"id": "ABC", "name": "CS0000", "access": {"access_Update": True}}, {"id": "def", "access": {}}]
    site = Site(envelope(rows))
    modules = await site.luminus.modules()
    assert {key: module.may_update for key, module in modules.items()} == {"abc": True, "def": False}
    assert modules["abc"].id == "ABC"
    assert site.calls[0].url == f"{BASE}/module"


@pytest.mark.parametrize(
    "refusal", [text(403, "no"), text(404, "nothing here"), json_answer(400, {"x": ["y"]})]
)
async def test_an_account_that_may_list_no_modules_finds_luminus_closed(refusal: Answer) -> None:
    """That is about no module in particular, so no item is given up for it."""
    with pytest.raises(Closed, match=r"does not list its modules .*luminus\.url"):
        await Site(refusal).luminus.modules()


async def test_a_web_lecture_is_asked_for_with_the_slash_before_the_query() -> None:
    """As every client that is known to work sends it."""
    site = Site(json_answer(200, {"id": TOOL, "parentID": MODULE, "isAutoPublish": True}))
    tool = await site.luminus.web_lecture(MODULE)
    assert tool is not None
    assert (tool.id, tool.auto_publish) == (TOOL, True)
    assert site.calls[0].url == f"{BASE}/weblecture/?ParentID={MODULE}"


async def test_a_module_without_the_tool_has_none() -> None:
    """The documented 400 is an answer, asked for once."""
    site = Site(json_answer(400, NO_TOOL))
    assert await site.luminus.web_lecture(MODULE) is None
    assert len(site.calls) == 1


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (json_answer(400, {"parentID": ["The value is not valid."]}), Invalid),
        (text(400, "No."), Refused),
        (text(403, "Login user not authorized"), NoRight),
        (text(404, "not found"), Refused),
        (PAGE, ServerFault),
        (text(200, "<html>Sign in</html>"), ServerFault),
        (json_answer(200, {"status": "success"}), ServerFault),
    ],
)
async def test_a_refused_web_lecture_is_not_taken_for_a_missing_tool(
    refusal: Answer, kind: type[FerryError]
) -> None:
    """Each no has its own error, and names the module."""
    with pytest.raises(FerryError) as caught:
        await Site(refusal).luminus.web_lecture(MODULE)
    assert type(caught.value) is kind


async def test_items_are_read_with_the_sessions_that_they_show() -> None:
    """One call where the total is reached at once, in the order of creation."""
    site = Site(envelope([ROW, {"id": "other", "filename": f"https://elsewhere.example/?id={SESSION}"}]))
    first, second = await site.luminus.items(TOOL)
    assert (first.id, first.session_id, second.session_id) == (ITEM, SESSION, None)
    assert [call.url for call in site.calls] == [f"{BASE}/weblecture/{TOOL}/sessions/?sortby=createdDate"]


def paged(total: int | None, size: int, *, moved: bool = False) -> Site:
    """Return a site whose items come in pages; where they moved, each page repeats the last row before it."""
    site = Site(text(500))

    async def answer(call: Call) -> Answer:
        query = dict(parse_qsl(urlsplit(call.url).query))
        offset = int(query.get("offset", 0))
        begin = max(offset - (1 if moved else 0), 0)
        rows = [{"id": f"i{number}"} for number in range(25)][begin : begin + size]
        return envelope(rows, offset=offset, total=total)

    site.http._script = answer
    return site


@pytest.mark.parametrize("size", [1, 7, 24, 25, 100])
@pytest.mark.parametrize("total", [25, None])
async def test_a_list_is_read_to_its_end_however_long_its_pages_are(size: int, total: int | None) -> None:
    """Nobody documents the length of a page; with a total and without one, each item comes once."""
    site = paged(total, size)
    assert [item.id for item in await site.luminus.items(TOOL)] == [f"i{number}" for number in range(25)]
    pages = -(-25 // size)
    assert len(site.calls) == pages + (total is None)
    assert all("sortby=createdDate" in call.url for call in site.calls)


async def test_items_that_move_between_pages_come_once() -> None:
    """A row that a page repeats is known already."""
    found = [item.id for item in await paged(None, 7, moved=True).luminus.items(TOOL)]
    assert found == [f"i{number}" for number in range(25)]


async def test_a_row_that_comes_twice_does_not_stand_for_one_that_is_missing() -> None:
    """Rows are counted by their ids: an order with ties may tell one twice and another never."""
    site = Site(envelope([ROW], total=2), envelope([ROW, {"id": "late"}], total=2))
    assert [item.id for item in await site.luminus.items(TOOL)] == [ITEM, "late"]
    site = Site(envelope([ROW, ROW], total=2), envelope([], total=2))
    with pytest.raises(ServerFault, match="only 1 of 2"):
        await site.luminus.items(TOOL)
    assert site.calls[1].url.endswith("?sortby=createdDate&offset=2")


@pytest.mark.parametrize("more", [[ROW], []])
async def test_a_list_that_stops_short_of_its_total_is_a_fault(more: list[Any]) -> None:
    """Whether offsets are ignored or a page is empty: better no list than one with items missing."""
    site = Site(envelope([ROW], total=3), envelope(more, total=3))
    with pytest.raises(ServerFault, match=f"only 1 of 3 when asked for the items of web lecture {TOOL}"):
        await site.luminus.items(TOOL)
    assert len(site.calls) == 2


async def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that invents a new item for every page is not asked for ever."""
    monkeypatch.setattr(client, "MOST_PAGES", 5)
    site = Site(text(500))

    async def answer(call: Call) -> Answer:
        return envelope([{"id": f"i{len(site.calls)}"}], total=9999)

    site.http._script = answer
    with pytest.raises(ServerFault, match="no end"):
        await site.luminus.items(TOOL)
    assert len(site.calls) == 5
