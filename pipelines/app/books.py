"""Looks into the checkpoint without changing it, even while a run writes to it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from engine import Contents, Record, read_checkpoint
from pipelines import items
from pipelines.config import Settings, SettingsError
from pipelines.items import SCHEDULES, STREAMS, ItemState, Outcomes
from pipelines.report.document import Report, report_of
from pipelines.report.story import Story, named, story_of


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


MOST_NAMED = 5
"""Events that are named where a name may mean several."""


def story_in(settings: Settings, wanted: str) -> Story:
    """Return what the checkpoint tells of one event, by its id, the beginning of it, or its session's id.

    Raises SettingsError where it means no event on record, or several.
    """
    with contents_of(settings) as contents:
        event_id = wanted if _known(contents, wanted) else _meant(contents, wanted)
        return story_of(
            event_id,
            contents.history(event_id),
            contents.history(SCHEDULES + event_id),
            contents.history(STREAMS + event_id),
        )


def _known(contents: Contents, event_id: str) -> bool:
    if not items.is_item(event_id):
        return False
    return bool(contents.history(event_id) or contents.history(SCHEDULES + event_id))


def _meant(contents: Contents, wanted: str) -> str:
    found = named(wanted, contents.each()) if wanted else []
    if not found:
        advice = "`ferry report` lists what is on record"
        raise SettingsError("no event, nor any session, of that id is on record", where=wanted, advice=advice)
    if len(found) > 1:
        told = ", ".join(found[:MOST_NAMED]) + (", ..." if len(found) > MOST_NAMED else "")
        raise SettingsError(
            f"{len(found)} events on record are meant ({told})", where=wanted, advice="say more"
        )
    return found[0]
