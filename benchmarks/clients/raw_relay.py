"""The floor: blocking sockets in threads, a ranged GET copied into a part's PUT, and nothing else.

    python -m benchmarks.clients.raw_relay JOB.json [--threads 4]

No check, no retry, no checkpoint: what nobody who copies bytes through user space can undercut by much.
"""

import argparse
import queue
import re
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.clients.uploads import complete, create
from benchmarks.job import BUCKET, Job, read_job
from benchmarks.workloads import MIB

HEAD_LIMIT = 64 * 1024
ETAG = re.compile(r"^etag: *(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One part to move."""

    key: str
    upload: str
    number: int
    start: int
    length: int


class Line:
    """A connection that is kept, and the window that its bytes pass through."""

    def __init__(self, url: str, ca: str | None) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        plain = socket.create_connection((str(parts.hostname), parts.port or 80))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            trust = ssl.create_default_context(cafile=ca)
            self.socket: socket.socket = trust.wrap_socket(plain, server_hostname=parts.hostname)
        else:
            self.socket = plain

    def head(self) -> tuple[str, bytes]:
        """Read a head, and what came of the body with it."""
        found = b""
        while b"\r\n\r\n" not in found:
            piece = self.socket.recv(HEAD_LIMIT)
            if not piece:
                raise SystemExit("a connection ended")
            found += piece
        head, _, rest = found.partition(b"\r\n\r\n")
        return head.decode("latin-1"), rest


class Mover(threading.Thread):
    """A thread with two connections."""

    def __init__(
        self, job: Job, pieces: "queue.SimpleQueue[Piece]", etags: dict[str, dict[int, str]]
    ) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._pieces = pieces
        self._etags = etags
        self._get = Line(job.source, job.ca)
        self._put = Line(job.endpoint, job.ca)
        self._window = memoryview(bytearray(MIB))

    def run(self) -> None:
        """Move pieces until there is none."""
        try:
            while True:
                piece = self._pieces.get_nowait()
                self._etags[piece.key][piece.number] = self._move(piece)
        except queue.Empty:
            return
        except BaseException as error:  # noqa: BLE001 - whoever joins raises it
            self.error = error

    def _move(self, piece: Piece) -> str:
        last = piece.start + piece.length - 1
        self._get.socket.sendall(
            f"GET /{piece.key} HTTP/1.1\r\nHost: {self._get.host}\r\n"
            f"Range: bytes={piece.start}-{last}\r\n\r\n".encode()
        )
        head, rest = self._get.head()
        if " 206 " not in head.split("\r\n", 1)[0]:
            raise SystemExit(f"the source answers {head}")
        self._put.socket.sendall(
            f"PUT /{BUCKET}/{piece.key}?partNumber={piece.number}&uploadId={piece.upload} HTTP/1.1\r\n"
            f"Host: {self._put.host}\r\nContent-Length: {piece.length}\r\n\r\n".encode()
            + rest
        )
        self._copy(piece.length - len(rest))
        return self._etag()

    def _copy(self, left: int) -> None:
        receive, send, window = self._get.socket.recv_into, self._put.socket.sendall, self._window
        while left:
            count = receive(window, min(left, MIB))
            if not count:
                raise SystemExit("the source ended early")
            send(window[:count])
            left -= count

    def _etag(self) -> str:
        head, _ = self._put.head()
        found = ETAG.search(head)
        if found is None:
            raise SystemExit(f"the target answers {head}")
        return found[1]


def move(job: Job, threads: int) -> None:
    """Move all files of a job."""
    pieces: queue.SimpleQueue[Piece] = queue.SimpleQueue()
    uploads = {file.name: create(job, file.name) for file in job.files}
    for file in job.files:
        for number, start in enumerate(range(0, file.size, job.part), start=1):
            length = min(job.part, file.size - start)
            pieces.put(Piece(file.name, uploads[file.name], number, start, length))
    etags: dict[str, dict[int, str]] = {name: {} for name in uploads}
    movers = [Mover(job, pieces, etags) for _ in range(threads)]
    for one in movers:
        one.start()
    for one in movers:
        one.join()
        if one.error is not None:
            raise one.error
    for name, upload in uploads.items():
        complete(job, name, upload, etags[name])


def main() -> None:
    """Move."""
    parser = argparse.ArgumentParser(description="Move the files of a job over blocking sockets.")
    parser.add_argument("job")
    parser.add_argument("--threads", type=int, default=4)
    asked = parser.parse_args()
    move(read_job(asked.job), asked.threads)


if __name__ == "__main__":
    main()
