"""What may come and what has come: parts are looked up by key, number and length; nothing is hashed."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock


class Void(Exception):
    """Something came that no client may send: the run does not count."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Upload:
    """A multipart upload: its key, and length and MD5 of its parts by number."""

    key: str
    parts: dict[int, tuple[int, str]] = field(default_factory=dict)


class Ledger:
    """The books of one run; threads share it."""

    def __init__(self, rows: Iterable[tuple[str, int, int, str]]) -> None:
        self._known: dict[tuple[str, int, int], str] = {}
        self._uploads: dict[str, Upload] = {}
        self._lock = Lock()
        self._created = 0
        self.objects: dict[str, tuple[int, str]] = {}
        self.parts = 0
        self.again = 0
        self.voids: list[str] = []
        for key, number, length, md5 in rows:
            if self._known.setdefault((key, number, length), md5) != md5:
                raise ValueError(f"part {number} of {key} with {length} bytes could be two parts")

    def etag(self, key: str, number: int, length: int) -> str:
        """Return the MD5 of a part (number 0: of an object) that may come. Raises Void for any other."""
        found = self._known.get((key, number, length))
        if found is None:
            raise Void(f"{key}: part {number} of {length} bytes is not the source's")
        return found

    def create(self, key: str) -> str:
        """Open an upload and return its id."""
        with self._lock:
            self._created += 1
            name = f"upload-{self._created}"
            self._uploads[name] = Upload(key)
        return name

    def store_part(self, upload: str, key: str, number: int, length: int) -> str:
        """Take a part whose last byte has come, and return its ETag."""
        etag = self.etag(key, number, length)
        with self._lock:
            found = self._upload(upload, key)
            self.parts += 1
            self.again += number in found.parts
            found.parts[number] = length, etag
        return etag

    def store_object(self, key: str, length: int) -> str:
        """Take an object that came in one PUT, and return its ETag."""
        etag = self.etag(key, 0, length)
        with self._lock:
            self.again += key in self.objects
            self.objects[key] = length, etag
        return etag

    def complete(self, upload: str, key: str, numbers: list[int]) -> str:
        """Make the parts one object, and return its ETag. Raises Void where they are not the whole source."""
        with self._lock:
            found = self._upload(upload, key)
            if sorted(found.parts) != numbers or numbers != list(range(1, len(numbers) + 1)):
                raise Void(f"{key}: completed with parts {numbers[:3]}..., not with those that came")
            length = sum(size for size, _ in found.parts.values())
            self.etag(key, 0, length)
            digests = b"".join(bytes.fromhex(found.parts[number][1]) for number in numbers)
            etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(numbers)}"
            self.objects[key] = length, etag
            del self._uploads[upload]
        return etag

    def abort(self, upload: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._uploads.pop(upload, None)

    def void(self, reason: str) -> None:
        """Say why the run does not count."""
        with self._lock:
            self.voids.append(reason)

    def _upload(self, upload: str, key: str) -> Upload:
        found = self._uploads.get(upload)
        if found is None or found.key != key:
            raise Void(f"{key}: {upload} is no upload of it")
        return found
