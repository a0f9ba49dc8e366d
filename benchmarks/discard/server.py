"""A thread for each connection; bodies of parts are thrown away where they arrive.

Plain, MSG_TRUNC drops bytes in the kernel; over TLS they are decrypted into one buffer a connection.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable

from benchmarks.discard import messages
from benchmarks.discard.ledger import Ledger, Void
from benchmarks.discard.messages import Answer, Request

BUFFER = 1024 * 1024
LARGEST_HEAD = 64 * 1024
PART_NUMBER = re.compile(rb"<PartNumber>(\d+)</PartNumber>")


class Counter:
    """Bytes of parts and objects that have come."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count more."""
        with self._lock:
            self.bytes += count


class Connection:
    """One connection, until its peer closes it."""

    def __init__(self, sock: socket.socket, ledger: Ledger, counter: Counter, delay: float) -> None:
        self._socket = sock
        self._ledger = ledger
        self._counter = counter
        self._delay = delay
        self._view = memoryview(bytearray(BUFFER))
        self._flags = 0 if isinstance(sock, ssl.SSLSocket) else socket.MSG_TRUNC
        self._over = b""

    def run(self) -> None:
        """Answer requests one after another."""
        while head := self._head():
            request = messages.request(head)
            if "100-continue" in request.headers.get("expect", "").lower():
                self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            answer = self._answer(request)
            if self._delay:
                time.sleep(self._delay)
            self._socket.sendall(answer.encode())
            if answer.status == 400:
                return

    def _head(self) -> bytes:
        """Return the next head, or nothing where the connection ends."""
        found = self._over
        while b"\r\n\r\n" not in found:
            count = self._socket.recv_into(self._view, LARGEST_HEAD)
            if not count or len(found) > LARGEST_HEAD:
                return b""
            found += self._view[:count]
        head, _, self._over = found.partition(b"\r\n\r\n")
        return head

    def _answer(self, request: Request) -> Answer:
        try:
            return self._judged(request)
        except Void as void:
            self._ledger.void(void.reason)
            return messages.error(400, "InvalidPart", void.reason)

    def _judged(self, request: Request) -> Answer:
        if "transfer-encoding" in request.headers or "aws-chunked" in request.headers.get(
            "content-encoding", ""
        ):
            raise Void(f"{request.key}: its body is framed in chunks")
        match request.method:
            case "PUT" if request.key:
                return self._stored(request)
            case "POST" if request.key:
                return self._posted(request)
            case "DELETE" if "uploadId" in request.query:
                self._ledger.abort(request.query["uploadId"])
                return Answer(204)
            case _:
                self._drop(request.length)
                return self._told(request)

    def _stored(self, request: Request) -> Answer:
        """Take a part, or an object in one PUT. What could not be right is not waited for."""
        key, length, query = request.key, request.length, request.query
        number = int(query.get("partNumber", "0"))
        self._ledger.etag(key, number, length)
        self._counter.add(self._drop(length))
        upload = query.get("uploadId")
        if upload is None:
            etag = self._ledger.store_object(key, length)
        else:
            etag = self._ledger.store_part(upload, key, number, length)
        return Answer(200, headers={"ETag": f'"{etag}"'})

    def _posted(self, request: Request) -> Answer:
        body = self._body(request.length)
        if "uploads" in request.query:
            return messages.created(request.bucket, request.key, self._ledger.create(request.key))
        numbers = [int(one) for one in PART_NUMBER.findall(body)]
        etag = self._ledger.complete(request.query["uploadId"], request.key, numbers)
        return messages.completed(request.bucket, request.key, etag)

    def _told(self, request: Request) -> Answer:
        """Answer what clients ask besides: whether a bucket or an object is there, what a bucket holds."""
        if request.key:
            found = self._ledger.objects.get(request.key)
            if found is None:
                return (
                    Answer(404, length=0)
                    if request.method == "HEAD"
                    else messages.error(404, "NoSuchKey", "")
                )
            return Answer(200, headers={"ETag": f'"{found[1]}"'}, length=found[0])
        if request.method == "HEAD" or request.method == "PUT":
            return Answer(200)
        return messages.listing(request.bucket) if request.bucket else messages.buckets()

    def _body(self, length: int) -> bytes:
        """Return a body that is kept: the XML of a Complete."""
        found, self._over = self._over[:length], self._over[length:]
        while len(found) < length:
            count = self._socket.recv_into(self._view, min(BUFFER, length - len(found)))
            if not count:
                raise ConnectionError
            found += self._view[:count]
        return found

    def _drop(self, length: int) -> int:
        """Throw a body away, and return how many bytes it had."""
        left = length - len(self._over[:length])
        self._over = self._over[length:]
        receive: Callable[..., int] = self._socket.recv_into
        view, flags = self._view, self._flags
        while left:
            count = receive(view, min(BUFFER, left), flags)
            if not count:
                raise ConnectionError
            left -= count
        return length


class Server:
    """Accepts connections until it is closed."""

    def __init__(self, ledger: Ledger, delay: float, context: ssl.SSLContext | None) -> None:
        self.counter = Counter()
        self._ledger = ledger
        self._delay = delay
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Accept in a thread that ends with the process."""
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connected, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, connected: socket.socket) -> None:
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connected = self._context.wrap_socket(connected, server_side=True)
            with connected:
                Connection(connected, self._ledger, self.counter, self._delay).run()
        except OSError:
            return  # the peer went away; what it did not send is missed when the bytes are counted
