"""What is kept of each file of an item for as long as its checkpoint: enough to hold the source against it.

The engine's records of parts and files go when an item is closed; these few facts a file stay in its end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine import Record, Validator

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """A file as it was sent: its bytes, their CRC-32, and how it was checked.

    `track` tells the source apart within its event, `etag` and `last_modified` the state in which it was
    read. `checked` of `parts` parts had their ETag compared with an MD5. `md5` is that of the whole file in
    hex where it was held against the source's own checksum, else None.
    """

    name: str
    track: str
    size: int
    crc32: int
    level: str
    parts: int
    checked: int
    etag: str | None = None
    last_modified: str | None = None
    md5: str | None = None

    @property
    def validator(self) -> Validator:
        """What the source was."""
        return Validator(self.size, self.etag, self.last_modified)

    @property
    def facts(self) -> dict[str, Any]:
        """The same as the checkpoint keeps it; what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def kept_in(facts: Facts) -> tuple[FileReceipt, ...]:
    """Return the receipts that an item's facts hold; none where an older version wrote them."""
    return tuple(FileReceipt(**one) for one in facts.get("receipts") or ())


def receipts(history: Sequence[Record], generation: int, files: Iterable[Facts]) -> tuple[FileReceipt, ...]:
    """Return the receipts of an item's files, from the engine's records; `files` are those of its upload.

    A file that is not whole, or of which an older version tells too little, has none.
    """
    names = {f"{generation}/{file['name']}": file for file in files}
    read: dict[str, Facts] = {}
    whole: dict[str, Facts] = {}
    for record in history:
        name = record.facts.get("name", "")
        if record.kind == "transfer.probed":
            read[name] = record.facts
        elif record.kind == "transfer.completed":
            whole[name] = record.facts
    return tuple(_each(names, read, whole))


def _each(
    names: Mapping[str, Facts], read: Mapping[str, Facts], whole: Mapping[str, Facts]
) -> Iterator[FileReceipt]:
    for name, file in names.items():
        done, source = whole.get(name, {}), read.get(name, {})
        if "crc32" in done:
            yield FileReceipt(
                name=file["name"],
                track=file["track"],
                size=done["size"],
                crc32=done["crc32"],
                level=done["level"],
                parts=done["parts"],
                checked=done["checked"],
                etag=source.get("etag"),
                last_modified=source.get("last_modified"),
                md5=done.get("md5"),
            )
