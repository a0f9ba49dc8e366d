"""What holds of reading a file that may be torn, damaged or somebody else's."""

from random import Random

import pytest

from engine.checkpoint import replay as module
from engine.checkpoint.line import Header, entry_of, frame, record_of, unframe
from engine.checkpoint.replay import Replay
from engine.errors import CheckpointDamaged, CheckpointForeign, FerryError
from engine.journal import Record

HEADER = Header(
    {"opencast": "https://oc.example", "panopto": "https://pa.example"}, "2024-05-06T07:08:09+00:00"
)
RECORDS = [
    Record(f"event-{number}", "item.seen", {"title": "A & B\n", "number": number}) for number in range(6)
]
LINES = [
    frame(1, HEADER.body),
    *(frame(number, entry_of(record).body) for number, record in enumerate(RECORDS, start=2)),
]
WHOLE = b"".join(LINES)


def read(data: bytes, chunk: int = 1 << 20) -> Replay:
    """Feed a file's bytes and judge its end."""
    replay = Replay("the.checkpoint")
    for start in range(0, len(data), chunk):
        replay.feed(data[start : start + chunk])
    replay.end()
    return replay


def records_in(replay: Replay, data: bytes) -> list[Record]:
    """Return all records that stand in a file, in order: each has a subject of its own here."""
    framed = [unframe(data[place.offset : place.offset + place.length]) for _, place in replay.live]
    return [record_of(one[1]) for one in framed if one is not None]


@pytest.mark.parametrize("chunk", [1, 7, 64, 1 << 20])
def test_a_whole_file_is_read_whole(chunk: int) -> None:
    """However the bytes come, header, records and end are the same."""
    replay = read(WHOLE, chunk)
    assert replay.header == HEADER
    assert records_in(replay, WHOLE) == RECORDS
    assert (replay.number, replay.size, replay.cut, replay.ended) == (7, len(WHOLE), 0, True)


def test_a_file_cut_at_any_byte_reads_to_the_last_whole_record() -> None:
    """A torn end is left out and counted; nothing before it is forgotten."""
    ends = [len(b"".join(LINES[:count])) for count in range(1, len(LINES) + 1)]
    for length in range(len(WHOLE)):
        replay = read(WHOLE[:length])
        whole = sum(1 for end in ends if end - 1 <= length)
        assert records_in(replay, WHOLE) == RECORDS[: max(0, whole - 1)]
        assert (replay.header is None) == (whole == 0)
        assert replay.size + replay.cut == length
        assert replay.ended == (length + 1 not in ends)


@pytest.mark.fault(31)
def test_zeros_after_the_last_line_are_a_torn_end() -> None:
    """A size that grew before its bytes came, as after a power loss, costs nothing that was acknowledged."""
    for cut in (0, 1, 5, 40):
        kept = WHOLE[: len(WHOLE) - cut]
        replay = read(kept + bytes(5000))
        assert records_in(replay, kept) == (RECORDS if cut < 2 else RECORDS[:-1])
        assert replay.size + replay.cut == len(kept) + 5000


def test_no_flipped_bit_forgets_what_stands_before_it() -> None:
    """Every bit of the file, one after the other: all records before the damage, or a refusal."""
    refused = 0
    for position in range(len(WHOLE)):
        for bit in (1 << (position % 8), 1 << ((position + 3) % 8)):
            damaged = bytearray(WHOLE)
            damaged[position] ^= bit
            try:
                found = records_in(read(bytes(damaged)), bytes(damaged))
            except (CheckpointDamaged, CheckpointForeign):
                refused += 1
            else:
                assert found in (RECORDS, RECORDS[:-1])
                assert position >= len(WHOLE) - len(LINES[-1])
    assert refused > len(WHOLE)


@pytest.mark.fault(31)
def test_random_damage_is_refused_or_cut() -> None:
    """Some hundred files with several bytes changed, dropped or repeated: a prefix or one of our errors."""
    for seed in range(500):
        chance, damaged = Random(seed), bytearray(WHOLE)
        for _ in range(chance.randint(1, 4)):
            start = chance.randrange(len(damaged))
            stop = start + chance.randint(0, 30)
            damaged[start:stop] = chance.choice([b"", chance.randbytes(5), damaged[start:stop] * 2])
        try:
            found = records_in(read(bytes(damaged)), bytes(damaged))
        except (CheckpointDamaged, CheckpointForeign):
            continue
        assert found == RECORDS[: len(found)]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([*LINES[:3], LINES[3][:-9] + LINES[3][-8:], *LINES[4:]], "line 4"),
        ([*LINES[:3], *LINES[4:]], "line 4"),
        ([*LINES, LINES[-1]], "line 8"),
        ([*LINES[:2], LINES[1], *LINES[2:]], "line 3"),
        ([*LINES[:3], b"\n", *LINES[3:]], "line 4"),
        ([*LINES[:3], bytes(100), *LINES[3:]], "line 4"),
        ([*LINES, b"rubbish\n", b"more rubbish\n"], "line 8"),
        ([*LINES, b"rubbish\n", b"more rubbish"], "line 8"),
        ([*LINES[:-2], LINES[-2][:-1], LINES[-1]], "line 6"),
        ([*LINES[:-1], LINES[-1][:-1] + b"\x0b"], "line 7"),
        ([*LINES[:-1], LINES[-1][:-1] + b"X"], "line 7"),
        ([*LINES, b"rubbish\n", b"XX"], "line 8"),
        ([LINES[0][:-9] + b"\n"], "line 1"),
        ([LINES[0].replace(b"oc.example", b"xx.example"), *LINES[1:]], "line 1"),
    ],
    ids=[
        "changed",
        "gap",
        "twice",
        "again",
        "empty",
        "zeros",
        "two bad",
        "two bad, torn",
        "joined",
        "no end",
        "no end, X",
        "two bad, X",
        "header alone",
        "header",
    ],
)
@pytest.mark.fault(31)
def test_damage_is_refused_with_the_line_named(lines: list[bytes], named: str) -> None:
    """Anything but a torn end might forget what was acknowledged."""
    with pytest.raises(CheckpointDamaged, match=named + r"\b"):
        read(b"".join(lines))


def test_a_bad_last_line_is_left_out() -> None:
    """A last line that is not whole was never acknowledged, as far as anybody can tell; it is counted."""
    replay = read(b"".join(LINES[:-1]) + LINES[-1].replace(b"A & B", b"A & C"))
    assert records_in(replay, WHOLE) == RECORDS[:-1]
    assert replay.cut == len(LINES[-1])


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"hello\n",
        b"[settings]\nevents = 3\n",
        b'{"n":1,"s":"x"}\n',
        bytes(4097),
        bytes(5000),
        b"\xff" * 70,
        b"\n",
    ],
)
def test_a_file_that_is_not_ours_is_left_alone(data: bytes) -> None:
    """Only what begins as a checkpoint does is ever taken for a torn one."""
    with pytest.raises(CheckpointForeign):
        read(data)


@pytest.mark.parametrize(
    "data", [b"", bytes(40), bytes(4096), LINES[0][:30], LINES[0][:-2], LINES[0][:30] + bytes(50)]
)
def test_a_torn_start_says_nothing_yet(data: bytes) -> None:
    """A file that was only just begun has no header, and all of it is to be cut."""
    replay = read(data)
    assert replay.header is None
    assert (replay.number, replay.size, replay.cut) == (0, 0, len(data))


def test_zeros_after_a_bad_last_line_are_cut_with_it() -> None:
    """A power loss may leave both: a line that is not whole, and zeros after it."""
    replay = read(b"".join(LINES) + b"rubbish\n" + bytes(100))
    assert records_in(replay, WHOLE) == RECORDS
    assert replay.cut == 108


def test_a_line_without_an_end_is_given_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not before it is longer than any that was ever written."""
    monkeypatch.setattr(module, "LONGEST_LINE", 60)
    replay = Replay("the.checkpoint")
    replay.feed(LINES[0][:60])
    with pytest.raises(CheckpointDamaged):
        replay.feed(LINES[0][60:61])


ADVICE = module.ADVICE


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"".join([*LINES[:3], *LINES[4:]]), f"line 4 has number 5 where 4 should be; {ADVICE}"),
        (LINES[0] + frame(2, b'"y":1'), f"line 2 is no record; {ADVICE}"),
        (b"".join(LINES) + b"a\nb\n", f"line 8 cannot be trusted: it is not what was written; {ADVICE}"),
        (LINES[0][:-9] + b"\n" + LINES[1], f"line 1 is not the header that was written; {ADVICE}"),
        (b"hello\nworld\n", "is no checkpoint; name another file"),
        (bytes(5000), f"begins with zeros where its first line should be; {ADVICE}"),
        (
            frame(1, Header({}, "2030", version=9).body),
            "was written by another version (this one reads format 1); go on with the version that began it",
        ),
    ],
    ids=["gap", "no record", "changed", "header", "foreign", "zeros", "version"],
)
def test_a_refusal_says_what_and_where_and_what_to_do(data: bytes, sentence: str) -> None:
    """In one sentence that begins with the file."""
    with pytest.raises(FerryError) as refusal:
        read(data)
    assert str(refusal.value) == f"the.checkpoint: {sentence}"


def test_a_torn_start_of_a_rewritten_file_is_damage() -> None:
    """Such a file gets its name only when it is whole, so acknowledged records are missing."""
    with pytest.raises(CheckpointDamaged):
        read(frame(900, HEADER.body)[:50])


@pytest.mark.parametrize("sealed", [True, False])
def test_another_version_is_not_read(sealed: bool) -> None:
    """Whether or not its lines look like ours."""
    body = Header(HEADER.identity, "2030", version=2).body
    line = frame(1, body) if sealed else b'{"n":1,%b}\n' % body
    with pytest.raises(CheckpointForeign, match="another version"):
        read(line + b"whatever follows\n")


def test_numbers_may_begin_anywhere_and_then_go_on() -> None:
    """A rewritten file goes on with the numbers of the old one."""
    lines = [frame(900, HEADER.body), frame(901, entry_of(RECORDS[0]).body)]
    assert read(b"".join(lines)).number == 901
