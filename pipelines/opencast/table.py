"""A JSON object whose fields are read by kind, forgiving what some version or site is known to send."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeGuard

from engine import Unreadable
from pipelines.opencast.model import TOO_LARGE

_CLOCK = re.compile(r"(\d{1,6}):([0-5]?\d):([0-5]?\d(?:\.\d+)?)")


class Table:
    """One object; `where` names it in errors. Reading a field may raise Unreadable."""

    def __init__(self, json: Any, where: str) -> None:
        if not isinstance(json, Mapping):
            raise Unreadable(f"is {_kind(json)} where an object was expected", where=where)
        self._json = json
        self._where = where

    def __bool__(self) -> bool:
        return bool(self._json)

    def raw(self, name: str) -> Any:
        """A value as it came, or None."""
        return self._json.get(name)

    def text(self, name: str) -> str:
        """A text as it is; none is the empty one."""
        return self._text(name, self._json.get(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts, the blank ones left out; one alone may come without its list."""
        value = self._json.get(name)
        several: list[Any] = list(value) if is_list(value) else [value]
        found = (self._text(name, one).strip() for one in several)
        return tuple(text for text in found if text)

    def flag(self, name: str, otherwise: bool = False) -> bool:
        """A truth, which older versions do not tell."""
        value = self._json.get(name)
        if isinstance(value, str):
            return value.strip().lower() == "true"
        return otherwise if value is None else bool(value)

    def number(self, name: str) -> int | None:
        """A whole number from 0 on and below `TOO_LARGE`, however it is written, or None."""
        return _whole(self._plain(name))

    def known(self, name: str) -> int | None:
        """A number of something: 0 and -1 say that it is not known."""
        return self.number(name) or None

    def duration(self, name: str) -> int | None:
        """Milliseconds, from a number of them or from "00:00:03"."""
        value = self._plain(name)
        clock = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if clock:
            hours, minutes, seconds = clock.groups()
            value = ((int(hours) * 60 + int(minutes)) * 60 + float(seconds)) * 1000
        return _whole(value) or None

    def moment(self, name: str) -> datetime | None:
        """A moment in UTC; one without a zone is in it already, as Opencast writes them."""
        try:
            moment = datetime.fromisoformat(self.text(name).strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def tables(self, name: str) -> "Sequence[Table]":
        """Objects; none at all is an empty list."""
        value = self._json.get(name)
        if value is None or value == "":
            return ()
        if not is_list(value):
            raise self._unreadable(name, value, "a list")
        return [Table(one, f"{self._where}, {name}") for one in value]

    def _plain(self, name: str) -> Any:
        value = self._json.get(name)
        if isinstance(value, Mapping) or is_list(value):
            raise self._unreadable(name, value, "a number")
        return value

    def _text(self, name: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, str | int | float):
            return str(value)
        raise self._unreadable(name, value, "a text")

    def _unreadable(self, name: str, value: Any, expected: str) -> Unreadable:
        return Unreadable(f"{name} is {_kind(value)} where {expected} was expected", where=self._where)


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Tell whether a value of JSON is a list."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if is_list(value):
        return "a list"
    return "nothing" if value is None else "a text" if isinstance(value, str) else "a number"


def _whole(value: Any) -> int | None:
    """Read 7, 7.0 and "7"; whatever is no number, not finite, negative or too large is None."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(number) if 0 <= number < TOO_LARGE else None
