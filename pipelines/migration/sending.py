"""Sends the files of one event: its films at once, what belongs to them one by one, the manifest last.

A resumed item sends what is on record and is not whole yet; a file beside the films whose bytes are others by
now is another file, under the same key.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import anyio

from engine import (
    Blob,
    Engine,
    FerryError,
    Interrupted,
    Journal,
    Record,
    Source,
    Transfer,
    TransferResult,
    checksum_text,
    crc32,
)
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.aspects.tags import tags_of
from pipelines.migration.changes import Seen, Shown, film_of, media_of, seen_of
from pipelines.migration.furnish.wants import wants_of
from pipelines.migration.gather import Gathered, Gatherer
from pipelines.migration.meant import manifest_of, meant
from pipelines.migration.moved import Moved, moved
from pipelines.migration.receipts import receipts
from pipelines.migration.select import Selected, Skip, Stream, select
from pipelines.migration.subjects import Learn, as_listed, told_alone
from pipelines.opencast.model import Element, Event
from pipelines.panopto.document import write
from pipelines.panopto.model import target_of

MANIFEST = "manifest.xml"


class Sending:
    """Sends for one event after the other; `shown` words a session's description."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        channels: tuple[str, ...],
        *,
        gatherer: Gatherer | None = None,
        shown: Shown | None = None,
        learn: Learn = as_listed,
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._channels = channels
        self._gatherer = gatherer or Gatherer(engine.read, ())
        self._shown = shown or Shown()
        self._learn = learn

    def told(self, event: Event, selected: Selected) -> Moved:
        """Say what of an event will be sent, and what it has besides."""
        return moved(event, selected, self._gatherer.wished, self._shown.description)

    async def send(self, event: Event, state: ItemState) -> dict[str, Any]:
        """Send all that a session upload is to have; return what is to be kept of it (`items.submit`).

        Raises what the engine raises, InvalidManifest, and what puts the item off to the next run.
        """
        files = tuple((state.upload or {})["files"])
        results = await self._moved(event, state, files)
        gathered = await self._gathered(event, state, files, results)
        learned = await self._learn(event, None)
        if "tags" in self._gatherer.wished:
            gathered.tags = tags_of(learned.event.subjects)
        manifest = manifest_of(learned.event, files, results, self._shown.description, gathered)
        results[MANIFEST] = await self._engine.transfer(self._manifest(event, state, Blob(write(manifest))))
        facts = meant(manifest, files, results)
        facts |= {name: (state.upload or {}).get(name, []) for name in ("taken", "left")}
        history = self._journal.history(event.identifier)
        facts["receipts"] = [one.facts for one in receipts(history, state.generation, files)]
        facts["aspects"] = gathered.aspects | told_alone(learned.unread, self._shown)
        facts |= {"seen": seen} if (seen := self._seen(event, files)) else {}
        wants = wants_of(
            event, gathered.tags, gathered.captions, cut=bool(gathered.cuts), unread=learned.unread
        )
        return facts | {"wants": wants.facts}

    async def _gathered(
        self,
        event: Event,
        state: ItemState,
        files: Sequence[Mapping[str, Any]],
        results: dict[str, TransferResult],
    ) -> Gathered:
        """Gather what belongs to the films. Raises what put it off, once it is on record.

        Whether films are to be cut was known when they were chosen, and is not what is published now.
        """
        durations = [file["duration_ms"] for file in files if file["duration_ms"]]
        longest = max(durations, default=None)
        cuts = next((file["cuts"] for file in files if file.get("cuts")), None)
        selected = select(event, channels=self._channels)
        if isinstance(selected, Skip):
            if cuts is None:
                return Gathered()
            return await self._gatherer.cuts_alone(event.identifier, cuts, longest)

        async def send(name: str, content: Blob | Source) -> TransferResult:
            target = target_of((state.upload or {})["target"], name)
            named = transfer_name(state.generation, beside(name, content))
            results[name] = await self._engine.transfer(Transfer(event.identifier, named, content, target))
            return results[name]

        gathered = await self._gatherer.gather(selected, longest, send, state.aspects, cuts)
        if gathered.put_off is not None:
            await self._journal.append(items.aspects(event.identifier, gathered.aspects))
            raise gathered.put_off
        return gathered

    def _seen(self, event: Event, files: Sequence[Mapping[str, Any]]) -> Seen | None:
        """Return what was seen of an event: the films that were sent, whichever it has by now."""
        selected = select(event, channels=self._channels)
        films = [file.get("film") for file in files]
        if isinstance(selected, Skip) or None in films:
            return None
        sums = [file.get("md5") for file in files]
        return {**seen_of(selected, self._shown), "media": media_of(map(str, films)), "sums": sums}

    async def _moved(
        self, event: Event, state: ItemState, files: tuple[Mapping[str, Any], ...]
    ) -> dict[str, TransferResult]:
        """Move all files of an event at once; the first that fails ends the others.

        One that was only asked to stop ends none: the others have parts in flight, which may end.
        """
        results: dict[str, TransferResult] = {}
        failures: list[FerryError] = []

        async def move(file: Mapping[str, Any], scope: anyio.CancelScope) -> None:
            try:
                results[file["name"]] = await self._engine.transfer(self._transfer(event, state, file))
            except FerryError as error:
                failures.append(error)
                if not isinstance(error, Interrupted):
                    scope.cancel()

        async with anyio.create_task_group() as group:
            for file in files:
                group.start_soon(move, file, group.cancel_scope)
        if failures:
            raise next((one for one in failures if not isinstance(one, Interrupted)), failures[0])
        return results

    def _transfer(self, event: Event, state: ItemState, file: Mapping[str, Any]) -> Transfer:
        source = Source(event.identifier, file["track"])
        target = target_of((state.upload or {})["target"], file["name"])
        again = was_whole(self._journal.history(event.identifier), file["name"])
        name = transfer_name(state.generation, file["name"])
        return Transfer(event.identifier, name, source, target, again, file.get("md5"))

    def _manifest(self, event: Event, state: ItemState, blob: Blob) -> Transfer:
        """Return the transfer of a manifest."""
        target = target_of((state.upload or {})["target"], MANIFEST)
        name = transfer_name(state.generation, beside(MANIFEST, blob))
        return Transfer(event.identifier, name, blob, target)


def beside(name: str, content: Blob | Source) -> str:
    """Return what a file beside the films is called: one in memory that has other bytes is another file."""
    return f"{name}@{checksum_text(crc32(content.data)) if isinstance(content, Blob) else ''}"


def transfer_name(generation: int, file_name: str) -> str:
    """Return what the engine calls a file: one of a new session upload is another file."""
    return f"{generation}/{file_name}"


def whole_files(history: Sequence[Record]) -> Iterator[tuple[int, str]]:
    """Give each file that is whole at a target, by the engine's records: its generation, and its name."""
    for record in history:
        if record.kind == "transfer.completed":
            generation, _, file_name = record.facts["name"].partition("/")
            yield int(generation), file_name


def moved_files(history: Sequence[Record], generation: int) -> set[str]:
    """Return the names of an item's films that are whole at the target, by the engine's records.

    The manifest, and what else lies beside the films, has an @ in its name (`beside`).
    """
    return {name for of, name in whole_files(history) if of == generation and "@" not in name}


def was_whole(history: Sequence[Record], file_name: str) -> bool:
    """Tell whether a file was sent whole before, be it to another session upload."""
    return any(name == file_name for _, name in whole_files(history))


def file_of(stream: Stream, cuts: Element | None = None) -> dict[str, Any]:
    """Return what the checkpoint keeps of a stream: a resumed item moves these and no others.

    `cuts` is the cut list of a film that is uncut.
    """
    return {
        "name": stream.file_name,
        "track": stream.track,
        "role": stream.role,
        "duration_ms": stream.duration_ms,
        "md5": stream.md5,
        "film": film_of(stream),
        **({"cuts": cuts.key} if cuts else {}),
    }
