"""Answers of a SOAP service as WCF writes them, and a Panopto that gives them in turn."""

from multidict import CIMultiDict

from engine import Answer, RetryPolicy
from fakes.scripted_http import Call, ScriptedHttp, json_answer
from pipelines.panopto.auth import Account, Tokens
from pipelines.panopto.calls import Calls
from pipelines.panopto.contract import Contract
from pipelines.panopto.legacy_login import LegacyLogin
from pipelines.panopto.session_management import SessionManagement
from pipelines.rest import Rest

HOST = "https://panopto.example.edu"


def envelope(body: str, status: int = 200) -> Answer:
    """An answer whose envelope has this body."""
    text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    return Answer(status, CIMultiDict({"Content-Type": "text/xml; charset=utf-8"}), text.encode())


def result(operation: str, inner: str = "") -> Answer:
    """An operation's own answer."""
    return envelope(f'<{operation}Response xmlns="http://tempuri.org/">{inner}</{operation}Response>')


def fault(said: str, code: str = "s:Client", status: int = 500) -> Answer:
    """A fault, which WCF sends as HTTP 500."""
    words = f'<faultcode>{code}</faultcode><faultstring xml:lang="en-US">{said}</faultstring>'
    return envelope(f"<s:Fault>{words}</s:Fault>", status)


class SoapSite:
    """A Panopto that numbers its tokens and cookies and answers SOAP in turn, the last answer for ever."""

    def __init__(self, *answers: Answer | Exception, login: Answer | None = None) -> None:
        self.answers = list(answers)
        self.login = login
        self.http = ScriptedHttp(self._answer)
        self.slept: list[float] = []
        self.now = 0.0
        plain = Rest(self.http, HOST, policy=RetryPolicy(attempts=1))  # type: ignore[arg-type]
        tokens = Tokens(plain, Account("client", "s3cret"))
        signed = Rest(self.http, HOST, headers=tokens.headers, sleep=self._sleep)  # type: ignore[arg-type]
        self.legacy = LegacyLogin(Calls(signed, tokens), clock=lambda: self.now)
        soap = Rest(
            self.http,  # type: ignore[arg-type]
            HOST,
            policy=RetryPolicy(attempts=3),
            headers=self.legacy.headers,
            sleep=self._sleep,
        )
        self.sessions = SessionManagement(soap, self.legacy, Contract())

    def calls(self, end: str) -> list[Call]:
        """The calls of one address, in order."""
        return [call for call in self.http.calls if call.url.endswith(end)]

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def _answer(self, call: Call) -> Answer:
        if call.url.endswith("/connect/token"):
            number = len(self.calls("/connect/token"))
            return json_answer(200, {"access_token": f"token-{number}", "expires_in": 3600})
        if call.url.endswith("/legacyLogin"):
            return self.login or logged_in(len(self.calls("/legacyLogin")))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def logged_in(number: int) -> Answer:
    """A login's answer: two cookies, as Panopto sets them."""
    headers = CIMultiDict({"Content-Type": "application/json"})
    headers.add("Set-Cookie", "csrfToken=c5rf; path=/; secure")
    headers.add(
        "Set-Cookie", f".ASPXAUTH=C00KIE{number}; expires=Mon, 23-Nov-2026 10:00:00 GMT; path=/; HttpOnly"
    )
    return Answer(200, headers, b'"ok"')
