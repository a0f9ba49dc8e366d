"""What one client is to do in one run, handed to it as a file of JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.workloads import File

BUCKET = "bench"
ACCESS_KEY = "AKIDBENCHMARK"
SECRET_KEY = "SK0123456789"


@dataclass(frozen=True, slots=True)
class Job:
    """Move `files` from `source` (a URL that ends without a slash) to BUCKET at `endpoint`.

    `ca` is the file of the authority of both, None where they are plain. `local` is the folder that the
    source serves, for those who send a local file. `part` is in bytes.
    """

    source: str
    endpoint: str
    ca: str | None
    local: str
    files: Sequence[File]
    in_flight: int
    part: int

    @property
    def bytes(self) -> int:
        """How many bytes are to arrive."""
        return sum(file.size for file in self.files)

    def write(self, path: Path) -> None:
        """Write it down for a client."""
        path.write_text(json.dumps(asdict(self)))


def read_job(path: str | Path) -> Job:
    """Read what `write` wrote."""
    found = json.loads(Path(path).read_text())
    return Job(**{**found, "files": [File(**file) for file in found["files"]]})
