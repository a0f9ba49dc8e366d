"""What Panopto does with sessions by SOAP alone: owner, availability, external id.

Source: the contract of SessionManagement 4.6. Each call sets something to a value, so it may be made again
after an answer that was lost. A cookie that ran out is renewed at most once a call, and the second refusal
is taken at its word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from engine import Answer, Refused, ServerFault
from pipelines.panopto.legacy_login import LegacyLogin
from pipelines.panopto.model import Session
from pipelines.panopto.soap import Envelopes, fault_of, is_denied, is_signed_out, judge, parse
from pipelines.rest import Rest, path_of

SERVICE = path_of("Panopto", "PublicAPI", "4.6", "SessionManagement.svc")

ENDPOINT = "POST SessionManagement.svc"

MOST_IDS = 50
"""External ids that one call asks for. No limit is published; the answer stays far below `soap.LARGEST`."""


class Setting(StrEnum):
    """Whether a session's beginning or end is a date; the contract knows no "never"."""

    IMMEDIATELY = "Immediately"
    FOREVER = "Forever"
    WITH_ITS_FOLDER = "WithItsFolder"
    SPECIFIC_DATE = "SpecificDate"


@dataclass(frozen=True, slots=True)
class Availability:
    """From when until when those who may see a session see it; a date is None where none is set."""

    start_setting: str
    start: datetime | None
    end_setting: str
    end: datetime | None


class SessionManagement:
    """The calls. `rest` is Panopto's server with the headers of `login`; `envelopes` know the contract.

    Besides what each call says, all raise AccountRefused, Refused where Panopto says no, with its words, and
    a Transient error where trying again did not help.
    """

    def __init__(self, rest: Rest, login: LegacyLogin, envelopes: Envelopes) -> None:
        self._rest = rest
        self._login = login
        self._envelopes = envelopes

    async def set_owner(self, session_id: str, user_key: str) -> None:
        """Give a session to a user: `name`, or `provider\\name` where an identity provider knows them."""
        await self._call(
            "UpdateSessionOwner",
            f"does not give session {session_id} to {user_key}",
            "check that the user exists at Panopto, by that name",
            sessionIds={"guid": [session_id]},
            newOwnerUserKey=user_key,
        )

    async def set_availability(self, session_id: str, start: datetime | None, end: datetime | None) -> None:
        """Open a session at `start` and close it at `end`; None is at once, and never.

        These are two calls: where the second fails the first stays done. Raises ValueError where a date has
        no zone.
        """
        await self._set_date(
            "UpdateSessionsAvailabilityStartSettings",
            f"does not set when session {session_id} opens",
            sessionIds={"guid": [session_id]},
            settingType=Setting.IMMEDIATELY if start is None else Setting.SPECIFIC_DATE,
            startDate=_second(start),
        )
        await self._set_date(
            "UpdateSessionsAvailabilityEndSettings",
            f"does not set when session {session_id} closes",
            sessionIds={"guid": [session_id]},
            settingType=Setting.FOREVER if end is None else Setting.SPECIFIC_DATE,
            endDate=_second(end),
        )

    async def availability(self, session_id: str) -> Availability | None:
        """Return when a session is open, or None where Panopto tells nothing of it."""
        found = await self._call(
            "GetSessionsAvailabilitySettings",
            f"does not tell when session {session_id} is open",
            sessionIds={"guid": [session_id]},
        )
        results = found.Results.SessionAvailabilitySettings if found and found.Results else ()
        return next((read_availability(one) for one in results if _same(one.SessionId, session_id)), None)

    async def set_external_id(self, session_id: str, external_id: str) -> None:
        """Let a session be found by an id of ours."""
        await self._call(
            "UpdateSessionExternalId",
            f"does not give session {session_id} the external id {external_id}",
            sessionId=session_id,
            externalId=external_id,
        )

    async def by_external_id(self, external_id: str) -> tuple[Session, ...]:
        """Return the sessions that have an external id; none is no error."""
        return (await self.by_external_ids([external_id]))[external_id]

    async def by_external_ids(self, external_ids: Sequence[str]) -> Mapping[str, tuple[Session, ...]]:
        """Return the sessions of each of these external ids, of one to `MOST_IDS`; none is no error.

        Whose session is whose is told by its own ExternalId: the answer keeps no order.
        """
        if not 0 < len(external_ids) <= MOST_IDS:
            raise ValueError(f"{len(external_ids)} external ids in one call")
        others = f" and {len(external_ids) - 1} more" if len(external_ids) > 1 else ""
        found = await self._call(
            "GetSessionsByExternalId",
            f"does not look for the external id {external_ids[0]}{others}",
            sessionExternalIds={"string": list(external_ids)},
        )
        return {one: tuple(read_sessions(found or (), one, self._rest.where)) for one in external_ids}

    async def _set_date(self, operation: str, what: str, **values: Any) -> None:
        if await self._call(operation, what, **values) is False:
            raise Refused(what, where=self._rest.where)

    async def _call(self, operation: str, what: str, advice: str = "", **values: Any) -> Any:
        """Call, and once more with a new cookie where the first was refused; return what comes of it."""
        call = self._envelopes.write(operation, values)

        async def once() -> Answer:
            return await self._rest.call(
                "POST", SERVICE, endpoint=ENDPOINT, body=call.body, headers=call.headers, judge=judge
            )

        cookie = await self._login.cookie()
        answer = await once()
        if is_signed_out(answer) or (is_denied(answer) and self._login.may_have_ended(cookie)):
            await self._login.renew(cookie)
            answer = await once()
        return self._read(operation, answer, what, advice)

    def _read(self, operation: str, answer: Answer, what: str, advice: str) -> Any:
        where = self._rest.where
        envelope = parse(answer)
        if fault := fault_of(envelope):
            raise Refused(f"{what} (says: {fault.said or fault.code})", where=where, advice=advice)
        if envelope is not None and answer.status == 200:
            return self._envelopes.read(operation, envelope, where)
        if answer.status in _NO:
            said = "no permission" if answer.status in {401, 403} else f"HTTP {answer.status}"
            raise Refused(f"{what} ({said})", where=where, advice=advice)
        raise ServerFault(f"answers {operation} with something else (HTTP {answer.status})", where=where)


_NO = frozenset({400, 401, 403, 404, 405, 410, 415})


def read_sessions(found: Iterable[Any], external_id: str, where: str) -> Iterable[Session]:
    """Yield the sessions that have the external id itself. Raises ServerFault for one without Id."""
    for one in found:
        if one is None or one.ExternalId != external_id:
            continue
        if not one.Id:
            raise ServerFault("answers a session without its Id", where=where)
        yield Session(
            id=one.Id,
            name=one.Name or "",
            description=one.Description or "",
            start_time=_moment(one.StartTime),
            duration=one.Duration,
            folder_id=one.FolderId or "",
            viewer_url=one.ViewerUrl or "",
        )


def read_availability(settings: Any) -> Availability:
    """Read one session's settings."""
    return Availability(
        start_setting=settings.StartSettingType or "",
        start=_of_offset(settings.StartSettingDate),
        end_setting=settings.EndSettingType or "",
        end=_of_offset(settings.EndSettingDate),
    )


def _of_offset(value: Any) -> datetime | None:
    """Read a DateTimeOffset of .NET: its DateTime is UTC, and OffsetMinutes only how it was once written."""
    return None if value is None else _moment(value.DateTime)


def _moment(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _second(moment: datetime | None) -> datetime | None:
    """Return a moment in UTC, to the second."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a date without a zone")
    return moment.astimezone(UTC).replace(microsecond=0)


def _same(one: Any, session_id: str) -> bool:
    """Whether two spellings are one GUID."""
    return isinstance(one, str) and one.lower() == session_id.lower()
