"""Filters that narrow Opencast's lists, as far as their syntax can hold a value (EventsEndpoint.java)."""

from collections.abc import Iterable


def can_filter(value: str) -> bool:
    """Tell whether a filter can hold the value: a comma cannot be escaped, and an empty one matches all."""
    return bool(value) and "," not in value and value == value.strip()


def by(name: str, values: Iterable[str]) -> str:
    """Return a filter for any of these values. Raises ValueError where one cannot be filtered by."""
    several = list(values)
    if not several or not all(can_filter(value) for value in several):
        raise ValueError(f"no filter by {name} can hold one of {several!r}")
    return ",".join(f"{name}:{value}" for value in several)
