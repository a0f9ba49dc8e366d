"""From uploaded files to a compared session: our client, manifest, finisher and comparison at the sandbox."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import anyio
import pytest
from fakes.panopto_caller import FILM, Caller, served
from fakes.panopto_client import calls, client_at

from engine import Throttled
from pipelines.migration.finish import Failed, Finisher, Pending, Ready, Settled
from pipelines.migration.meant import shown_ms
from pipelines.migration.verify import Expected, differences
from pipelines.panopto.client import Panopto
from pipelines.panopto.description import describe
from pipelines.panopto.document import write
from pipelines.panopto.manifest import (
    Attachment,
    Cut,
    Entry,
    Image,
    Manifest,
    Thumbnail,
    Transcript,
    Video,
    VideoType,
    title_of,
)
from pipelines.panopto.model import SessionUpload, State, target_of
from pipelines.sandbox import Fault, Switches

TITLE = "R&D <b>\x0b“quoted”</b> 講義 \U0001f600 שלום"
DATE = datetime(2021, 10, 31, 1, 30, 0, tzinfo=UTC)
PROCESS = "panopto.process"


class Run:
    """One item at the sandbox: its upload, and what was told of its session."""

    def __init__(self, site: Caller, panopto: Panopto) -> None:
        self.site = site
        self.panopto = panopto
        self.told: list[str] = []

    async def sleep(self, seconds: float) -> None:
        """Let the site's time pass."""
        self.site.clock.now += seconds
        await anyio.lowlevel.checkpoint()

    async def seen(self, session_id: str) -> None:
        """Take note of a session."""
        self.told.append(session_id)

    async def shipped(self, checksum: int = crc32(FILM), film: bytes = FILM) -> SessionUpload:
        """An upload with one film and its manifest, completed."""
        manifest = Manifest(
            title_of(TITLE, "event-1"),
            describe(
                {"description": "First & last.\r\n<p>", "presenters": ["Ada"], "location": "HG"}, "event-1"
            ),
            DATE,
            (Video("presenter.mp4", checksum, VideoType.PRIMARY),),
        )
        return await self.sent(manifest, {"presenter.mp4": film})

    async def sent(self, manifest: Manifest, files: Mapping[str, bytes]) -> SessionUpload:
        """An upload with these files and this manifest, completed."""
        upload = await self.panopto.create(self.site.folder)
        for name, body in {**files, "manifest.xml": write(manifest)}.items():
            target = target_of(upload.upload_target, name)
            prefix, _, file = target.key.rpartition("/")
            await self.site.send(f"{target.endpoint}/{target.bucket}/{prefix}", file, [body])
        assert await self.panopto.submit(upload) is not None
        return upload

    async def settle(self, upload: SessionUpload, limit: float = 600.0) -> Settled:
        """Settle it, on the site's clock."""
        finisher = Finisher(self.panopto.look, limit=limit, clock=self.site.clock, sleep=self.sleep)
        return await finisher.settle(upload.id, seen=self.seen)


@asynccontextmanager
async def running(folder: Path, *faults: Fault, **switches: object) -> AsyncIterator[Run]:
    """A site whose processing takes a while, and an item there."""
    given = {"rate_limit": "off", "jitter": 0, "seconds_to_processing": 5.0, "seconds_to_complete": 300.0}
    chosen = replace(Switches(), **{**given, **switches})  # type: ignore[arg-type]
    async with served(folder, chosen, faults) as site, client_at(site) as panopto:
        yield Run(site, panopto)


EXPECTED = Expected(
    event_id="event-1",
    session_id="",
    title=TITLE,
    date=DATE,
    folder_id="",
    duration=90.5,
    files=frozenset({"presenter.mp4"}),
)


async def test_an_upload_becomes_the_session_that_was_meant(tmp_path: Path) -> None:
    """A hostile title, the recording's date, folder, duration and marker are what the site stores."""
    async with running(tmp_path) as run:
        settled = await run.settle(await run.shipped())
        assert settled.verdict == Ready()
        assert settled.session_id is not None
        assert run.told == [settled.session_id]
        session = await run.panopto.session(settled.session_id)
        expected = replace(EXPECTED, session_id=settled.session_id, folder_id=run.site.folder)
        assert differences(expected, session, {"presenter.mp4"}) == ()


async def test_everything_in_a_manifest_is_what_the_site_reads(tmp_path: Path) -> None:
    """Lines, captions, pictures, files, cuts and thumbnail arrive; what is left is as long as was meant."""
    captions = b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"
    film = Video(
        "presenter.mp4", crc32(FILM), VideoType.PRIMARY, "Camera", (Entry("R&D", 1041, "<b>", "https://a/?b&c"),),
        (Cut(0, 500),), (Transcript("en.vtt", crc32(captions), "en-GB"),),
    )  # fmt: skip
    manifest = Manifest(
        TITLE, describe({}, "event-1"), DATE, (film,), (Image("i.png", None, 20_000, "Slide"),),
        (Attachment("h.pdf", None, "application/pdf"),), (Cut(60_010, 10_000),), ("maths",),
        Thumbnail("t.png", None),
    )  # fmt: skip
    files = {"presenter.mp4": FILM, "en.vtt": captions, "i.png": b"i", "h.pdf": b"h", "t.png": b"t"}
    async with running(tmp_path, manifest_tags="keep") as run:
        settled = await run.settle(await run.sent(manifest, files))
        assert settled.verdict == Ready()
        (row,) = run.site.audit.sessions()
        session = await run.panopto.session(settled.session_id or "")
    assert row["entries"] == [
        {"video": film.file, "time": 1.041, "title": "R&D", "description": "<b>", "url": "https://a/?b&c"}
    ]
    assert [(one["start"], one["duration"], one["video"]) for one in row["cuts"]] == [
        (60.01, 10.0, None),
        (0.0, 0.5, film.file),
    ]
    assert [one["language"] for one in row["captions"]] == ["English_GBR"]
    assert [(one["file"], one["time"], one["title"]) for one in row["images"]] == [("i.png", 20.0, "Slide")]
    assert row["attachments"] == [{"file": "h.pdf", "mediatype": "application/pdf"}]
    assert (row["thumbnail"], row["tags"]) == ("t.png", ["maths"])
    expected = replace(
        EXPECTED, session_id=row["session_id"], folder_id=row["folder_id"], files=frozenset(files),
        duration=shown_ms(90_500, manifest.cuts) / 1000,
    )  # fmt: skip
    assert differences(expected, session, set(files)) == ()


async def test_the_session_is_told_while_the_site_still_processes(tmp_path: Path) -> None:
    """The id is known minutes before the end."""
    async with running(tmp_path) as run:
        upload = await run.shipped()
        settled = await run.settle(upload, limit=30.0)
        assert settled.state is State.PROCESSING
        assert isinstance(settled.verdict, Pending)
        assert run.told == [settled.session_id]
        later = await run.settle(upload)
        assert later == Settled(State.COMPLETE, settled.session_id, Ready())


@pytest.mark.parametrize(
    ("alteration", "field"),
    [
        ({"name": "Something else"}, "title"),
        ({"start_time": "2021-10-31T02:30:00+00:00"}, "date"),
        ({"duration": 45.0}, "duration"),
        ({"description": "First & last."}, "marker"),
    ],
)
async def test_state_four_with_a_wrong_session_is_noticed(
    tmp_path: Path, alteration: dict[str, object], field: str
) -> None:
    """Complete does not mean right."""
    async with running(tmp_path, Fault(PROCESS, "alter", arguments=alteration)) as run:
        settled = await run.settle(await run.shipped())
        assert settled.verdict == Ready()
        session = await run.panopto.session(settled.session_id or "")
        expected = replace(EXPECTED, session_id=settled.session_id or "", folder_id=run.site.folder)
        assert [one.field for one in differences(expected, session, {"presenter.mp4"})] == [field]


async def test_a_wrong_checksum_ends_in_an_error_that_is_told(tmp_path: Path) -> None:
    """The site compares the manifest's CRC-32, and what it says reaches the operator."""
    async with running(tmp_path) as run:
        settled = await run.settle(await run.shipped(checksum=1))
        assert settled.state is State.PROCESSING_ERROR
        assert isinstance(settled.verdict, Failed)
        assert (settled.verdict.reason, settled.verdict.anew) == ("processing_error", False)
        message = run.site.site.uploads[next(iter(run.site.site.uploads))].steps[-1].message
        assert message
        assert message in settled.verdict.sentence


@pytest.mark.parametrize("end", [State.DELETED, State.DELETING_ERROR])
async def test_a_cancelled_upload_begins_anew(tmp_path: Path, end: State) -> None:
    """States 2, 6, 7 and 8 all mean another session upload."""
    fault = Fault("panopto.delete_session_upload", "state", arguments={"state": int(end)})
    async with running(tmp_path, fault, seconds_to_delete=20.0) as run:
        upload = await run.panopto.create(run.site.folder)
        await run.panopto.cancel(upload.id)
        states = set()
        for _ in range(6):
            settled = await run.settle(upload)
            assert isinstance(settled.verdict, Failed)
            assert settled.verdict.anew
            states.add(settled.state)
            run.site.clock.now += 10.0
        assert states == {State.UPLOAD_CANCELLED, State.DELETING_FILES, end}


async def test_an_upload_that_timed_out_begins_anew(tmp_path: Path) -> None:
    """An upload that nobody completed in time is deleted by the site."""
    async with running(tmp_path, upload_timeout=50.0) as run:
        settled = await run.settle(await run.panopto.create(run.site.folder))
        assert isinstance(settled.verdict, Failed)
        assert settled.verdict.anew


async def test_complete_before_its_session_is_asked_again(tmp_path: Path) -> None:
    """State 4 without a SessionId is not the end."""
    async with running(
        tmp_path, session_id_late="on", seconds_to_processing=0.0, seconds_to_complete=0.0
    ) as run:
        settled = await run.settle(await run.shipped())
        assert settled.verdict == Ready()
        assert run.told == [settled.session_id]


async def test_looks_that_fail_do_not_fail_the_item(tmp_path: Path) -> None:
    """Resets, 429 and 502 on the way cost looks, each of one try."""
    get = "panopto.get_session_upload"
    faults = (
        Fault(get, "reset"),
        Fault(get, "status", nth=2, arguments={"status": 429, "headers": {"Retry-After": "7"}}),
        Fault(get, "status", nth=3, times=2, arguments={"status": 502}),
        Fault(get, "lose_answer", nth=5),
    )
    async with running(tmp_path, *faults) as run:
        settled = await run.settle(await run.shipped())
        assert settled.verdict == Ready()
        answers = calls(run.site, "get_session_upload")
        assert answers[:4] == [None, 429, 502, 502]


async def test_a_token_that_dies_while_waiting_is_renewed(tmp_path: Path) -> None:
    """The wait outlives many tokens, and one is revoked on the way."""
    async with running(tmp_path, expires_in=20.0) as run:
        upload = await run.shipped()
        run.site.panopto.tokens.expire_all()
        assert (await run.settle(upload)).verdict == Ready()


async def test_many_uploads_share_the_pace_and_all_settle(tmp_path: Path) -> None:
    """Forty items are looked at through one endpoint's rates, and none is left out."""
    switches = Switches(jitter=0, seconds_to_processing=5.0, seconds_to_complete=100.0)
    async with served(tmp_path, switches) as site, client_at(site, paced=True) as panopto:
        run = Run(site, panopto)
        upload = await run.shipped()
        settled: list[Settled] = []

        async def settle() -> None:
            settled.append(await run.settle(upload, limit=7200.0))

        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(settle)
        assert {one.verdict for one in settled} == {Ready()}
        assert len(settled) == 40


async def test_throttled_looks_grow_apart(tmp_path: Path) -> None:
    """A site that says 429 for a while is asked ever more rarely."""
    moments: list[float] = []
    async with running(tmp_path) as run:
        upload = await run.shipped()

        async def look(upload_id: str) -> SessionUpload | None:
            moments.append(run.site.clock.now)
            if len(moments) < 8:
                raise Throttled("asks for fewer calls")
            return await run.panopto.look(upload_id)

        finisher = Finisher(look, clock=run.site.clock, sleep=run.sleep)
        assert (await finisher.settle(upload.id, seen=run.seen)).verdict == Ready()
    gaps = [after - before for before, after in pairwise(moments)]
    assert gaps == sorted(gaps)
