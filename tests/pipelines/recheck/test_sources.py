"""Files held against their sources: what is right, what differs, what changed, and what cannot be told."""

from dataclasses import dataclass, field, replace

import pytest
from fakes.kept import finished, steps

from engine import (
    Changed,
    FerryError,
    Gone,
    LocalResource,
    Record,
    Source,
    Summed,
    Unreachable,
    Unreadable,
    Validator,
)
from pipelines.migration.receipts import FileReceipt
from pipelines.recheck.found import Finding, Found
from pipelines.recheck.sessions import GIVEN_UP, kept
from pipelines.recheck.sources import ReadSoFar, SentFile, recheck_sources, sent_files, unrecorded

RECEIPT = FileReceipt("presenter.mp4", "t", 9, 0xA, "etag", 1, 1, etag="1", last_modified="Mon")
HASHED = replace(RECEIPT, md5="a" * 32)
RIGHT = Summed(9, 0xA)
FLIPPED = Summed(9, 0xB)

Answer = Summed | FerryError


@dataclass
class Sums:
    """Answers by event, in turn; the last one again and again."""

    answers: dict[str, list[Answer]]
    asked: list[tuple[Source, Validator, bool]] = field(default_factory=list)

    async def sum(self, source: Source, validator: Validator, *, md5: bool) -> Summed:
        """Answer, or raise."""
        self.asked.append((source, validator, md5))
        turn = self.answers[source.group]
        answer = turn.pop(0) if len(turn) > 1 else turn[0]
        if isinstance(answer, FerryError):
            raise answer
        return answer


async def look(receipt: FileReceipt, *answers: Answer) -> tuple[Found, Sums]:
    """Look at one file."""
    sums = Sums({"e": list(answers)})
    return await recheck_sources([SentFile("e", receipt)], sums), sums


async def test_what_is_as_it_was_sent() -> None:
    """It counts with its bytes; it was read once, in the state on record, without an MD5 nobody has."""
    found, sums = await look(RECEIPT, RIGHT)
    assert found == Found(files=1, bytes=9)
    assert sums.asked == [(Source("e", "t"), Validator(9, "1", "Mon"), False)]


async def test_what_differs_twice_is_a_difference() -> None:
    """It names the file, what was sent and what was read."""
    found, sums = await look(RECEIPT, FLIPPED)
    assert found == Found(
        differences=(Finding("e", "file presenter.mp4", "CRC-32 0000000a", "CRC-32 0000000b"),)
    )
    assert len(sums.asked) == 2


async def test_what_differs_once_was_damaged_on_the_way_to_us() -> None:
    """A second reading that agrees is believed."""
    assert (await look(RECEIPT, FLIPPED, RIGHT))[0] == Found(files=1, bytes=9)


async def test_an_md5_on_record_is_compared_too() -> None:
    """Bytes whose CRC-32 happens to be the same are told apart by it."""
    assert (await look(HASHED, Summed(9, 0xA, "A" * 32)))[0] == Found(files=1, bytes=9)
    (finding,) = (await look(HASHED, Summed(9, 0xA, "b" * 32)))[0].differences
    assert (finding.expected, finding.found) == ("MD5 " + "a" * 32, "MD5 " + "b" * 32)


async def test_a_changed_source_is_no_damage() -> None:
    """It is told as changed, and counts neither as right nor as a difference."""
    found, _ = await look(RECEIPT, Changed("another file", where="e/t"))
    assert [one.what for one in found.changed] == ["event e, file presenter.mp4"]
    assert found == Found(changed=found.changed)


@pytest.mark.parametrize("error", [Gone("gone"), Unreadable("no right"), Unreachable("no way")])
async def test_what_cannot_be_read_is_never_right(error: FerryError) -> None:
    """It is named with the reason."""
    found, _ = await look(RECEIPT, error)
    assert [(one.what, one.why) for one in found.unread] == [("event e, file presenter.mp4", str(error))]
    assert found == Found(unread=found.unread)


async def test_what_stops_all() -> None:
    """A machine that cannot go on ends the look."""
    with pytest.raises(LocalResource):
        await look(RECEIPT, LocalResource("no files left"))


async def test_an_opencast_that_is_away_is_not_asked_for_ever() -> None:
    """After some failures in a row the others are unread without a call; each is named."""
    files = [SentFile(f"e-{number}", RECEIPT) for number in range(GIVEN_UP + 30)]
    sums = Sums({one.event_id: [Unreachable("no way")] for one in files})
    so_far = ReadSoFar()
    found = await recheck_sources(files, sums, so_far, at_once=1)
    assert (len(sums.asked), len(found.unread), found.files) == (GIVEN_UP, GIVEN_UP + 30, 0)
    assert (so_far.files, so_far.of) == (GIVEN_UP + 30, GIVEN_UP + 30)


def test_what_is_on_record_and_what_is_not() -> None:
    """Receipts come from an item's end or from its open records; an older end has none, and that is said."""
    done = steps("new", receipts=[RECEIPT.facts])
    old = steps("old")
    probed = Record("open", "transfer.probed", {"name": "1/presenter.mp4", "size": 9, "etag": "1"})
    whole = {"size": 9, "crc32": 0xA, "level": "etag", "parts": 1, "checked": 1}
    underway = [
        *steps("open"),
        probed,
        Record("open", "transfer.completed", {"name": "1/presenter.mp4", **whole}),
    ]
    items = [
        one
        for one in (
            kept("new", [finished("new", done)]),
            kept("old", [finished("old", old)]),
            kept("open", underway),
        )
        if one is not None
    ]
    assert sent_files(items) == [
        SentFile("new", RECEIPT),
        SentFile("open", replace(RECEIPT, last_modified=None)),
    ]
    assert unrecorded(items) == ("old",)
