"""Our contract of SessionManagement says what Panopto's does, and envelopes are written and read by it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.soap_answers import result
from lxml import etree
from zeep import Settings, xsd
from zeep.wsdl import Document

from engine import Refused, ServerFault
from pipelines.panopto.contract import Closed, Contract
from pipelines.panopto.soap import parse

OPERATIONS = {
    "GetSessionsAvailabilitySettings",
    "GetSessionsByExternalId",
    "UpdateSessionExternalId",
    "UpdateSessionOwner",
    "UpdateSessionsAvailabilityEndSettings",
    "UpdateSessionsAvailabilityStartSettings",
}
SESSION = "11111111-2222-3333-4444-555555555555"
V42 = "http://schemas.datacontract.org/2004/07/Panopto.Server.Services.PublicAPI.V42.Soap"
UNKNOWN = f'<Session xmlns="{V42}"><Wrong/></Session>'


class Published:
    """Finds the imports of the published contract among the reference's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, url: str) -> bytes:
        """Return the schema that `?xsd=xsdN` names: the first has no number in its file's name."""
        number = parse_qs(urlsplit(url).query)["xsd"][0].removeprefix("xsd")
        return (self._folder / f"SessionManagement{'' if number == '0' else number}.xsd").read_bytes()


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    """Panopto's own operations, by name, where the references are at hand."""
    reference = os.environ.get("FERRY_REFERENCE")
    if reference is None:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    folder = Path(reference) / "panopto-soap"
    text = BytesIO((folder / "SessionManagement.wsdl").read_bytes())
    transport: Any = Published(folder)
    (binding,) = Document(text, transport, settings=Settings()).bindings.values()
    return dict(binding.all())


def shape(element: Any, within: tuple[str, ...] = ()) -> Iterator[tuple[object, ...]]:
    """All that decides how an element is written: name, type, how often, whether nil, and its children's."""
    kind = element.type
    facets = (element.min_occurs, str(element.max_occurs), element.nillable)
    yield (*within, str(element.name), str(element.qname), str(kind.qname), *facets)
    if isinstance(kind, xsd.ComplexType):
        for name, child in kind.elements:
            yield from shape(child, (*within, str(name)))


def anonymous(row: tuple[object, ...]) -> tuple[object, ...]:
    """Leave out the names that zeep gives to types without one."""
    return tuple(None if one == "None" else one for one in row)


def test_the_contract_has_what_is_called_and_nothing_else() -> None:
    """Six operations."""
    assert set(Contract()._operations) == OPERATIONS


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_our_contract_is_the_published_one(published: dict[str, Any], operation: str) -> None:
    """Action, style, and both messages: names, namespaces, order, types, occurrence and nil."""
    ours, theirs = Contract()._operations[operation], published[operation]
    assert (ours.soapaction, ours.style, ours.nsmap) == (theirs.soapaction, theirs.style, theirs.nsmap)
    for message in ("input", "output"):
        mine, other = getattr(ours, message).body, getattr(theirs, message).body
        assert [anonymous(row) for row in shape(mine)] == [anonymous(row) for row in shape(other)]


@pytest.mark.parametrize("name", ["SessionState", "SessionStartSettingType", "SessionEndSettingType", "guid"])
def test_our_simple_types_are_the_published_ones(name: str) -> None:
    """The words that a setting and a state may have, by the schemas themselves: zeep keeps none."""
    reference = os.environ.get("FERRY_REFERENCE")
    if reference is None:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    theirs = {
        found
        for path in (Path(reference) / "panopto-soap").glob("*.xsd")
        for found in facets(etree.parse(path).getroot(), name)
    }
    ours = facets(
        etree.fromstring((files("pipelines.panopto") / "session_management.wsdl").read_bytes()), name
    )
    assert ours
    assert set(ours) == theirs


def facets(root: etree._Element, name: str) -> list[tuple[str, ...]]:
    """Each simple type of a name: its schema's namespace, and its facets in order."""
    found = []
    for schema in root.iter("{*}schema"):
        for kind in schema.iterfind(f"{{*}}simpleType[@name='{name}']"):
            values = [str(one.get("value")) for one in kind.iter("{*}enumeration", "{*}pattern")]
            found.append((str(schema.get("targetNamespace")), *values))
    return found


def test_an_envelope_is_written_by_the_contract() -> None:
    """Order and namespaces are the contract's, whatever the order of the arguments; None is left out."""
    values = {"settingType": "SpecificDate", "startDate": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)}
    call = Contract().write(
        "UpdateSessionsAvailabilityStartSettings", {**values, "sessionIds": {"guid": [SESSION]}, "auth": None}
    )
    assert call.action == "http://tempuri.org/ISessionManagement/UpdateSessionsAvailabilityStartSettings"
    (operation,) = etree.fromstring(call.body).find("{*}Body")
    assert operation.tag == "{http://tempuri.org/}UpdateSessionsAvailabilityStartSettings"
    assert [etree.QName(one).localname for one in operation] == ["sessionIds", "settingType", "startDate"]
    guid = operation.find("*/{http://schemas.microsoft.com/2003/10/Serialization/Arrays}guid")
    assert guid is not None
    assert guid.text == SESSION
    assert operation.findtext("{*}startDate") == "2026-01-02T03:04:05Z"


def test_a_text_stays_a_text() -> None:
    """What looks like XML in a value is none."""
    call = Contract().write("UpdateSessionExternalId", {"sessionId": SESSION, "externalId": "<a>&amp;"})
    assert etree.fromstring(call.body).findtext(".//{*}externalId") == "<a>&amp;"


@pytest.mark.parametrize(
    "values", [{"externalId": "\x00"}, {"sessionId": SESSION, "nothing": 1}, {"externalId": "\ud800"}]
)
def test_what_cannot_be_written_is_refused(values: dict[str, object]) -> None:
    """A control character has no form in XML; a parameter that is none is a mistake that is told."""
    with pytest.raises(Refused, match="UpdateSessionExternalId"):
        Contract().write("UpdateSessionExternalId", {"sessionId": SESSION, **values})


@pytest.mark.parametrize(
    ("operation", "inner"),
    [
        ("UpdateSessionOwner", ""),
        ("GetSessionsByExternalId", "<GetSessionsByExternalIdResult><New/></GetSessionsByExternalIdResult>"),
        (
            "GetSessionsByExternalId",
            f"<GetSessionsByExternalIdResult>{UNKNOWN}</GetSessionsByExternalIdResult>",
        ),
    ],
)
def test_an_answer_that_the_contract_does_not_know_is_a_fault_of_the_server(
    operation: str, inner: str
) -> None:
    """Another operation's answer, and elements that nobody announced: nothing is read around them."""
    envelope = parse(result(operation, inner))
    assert envelope is not None
    with pytest.raises(ServerFault, match="GetSessionsByExternalId"):
        Contract().read("GetSessionsByExternalId", envelope, "here")


def test_nothing_is_ever_loaded() -> None:
    """Where zeep looks for its transport stands one that refuses."""
    with pytest.raises(PermissionError):
        Closed().load("https://panopto.example.edu/Panopto/PublicAPI/4.6/SessionManagement.svc?wsdl")
