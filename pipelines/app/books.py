"""Looks into the checkpoint without changing it, even while a run writes to it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from engine import Contents, Record, read_checkpoint
from pipelines import items
from pipelines.config import Settings
from pipelines.items import ItemState, Outcomes
from pipelines.report.document import Report, report_of


def identity(settings: Settings) -> Mapping[str, str]:
    """Return what a checkpoint belongs to: this Opencast and this Panopto."""
    return {"opencast": settings.opencast.url, "panopto": settings.panopto.url}


@contextmanager
def contents_of(settings: Settings) -> Iterator[Contents]:
    """Look into the checkpoint, even while a run writes to it.

    Raises CheckpointForeign where it is not of this migration, and what `read_checkpoint` raises.
    """
    with read_checkpoint(settings.checkpoint.path, identity(settings)) as contents:
        yield contents


def states_in(settings: Settings) -> dict[str, ItemState]:
    """Return the state of every item of the checkpoint."""
    with contents_of(settings) as contents:
        return {name: items.fold(records) for name, records in contents.each() if items.is_item(name)}


def count(subjects: Iterable[tuple[str, Iterable[Record]]]) -> Outcomes:
    """Count how the items of a checkpoint stand."""
    return Outcomes.of(items.fold(records) for subject, records in subjects if items.is_item(subject))


def report_in(settings: Settings) -> Report:
    """Return the report of the checkpoint."""
    with contents_of(settings) as contents:
        return report_of(contents.each())
