"""What an answer of LumiNUS, or of the gateway before it, means for the calls that follow.

LumiNUS throttles by a 400 that says TooManyRequests, or by a 200 whose body is such a failure (fluminurs,
issue 635 and conferencing.rs). Azure API Management before it throttles by 429, and by 403 once a quota is
spent (MicrosoftDocs/azure-docs, rate-limit-policy.md and quota-policy.md). The gateway's own bodies have a
statusCode, LumiNUS's have none: this tells a missing item from a wrong address, and a missing right from a
closed door.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from engine import Answer, ServerFault, Throttled
from pipelines.luminus.bodies import gateway_message, json_of, sentence_of
from pipelines.luminus.closed import Closed, QuotaSpent, TokenRefused, WrongAddress

LONGEST_WAIT = 300.0
"""Seconds that a run waits for a throttle, API Management's longest window; beyond it the stage is parked."""

_LONGEST_ASKED = 3650 * 86400.0

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_TRY_AGAIN = re.compile(r"try again in ([0-9]{1,9}) second", re.IGNORECASE)
_REPLENISHED = re.compile(
    r"replenished in (?:([0-9]{1,6})\.)?([0-9]{1,2}):([0-9]{2}):([0-9]{2})", re.IGNORECASE
)


def judge(answer: Answer, where: str, now: float) -> None:
    """Raise what stands against going on as before; `now` is in epoch seconds.

    Raises Throttled, ServerFault (5xx and 408), or what is Closed: QuotaSpent, TokenRefused, WrongAddress.
    Everything else passes, refusals of one item among it.
    """
    status = status_of(answer)
    gateway = gateway_message(answer.body)
    if _is_throttle(answer, status, gateway):
        raise _throttle(answer, status, where, now)
    if status == 401:
        raise _account(gateway, where)
    if status == 403 and gateway is not None:
        raise _shut(answer, where)
    if status == 404 and gateway is not None:
        raise _address("its gateway knows no such operation", where)
    if 300 <= status < 400:
        raise _address(f"sends calls on to another address (HTTP {status})", where)
    if status >= 500 or status in {408, 425}:
        raise ServerFault(f"answers HTTP {status}", where=where, retry_after=asked_wait(answer, now))


def status_of(answer: Answer) -> int:
    """Return an answer's status; where a 200 holds a failure, the code that it gives, or else 400."""
    json = json_of(answer.body) if answer.status == 200 else None
    if not isinstance(json, Mapping):
        return answer.status
    word, code = json.get("status"), json.get("code")
    failed = isinstance(word, str) and word.lower() in {"fail", "error"}
    if not failed:
        return answer.status
    return code if type(code) is int and 400 <= code < 600 else 400


def asked_wait(answer: Answer, now: float) -> float | None:
    """Return the seconds that an answer asks to wait, by its header or else its text, or None.

    Unlike the engine's reading it is not cut at an hour: a quota may be spent for days.
    """
    header = answer.headers.get("Retry-After", "").strip()
    asked = float(header) if _SECONDS.fullmatch(header) else _until(header, now)
    if asked is None:
        asked = _told(sentence_of(answer.body))
    return None if asked is None else min(max(asked, 0.0), _LONGEST_ASKED)


def _until(header: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(0, UTC)).total_seconds() - now


def _told(text: str) -> float | None:
    if found := _TRY_AGAIN.search(text):
        return float(found[1])
    if found := _REPLENISHED.search(text):
        days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    return None


def _is_throttle(answer: Answer, status: int, gateway: str | None) -> bool:
    if status == 400:
        return b"toomanyrequests" in answer.body.lower()
    if status == 403:
        return "Retry-After" in answer.headers or "quota" in (gateway or "").lower()
    return status == 429


def _throttle(answer: Answer, status: int, where: str, now: float) -> Throttled | QuotaSpent:
    wait = asked_wait(answer, now)
    if wait is not None and wait > LONGEST_WAIT:
        until = datetime.fromtimestamp(now + wait, UTC)
        return QuotaSpent(
            f"the subscription's calls are spent until {until:%Y-%m-%d %H:%M:%S} UTC",
            where=where,
            advice="run again then",
        )
    if wait is None and status == 403:
        return QuotaSpent(
            "the subscription's calls are spent, and it does not say until when",
            where=where,
            advice="run again later",
        )
    return Throttled(f"asks for fewer calls (HTTP {answer.status})", where=where, retry_after=wait)


def _account(gateway: str | None, where: str) -> TokenRefused:
    if "subscription key" in (gateway or "").lower():
        return TokenRefused(
            "its gateway refuses the subscription key (HTTP 401)",
            where=where,
            advice="check luminus.subscription_key",
        )
    return TokenRefused(
        "the token has ended or is refused (HTTP 401)",
        where=where,
        advice="put a new one where luminus.token comes from, and run again",
    )


def _shut(answer: Answer, where: str) -> Closed:
    """An address filter, or a subscription that is not active: it would say so to every call."""
    return Closed(
        f"its gateway lets nothing through ({sentence_of(answer.body) or 'HTTP 403'})",
        where=where,
        advice="ask its operators whether this machine's address and the subscription are let in",
    )


def _address(what: str, where: str) -> WrongAddress:
    return WrongAddress(what, where=where, advice="check luminus.url")
