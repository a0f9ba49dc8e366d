"""The file server answers as Opencast's static servlet was measured to, and its bodies go wrong on demand."""

import asyncio
import hashlib
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from pipelines.sandbox.drafts import FIRST_LECTURE
from pipelines.sandbox.faults import Fault
from pipelines.sandbox.media import DiskMedia, SeededMedia, TextMedia
from pipelines.sandbox.opencast.signing import Signer
from pipelines.sandbox.recordings import Element, Event, Publication
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World


async def test_a_whole_file(serve: Any) -> None:
    """A GET gives the file with its length, an unquoted numeric ETag, and no promise but bytes."""
    async with serve() as running:
        (film,) = await running.films(1)
        reply = await running.bare(film["url"])
        assert reply.status == 200
        assert len(reply.body) == film["size"] == int(reply.headers["Content-Length"]) == 300_000
        assert reply.headers["Accept-Ranges"] == "bytes"
        assert reply.headers["ETag"].isdecimal()
        assert reply.headers["Last-Modified"].endswith("GMT")
        assert reply.body[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "first", "last"),
    [
        ("bytes=0-0", 206, "bytes 0-0/300000", 0, 1),
        ("bytes=0-9", 206, "bytes 0-9/300000", 0, 10),
        ("bytes=299990-", 206, "bytes 299990-299999/300000", 299_990, 300_000),
        ("bytes=299990-400000", 206, "bytes 299990-299999/300000", 299_990, 300_000),
        ("bytes=-5", 206, "bytes 299995-299999/300000", 299_995, 300_000),
        ("bytes=-400000", 206, "bytes 0-299999/300000", 0, 300_000),
    ],
)
async def test_ranges(serve: Any, asked: str, status: int, content_range: str, first: int, last: int) -> None:
    """A range is a 206 with Content-Range and exactly its bytes."""
    async with serve() as running:
        (film,) = await running.films(1)
        whole = (await running.bare(film["url"])).body
        reply = await running.bare(film["url"], Range=asked)
        assert (reply.status, reply.headers["Content-Range"]) == (status, content_range)
        assert reply.body == whole[first:last]


@pytest.mark.parametrize(
    "asked", ["bytes=300000-", "bytes=9-5", "bytes=x-", "octets=0-1", "bytes=-0", "bytes="]
)
async def test_an_impossible_range_has_no_content_range(serve: Any, asked: str) -> None:
    """A 416 tells nothing of the true length."""
    async with serve() as running:
        (film,) = await running.films(1)
        reply = await running.bare(film["url"], Range=asked)
        assert reply.status == 416
        assert "Content-Range" not in reply.headers


async def test_several_ranges_are_multipart(serve: Any) -> None:
    """Two ranges come in one multipart reply with the servlet's own boundary."""
    async with serve() as running:
        (film,) = await running.films(1)
        whole = (await running.bare(film["url"])).body
        reply = await running.bare(film["url"], Range="bytes=0-3,100-199")
        assert reply.status == 206
        assert reply.headers["Content-Type"] == "multipart/byteranges; boundary=MATTERHORN_MIME_BOUNDARY"
        assert whole[100:200] in reply.body
        assert reply.body.endswith(b"--MATTERHORN_MIME_BOUNDARY--\r\n")


async def test_conditions_take_the_etag_raw(serve: Any) -> None:
    """If-Range and If-None-Match work with the tag as it came; in quotes it is another one."""
    async with serve() as running:
        (film,) = await running.films(1)
        head = (await running.bare(film["url"], Range="bytes=0-0")).headers
        tag = head["ETag"]
        for condition, status in ((tag, 206), (f'"{tag}"', 200), ("1", 200), (head["Last-Modified"], 206)):
            assert (await running.bare(film["url"], Range="bytes=0-9", If_Range=condition)).status == status
        assert (await running.bare(film["url"], If_None_Match=tag)).status == 304
        assert (await running.bare(film["url"], If_None_Match=f'"{tag}"')).status == 200


async def test_head_ends_at_the_login_page(serve: Any) -> None:
    """HEAD is not for anonymous readers; an administrator gets the length."""
    async with serve() as running:
        (film,) = await running.films(1)
        reply = await running.bare(film["url"], "HEAD")
        assert (reply.status, reply.headers["Location"]) == (302, f"{running.files_url}/login.html")
    async with serve(Switches(opencast_account="admin")) as running:
        (film,) = await running.films(1)
        reply = await running.bare(film["url"], "HEAD", **running.headers)
        assert (reply.status, reply.headers["Content-Length"]) == (200, "300000")


async def test_a_missing_file_is_a_page(serve: Any) -> None:
    """A file that is not there is a 404 in HTML, on another path as on another host's."""
    async with serve() as running:
        reply = await running.bare(f"{running.files_url}/static/mh_default_org/engage-player/x/y/z.mp4")
        assert (reply.status, "text/html" in reply.headers["Content-Type"]) == (404, True)


async def test_an_empty_file_knows_no_ranges(serve: Any) -> None:
    """A range of a file of no bytes is a 200."""
    element = Element("t", "presenter/delivery", "video/mp4", "x.mp4", TextMedia(b""), 1000)
    event = Event(
        "e", "Empty", FIRST_LECTURE, FIRST_LECTURE,
        publications=(Publication("p", "engage-player", media=(element,)),),
    )  # fmt: skip
    async with serve(world=World((), (event,))) as running:
        url = f"{running.files_url}/static/mh_default_org/engage-player/e/t/x.mp4"
        reply = await running.bare(url, Range="bytes=0-0")
        assert (reply.status, reply.body) == (200, b"")


async def test_the_archive_has_no_ranges(serve: Any) -> None:
    """Archived files lie on the API's host, want credentials and come whole, without a validator."""
    async with serve() as running:
        name = (await running.get("/api/events?sort=date:ASC&limit=1")).json[0]["identifier"]
        (track,) = (await running.get(f"/api/events/{name}/media")).json
        path = track["uri"].removeprefix(running.api_url)
        reply = await running.get(path, Range="bytes=0-9")
        assert (reply.status, len(reply.body)) == (200, track["size"])
        assert not any(name in reply.headers for name in ("ETag", "Last-Modified", "Accept-Ranges"))
        assert (await running.bare(track["uri"])).status == 302


async def test_playlists_are_small_texts(serve: Any) -> None:
    """HLS playlists are served as text, and the playlists elsewhere have the film's size."""
    async with serve() as running:
        here = [one for one in await running.films(5) if one["mediatype"] == "application/x-mpegURL"]
        assert len(here) == 3
        body = (await running.bare(here[0]["url"])).text
        assert body.startswith("#EXTM3U")
        assert here[0]["size"] == len(body)
        events = (await running.get("/api/events?sort=date:ASC&withpublications=true&limit=5")).json
        tracks = events[4]["publications"][0]["media"]
        copied = [one["size"] for one in tracks if "streaming.example.org" in one["url"]]
        (film,) = (one["size"] for one in tracks if one["url"].endswith("720p.mp4"))
        assert copied == [film] * 3


async def test_an_edit_changes_bytes_and_validators(serve: Any) -> None:
    """An edited file has other bytes under another ETag; what was asked for under the old one comes whole."""
    async with serve() as running:
        (film,) = await running.films(1)
        before = await running.bare(film["url"])
        name = (await running.get("/api/events?sort=date:ASC&limit=1")).json[0]["identifier"]
        running.opencast.edit(name)
        after = await running.bare(film["url"], Range="bytes=0-9", If_Range=before.headers["ETag"])
        assert after.status == 200
        assert len(after.body) == len(before.body)
        assert after.body != before.body
        assert after.headers["Last-Modified"] != before.headers["Last-Modified"]
        running.opencast.edit(name, size=1234)
        assert len((await running.bare(film["url"])).body) == 1234
        running.opencast.remove(name)
        assert (await running.bare(film["url"])).status == 404
        assert (await running.get(f"/api/events/{name}")).status == 404


async def test_a_file_may_change_from_a_request_on(serve: Any) -> None:
    """The third request and all after it see other bytes of the same size, and the audit tells those."""
    async with serve(faults=[Fault("files.get_file", "change", nth=3)]) as running:
        (film,) = await running.films(1)
        first, second, third, fourth = [await running.bare(film["url"]) for _ in range(4)]
        assert (first.body, first.headers["ETag"]) == (second.body, second.headers["ETag"])
        assert (third.body, third.headers["ETag"]) == (fourth.body, fourth.headers["ETag"])
        assert third.body != first.body
        assert len(third.body) == len(first.body)
        assert third.headers["ETag"] != first.headers["ETag"]
        assert third.headers["Last-Modified"] != first.headers["Last-Modified"]
        (told,) = (one for one in await running.audit.sources() if one["url"] == film["url"])
        assert told["sha256"] == hashlib.sha256(third.body).hexdigest()


@pytest.mark.parametrize("skew", [-90, 0, 1200])
async def test_dates_may_be_off_and_signatures_go_by_the_true_time(serve: Any, skew: int) -> None:
    """The Date of the API's answers, of its refusals and of the files."""
    async with serve(Switches(opencast_skew=skew)) as running:
        (film,) = await running.films(6, "?sign=true")
        api = (await running.get("/api/events/none")).headers
        media = await running.bare(film["url"])
        assert media.status == 200
        for headers in (api, media.headers):
            ahead = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
            assert skew - 5 <= ahead <= skew + 5


async def test_signed_files(serve: Any) -> None:
    """Marked files demand a signature: 400 without, 200 and 206 with, 410 when its time is over."""
    async with serve() as running:
        (bare_film,), (film,) = await running.films(6), await running.films(6, "?sign=true")
        assert "policy=" not in bare_film["url"]
        assert (await running.bare(bare_film["url"])).status == 400
        assert (await running.bare(film["url"])).status == 200
        assert (await running.bare(film["url"] + "&more=1", Range="bytes=5-9")).status == 206
        assert (await running.bare(film["url"][:-1] + "x")).status == 403
        running.now[0] += 7201
        assert (await running.bare(film["url"])).status == 410
        (again,) = await running.films(6, "?sign=true")
        assert (await running.bare(again["url"])).status == 200


async def test_signatures_for_everything(serve: Any) -> None:
    """With the switch every file demands one, for as long as the other switch says; the list can sign too."""
    async with serve(Switches(signatures="all", signature_life=2)) as running:
        (film,) = await running.films(1)
        assert (await running.bare(film["url"])).status == 400
        listed = (await running.get("/api/events?sort=date:ASC&withpublications=true&sign=true")).json
        url = listed[0]["publications"][0]["media"][0]["url"]
        assert (await running.bare(url)).status == 200
        elsewhere = [one["url"] for one in listed[4]["publications"][0]["media"]]
        assert any(url.startswith("https://streaming.example.org") and "?" not in url for url in elsewhere)
        running.now[0] += 2
        assert (await running.bare(url)).status == 410


async def test_signing_by_post(serve: Any) -> None:
    """A URL of the file server is signed to the moment asked for; another one is an error in a 200."""
    async with serve() as running:
        (film,) = await running.films(6)
        form = {"url": film["url"], "valid-until": "2023-11-14T22:13:30Z"}
        reply = await running.get("/api/security/sign", "POST", data=form)
        assert reply.json["valid-until"] == "2023-11-14T22:13:30Z"
        assert (await running.bare(reply.json["url"])).status == 200
        running.now[0] += 10
        assert (await running.bare(reply.json["url"])).status == 410
        other = await running.get("/api/security/sign", "POST", data={"url": "https://example.org/x"})
        assert (other.status, other.json) == (200, {"error": "Given URL cannot be signed"})
        forged = Signer("sandboxKey", b"guessed").sign(film["url"], 2_000_000_000_000)
        assert (await running.bare(forged)).status == 403


async def test_files_for_readers_alone(serve: Any) -> None:
    """With the switch a file is a 403 to whom nobody knows."""
    async with serve(Switches(file_access="readers")) as running:
        (film,) = await running.films(1)
        assert (await running.bare(film["url"])).status == 403
        assert (await running.bare(film["url"], **running.headers)).status == 200


async def struck(serve: Any, action: str, asked: str | None = None, **arguments: Any) -> tuple[Any, bytes]:
    """The reply for film 1 under a fault, and the bytes it should have had."""
    fault = Fault("files.get_file", action, nth=2, arguments=arguments)
    async with serve(faults=[fault]) as running:
        (film,) = await running.films(1)
        whole = (await running.bare(film["url"])).body
        headers = {"Range": asked} if asked else {}
        return await running.bare(film["url"], **headers), whole


async def test_short_with_a_length(serve: Any) -> None:
    """The whole length is declared and less comes."""
    reply, whole = await struck(serve, "short", bytes=1000)
    assert reply.headers["Content-Length"] == "300000"
    assert not reply.complete
    assert reply.body == whole[:1000]


async def test_short_without_a_length(serve: Any) -> None:
    """No length, less comes, and nothing shows it: no Content-Length, no chunks, a clean end."""
    reply, whole = await struck(serve, "short_no_length", asked="bytes=0-9999", bytes=1000)
    assert reply.status == 206
    assert not any(name in reply.headers for name in ("Content-Length", "Transfer-Encoding"))
    assert reply.complete
    assert reply.body == whole[:1000]


async def test_flip(serve: Any) -> None:
    """One byte differs, at its place in what was sent."""
    reply, whole = await struck(serve, "flip", asked="bytes=100-", at=270_000)
    assert [n for n in range(299_900) if reply.body[n] != whole[100 + n]] == [270_000]


async def test_the_whole_file_for_a_range(serve: Any) -> None:
    """The range is ignored: 200 and everything, under the same validator."""
    reply, whole = await struck(serve, "ignore_range", asked="bytes=5-9")
    assert (reply.status, reply.body) == (200, whole)


@pytest.mark.parametrize(("asked", "told"), [("5-9", "6-10"), ("299990-299999", "299989-299998")])
async def test_another_range(serve: Any, asked: str, told: str) -> None:
    """A 206 of another range than the one asked for, which says so."""
    reply, whole = await struck(serve, "wrong_range", asked=f"bytes={asked}")
    first, last = (int(part) for part in told.split("-"))
    assert (reply.status, reply.headers["Content-Range"]) == (206, f"bytes {told}/300000")
    assert reply.body == whole[first : last + 1]


async def test_a_login_page_in_place_of_the_file(serve: Any) -> None:
    """200, and HTML."""
    reply, _ = await struck(serve, "html", asked="bytes=5-9")
    assert (reply.status, b"<html" in reply.body) == (200, True)


async def test_a_stalled_body(serve: Any) -> None:
    """So many bytes, and then silence on an open connection."""
    fault = Fault("files.get_file", "stall_body", arguments={"bytes": 1000})
    async with serve(faults=[fault]) as running:
        (film,) = await running.films(1)
        async with running.http.get(film["url"]) as response:
            assert len(await response.content.readexactly(1000)) == 1000
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await response.content.readany()


async def test_a_trickle(serve: Any) -> None:
    """A few bytes, and as many again a second later."""
    fault = Fault("files.get_file", "trickle", arguments={"bytes": 10})
    async with serve(faults=[fault]) as running:
        (film,) = await running.films(1)
        begun = time.monotonic()
        async with running.http.get(film["url"]) as response:
            await response.content.readexactly(11)
        assert time.monotonic() - begun > 0.9


async def test_the_bandwidth_is_shared_by_all_files(serve: Any) -> None:
    """Two files of 300 kB at 1.5 MB/s take together no less than they must."""
    async with serve(rate=1.5e6) as running:
        (film,) = await running.films(1)
        begun = time.monotonic()
        await asyncio.gather(running.bare(film["url"]), running.bare(film["url"]))
        assert time.monotonic() - begun > 0.3


async def test_a_reader_that_pauses_holds_no_memory(serve: Any) -> None:
    """Nobody reads, so no more is made than the sockets take: 1 GiB is not in the way of a second reader."""
    world = World.seeded(7, 1, largest=1 << 30)
    async with serve(world=world) as running:
        name = world.events[0].identifier
        reply = await running.get(f"/api/events/{name}/publications")
        url = reply.json[0]["media"][0]["url"]
        async with running.http.get(url) as response:
            assert response.status == 200
            await asyncio.sleep(0.2)
            assert len((await running.bare(url, Range="bytes=1000000000-1000000099")).body) == 100
            response.close()
        await asyncio.sleep(0.1)
        (entry,) = [one for one in running.audit.log if one.call == "get_file" and one.status in (200, None)]
        assert entry.bytes_out < 64 << 20


async def test_own_files_are_served(serve: Any, tmp_path: Any) -> None:
    """A person's own film comes from where it lies, by range too."""
    film = SeededMedia("own", 500_000, 3000)
    (tmp_path / "talk.mp4").write_bytes(film.read(0, film.size))
    world = World.from_folder(tmp_path)
    assert isinstance(world.events[0].files[0].media, DiskMedia)
    async with serve(world=world) as running:
        reply = await running.get(f"/api/events/{world.events[0].identifier}/publications")
        url = reply.json[0]["media"][0]["url"]
        assert (await running.bare(url)).body == film.read(0, film.size)
        assert (await running.bare(url, Range="bytes=400000-")).body == film.read(400_000, film.size)


async def test_every_file_is_told_to_the_audit(serve: Any) -> None:
    """The audit knows every URL of the file server without a signature, with size and true SHA-256."""
    async with serve() as running:
        served = {one["url"]: one for one in await running.audit.sources()}
        for number in range(1, 19):
            for film in await running.films(number):
                assert film["url"] in served
        (film,) = await running.films(1)
        body = (await running.bare(film["url"])).body
        source = served[film["url"]]
        assert (source["size"], source["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        running.opencast.edit(source["event_id"])
        (after,) = (one for one in await running.audit.sources() if one["url"] == film["url"])
        assert after["sha256"] == hashlib.sha256((await running.bare(film["url"])).body).hexdigest()
        assert after["sha256"] != source["sha256"]
        running.opencast.remove(source["event_id"])
        assert film["url"] not in {one["url"] for one in await running.audit.sources()}
