"""Heads of HTTP messages, by h11: a request's is written, an answer is read as far as it explains itself.

An answer's body is read here only where it is small; of a GET's, `rest` is what came along with the head.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

import h11
import yarl

from engine.errors import ServerFault, ShortBody, Unreachable
from engine.http import USER_AGENT
from engine.parts import KIB
from engine.wire import Head, Request

LARGEST_HEAD = 64 * KIB
LARGEST_ANSWER = 64 * KIB
"""Bytes that are read of the answer to a part."""

OFFERED = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}

EXOTIC = 501
"""What h11 hints at where a transfer encoding is another one than chunked."""


class Unspoken(ServerFault):
    """The protocols here do not speak what an address or the body of an answer needs."""


class Fields(Mapping[str, str]):
    """Headers, read without regard to case; of several with one name the first counts."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._values: dict[str, str] = {}
        for name, value in raw:
            self._values.setdefault(name.decode("ascii").lower(), value.decode("latin-1"))

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def written(request: Request) -> tuple[bytes, h11.Connection]:
    """Return a request's head as bytes, and the parser of its answer. `Expect` is never sent: a silent peer
    hangs it. Raises Unreachable where no request can be made of it."""
    url = yarl.URL(request.url, encoded=True)
    named = {"Host": url.host_port_subcomponent or "", **OFFERED, **dict(request.headers)}
    parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    fields = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]
    try:
        head = h11.Request(method=request.method, target=url.raw_path_qs or "/", headers=fields)
        return parser.send(head) or b"", parser
    except h11.LocalProtocolError:
        raise Unreachable(
            "the address is not a URL", where=url.host or "", advice="check the settings"
        ) from None


class Reply:
    """One answer as it comes; `heard` is called when its final head is there, and when nothing more comes.

    `keeps` tells whether the connection may carry another request once the body is whole. With `bodily`
    False it stops at the head, and somebody else reads on.
    """

    def __init__(
        self,
        parser: h11.Connection,
        memory: memoryview,
        where: str,
        heard: Callable[[], None],
        *,
        bodily: bool = True,
    ) -> None:
        self.head: Head | None = None
        self.body = bytearray()
        self.whole = False
        self.keeps = False
        self.ended_with: Exception | None = None
        self._parser = parser
        self._memory = memory
        self._where = where
        self._heard = heard
        self._bodily = bodily
        self._changed = asyncio.Event()

    @property
    def rest(self) -> bytes:
        """What came behind the head, or behind the whole answer."""
        return self._parser.trailing_data[0]

    @property
    def over(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.whole or self.ended_with is not None

    async def read_head(self) -> Head:
        """Wait for the final head. Raises what ended the connection before, or Unspoken."""
        while self.head is None:
            if self.ended_with is not None:
                raise self.ended_with
            await self._change()
        return self.head

    async def read_whole(self) -> None:
        """Wait until the answer is whole, or will never be."""
        while not self.over:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def room(self) -> memoryview:
        """Return where the next bytes of the connection go."""
        return self._memory

    def filled(self, count: int) -> None:
        """Read so many bytes of that room; what comes when all was said spoils the connection."""
        if self.over:
            self.keeps = False
            return
        self._parse(self._memory[:count])
        self._tell()

    def ended(self, error: Exception | None) -> None:
        """Take note that nothing more comes. An end alone says only that what is missing is missing."""
        if not self.over:
            if self.head is not None and self._bodily and error is None:
                self._parse(b"")
            if not self.whole:
                self.ended_with = error or self._broken()
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        if self.head is not None or self.over:
            self._heard()

    def _broken(self) -> Exception:
        if self.head is not None:
            return ShortBody("its answer broke off", where=self._where)
        return Unreachable("closed the connection without an answer", where=self._where)

    def _parse(self, data: memoryview | bytes) -> None:
        try:
            self._parser.receive_data(bytes(data))
            while not self.over and self._read_on():
                pass
        except h11.RemoteProtocolError as error:
            kind = Unspoken if error.error_status_hint == EXOTIC else ServerFault
            self.ended_with = kind("its answer is not HTTP", where=self._where)

    def _read_on(self) -> bool:
        """Take the parser's next event; tell whether there may be another."""
        if self.head is not None and not self._bodily:
            return False
        match self._parser.next_event():
            case h11.InformationalResponse():
                return True
            case h11.Response() as response:
                self._take_head(response)
                return True
            case h11.Data(data=data):
                self.body += data
                if len(self.body) > LARGEST_ANSWER:
                    said = f"its answer is longer than {LARGEST_ANSWER} bytes"
                    self.ended_with = ServerFault(said, where=self._where)
                return True
            case h11.EndOfMessage():
                self.whole = True
                self.keeps = self.keeps and not self.rest
        return False

    def _take_head(self, response: h11.Response) -> None:
        fields = Fields(response.headers)
        if "Content-Length" in fields and "Transfer-Encoding" in fields:
            self.ended_with = ServerFault("declares its length in two ways", where=self._where)
            return
        closes = "close" in {token.strip().lower() for token in fields.get("Connection", "").split(",")}
        self.keeps = response.http_version >= b"1.1" and not closes
        self.head = Head(response.status_code, fields)
