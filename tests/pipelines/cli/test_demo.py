"""`ferry demo` where it cannot begin: the sandbox's own sentence and code, and nobody's files touched."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes.processes import begun, ended, ferry

from engine import LocalResource
from pipelines.cli import demo

pytestmark = pytest.mark.slow

OWN = ("migration.toml", "folders.csv", "migration.checkpoint", "sandbox.json")


@pytest.mark.parametrize("content", [None, {}, {"notes.txt": "no film"}])
def test_media_that_are_none(tmp_path: Path, content: dict[str, str] | None) -> None:
    """A folder that is missing, empty or without films is one sentence, and two."""
    media = tmp_path / "media"
    if content is not None:
        media.mkdir()
        for name, text in content.items():
            (media / name).write_text(text)
    ran = ferry("demo", "--media", media, "--json", seconds=20)
    assert (ran.code, ran.document["exit"]) == (2, 2)
    assert ran.talk.startswith("ferry: ")
    assert str(media) in ran.talk
    assert len(ran.talk.splitlines()) == 1


def test_a_persons_folder_is_left_alone(tmp_path: Path) -> None:
    """Neither settings nor table nor checkpoint of one's own are written over or removed."""
    for name in OWN:
        (tmp_path / name).write_text("mine")
    ran = ferry("demo", "--work", tmp_path, "--events", "1", seconds=20)
    assert (ran.code, ran.output) == (2, "")
    said = f"The folder {tmp_path} holds a migration.toml that no sandbox wrote; name another folder."
    assert ran.talk == f"ferry: {said}\n"
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == dict.fromkeys(OWN, "mine")


def test_files_that_are_not_taken_are_told(tmp_path: Path) -> None:
    """Each by its path, in one line that is safe for a terminal; hidden ones are not worth a word."""
    media, out = tmp_path / "media", tmp_path / "out"
    media.mkdir()
    (media / "film.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(100))
    for name in ("notes.txt", "bell\x1b.mp4", ".DS_Store"):
        (media / name).write_text("no film")
    with begun("sandbox", "--out", out, "--media", media, folder=tmp_path) as process:
        while not (tmp_path / "stderr.txt").read_text().endswith("says where\n"):
            assert process.poll() is None
            time.sleep(0.02)
        process.terminate()
        talk = ended(process, tmp_path).talk.splitlines()
    assert talk[:-1] == [
        f"sandbox: not taken, as it is no video or sound file: {media}/{name}"
        for name in ("bell\ufffd.mp4", "notes.txt")
    ]


@pytest.mark.parametrize(
    ("program", "error"), [("raise SystemExit(9)", SystemExit), ("raise SystemExit(0)", LocalResource)]
)
def test_a_sandbox_that_ends_before_it_stands(
    tmp_path: Path, program: str, error: type[BaseException]
) -> None:
    """A code of its own is the demo's; ended well is not stood; ending it once more does no harm."""
    (tmp_path / "sandbox.json").write_text('{"pid": 1}')
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        with pytest.raises(error) as caught:
            demo.ready(process, tmp_path / "sandbox.json")
        demo.end(process)
    if isinstance(caught.value, SystemExit):
        assert caught.value.code == 9


@pytest.mark.parametrize("moment", ["sandbox.json", "migration.checkpoint"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_demo_that_is_interrupted(tmp_path: Path, number: signal.Signals, code: int, moment: str) -> None:
    """By Ctrl-C for the whole group, before or within the run: it ends with that code and leaves nothing."""
    work = tmp_path / "work"
    with begun("demo", "--events", "1", "--work", work, "--json", folder=tmp_path) as process:
        while not (work / moment).exists():
            assert process.poll() is None
            time.sleep(0.005)
        os.killpg(process.pid, number)
        ran = ended(process, tmp_path, 18)
    assert (ran.code, ran.document["exit"]) == (code, code)
    assert "Traceback" not in ran.talk
    assert "ferry: 127.0.0.1" not in ran.talk
    assert not (work / "sandbox.json").exists()


@pytest.mark.parametrize("name", ["FERRY_OPENCAST__URL", "FERRY_PANOPTO__URL"])
def test_a_demo_stays_at_its_sandbox(name: str) -> None:
    """Addresses of an environment that was made for a real migration are refused, not used."""
    ran = ferry("demo", "--events", "1", environment={name: "http://127.0.0.1:9"}, seconds=20)
    assert (ran.code, ran.output) == (2, "")
    assert f"ferry: {name}: leads away from the sandbox; unset it for a demo\n" in ran.talk
