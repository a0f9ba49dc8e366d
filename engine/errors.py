"""Everything that the engine raises: one tree, whose first fork tells whether trying again can help.

::

    FerryError
    ├── Transient            another try may succeed; retry_after says when, where the peer said so
    │   ├── Unreachable      no connection, or it broke: DNS, refused, reset, TLS
    │   ├── TimedOut         a deadline passed, or bytes came slower than the least rate
    │   ├── Throttled        429, or 503 with Retry-After
    │   ├── ServerFault      another 5xx, 408, or an answer that makes no sense
    │   │   └── AnswerTooLong  it goes on beyond the bound of what is read whole
    │   ├── ShortBody        fewer bytes came than were declared, or more
    │   ├── PartDiffers      the target's ETag is not the MD5 of what was sent
    │   ├── LocationExpired  the source's address ran out (410): locate it again
    │   │   └── LocationRefused  it is refused (403): locate it again, once
    │   └── UploadGone       the target no longer knows this multipart upload: the file starts anew
    └── Final                trying again changes nothing
        ├── Gone             the source is no longer there
        ├── Unreadable       the source answers, but not with the media: a login page, no right, no size
        ├── NotAllowed       an address leads to a host that the operator does not trust
        ├── Changed          the source is another one than when the transfer began
        ├── SourceDiffers    the source's bytes are not those of its own checksum, in two readings
        ├── Empty            the source has no bytes
        ├── TooLarge         more bytes than the target's parts can hold
        ├── Refused          the target says no to this one thing
        └── Stopping         the whole run ends
            ├── Interrupted         it was asked to stop, and can go on later
            ├── AccountRefused      a service refuses the account
            ├── Untrusted           a server shows a certificate that nobody here trusts
            ├── PartRefused         the target takes no parts of the size that was chosen
            ├── TargetDiffers       the target stores something else than what was sent
            ├── LocalResource       disk, files, memory of this machine
            ├── CheckpointInUse     another run holds the checkpoint
            ├── CheckpointDamaged   a line of the checkpoint cannot be trusted
            └── CheckpointForeign   the checkpoint belongs to another migration, or a newer version

A message is one sentence that says what, where, and what to do. It never holds a query string, a token
or an upload target.
"""

from typing import ClassVar


class FerryError(Exception):
    """The root: `what` happened, `where` (a host, a file, an event), and what to do about it (`advice`)."""

    code: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(what, where, advice)
        self.what = what
        self.where = where
        self.advice = advice

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f"; {self.advice}" if self.advice else "")


class Transient(FerryError):
    """Another try may succeed. `retry_after` is the peer's own word in seconds, or None."""

    code = "transient"

    def __init__(
        self, what: str, *, where: str = "", advice: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(what, where=where, advice=advice)
        self.retry_after = retry_after


class Unreachable(Transient):
    """No connection, or it broke: name not found, refused, reset, TLS."""

    code = "unreachable"


class TimedOut(Transient):
    """A deadline passed, or bytes came slower than the least rate."""

    code = "timed_out"


class Throttled(Transient):
    """The peer asks for fewer calls (429, or 503 with Retry-After)."""

    code = "throttled"


class ServerFault(Transient):
    """The peer is at fault for now: 5xx, 408, or an answer that makes no sense."""

    code = "server_fault"


class AnswerTooLong(ServerFault):
    """An answer that is read whole goes on beyond its bound."""


class ShortBody(Transient):
    """A body ended before, or went on after, the length that was declared."""

    code = "short_body"


class PartDiffers(Transient):
    """The target's ETag of a part is not the MD5 of the bytes that were sent."""

    code = "part_differs"


class LocationExpired(Transient):
    """The address of a source ran out; it must be located again (Opencast answers 410)."""

    code = "location_expired"


class LocationRefused(LocationExpired):
    """The address of a source is refused (403): a fresh one is tried once, then it is unreadable."""

    code = "location_refused"


class UploadGone(Transient):
    """The target does not know this multipart upload (any more): the file starts anew under the same key."""

    code = "upload_gone"


class Final(FerryError):
    """Trying again changes nothing."""

    code = "final"


class Gone(Final):
    """The source is no longer there."""

    code = "gone"


class Unreadable(Final):
    """The source answers, but not with the media: a login page, no right to read, no size anywhere."""

    code = "unreadable"


class NotAllowed(Final):
    """An address leads to a host that is not allowed; nothing was sent there."""

    code = "not_allowed"


class Changed(Final):
    """The source is another one than when the transfer began."""

    code = "changed"


class SourceDiffers(Final):
    """The source's bytes are not those of its own checksum, in two readings."""

    code = "source_differs"


class Empty(Final):
    """The source has no bytes."""

    code = "empty"


class TooLarge(Final):
    """More bytes than the target's parts can hold."""

    code = "too_large"


class Refused(Final):
    """The target says no to this one thing, whatever the account."""

    code = "refused"


class Stopping(Final):
    """The whole run ends: going on with other items would fail in the same way, or do harm."""

    code = "stopping"


class Interrupted(Stopping):
    """The run was asked to stop; what is not done is done by the next one."""

    code = "interrupted"


class AccountRefused(Stopping):
    """A service refuses the account."""

    code = "account_refused"


class Untrusted(Stopping):
    """A server shows a certificate that no authority known here has signed."""

    code = "untrusted"


class PartRefused(Stopping):
    """The target takes no parts of the size that was chosen: every file would be refused."""

    code = "part_refused"


class TargetDiffers(Stopping):
    """The target stores something else than what was sent: the same wrong ETag twice for one part."""

    code = "target_differs"


class LocalResource(Stopping):
    """This machine cannot go on: disk full, too many open files, an fsync that failed."""

    code = "local_resource"


class CheckpointInUse(Stopping):
    """Another run holds the checkpoint."""

    code = "checkpoint_in_use"


class CheckpointDamaged(Stopping):
    """A line of the checkpoint cannot be trusted."""

    code = "checkpoint_damaged"


class CheckpointForeign(Stopping):
    """The checkpoint belongs to another migration, or to a newer version of this program."""

    code = "checkpoint_foreign"
