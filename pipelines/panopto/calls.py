"""One call to Panopto with its token: renewed at most once a call, and the second refusal taken at its word.

An expired token is a 403 at the upload API and a 401 at /api/v1, and a right that is missing is a 403 at both
(Panopto/upload-python-sample 2e2c7f8; Panopto's Swagger).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine import AccountRefused, Answer, Refused, RetryPolicy, ServerFault
from pipelines.panopto.auth import Tokens
from pipelines.rest import Rest, decode

Fact = TypeVar("Fact")

ONCE = RetryPolicy(attempts=1)

_NO = frozenset({400, 403, 404, 409, 410})


class Calls:
    """Makes calls. `rest` is Panopto's server with the headers of `tokens` and Panopto's pace."""

    def __init__(self, rest: Rest, tokens: Tokens) -> None:
        self.where = rest.where
        self._rest = rest
        self._tokens = tokens

    async def call(
        self,
        method: str,
        path: str,
        *,
        endpoint: str,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        policy: RetryPolicy | None = None,
        unheard: Callable[[], None] | None = None,
    ) -> Answer:
        """Call, and once more with a new token where the first was refused.

        Raises AccountRefused where the new one is refused as well, or the last Transient error.
        """

        async def once() -> Answer:
            return await self._rest.call(
                method,
                path,
                endpoint=endpoint,
                query=query,
                json=json,
                body=body,
                headers=headers,
                policy=policy,
                unheard=unheard,
            )

        token = await self._tokens.token()
        answer = await once()
        if answer.status in {401, 403}:
            await self._tokens.renew(token)
            answer = await once()
        if answer.status == 401:
            raise AccountRefused(
                "refuses the account although its token is new",
                where=self.where,
                advice="check that the API client and the user are enabled",
            )
        return answer

    def read(self, read: Callable[[Any, str], Fact], answer: Answer) -> Fact:
        """Return the fact that an answer's JSON tells; raises ServerFault where it is none."""
        return read(decode(answer, self.where), self.where)

    def refusal(self, answer: Answer, what: str, advice: str = "") -> Refused | ServerFault:
        """Return what an answer that is no yes means: Panopto's own no, or that somebody else answered."""
        said = "no permission" if answer.status == 403 else f"HTTP {answer.status}"
        if answer.status not in _NO or (answer.status == 404 and is_page(answer)):
            return ServerFault(f"{what} ({said})", where=self.where)
        return Refused(f"{what} ({said})", where=self.where, advice=advice)


def is_fine(answer: Answer) -> bool:
    """Whether the answer is a yes."""
    return 200 <= answer.status < 300


def is_page(answer: Answer) -> bool:
    """Whether a page came: with a 404 it is a proxy's, or a site's under maintenance, about everything."""
    return answer.headers.get("Content-Type", "").lower().startswith("text/html")
