"""The address of the service, /Panopto/PublicAPI/4.6/SessionManagement.svc, as IIS and WCF serve it.

GET gives the WSDL, POST an operation. Who calls is known by the cookie .ASPXAUTH, which legacyLogin gives,
and by nothing else: a token is not looked at, and `auth` may be there or not, but must be empty. WCF's own:
415 to another content type than text/xml, 400 without a word to what is no envelope, 500 with an s:Fault for
the rest. Not established and chosen here: the texts of Panopto's faults, their code s:Client, that one
document answers ?wsdl and ?singleWsdl, and that only its text tells the fault of an ended cookie from others.
"""

from typing import Any

from aiohttp import web

from pipelines.sandbox import front
from pipelines.sandbox.panopto.answers import COOKIE, route
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.panopto.soap import wsdl
from pipelines.sandbox.panopto.soap.contract import BY_ACTION, OPERATIONS, Operation
from pipelines.sandbox.panopto.soap.envelope import (
    NotAnEnvelope,
    SoapFault,
    answered,
    asked,
    faulted,
    not_supported,
)
from pipelines.sandbox.panopto.soap.service import SessionManagement

ADDRESS = r"Panopto/PublicAPI/4\.6/SessionManagement\.svc"
ROUTE = "soap"
XML = "text/xml"
NOT_LOGGED_IN = "User not logged in."
PAGE = "<html><body><h1>SessionManagement Service</h1><p>You have created a service.</p></body></html>"


class Endpoint:
    """The handlers of the service's address."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._service = SessionManagement(site)
        self._tokens = tokens
        self._wsdl = wsdl.document(OPERATIONS)

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        router.add_post(route(ADDRESS), self.post, name=ROUTE)
        router.add_get(route(ADDRESS), self.get, name="soap_wsdl", allow_head=False)

    async def get(self, request: web.Request) -> web.Response:
        """GET ?wsdl or ?singleWsdl: the WSDL; without either a page for people."""
        if {"wsdl", "singlewsdl"} & {name.lower() for name in request.query}:
            return _xml(self._wsdl, 200)
        return web.Response(text=PAGE, content_type="text/html")

    async def post(self, request: web.Request) -> web.Response:
        """POST: an operation by its SOAPAction."""
        if request.content_type != XML or (request.charset or "utf-8").lower() != "utf-8":
            reason = "Cannot process the message because the content type was not 'text/xml; charset=utf-8'."
            return web.Response(status=415, reason=reason)
        try:
            return _xml(await self._answer(request), 200)
        except NotAnEnvelope:
            return web.Response(status=400)
        except SoapFault as fault:
            return _xml(faulted(fault), 500)

    async def _answer(self, request: web.Request) -> bytes:
        operation = BY_ACTION.get(_action(request))
        if operation is None:
            raise not_supported(_action(request))
        arguments = asked(await request.read(), operation)
        front.concerns(request, _subject(arguments))
        who = self._user(request, arguments)
        return answered(operation, self._service.call(operation, who, arguments))

    def _user(self, request: web.Request, arguments: dict[str, Any]) -> str:
        """The user whose cookie a request carries. Raises SoapFault."""
        if any((arguments["auth"] or {}).values()):
            raise SoapFault("The user name or password is incorrect.")
        holder = self._tokens.cookie(request.cookies.get(COOKIE, ""))
        if holder is None or holder.user is None:
            raise SoapFault(NOT_LOGGED_IN)
        return holder.user


def names() -> frozenset[str]:
    """The calls of the endpoint as faults and the audit name them."""
    return frozenset(one.call for one in OPERATIONS)


def call_name(request: web.Request) -> str:
    """The call that a request makes, by its SOAPAction."""
    operation: Operation | None = BY_ACTION.get(_action(request))
    return operation.call if operation else ROUTE


def _action(request: web.Request) -> str:
    return request.headers.get("SOAPAction", "").strip().strip('"')


def _subject(arguments: dict[str, Any]) -> str:
    """The sessions that a call names by their ids, with spaces between them."""
    several = (arguments.get("sessionIds") or {}).get("guid", ())
    return " ".join([arguments["sessionId"]] if "sessionId" in arguments else several)


def _xml(body: bytes, status: int) -> web.Response:
    return web.Response(body=body, status=status, content_type=XML, charset="utf-8")
