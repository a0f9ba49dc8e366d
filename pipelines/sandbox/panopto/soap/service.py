"""What SessionManagement's operations do to a site.

Established by the contract: names and types, that an owner is named by a user key ("name", "idp\\name"), that
the two updates of availability give a boolean and the others nothing, and that dates come back as
DateTimeOffset, whose DateTime is in UTC whatever its OffsetMinutes. Nothing published says the rest, so it is
chosen here, the more awkward where two were likely:

- an id of no session is passed over where ids come as a list: reads tell of fewer sessions than were asked
  for, UpdateSessionOwner does nothing and says nothing, the updates of availability answer false. A single id
  of no session is a fault;
- no right to the folder of one session is a fault, and then no session of the list is changed;
- a user key that nobody has is a fault, in any case of its letters it is the user's;
- an external id is one session's: taken by another it is a fault, and letters' case makes no difference; an
  empty one takes away what there was, and a session that is deleted leaves its own free;
- SpecificDate without a date is a fault; a date with another setting is forgotten; an end before the start is
  taken.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.sandbox.panopto.manifest import SITE_ZONE
from pipelines.sandbox.panopto.model import Availability, Session
from pipelines.sandbox.panopto.site import Site
from pipelines.sandbox.panopto.soap.contract import Operation
from pipelines.sandbox.panopto.soap.envelope import SoapFault
from pipelines.sandbox.panopto.soap.listing import Wanted, listed
from pipelines.sandbox.panopto.soap.render import shown

Arguments = Mapping[str, Any]


class SessionManagement:
    """The operations, each by the name that the contract has for it."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._does: Mapping[str, Callable[[str, Arguments], Any]] = {
            "GetSessionsById": self.by_id,
            "GetSessionsByExternalId": self.by_external_id,
            "GetSessionsList": self.page,
            "UpdateSessionOwner": self.update_owner,
            "UpdateSessionExternalId": self.update_external_id,
            "GetSessionsAvailabilitySettings": self.availability,
            "UpdateSessionsAvailabilityStartSettings": self.update_start,
            "UpdateSessionsAvailabilityEndSettings": self.update_end,
        }

    def call(self, operation: Operation, who: str, arguments: Arguments) -> Any:
        """Do what a user asks for, and return the operation's result. Raises SoapFault."""
        return self._does[operation.name](who, arguments)

    def by_id(self, who: str, arguments: Arguments) -> Any:
        """The sessions of these ids that the user may see."""
        return self._shown(self._seen(who, arguments))

    def by_external_id(self, who: str, arguments: Arguments) -> Any:
        """The sessions with these external ids, none where no session has one."""
        asked = {one.casefold() for one in _items(arguments["sessionExternalIds"]) if one}
        return self._shown([one for one in self._visible(who) if one.external_id.casefold() in asked])

    def page(self, who: str, arguments: Arguments) -> Any:
        """A page of the sessions that a request and a search want, with the number of all of them."""
        found, total = listed(self._site, self._visible(who), Wanted.read(arguments))
        return {"Results": self._shown(found), "TotalNumberResults": total}

    def update_owner(self, who: str, arguments: Arguments) -> None:
        """Make a user the owner of sessions."""
        user = self._site.people.user(arguments["newOwnerUserKey"] or "")
        if user is None:
            raise SoapFault("The user was not found.")
        for session in self._own(who, arguments):
            session.owner = user.username

    def update_external_id(self, who: str, arguments: Arguments) -> None:
        """Give a session an external id."""
        session = self._site.session(arguments["sessionId"])
        if session is None:
            raise SoapFault("The session was not found.")
        self._changeable(session, who)
        external_id = arguments["externalId"] or ""
        others = (one for one in self._site.existing() if one is not session)
        if external_id and any(one.external_id.casefold() == external_id.casefold() for one in others):
            raise SoapFault("Another session has this external ID.")
        session.external_id = external_id

    def availability(self, who: str, arguments: Arguments) -> Any:
        """From when on and until when sessions can be watched."""
        settings = [_availability(one) for one in self._seen(who, arguments)]
        return {"Results": {"SessionAvailabilitySettings": settings}, "TotalNumberResults": len(settings)}

    def update_start(self, who: str, arguments: Arguments) -> bool:
        """Set from when on sessions can be watched; whether every one of them was there."""
        start = _setting(arguments, "startDate")
        sessions = self._own(who, arguments)
        for session in sessions:
            session.availability_start = start
        return len(sessions) == len(_ids(arguments))

    def update_end(self, who: str, arguments: Arguments) -> bool:
        """Set until when sessions can be watched; whether every one of them was there."""
        end = _setting(arguments, "endDate")
        sessions = self._own(who, arguments)
        for session in sessions:
            session.availability_end = end
        return len(sessions) == len(_ids(arguments))

    def _visible(self, who: str) -> list[Session]:
        site = self._site
        return [one for one in site.existing() if site.may_see(site.folders[one.folder_id], who)]

    def _seen(self, who: str, arguments: Arguments) -> list[Session]:
        visible = {one.id: one for one in self._visible(who)}
        return [visible[one] for one in _ids(arguments) if one in visible]

    def _own(self, who: str, arguments: Arguments) -> list[Session]:
        """The sessions asked for that exist, all of which the user may change. Raises SoapFault."""
        found = [one for one in map(self._site.session, _ids(arguments)) if one is not None]
        for session in found:
            self._changeable(session, who)
        return found

    def _changeable(self, session: Session, who: str) -> None:
        if not self._site.may_create(self._site.folders[session.folder_id], who):
            raise SoapFault("The user does not have access to the session.")

    def _shown(self, sessions: list[Session]) -> Any:
        return {"Session": [shown(one, self._site) for one in sessions]}


def _items(array: Mapping[str, list[Any]] | None) -> list[Any]:
    """What is in an array, nothing in none."""
    return [one for held in (array or {}).values() for one in held]


def _ids(arguments: Arguments) -> list[str]:
    return list(dict.fromkeys(_items(arguments["sessionIds"])))


def _setting(arguments: Arguments, name: str) -> Availability:
    setting, date = arguments["settingType"], arguments[name]
    if setting != "SpecificDate":
        return Availability(setting)
    if date is None:
        raise SoapFault(f"{name} is required for the setting SpecificDate.")
    return Availability(setting, date)


def _availability(session: Session) -> dict[str, Any]:
    start, end = session.availability_start, session.availability_end
    return {
        "EndSettingDate": _moment(end),
        "EndSettingType": end.setting,
        "SessionId": session.id,
        "StartSettingDate": _moment(start),
        "StartSettingType": start.setting,
    }


def _moment(end: Availability) -> dict[str, Any] | None:
    """A DateTimeOffset: the time in UTC, and by how many minutes the site's own is ahead of it."""
    if end.date is None:
        return None
    offset = SITE_ZONE.utcoffset(None)
    return {"DateTime": end.date, "OffsetMinutes": int(offset.total_seconds() // 60)}
