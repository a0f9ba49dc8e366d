"""The file behind the journal port: one append-only file of JSON lines, each with a number and a CRC.

It is opened by the application and known to nothing else in the engine. docs/checkpoint.md tells its form.

From the bytes up: `line` one line, `live` which records still count, `replay` from bytes to those, `files`
the disk, `line_file` an open file and its end, `contents` what is read while it is written, `store` the file
as a whole, `writer` the thread, `lock` one run a file, `checkpoint` the door.
"""

from engine.checkpoint.checkpoint import Checkpoint, CheckpointStatistics, open_checkpoint, read_checkpoint
from engine.checkpoint.contents import Contents
from engine.checkpoint.files import OS_FILES, Files

__all__ = [
    "OS_FILES",
    "Checkpoint",
    "CheckpointStatistics",
    "Contents",
    "Files",
    "open_checkpoint",
    "read_checkpoint",
]
