"""Reads what LumiNUS answers into facts.

Members without a value are absent, dates have a zone and 0 to 7 digits of a second, and GUIDs stand inside
addresses (raynoldng/pyfluminus e9c4a18, weblecture_parent.json and weblectures.json; fluminurs 63a1b07 for
quoted and percent-encoded folder ids). Reading is tolerant but for ids: nothing can be done without one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from engine import ServerFault
from pipelines.luminus.model import LectureItem, Module, WebLecture

SINGAPORE = timezone(timedelta(hours=8))
"""LumiNUS's own zone, in which a date without one is meant; all that were ever seen have it."""

_GUID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its rows as they came, and how many rows there are on all pages, if it says so."""

    rows: tuple[Any, ...]
    total: int | None


def read_page(json: Any, where: str = "") -> Page:
    """Read {"status", "code", "total", "offset", "data"}; raises ServerFault where it is no such envelope."""
    rows = json.get("data") if isinstance(json, Mapping) else None
    if not isinstance(rows, list):
        raise ServerFault("answers a list without data", where=where)
    total = json.get("total")
    return Page(tuple(rows), total if type(total) is int else None)


def read_module(json: Any, where: str = "") -> Module:
    """Read a module; one that tells nothing of rights is taken for one that may be updated: a PATCH tells."""
    module = _object(json, "a module", where)
    access = module.get("access")
    return Module(
        id=module["id"],
        code=_text(module.get("name")),
        title=_text(module.get("courseName")),
        may_update=_flag(access.get("access_Update")) is True if isinstance(access, Mapping) else True,
    )


def read_web_lecture(json: Any, where: str = "") -> WebLecture:
    """Read a module's web lecture. It comes bare, without an envelope."""
    tool = _object(json, "a web lecture", where)
    return WebLecture(
        id=tool["id"],
        module_id=_text(tool.get("parentID")),
        auto_publish=_flag(tool.get("isAutoPublish")) is True,
        folder_id=_guid_in(_text(tool.get("panoptoFolderURL"))),
    )


def read_item(json: Any, tenant: str, where: str = "") -> LectureItem:
    """Read a lecture item; its session counts only where it lies at `tenant`, a host."""
    item = _object(json, "a lecture item", where)
    return LectureItem(
        id=item["id"],
        session_id=_session_id(item, tenant),
        name=_text(item.get("name")),
        presenter=_text(item.get("presenter")),
        publish=_flag(item.get("publish")),
        start=_moment(item.get("lectureStartDate")),
        description=_text(item.get("description")),
    )


def _session_id(item: Mapping[str, Any], tenant: str) -> str | None:
    """Return the session that an item shows: the first address with a GUID decides, at this tenant or not."""
    for name in ("filename", "videoCast", "audioCast"):
        address = _text(item.get(name))
        found = _viewed(address) or _guid_in(address)
        if found is not None:
            return found if _is_at(address, tenant) else None
    return None


def _viewed(address: str) -> str | None:
    """Return the GUID of the query's `id`, as in Viewer.aspx?id=."""
    split = _split(address)
    query = parse_qsl(split.query) if split else []
    return next((_guid_in(value) for name, value in query if name.lower() == "id"), None)


def _guid_in(text: str) -> str | None:
    found = _GUID.search(unquote(text))
    return found[0].lower() if found else None


def _is_at(address: str, tenant: str) -> bool:
    """Whether an address is on a host, in whatever case and on whatever port."""
    here, there = _split(address), _split(f"//{tenant.rpartition('//')[2]}")
    if here is None or there is None or here.hostname is None:
        return False
    return here.hostname == there.hostname


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address.strip())
    except ValueError:
        return None


def _object(json: Any, what: str, where: str) -> Mapping[str, Any]:
    if not isinstance(json, Mapping) or not _text(json.get("id")):
        raise ServerFault(f"answers without the id of {what}", where=where)
    return json


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    """Read a date in UTC; .NET's date of the year 1 is one that was never set."""
    try:
        moment = datetime.fromisoformat(_text(value).strip())
        known = (moment if moment.tzinfo else moment.replace(tzinfo=SINGAPORE)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return known if known.year > 1 else None
