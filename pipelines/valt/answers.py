"""Tells what an answer of VALT that is no yes means, in VALT's own words.

Errors come in three forms: `data` with a message and fields, `error` with a code and a message, and a text
alone. Sources: IVS wiki, API_Create_Room, API_Unlock_Room, API_List_Rooms, API_Authentication and
API_Update_Schedule.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine import Answer, Refused, ServerFault, without_query
from pipelines.config import SettingsError
from pipelines.rest import judge
from pipelines.secrecy import redacted

LONGEST = 300
"""Characters of VALT's own words that a message shows."""

_NO = frozenset({400, 403, 404, 405, 409, 410, 413, 415, 422})


def is_fine(answer: Answer) -> bool:
    """Whether it is a yes."""
    return 200 <= answer.status < 300


def is_missing(answer: Answer) -> bool:
    """Whether VALT says that there is no such thing; a page comes from somebody else, about everything."""
    return answer.status == 404 and (not answer.body.strip() or _document(answer) is not None)


def judge_write(answer: Answer, where: str, now: float) -> None:
    """Raise where a write may succeed later. A 500 passes: VALT answers it to a body that it cannot read."""
    if answer.status != 500:
        judge(answer, where, now)


def refusal(
    answer: Answer, what: str, where: str, *, secret: str = ""
) -> Refused | ServerFault | SettingsError:
    """Return what an answer that is no yes means: VALT's no, another address, or that somebody else answered.

    `what` VALT does not do is a verb; `secret` is kept out of what is shown, whoever repeats it.
    """
    if 300 <= answer.status < 400:
        moved = _hidden(without_query(answer.headers.get("Location", "")), secret) or "another address"
        return SettingsError(f"sends on to {moved}", where=where, advice="check valt.url")
    words = _hidden(said(answer), secret)
    told = f"{what} (HTTP {answer.status}{': ' + words if words else ''})"
    if answer.status == 500:
        advice = "VALT answers so to a body that it cannot read: report it with the versions of both"
        return Refused(told, where=where, advice=advice)
    if answer.status in _NO and (answer.status != 404 or is_missing(answer)):
        return Refused(told, where=where)
    return ServerFault(told, where=where)


def said(answer: Answer) -> str:
    """Return what VALT says of an error, on one line: its message, then its fields with theirs."""
    document = _document(answer)
    told = document if isinstance(document, Mapping) else {"data": document}
    found = (words for name in ("error", "data") for words in _words(told.get(name)))
    words = redacted("".join(one for one in " ".join("; ".join(found).split()) if one.isprintable()))
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _words(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, Mapping):
        if isinstance(message := told.get("message"), str):
            yield message
        yield from _fields(told.get("fields"))


def _fields(fields: Any) -> Iterator[str]:
    """Yield what is wrong with each member of a body; they come as a list, or by their names."""
    if isinstance(fields, Mapping):
        fields = [{"name": name, "message": message} for name, message in fields.items()]
    for one in fields if isinstance(fields, list) else ():
        if isinstance(one, Mapping):
            yield f"{one.get('name', 'a field')}: {one.get('message', 'not accepted')}"


def _document(answer: Answer) -> Any:
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def _hidden(text: str, secret: str) -> str:
    return text.replace(secret, "...") if secret else text
