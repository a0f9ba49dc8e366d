"""The operations of SessionManagement 4.6 that are emulated, and the shapes of what they take and give.

Source of the names, their order, types and namespaces: the service's own WSDL as Panopto/recurring-scheduler
keeps it; of its 61 operations these are the ones that the sandbox answers. Members of a data contract come in
the order of the alphabet, parameters in an order of their own. A start setting is never "Never": version 4.6
has Immediately, WithItsFolder and SpecificDate.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

TEMPURI = "http://tempuri.org/"
INTERFACE = "ISessionManagement"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
ARRAYS = f"{SERIALIZATION}Arrays"
_DATA = "http://schemas.datacontract.org/2004/07/"
V40 = f"{_DATA}Panopto.Server.Services.PublicAPI.V40"
V42 = f"{_DATA}Panopto.Server.Services.PublicAPI.V42.Soap"
V46 = f"{_DATA}Panopto.Server.Services.PublicAPI.V46.Soap"
SYSTEM = f"{_DATA}System"
XSD = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Simple:
    """A type of one text: XML Schema's own, or a string that a pattern or a list of values restricts."""

    namespace: str
    name: str
    pattern: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An element within another, in its place; what is `many` may come any number of times."""

    name: str
    type: "Type"
    nillable: bool = True
    required: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A type of members, which are elements of the type's own namespace."""

    namespace: str
    name: str
    members: tuple[Member, ...]


Type = Simple | Record


@dataclass(frozen=True)
class Operation:
    """A call: its parameters in their order, and the type of its result, None where it has none."""

    name: str
    parameters: tuple[Member, ...]
    result: Member | None = None

    @property
    def action(self) -> str:
        """The SOAPAction of a request."""
        return f"{TEMPURI}{INTERFACE}/{self.name}"

    @property
    def call(self) -> str:
        """The name by which faults and the audit know it: soap_update_session_owner."""
        return "soap" + re.sub(r"(?=[A-Z])", "_", self.name).lower()

    @cached_property
    def request(self) -> Record:
        """The element around the parameters."""
        return Record(TEMPURI, self.name, self.parameters)

    @cached_property
    def response(self) -> Record:
        """The element around the result."""
        return Record(TEMPURI, f"{self.name}Response", (self.result,) if self.result else ())


def _plain(name: str) -> Simple:
    return Simple(XSD, name)


def _array(namespace: str, name: str, item: Type, *, nillable: bool) -> Record:
    return Record(namespace, f"ArrayOf{name}", (Member(name, item, nillable, many=True),))


STRING, BOOLEAN, INT, DOUBLE = _plain("string"), _plain("boolean"), _plain("int"), _plain("double")
SHORT, DATE_TIME = _plain("short"), _plain("dateTime")
GUID = Simple(
    SERIALIZATION, "guid", pattern=r"[\da-fA-F]{8}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{4}-[\da-fA-F]{12}"
)
GUIDS = _array(ARRAYS, "guid", GUID, nillable=False)
STRINGS = _array(ARRAYS, "string", STRING, nillable=True)

STATE = Simple(
    V40,
    "SessionState",
    values=("Created", "Scheduled", "Recording", "Broadcasting", "Processing", "Complete"),
)
SORT_FIELD = Simple(
    V40, "SessionSortField", values=("Name", "Date", "Duration", "State", "Relevance", "Order")
)
START_SETTING = Simple(
    V46, "SessionStartSettingType", values=("Immediately", "WithItsFolder", "SpecificDate")
)
END_SETTING = Simple(V46, "SessionEndSettingType", values=("Forever", "WithItsFolder", "SpecificDate"))

AUTH = Member(
    "auth",
    Record(
        V40, "AuthenticationInfo", tuple(Member(one, STRING) for one in ("AuthCode", "Password", "UserKey"))
    ),
)
PAGINATION = Record(
    V40,
    "Pagination",
    (Member("MaxNumberResults", INT, nillable=False), Member("PageNumber", INT, nillable=False)),
)
LIST_REQUEST = Record(
    V40,
    "ListSessionsRequest",
    (
        Member("EndDate", DATE_TIME),
        Member("FolderId", GUID),
        Member("Pagination", PAGINATION),
        Member("RemoteRecorderId", GUID),
        Member("SortBy", SORT_FIELD, nillable=False),
        Member("SortIncreasing", BOOLEAN, nillable=False),
        Member("StartDate", DATE_TIME),
        Member("States", _array(V40, "SessionState", STATE, nillable=False)),
    ),
)
SESSION = Record(
    V42,
    "Session",
    (
        Member("CreatorId", GUID, nillable=False),
        Member("Description", STRING),
        Member("Duration", DOUBLE),
        Member("EditorUrl", STRING),
        Member("ExternalId", STRING),
        Member("FolderId", GUID, nillable=False),
        Member("FolderName", STRING),
        Member("Id", GUID, nillable=False),
        Member("IosVideoUrl", STRING),
        Member("IsBroadcast", BOOLEAN, nillable=False),
        Member("IsDownloadable", BOOLEAN, nillable=False),
        Member("MP3Url", STRING),
        Member("MP4Url", STRING),
        Member("Name", STRING),
        Member("NotesURL", STRING),
        Member("OutputsPageUrl", STRING),
        Member("RemoteRecorderIds", GUIDS),
        Member("SharePageUrl", STRING),
        Member("StartTime", DATE_TIME),
        Member("State", STATE, nillable=False),
        Member("StatusMessage", STRING),
        Member("ThumbUrl", STRING),
        Member("ViewerUrl", STRING),
    ),
)
SESSIONS = _array(V42, "Session", SESSION, nillable=True)
MOMENT = Record(
    SYSTEM,
    "DateTimeOffset",
    (
        Member("DateTime", DATE_TIME, nillable=False, required=True),
        Member("OffsetMinutes", SHORT, nillable=False, required=True),
    ),
)
AVAILABILITY = Record(
    V46,
    "SessionAvailabilitySettings",
    (
        Member("EndSettingDate", MOMENT),
        Member("EndSettingType", END_SETTING, nillable=False),
        Member("SessionId", GUID, nillable=False),
        Member("StartSettingDate", MOMENT),
        Member("StartSettingType", START_SETTING, nillable=False),
    ),
)


def _page_of(name: str, results: Record) -> Record:
    return Record(V46, name, (Member("Results", results), Member("TotalNumberResults", INT, nillable=False)))


SESSION_PAGE = _page_of("ListSessionsResponse", SESSIONS)
AVAILABILITY_PAGE = _page_of(
    "SessionsWithAvailabilitySettings",
    _array(V46, "SessionAvailabilitySettings", AVAILABILITY, nillable=True),
)
SESSION_IDS = Member("sessionIds", GUIDS)


def _operation(name: str, *parameters: Member, result: Type | None = None) -> Operation:
    given = Member(f"{name}Result", result, isinstance(result, Record)) if result else None
    return Operation(name, (AUTH, *parameters), given)


OPERATIONS = (
    _operation("GetSessionsById", SESSION_IDS, result=SESSIONS),
    _operation("GetSessionsByExternalId", Member("sessionExternalIds", STRINGS), result=SESSIONS),
    _operation(
        "GetSessionsList", Member("request", LIST_REQUEST), Member("searchQuery", STRING), result=SESSION_PAGE
    ),
    _operation("UpdateSessionOwner", SESSION_IDS, Member("newOwnerUserKey", STRING)),
    _operation(
        "UpdateSessionExternalId", Member("sessionId", GUID, nillable=False), Member("externalId", STRING)
    ),
    _operation("GetSessionsAvailabilitySettings", SESSION_IDS, result=AVAILABILITY_PAGE),
    _operation(
        "UpdateSessionsAvailabilityStartSettings",
        SESSION_IDS,
        Member("settingType", START_SETTING, nillable=False),
        Member("startDate", DATE_TIME),
        result=BOOLEAN,
    ),
    _operation(
        "UpdateSessionsAvailabilityEndSettings",
        SESSION_IDS,
        Member("settingType", END_SETTING, nillable=False),
        Member("endDate", DATE_TIME),
        result=BOOLEAN,
    ),
)
BY_ACTION: Mapping[str, Operation] = {one.action: one for one in OPERATIONS}
