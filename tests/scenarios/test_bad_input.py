"""What is bad is told in one sentence and an exit code; the other items go on, and nothing is sent twice."""

import json
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import Ran, Stand, begun, ended, ferry, standing

from pipelines.sandbox.media import SeededMedia

pytestmark = pytest.mark.slow

Json = Any

EVENTS = 4
SWITCHES: Mapping[str, Json] = {
    "largest": 6_000_000,
    "typical": 300_000,
    "rate_limit": "off",
    "seconds_to_processing": 0.05,
    "seconds_to_complete": 0.1,
}
NOWHERE = "00000000-0000-0000-0000-00000000dead"
ONE_TRY = {"transfer.attempts": 1}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One sandbox of four events for all tests that move nothing."""
    with standing(tmp_path_factory.mktemp("sandbox"), events=EVENTS, **SWITCHES) as found:
        yield found


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A sandbox of four events: what one checkpoint has moved, another does not move again."""
    with standing(tmp_path_factory.mktemp("sandbox"), events=EVENTS, **SWITCHES) as found:
        yield found


@pytest.fixture
def done(fresh: Stand, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a checkpoint holds after a run that verified every event."""
    folder = tmp_path_factory.mktemp("done")
    assert run(fresh.settings(folder)).code == 0
    return (folder / "migration.checkpoint").read_bytes()


def run(file: Path, **environment: str) -> Ran:
    """Run a migration for its document, and check what holds of every run."""
    ran = ferry("run", "-c", file, "--json", environment=environment, seconds=20)
    assert "Traceback" not in ran.talk
    if ran.output:
        assert ran.document["exit"] == ran.code
    return ran


def said(ran: Ran) -> str:
    """Return the one sentence that the command says at its end, without the lines of its log."""
    (sentence,) = [line for line in ran.talk.splitlines() if line.startswith("ferry: ")]
    return sentence


def outcomes(ran: Ran) -> dict[str, int]:
    """Return the outcomes that some item has."""
    return {name: count for name, count in ran.document["outcomes"].items() if count}


def sessions(stand: Stand) -> list[str]:
    """Return the events that have a session at Panopto, one for each session."""
    found = stand.audit("sessions")
    return sorted(one["description"].rpartition("Opencast: ")[2] for one in found)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("opencast.url", None, "opencast.url is missing"),
        ("panopto.password_file", "/no/such/secret", "there is no file /no/such/secret"),
        ("panopto.colour", "red", "panopto.colour is a setting that nothing reads"),
        ("panopto.password", "hush", "holds panopto.password itself"),
    ],
)
def test_wrong_or_missing_settings(
    stand: Stand, tmp_path: Path, setting: str, value: Json, sentence: str
) -> None:
    """Two, before anything is asked of anybody, and no checkpoint is begun."""
    file = stand.settings(tmp_path, {setting: value})
    calls = len(stand.audit("log"))
    ran = run(file)
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert said(ran).startswith((f"ferry: {file}: ", f"ferry: {file}, line "))
    assert sentence in said(ran)
    assert "hush" not in ran.talk
    assert len(stand.audit("log")) == calls
    assert not list(tmp_path.glob("*.checkpoint*"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"series,folder_id\na,the lectures\n", "line 2: has 'the lectures' as folder_id"),
        (b"series,folder_id\na\xff,b\n", "line 2: is not UTF-8"),
    ],
)
def test_an_unreadable_table(stand: Stand, tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """Two, with the table's name, its line and what is wrong there."""
    table = tmp_path / "folders.csv"
    if content is not None:
        table.write_bytes(content)
    ran = run(stand.settings(tmp_path, {"panopto.folders": str(table)}))
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert str(table) in said(ran)
    assert sentence in said(ran)


def test_a_mapping_to_a_folder_that_does_not_exist(fresh: Stand, tmp_path: Path) -> None:
    """Its items are permanent for want of a folder, the others verified; a corrected table moves the rest."""
    lines = (fresh.folder / "folders.csv").read_text().splitlines()
    table = tmp_path / "folders.csv"
    table.write_text("\n".join([lines[0], *(_elsewhere(line) for line in lines[1:])]))
    file = fresh.settings(tmp_path, {"panopto.folders": str(table)})
    before = sessions(fresh)
    ran = run(file)
    moved = 4 - outcomes(ran)["permanent"]
    assert ran.code == 4
    assert outcomes(ran) == {"permanent": 4 - moved, "verified": moved}
    assert ran.document["reasons"] == {"no_folder": 4 - moved}
    assert NOWHERE in ran.talk
    assert "correct the table" in ran.talk
    table.write_text("\n".join(lines))
    assert outcomes(run(file)) == {"verified": 4}
    assert len(sessions(fresh)) == len(before) + 4


def _elsewhere(line: str) -> str:
    return f"{line.partition(',')[0]},{NOWHERE}"


def test_a_target_that_refuses_the_size_of_parts(tmp_path: Path) -> None:
    """Two, with what to change; the next run sends smaller parts, and no event has two sessions."""
    own = tmp_path / "run"
    own.mkdir()
    with standing(tmp_path, events=2, **{**SWITCHES, "largest_part": 5_300_000}) as stand:
        ran = run(stand.settings(own))
        assert ran.code == 2
        assert "says EntityTooLarge; choose a smaller part size in the settings" in said(ran)
        ran = run(stand.settings(own, {"transfer.part_size_mib": 5}))
        assert ran.code == 0
        assert len(sessions(stand)) == len(set(sessions(stand))) == 2


@pytest.mark.fault(35)
def test_a_checkpoint_of_another_run(fresh: Stand, done: bytes, tmp_path: Path) -> None:
    """Ten for every verb that reads it, and the file stays as it was."""
    (tmp_path / "migration.checkpoint").write_bytes(done)
    other = fresh.settings(tmp_path, {"panopto.url": "https://127.0.0.1:9"})
    for verb in ("run", "status", "plan"):
        ran = ferry(verb, "-c", other, "--json", seconds=20)
        assert (ran.code, ran.document["exit"]) == (10, 10)
        assert str(tmp_path / "migration.checkpoint") in said(ran)
        assert "another migration" in said(ran)
    assert (tmp_path / "migration.checkpoint").read_bytes() == done


@pytest.mark.fault(31)
def test_a_torn_last_line(fresh: Stand, done: bytes, tmp_path: Path) -> None:
    """The run goes on without it: what it said is found out again, and nothing is sent twice."""
    count = len(sessions(fresh))
    (tmp_path / "migration.checkpoint").write_bytes(done[:-9])
    ran = run(fresh.settings(tmp_path))
    assert (ran.code, outcomes(ran)) == (0, {"verified": EVENTS})
    assert ran.document["bytes"] == {"sent": 0, "sent_again": 0, "skipped": 0}
    assert len(sessions(fresh)) == count


@pytest.mark.fault(31)
def test_a_flipped_byte_in_the_middle(fresh: Stand, done: bytes, tmp_path: Path) -> None:
    """Ten, with the line, and nothing is written or asked: what cannot be trusted is not guessed."""
    checkpoint = tmp_path / "migration.checkpoint"
    lines = done.splitlines(keepends=True)
    line = bytearray(lines[4])
    line[len(line) // 2] ^= 1
    spoilt = b"".join([*lines[:4], bytes(line), *lines[5:]])
    checkpoint.write_bytes(spoilt)
    calls = len(fresh.audit("log"))
    ran = run(fresh.settings(tmp_path))
    assert (ran.code, ran.document["exit"]) == (10, 10)
    assert "line 5" in said(ran)
    assert checkpoint.read_bytes() == spoilt
    assert len(fresh.audit("log")) == calls


def test_credentials_that_opencast_refuses(stand: Stand, tmp_path: Path) -> None:
    """Seven, with the setting to look at and not what it holds."""
    ran = run(stand.settings(tmp_path), FERRY_OPENCAST__PASSWORD="hush-hush")
    assert ran.code == 7
    assert "opencast.username" in said(ran)
    assert "hush" not in ran.talk + ran.output


@pytest.mark.parametrize(
    ("variable", "setting"),
    [
        ("FERRY_PANOPTO__PASSWORD", "panopto.password_file"),
        ("FERRY_PANOPTO__CLIENT_SECRET", "panopto.client_secret_file"),
    ],
)
def test_credentials_that_panopto_refuses(fresh: Stand, tmp_path: Path, variable: str, setting: str) -> None:
    """Seven after one try, as accounts are locked by many; every item waits and the next run moves it."""
    file = fresh.settings(tmp_path)
    before = _asked(fresh, "token")
    ran = run(file, **{variable: "hush-hush"})
    assert (ran.code, outcomes(ran)) == (7, {"waiting": EVENTS})
    assert setting in said(ran)
    assert "hush" not in ran.talk + ran.output
    assert _asked(fresh, "token") == before + 1
    assert outcomes(run(file)) == {"verified": EVENTS}


def _asked(stand: Stand, call: str) -> int:
    return len([one for one in stand.audit("log") if call in one["path"]])


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a host that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_an_opencast_that_does_not_answer(stand: Stand, tmp_path: Path) -> None:
    """Three, with the host; nothing is known of any item, and nothing lost."""
    port = closed()
    ran = run(stand.settings(tmp_path, {"opencast.url": f"http://127.0.0.1:{port}", **ONE_TRY}))
    assert (ran.code, outcomes(ran)) == (3, {})
    assert f"127.0.0.1:{port}" in said(ran)


def test_a_panopto_that_does_not_answer(stand: Stand, tmp_path: Path) -> None:
    """Three: each item can be tried again, with the host in its sentence."""
    port = closed()
    ran = run(stand.settings(tmp_path, {"panopto.url": f"https://127.0.0.1:{port}", **ONE_TRY}))
    assert (ran.code, outcomes(ran)) == (3, {"retryable": EVENTS})
    assert ran.document["reasons"] == {"unreachable": EVENTS}
    assert ran.talk.count(f"127.0.0.1:{port}") == EVENTS


@pytest.mark.slow
def test_a_panopto_that_takes_the_connection_and_says_nothing(
    stand: Stand, tmp_path: Path, silent: int
) -> None:
    """Three, within the time that connecting may take: TLS is part of it."""
    changes = {"panopto.url": f"https://127.0.0.1:{silent}", "network.connect_seconds": 1, **ONE_TRY}
    ran = run(stand.settings(tmp_path, changes))
    assert (ran.code, outcomes(ran)) == (3, {"retryable": EVENTS})


@pytest.mark.slow
@pytest.mark.fault(33)
def test_a_second_run_at_the_same_time(tmp_path: Path) -> None:
    """Six, naming the pid of the first, which goes on to its end; status may look all the while."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", events=1, bandwidth=2, **SWITCHES) as slow:
        file = slow.settings(tmp_path)
        with begun("run", "-c", file, "--json", folder=tmp_path) as first:
            while ferry("status", "-c", file, "--json").code != 3:
                assert first.poll() is None
            second = run(file)
            assert (second.code, second.document["exit"]) == (6, 6)
            assert f"pid {first.pid} " in said(second)
            assert ended(first, tmp_path).code == 0


@pytest.mark.slow
def test_sixteen_shapes_end_verified_or_skipped(tmp_path: Path) -> None:
    """Events without media, live, still processing or with playlists only are skipped, each by its reason."""
    with standing(tmp_path, events=16, **SWITCHES) as site:
        ran = ferry("run", "-c", tmp_path / "migration.toml", "--json", seconds=20)
        assert ran.code == 0
        assert set(outcomes(ran)) == {"verified", "skipped"}
        assert {"no_media", "live", "not_ready", "nothing_published", "playlist_only"} <= {
            *ran.document["reasons"]
        }
        assert len(sessions(site)) == len(set(sessions(site))) == outcomes(ran)["verified"]


def test_titles_that_are_no_plain_text(tmp_path: Path) -> None:
    """An ampersand, markup, control characters and an emoji arrive, but for what XML cannot hold."""
    media = tmp_path / "media"
    media.mkdir()
    for number, title in enumerate(TITLES):
        (media / f"{title}.mp4").write_bytes(film(number))
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "work").mkdir()
    command = ["sandbox", "--out", tmp_path / "sandbox", "--media", media]
    command += [f"--switch={name}={value}" for name, value in SWITCHES.items()]
    with begun(*command, folder=tmp_path) as process:
        site = _ready(tmp_path / "sandbox", process.poll)
        ran = run(site.settings(tmp_path / "work"))
        assert (ran.code, outcomes(ran)) == (0, {"verified": len(TITLES)})
        assert sorted(one["title"] for one in site.audit("sessions")) == sorted(
            f"{shown}.mp4" for shown in TITLES.values()
        )
        assert not [one for one in ran.talk if one != "\n" and not one.isprintable()]


TITLES = {
    "R&D & more": "R&D & more",
    "a <b> ]]> 'c' \"d\"": "a <b> ]]> 'c' \"d\"",
    "bell\x07 escape\x1b[31m null-like\x01": "bell escape[31m null-like",
    "fish 🐟 and family 👩‍👩‍👧": "fish 🐟 and family 👩‍👩‍👧",
}


def film(number: int) -> bytes:
    """Return a small MP4 of 5 s, another for each number."""
    media = SeededMedia(f"film-{number}", 50_000 + number, 5000)
    return media.read(0, media.size)


def _ready(folder: Path, poll: Callable[[], int | None]) -> Stand:
    while not (folder / "sandbox.json").exists():
        assert poll() is None
    return Stand(folder, json.loads((folder / "sandbox.json").read_text()))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.fault(34)
def test_interrupted_it_says_so_and_goes_on_later(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """The document is written all the same, with the code of the signal; the next run ends the rest."""
    (tmp_path / "sandbox").mkdir()
    with standing(tmp_path / "sandbox", events=2, bandwidth=4, **SWITCHES) as slow:
        file = slow.settings(tmp_path)
        with begun("run", "-c", file, "--json", folder=tmp_path) as first:
            while not slow.audit("session-uploads"):
                assert first.poll() is None
            first.send_signal(number)
            ran = ended(first, tmp_path)
        assert (ran.code, ran.document["exit"]) == (code, code)
        assert "Traceback" not in ran.talk
        assert "stopping" in ran.talk
        assert outcomes(run(file)) == {"verified": 2}
        assert len(sessions(slow)) == 2


def test_a_certificate_that_nobody_trusts(stand: Stand, tmp_path: Path) -> None:
    """Two, at the first call: no item would fare better, and nothing is tried again."""
    ran = run(stand.settings(tmp_path, {"network.ca_file": None}))
    assert ran.code == 2
    assert said(ran).endswith(
        ": its certificate is not trusted; name the authority's file as network.ca_file"
    )


def test_names_of_events_that_opencast_does_not_have(fresh: Stand, tmp_path: Path) -> None:
    """Two, with the names; corrected, the same checkpoint goes on without a trace of them."""
    assert run(fresh.settings(tmp_path, {"select.events": ["nope"]})).code == 2
    ran = run(fresh.settings(tmp_path, {"select.limit": 1}))
    assert ran.code == 0
    assert "permanent" not in outcomes(ran)


def test_a_series_that_no_event_is_of(stand: Stand, tmp_path: Path) -> None:
    """It may be empty, or written wrongly: it is told, and nothing is moved."""
    ran = run(stand.settings(tmp_path, {"select.series": ["nope"]}))
    assert (ran.code, outcomes(ran)) == (0, {})
    assert "select.series names what no event is of" in ran.talk
