"""Reads over HTTP: a probe, a range, all of a file, and a small source whole in one GET."""

from engine.errors import AnswerTooLong, Empty, ShortBody, TooLarge, Unreadable
from engine.http import Http, host_of, whole_body
from engine.looks import what_else
from engine.model import ByteRange, Location, Source, Validator
from engine.source import (
    SIGN_IN,
    answered,
    content_length,
    probe,
    ranged_get,
    refuse_form,
    refuse_status,
    whole_get,
)
from engine.wire import Head, Probe, RangedGet


class HttpReads:
    """Reads over HTTP: what `engine.wire.Reads` promises."""

    def __init__(self, http: Http) -> None:
        self._http = http

    async def probe(self, source: Source, location: Location, deadline: float) -> Probe:
        """Ask for size and validator; see `probe`."""
        return await probe(self._http, source, location, deadline)

    async def small(self, source: Source, location: Location, largest: int, deadline: float) -> bytes:
        """Read all of a small source; see `small`."""
        return await small(self._http, source, location, largest, deadline)

    def ranged_get(self, location: Location, span: ByteRange, validator: Validator) -> RangedGet:
        """Prepare a GET of `span`; see `ranged_get`."""
        return ranged_get(location, span, validator)

    def whole_get(self, location: Location, validator: Validator) -> RangedGet:
        """Prepare a GET of everything; see `whole_get`."""
        return whole_get(location, validator)


async def small(http: Http, source: Source, location: Location, largest: int, deadline: float) -> bytes:
    """Read all of a small source in one GET, without a probe: a caption file, a catalogue, a picture.

    Where neither a length nor a last chunk told the end of the body, the size is asked for afterwards: a body
    that broke off looks whole. Raises TooLarge beyond `largest` bytes, ShortBody, and what `probe` raises but
    Empty: no bytes are none.
    """
    async with answered(http, source, location, deadline, ()) as (response, _, where):
        head = Head(response.status, response.headers)
        refuse_status(head, where, {200})
        refuse_form(head, where)
        if (content_length(head.headers) or 0) > largest:
            raise TooLarge(f"has more than {largest} bytes", where=where)
        try:
            content = await whole_body(response, largest)
        except AnswerTooLong:
            raise TooLarge(f"has more than {largest} bytes", where=where) from None
        if (found := what_else(content)) is not None:
            raise Unreadable(f"answers with {found}", where=where, advice=SIGN_IN)
    if not _tells_its_end(head):
        await _held_against_size(http, source, location, deadline, len(content))
    return content


def _tells_its_end(head: Head) -> bool:
    chunked = head.headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")
    return chunked or content_length(head.headers) is not None


async def _held_against_size(
    http: Http, source: Source, location: Location, deadline: float, got: int
) -> None:
    """Raise ShortBody where a source has another size than what came, and what `probe` raises but Empty."""
    try:
        size = (await probe(http, source, location, deadline)).validator.size
    except Empty:
        size = 0
    if got != size:
        where = f"{source.group}/{source.name} at {host_of(location.url)}"
        raise ShortBody(f"{got} bytes came of {size}", where=where)
