"""Raw SOAP calls to an emulated Panopto: envelopes of strings, so that they can be as wrong as is wanted."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from fakes.panopto_caller import Caller

SERVICE = "Panopto/PublicAPI/4.6/SessionManagement.svc"
ACTION = "http://tempuri.org/ISessionManagement/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
COOKIE = ".ASPXAUTH"


class SoapCaller:
    """Calls SessionManagement with the cookie of the caller's account."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.url = f"{caller.url}/{SERVICE}"
        self.cookies: dict[str, str] = {}

    async def login(self) -> int:
        """Get a cookie for the token, and return the status."""
        url = f"{self._caller.url}/Panopto/api/v1/auth/legacyLogin"
        async with self._caller.http.get(
            url, headers={"Authorization": f"Bearer {self._caller.token}"}
        ) as reply:
            if reply.status == 200:
                self.cookies = {COOKIE: reply.cookies[COOKIE].value}
            self._caller.http.cookie_jar.clear()
            return reply.status

    async def post(
        self, body: bytes, headers: Mapping[str, str], cookies: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """POST a body as it is."""
        given = self.cookies if cookies is None else cookies
        async with self._caller.http.post(self.url, data=body, headers=headers, cookies=given) as reply:
            return reply.status, await reply.read()

    async def call(self, name: str, *parameters: str) -> tuple[int, etree._Element]:
        """Call an operation: the status, and what is in the answer's body."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{ACTION}{name}"'}
        status, body = await self.post(request(name, *parameters), headers)
        return status, etree.fromstring(body).find(f"{{{ENVELOPE}}}Body")[0]  # type: ignore[index]

    async def values(self, name: str, leaf: str, *parameters: str) -> list[str | None]:
        """Call an operation that succeeds: the texts of every element of one name in its answer."""
        status, answer = await self.call(name, *parameters)
        assert status == 200, etree.tostring(answer)
        return [one.text for one in answer.iter(f"{{*}}{leaf}")]

    async def fault(self, name: str, *parameters: str) -> tuple[Any, Any]:
        """Call an operation that fails: the code and the text of its fault."""
        status, answer = await self.call(name, *parameters)
        assert (status, answer.tag) == (500, f"{{{ENVELOPE}}}Fault")
        return answer.findtext("faultcode"), answer.findtext("faultstring")


def request(name: str, *parameters: str) -> bytes:
    """The envelope of a call."""
    inside = f'<{name} xmlns="http://tempuri.org/">{"".join(parameters)}</{name}>'
    return f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{inside}</s:Body></s:Envelope>'.encode()


def guids(*ids: str) -> str:
    """The parameter sessionIds."""
    return f'<sessionIds xmlns:g="{ARRAYS}">{"".join(f"<g:guid>{one}</g:guid>" for one in ids)}</sessionIds>'


def one(name: str, text: str) -> str:
    """A parameter of one text."""
    return f"<{name}>{text}</{name}>"


def strings(name: str, *texts: str) -> str:
    """A parameter that is a list of texts."""
    return f'<{name} xmlns:g="{ARRAYS}">{"".join(f"<g:string>{text}</g:string>" for text in texts)}</{name}>'
