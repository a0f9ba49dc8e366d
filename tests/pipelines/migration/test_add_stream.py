"""A stream on its way into a session, in memory: wherever its process ends, it is there once in the end."""

from dataclasses import dataclass, field, replace

import anyio
import pytest
from fakes.carrying import DATA, SOURCE, Carrying
from fakes.memory_journal import Killed
from fakes.memory_site import File
from fakes.virtual_time import virtually

from engine import Changed, LocalResource, Record, Refused, TimedOut
from pipelines.items import AspectOutcome
from pipelines.migration import added
from pipelines.migration.add_stream import AddStream, Wanted
from pipelines.migration.added import AddedStream, fold
from pipelines.panopto.model import State
from pipelines.panopto.streams import StreamType, StreamUpload

WANTED = Wanted("event", "session", SOURCE, "primary-film.mp4", StreamType.PRIMARY)
SUBJECT = added.subject("event")


@dataclass
class MemoryStreams:
    """Panopto's stream uploads; a completed one is processed after so many `looks`, and `ends_in` a state."""

    uploads: dict[str, StreamUpload] = field(default_factory=dict)
    completions: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    looks: int = 2
    ends_in: State = State.COMPLETE

    async def create(
        self, session_id: str, kind: StreamType, name: str, start: object = None
    ) -> StreamUpload:
        """Open one."""
        await anyio.lowlevel.checkpoint()
        number = len(self.uploads) + 1
        upload = StreamUpload(f"u{number}", session_id, f"memory://target/Upload/g{number}")
        self.uploads[upload.id] = upload
        return upload

    async def get(self, upload_id: str) -> StreamUpload | None:
        """Look, and let the processing go on by one look."""
        await anyio.lowlevel.checkpoint()
        found = self.uploads.get(upload_id)
        if found is not None and found.state in {State.UPLOAD_COMPLETE, State.PROCESSING}:
            self.looks -= 1
            state = State.PROCESSING if self.looks > 0 else self.ends_in
            found = self.uploads[upload_id] = replace(found, state=state, message="no codec")
        return found

    async def submit(self, upload: StreamUpload) -> StreamUpload | None:
        """Complete one."""
        await anyio.lowlevel.checkpoint()
        self.completions.append(upload.id)
        self.uploads[upload.id] = replace(upload, state=State.UPLOAD_COMPLETE)
        return self.uploads[upload.id]

    async def cancel(self, upload_id: str) -> None:
        """Give one up."""
        self.cancelled.append(upload_id)
        self.uploads[upload_id] = replace(self.uploads[upload_id], state=State.DELETED)


def add(process: Carrying, streams: MemoryStreams, wanted: Wanted = WANTED) -> AddedStream:
    """Run the command once."""
    adding = AddStream(process.engine, streams, process.journal, limit=60.0)  # type: ignore[arg-type]
    return virtually(adding.add(wanted))


def state(process: Carrying) -> AddedStream:
    """What the checkpoint says."""
    return fold(process.journal.history(SUBJECT), WANTED.name)


def is_there(process: Carrying, streams: MemoryStreams) -> None:
    """Assert that one upload was completed, once, and that its object is the film."""
    (completed,) = streams.completions
    key = streams.uploads[completed].upload_target.removeprefix("memory://target/Upload/") + "/" + WANTED.name
    assert process.target.objects[key][0] == DATA
    assert state(process).done


def test_a_stream_is_added() -> None:
    """Intent before each call, answer after it; its end tells bytes and CRC-32."""
    process, streams = Carrying(), MemoryStreams()
    assert add(process, streams).done
    is_there(process, streams)
    kinds = [kind for kind in process.journal.kinds(SUBJECT) if kind.startswith("stream.")]
    assert kinds == [added.OPEN, added.OPENED, added.SUBMIT, added.SUBMITTED, added.ENDED]
    assert (state(process).ended or {})["bytes"] == len(DATA)


@pytest.mark.fault(30)
@pytest.mark.parametrize("kept", [False, True])
def test_wherever_it_is_killed_it_is_there_once(kept: bool) -> None:
    """At each record, written or not: the next process goes on, and says once that it is complete."""
    whole = Carrying()
    add(whole, MemoryStreams())
    for number in range(1, len(whole.journal.log) + 1):
        process, streams = Carrying(), MemoryStreams()
        process.journal.end_at(number, kept=kept)
        with pytest.raises((Killed, BaseExceptionGroup)):
            add(process, streams)
        after = process.again()
        assert add(after, streams).done
        is_there(after, streams)


def test_one_that_is_there_is_left_alone() -> None:
    """Panopto is not even asked."""
    process, streams = Carrying(), MemoryStreams()
    add(process, streams)
    streams.uploads.clear()
    after = process.again()
    assert add(after, streams).done
    assert streams.completions == ["u1"]


@pytest.mark.parametrize("dead", [None, State.UPLOAD_CANCELLED, State.DELETED])
def test_an_upload_that_panopto_gave_up_is_begun_anew(dead: State | None) -> None:
    """All of the file goes to the new target."""
    process, streams = Carrying(), MemoryStreams()
    process.journal.end_at(8)
    with pytest.raises((Killed, BaseExceptionGroup)):
        add(process, streams)
    if dead is None:
        del streams.uploads["u1"]
        streams.uploads["gone"] = StreamUpload("gone", "s", "t")
    else:
        streams.uploads["u1"] = replace(streams.uploads["u1"], state=dead)
    after = process.again()
    assert add(after, streams).generation == 2
    is_there(after, streams)


def test_one_that_was_meant_for_another_session_is_begun_anew() -> None:
    """The event has another session by now: nothing more goes to the old one."""
    process, streams = Carrying(), MemoryStreams()
    process.journal.end_at(8)
    with pytest.raises((Killed, BaseExceptionGroup)):
        add(process, streams)
    assert add(process.again(), streams, replace(WANTED, session_id="another")).done
    assert streams.completions == ["u2"]
    assert streams.uploads["u2"].session_id == "another"


def test_what_panopto_cannot_process_ends_so_and_may_be_said_again() -> None:
    """One sentence why; the next command begins anew."""
    process, streams = Carrying(), MemoryStreams(ends_in=State.PROCESSING_ERROR)
    found = add(process, streams)
    assert found.ended is not None
    assert (found.ended["outcome"], found.ended["reason"]) == (AspectOutcome.PERMANENT, "processing_error")
    assert "no codec" in found.ended["why"]
    streams.ends_in, streams.looks = State.COMPLETE, 2
    assert add(process.again(), streams).done
    assert streams.completions == ["u1", "u2"]


def test_what_takes_too_long_is_looked_at_again() -> None:
    """Nothing is sent or said a second time."""
    process, streams = Carrying(), MemoryStreams(looks=10_000)
    with pytest.raises(TimedOut, match="the same command looks again"):
        add(process, streams)
    streams.looks = 1
    after = process.again()
    assert add(after, streams).done
    is_there(after, streams)


def test_a_source_that_changed_is_given_up() -> None:
    """The upload is cancelled; the same command then takes the new film."""
    process, streams = Carrying(), MemoryStreams()
    process.journal.end_at(8)
    with pytest.raises((Killed, BaseExceptionGroup)):
        add(process, streams)
    after = process.again()
    after.files.files[SOURCE] = File(DATA[::-1], etag='"other"')
    with pytest.raises(Changed):
        add(after, streams)
    assert streams.cancelled == ["u1"]
    assert state(after).generation == 2
    assert add(after.again(), streams).done


def test_an_upload_that_cannot_be_kept_is_cancelled() -> None:
    """The disk is full as the answer comes: no later process would know of it."""
    process, streams = Carrying(), MemoryStreams()
    kinds = [record.kind for record in recorded()]
    process.journal.end_at(kinds.index(added.OPENED) + 1, error=LocalResource("disk full"))
    with pytest.raises(LocalResource):
        add(process, streams)
    assert streams.cancelled == ["u1"]


def recorded() -> list[Record]:
    """The records of a stream that is added without trouble."""
    process = Carrying()
    add(process, MemoryStreams())
    return process.journal.log


def test_an_upload_that_goes_while_it_is_processed_is_refused() -> None:
    """The sentence says that the same command begins it anew, and it does."""
    process, streams = Carrying(), MemoryStreams(ends_in=State.DELETED)
    with pytest.raises(Refused, match="begins it anew"):
        add(process, streams)
    streams.ends_in, streams.looks = State.COMPLETE, 2
    assert add(process.again(), streams).generation == 2
