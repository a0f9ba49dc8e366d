"""What is run: each cell is one workload under one set of conditions, moved by several clients in turn."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.measure import Conditions

RCLONE = ("rclone multipart", "rclone single PUT")
OTHERS = ("s5cmd pipe", "boto3 upload_fileobj", "obstore", "sample way", "sample way after download")
LEVELS = ("ferry crc", "ferry spot", "ferry etag")
LOOPS = ("ferry crc, default loop", "raw relay", "ferry idle")
SMALL_FILES = ("rclone single PUT", "ferry crc", "ferry crc, PutObject")
MEMORY = ("ferry crc", "ferry spot", "ferry idle")


@dataclass(frozen=True, slots=True)
class Cell:
    """A name, the conditions, and who takes part. `usual` tells that it is run where no cell is named."""

    name: str
    under: Conditions
    clients: tuple[str, ...]
    usual: bool = True


def _both(name: str, clients: tuple[str, ...], under: Conditions, *, usual: bool = True) -> tuple[Cell, Cell]:
    """Return a cell, plain and over TLS."""
    over_tls = Conditions(under.workload, True, under.delayed, under.in_flight)
    return Cell(f"{name}-plain", under, clients, usual), Cell(f"{name}-tls", over_tls, clients, usual)


CELLS: Mapping[str, Cell] = {
    one.name: one
    for one in (
        *_both("a", (*RCLONE, *LEVELS, *OTHERS, *LOOPS), Conditions("a")),
        *_both("b", ("rclone single PUT", "ferry crc", "raw relay"), Conditions("b")),
        *_both(
            "d-50ms-16",
            (*RCLONE, "ferry spot", "sample way"),
            Conditions("d", delayed=True, in_flight=16),
        ),
        *_both("d-50ms-4", ("rclone single PUT", "ferry spot"), Conditions("d", delayed=True, in_flight=4)),
        *_both("e-50ms-64", SMALL_FILES, Conditions("e", delayed=True, in_flight=64)),
        *_both("a-64", MEMORY, Conditions("a", in_flight=64)),
        *_both("a-4", (*RCLONE, *LEVELS), Conditions("a", in_flight=4), usual=False),
        *_both("c", (*SMALL_FILES, "ferry spot", "ferry etag", "raw relay"), Conditions("c"), usual=False),
        *_both("d-50ms-64", (*RCLONE, "ferry spot"), Conditions("d", False, True, 64), usual=False),
        *_both("one-gib", MEMORY, Conditions("one-gib")),
        *_both("16-gib", MEMORY, Conditions("16-gib"), usual=False),
        *_both("small", (*RCLONE, *LEVELS, *OTHERS, *LOOPS), Conditions("small"), usual=False),
        *_both("tiny", (*RCLONE, *LEVELS, *OTHERS, *LOOPS), Conditions("tiny"), usual=False),
    )
}


@dataclass(frozen=True, slots=True)
class Content:
    """Which real target, over TLS or not, and whose command is run against it without a clock."""

    target: str
    tls: bool
    clients: tuple[str, ...] = (*RCLONE, *LEVELS, "ferry crc, PutObject", *OTHERS, *LOOPS[:2])


CONTENT: Mapping[str, Content] = {
    "content-plain": Content("rclone", tls=False),
    "content-tls": Content("rclone", tls=True),
    "content-seaweedfs-plain": Content("SeaweedFS", tls=False),
    "content-seaweedfs-tls": Content("SeaweedFS", tls=True),
}
