"""The replies that are not JSON: HTML pages of the servlet container, plain sentences of the endpoints."""

from html import escape
from http import HTTPStatus

from aiohttp import web

LOGIN = "/login.html"


class RefusedError(Exception):
    """A call that ends in one of the replies here."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


def html(status: int, sentence: str = "") -> web.Response:
    """An error page as Jetty writes it."""
    reason = HTTPStatus(status).phrase
    text = (
        f"<html>\n<head>\n<title>Error {status} {escape(sentence or reason)}</title>\n</head>\n"
        f"<body><h2>HTTP ERROR {status} {escape(sentence or reason)}</h2></body>\n</html>\n"
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="iso-8859-1")


def plain(status: int, sentence: str) -> web.Response:
    """An endpoint's refusal: text/plain, never JSON."""
    return web.Response(status=status, text=sentence)


def to_login(origin: str) -> web.Response:
    """What anybody unknown gets instead of an answer: a redirect to the login page, not a 401."""
    return web.Response(status=302, headers={"Location": f"{origin}{LOGIN}"})


async def login(_request: web.Request) -> web.Response:
    """The login page, which is a 200."""
    form = '<form action="/j_spring_security_check" method="post"><input name="j_username"></form>'
    page = f"<!DOCTYPE html>\n<html><head><title>Opencast - Login</title></head><body>{form}</body></html>\n"
    return web.Response(text=page, content_type="text/html")
