"""Every client that is measured moves what it says, plain and over TLS; no time is judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.authority import make_authority
from benchmarks.content import compare
from benchmarks.corpus import Corpus
from benchmarks.discard.process import standing
from benchmarks.job import Job
from benchmarks.measure import PART, Bench, Conditions, prepared, spend
from benchmarks.peers import CLIENTS
from benchmarks.peers.client import Client, Command
from benchmarks.real import REAL
from benchmarks.real.target import RealTarget
from benchmarks.source import serving, why_no_source
from benchmarks.workloads import WORKLOADS

BYTES = WORKLOADS["tiny"].bytes
MOVING = [name for name, client in CLIENTS.items() if client.moves]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Stand up the source for all of them."""
    if reason := why_no_source():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("bench")
    authority, corpus = make_authority(folder / "authority"), Corpus(folder)
    with serving(corpus.folder, folder / "source", authority) as source:
        yield Bench(corpus, source, authority)


def installed(name: str) -> Client:
    """Return a client, or skip."""
    client = CLIENTS[name]
    if client.missing:
        pytest.skip(client.missing)
    return client


@pytest.mark.slow
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("name", MOVING)
def test_a_client_moves_a_workload(bench: Bench, name: str, tls: bool) -> None:
    """All bytes of all objects arrive, over TLS with a delay before each reply, and the run counts."""
    found = bench.run(installed(name), Conditions("tiny", tls, delayed=tls, in_flight=4))
    assert found.void == ""
    assert found.bytes_checked == BYTES
    assert found.cpu_s_per_gib > 0
    assert 0 < found.peak_rss_mib < 1024
    if name.startswith("ferry"):
        assert found.said["parts"] == 4
        assert 0 < found.start_s < found.seconds
        assert found.level == name.split()[1].rstrip(",")


def installed_target(name: str) -> RealTarget:
    """Return a real target, or skip."""
    target = REAL[name]
    if target.missing:
        pytest.skip(target.missing)
    return target


@pytest.mark.slow
@pytest.mark.parametrize("name", MOVING)
def test_a_client_carries_bytes_unchanged(bench: Bench, name: str) -> None:
    """At a target that stores them, each file's SHA-256 is its source's."""
    found = compare(bench, installed(name), "tiny", installed_target("rclone"), tls=True)
    assert found.void == ""
    assert found.bytes == BYTES


@pytest.mark.slow
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("name", ["ferry crc", "ferry crc, PutObject", "rclone multipart"])
def test_bytes_are_read_back_unchanged(bench: Bench, name: str, tls: bool) -> None:
    """At a target of another make, which is asked for its objects over S3."""
    found = compare(bench, installed(name), "tiny", installed_target("SeaweedFS"), tls=tls)
    assert found.void == ""
    assert found.bytes == BYTES


def test_files_of_one_part_go_by_putobject(bench: Bench, tmp_path: Path) -> None:
    """Each is an object whose MD5 the target knows, and no part of an upload ever comes."""
    files = WORKLOADS["few"].files
    bench.corpus.make(files)
    with standing(bench.corpus.rows(files, [PART]), tmp_path, None) as target:
        job = Job(bench.source.url(False, False), target.endpoint, None, "", files, in_flight=4, part=PART)
        spent = spend(prepared(CLIENTS["ferry crc, PutObject"], job, tmp_path), tmp_path)
        report = target.report()
    assert (spent.code, spent.errors, report.voids) == (0, "", [])
    assert report.objects == {file.name: file.size for file in files}
    assert (report.parts, report.again) == (0, 0)


@pytest.mark.slow
def test_an_engine_at_rest_moves_nothing(bench: Bench) -> None:
    """What it takes in memory is what the others are compared with."""
    found = bench.run(CLIENTS["ferry idle"], Conditions("tiny"))
    assert (found.void, found.bytes_checked) == ("", 0)
    assert found.peak_rss_mib > 20


def client(*argv: str) -> Client:
    """Return a client that is some command."""
    return Client("a liar", lambda _job, _path, _folder: Command(argv))


def test_a_client_that_moves_nothing_does_not_count(bench: Bench) -> None:
    """However fast it was."""
    assert "0 of 35651584 bytes" in bench.run(client("true"), Conditions("tiny")).void


def test_a_client_that_fails_does_not_count(bench: Bench) -> None:
    """Its own words are kept."""
    found = bench.run(client("sh", "-c", "echo it broke >&2; exit 3"), Conditions("tiny"))
    assert found.void == "exit 3: it broke"


def test_a_peer_that_is_not_installed_says_so() -> None:
    """By name, with what is missing."""
    absent = Client("mover", lambda *_: Command(()), tools=("no-such-tool",), modules=("no_such_module",))
    assert absent.missing == ("mover is left out: no-such-tool, no_such_module is not installed (make peers)")


def test_peak_memory_is_the_clients_own(bench: Bench) -> None:
    """A process begins with the peak of whoever started it: that is a small one, not this."""
    found = bench.run(client("true"), Conditions("tiny"))
    assert found.peak_rss_mib < 16
