"""The quick form of the shared faults: our mover alone, at a real target."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from benchmarks.real.seaweedfs import SEAWEEDFS
from campaign.peers import IN_FLIGHT, OURS, PART
from campaign.shared import NAME, SCENES, SIZE, Played, Scene, play

PARTS = SIZE // PART
QUICK = [scene for scene in SCENES if scene.number != 6]
"""A target that stops reading a part takes half a minute to be given up."""


def test_verdicts() -> None:
    """What a person is left with who trusts the exit code."""

    def said(code: int | None, right: bool | None, orphans: int = 0) -> str:
        return Played(1, "", "", 0, code, right, 5, orphans, 1, 1.0).verdict

    assert said(0, True) == "whole"
    assert said(0, True, 1) == "whole, an orphan"
    assert said(0, False) == "CORRUPT"
    assert said(0, None) == "MISSING"
    assert said(1, None) == "failed, said so"
    assert said(1, False) == "failed, a torn object stays"
    assert said(1, True) == "whole, called failed"
    assert said(None, None) == "silent"


@pytest.mark.slow
@pytest.mark.skipif(bool(SEAWEEDFS.missing), reason=SEAWEEDFS.missing)
@pytest.mark.parametrize("scene", QUICK, ids=lambda scene: f"F{scene.number} {scene.name}")
def test_ours_ends_whole(scene: Scene, tmp_path: Path) -> None:
    """At SeaweedFS, behind a proxy: the object is the source's, and no upload stays open."""
    files, stored = tmp_path / "files", tmp_path / "stored"
    files.mkdir()
    stored.mkdir()
    (files / NAME).write_bytes(Random(1).randbytes(SIZE))
    with SEAWEEDFS.serving(stored, None) as served:
        played = asyncio.run(play(scene, OURS, 0, files, served))
    assert played.struck == 1
    assert played.verdict == "whole"
    # Once more the one that was struck, and those in flight beside it. A part that is sent again within the
    # same second SeaweedFS may go on listing as it was before; after three tries the file begins anew.
    assert played.parts <= (PARTS + 3 + PARTS + IN_FLIGHT if scene.number == 4 else PARTS + 1 + IN_FLIGHT)
