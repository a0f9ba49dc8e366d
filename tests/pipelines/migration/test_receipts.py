"""What is kept of each file, from the engine's records to an item's end and back."""

from fakes.migration_site import Site, lecture

from engine import Record, Validator
from pipelines.migration.ends import known
from pipelines.migration.receipts import FileReceipt, kept_in, receipts

FILES = [{"name": "presenter.mp4", "track": "t-1"}, {"name": "presentation.mp4", "track": "t-2"}]
DONE = {"size": 9, "crc32": 7, "etag": "x-1", "parts": 3, "checked": 2, "level": "spot"}
RECEIPT = FileReceipt("presenter.mp4", "t-1", 9, 7, "spot", 3, 2, etag="1", last_modified="Mon")


def probed(name: str, etag: str) -> Record:
    """Return what is kept of a source when it is read."""
    return Record("e", "transfer.probed", {"name": name, "size": 9, "etag": etag, "last_modified": "Mon"})


def completed(name: str, **more: object) -> Record:
    """Return what is kept of an object."""
    return Record("e", "transfer.completed", {"name": name, **DONE, **more})


def test_a_file_that_is_whole_has_one() -> None:
    """It says what was sent and the state of the source that was read last; one under way has none."""
    history = [
        probed("1/presenter.mp4", "0"),
        completed("1/presenter.mp4"),
        probed("2/presenter.mp4", "0"),
        probed("2/presenter.mp4", "1"),
        completed("2/presenter.mp4"),
        probed("2/presentation.mp4", "5"),
    ]
    (found,) = receipts(history, 2, FILES)
    assert found == RECEIPT
    assert found.validator == Validator(9, "1", "Mon")


def test_what_an_older_version_wrote_has_none() -> None:
    """A record without a checksum is no receipt, and facts without receipts hold none."""
    assert receipts([Record("e", "transfer.completed", {"name": "1/presenter.mp4"})], 1, FILES) == ()
    assert kept_in({"files": ["presenter.mp4"]}) == ()


def test_it_comes_back_as_it_was() -> None:
    """What the checkpoint keeps says the same, with the whole file's MD5 and without."""
    history = [completed("1/presenter.mp4", md5="a" * 32)]
    (hashed,) = receipts(history, 1, FILES)
    assert hashed.md5 == "a" * 32
    assert kept_in({"receipts": [RECEIPT.facts, hashed.facts]}) == (RECEIPT, hashed)


async def test_the_end_of_an_item_keeps_them() -> None:
    """The last record of an item that is done has what its submission had."""
    site = Site(lecture("e"))
    await site.planned()
    await site.run()
    found = kept_in(known(site.state("e")))
    assert [(one.name, one.track, one.level) for one in found] == [
        ("presenter.mp4", "presenter", "spot"),
        ("presentation.mp4", "presentation", "spot"),
    ]
