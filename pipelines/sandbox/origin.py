"""An origin on loopback: its port is taken first, so that its URL is known before there is an application."""

import socket
import ssl

from aiohttp import web

READ_BUFFER = 1 << 20
"""Bytes that a request's body may run ahead of its handler."""
SHUTDOWN = 0.2
"""Seconds that handlers still running get at the end."""


class Origin:
    """A free port of 127.0.0.1 (or the one given), with TLS where there is a context for it."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The origin as a URL without a slash at its end."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._socket.getsockname()[1]}"

    async def serve(self, app: web.Application) -> None:
        """Begin to serve. Bodies come as they were sent: nothing is decompressed."""
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=SHUTDOWN, read_bufsize=READ_BUFFER, auto_decompress=False
        )
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket, ssl_context=self._tls).start()

    async def close(self) -> None:
        """Stop serving and give the port back."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()
