"""A cut list's kept parts and the cuts made of them are one whole film."""

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.aspects.cuts import Kept, cuts_of, read_smil
from pipelines.migration.aspects.refusals import BadCuts
from pipelines.panopto.manifest import Cut


def smil(*clips: tuple[str, str, str]) -> bytes:
    """Return a cut list of clips: the kind of their track, begin and end."""
    groups = "".join(
        f'<paramGroup xml:id="g-{kind}"><param name="track-flavor" value="{kind}/source"/></paramGroup>'
        for kind in ("presenter", "presentation")
    )
    body = "".join(
        f'<par><video paramGroup="g-{kind}" clipBegin="{begin}" clipEnd="{end}"/></par>'
        for kind, begin, end in clips
    )
    return f'<smil xmlns="http://www.w3.org/ns/SMIL"><head>{groups}</head><body>{body}</body></smil>'.encode()


def test_parts_of_all_tracks() -> None:
    """Where the tracks' parts are the same they are told once; parts that touch are one."""
    parts = [("1000ms", "2s"), ("npt=2s", "3"), ("0:05", "6500ms"), ("7s", "7s")]
    kept = read_smil(smil(*[(kind, *part) for part in parts for kind in ("presenter", "presentation")]))
    assert kept == (Kept(1000, 3000), Kept(5000, 6500))
    assert cuts_of(kept, 10_000) == (Cut(0, 1000), Cut(3000, 2000), Cut(6500, 3500))
    assert cuts_of(kept, 10_000, "presenter") == cuts_of(kept, 10_000)
    assert cuts_of(kept, 6000) == (Cut(0, 1000), Cut(3000, 2000))


def test_parts_that_differ() -> None:
    """Each kind of track has its own cuts where its parts are its own."""
    kept = read_smil(smil(("presenter", "0ms", "5s"), ("presentation", "1s", "5s")))
    assert kept == (Kept(0, 5000, "presenter"), Kept(1000, 5000, "presentation"))
    assert cuts_of(kept, 5000, "presenter") == ()
    assert cuts_of(kept, 5000, "presentation") == (Cut(0, 1000),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no XML"),
        (b"<!DOCTYPE smil [<!ENTITY a 'b'>]><smil>&a;</smil>", "DTD"),
        (smil(), "names no part"),
        (smil(("presenter", "soon", "2s")), "part 1 of the cut list: 'soon' is no time"),
        (smil(("presenter", "1s", "")), "part 1"),
        (smil(("presenter", "0s", "1s"), ("presenter", "3s", "2s")), "part 2 of the cut list ends before"),
        (smil(("presenter", "5s", "6s"), ("presenter", "1s", "2s")), "not in their order"),
        (smil(("presenter", "1s", "5s"), ("presenter", "4s", "6s")), "twice"),
    ],
)
def test_what_is_no_cut_list_is_refused(content: bytes, told: str) -> None:
    """One sentence says why; an order that cuts cannot show is not guessed at."""
    with pytest.raises(BadCuts, match=told) as caught:
        read_smil(content)
    assert caught.value.code == "bad_cuts"


@pytest.mark.parametrize(
    ("kept", "duration"), [((), 1000), ((Kept(1000, 2000),), 1000), ((Kept(0, 5, "presenter"),), 0)]
)
def test_a_film_is_never_cut_away_whole(kept: tuple[Kept, ...], duration: int) -> None:
    """Where nothing would be left there is no cut list, but a refusal."""
    with pytest.raises(BadCuts, match="keeps nothing"):
        cuts_of(kept, duration)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20), st.integers(1, 10**7))
def test_kept_and_cut_parts_tile_the_film(steps: list[int], duration: int) -> None:
    """Every millisecond of a film is kept or cut, none is both, and no cut touches the next one."""
    edges = [sum(steps[:count]) for count in range(len(steps) + 1)]
    parts = list(zip(edges[::2], edges[1::2], strict=False))
    kept = read_smil(smil(*[("presenter", f"{start}ms", f"{end}ms") for start, end in parts]))
    assert [(one.start_ms, one.end_ms) for one in kept] == parts
    if kept[0].start_ms >= duration:
        return
    cuts = [(one.start_ms, one.start_ms + one.duration_ms) for one in cuts_of(kept, duration)]
    inside = [(start, min(end, duration)) for start, end in parts if start < duration]
    tiles = sorted(inside + cuts)
    assert tiles[0][0] == 0
    assert tiles[-1][1] == duration
    assert all(one[1] == other[0] for one, other in pairwise(tiles))
    assert all(one[1] < other[0] for one, other in pairwise(cuts))


@given(
    st.binary()
    | st.builds(
        lambda at, length, new: VALID[: at % len(VALID)] + new + VALID[at % len(VALID) + length :],
        st.integers(0, 5000),
        st.integers(0, 40),
        st.binary(max_size=6) | st.sampled_from([b"<video/>", b'clipEnd="1e9s"', b"9" * 400]),
    )
)
def test_any_bytes_are_a_cut_list_or_refused(content: bytes) -> None:
    """Nothing but BadCuts is raised, whatever becomes of a file."""
    try:
        assert all(0 <= one.start_ms < one.end_ms for one in read_smil(content))
    except BadCuts:
        return


VALID = smil(("presenter", "0ms", "217751ms"), ("presentation", "0ms", "217751ms"))


def test_the_recorded_cut_list_keeps_the_whole_film() -> None:
    """Opencast's own file is read, and nothing is cut from a film of its length."""
    folder = os.environ.get("FERRY_REFERENCE")
    if not folder:
        pytest.skip("FERRY_REFERENCE does not name the folder of recorded files")
    (path,) = Path(folder).glob("opencast/mediapackages/*.smil")
    kept = read_smil(path.read_bytes())
    assert kept == (Kept(0, 217751),)
    assert cuts_of(kept, 217751) == ()
