"""The WSDL that the sandbox serves, by itself and against the published one."""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zeep
from lxml import etree
from zeep.transports import Transport

from pipelines.sandbox.panopto.soap.contract import OPERATIONS, XSD
from pipelines.sandbox.panopto.soap.wsdl import document

XS = f"{{{XSD}}}"


class Published(Transport):
    """Loads the published contract, whose imports name an address of the server's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def load(self, url: str) -> bytes:
        """The document at a path, or the schema that `?xsd=xsdN` stands for."""
        numbered = re.search(r"\?xsd=xsd(\d)$", url)
        if numbered is None:
            return Path(url).read_bytes()
        return (self._folder / f"SessionManagement{numbered[1].strip('0')}.xsd").read_bytes()


def operations(client: zeep.Client) -> dict[str, Any]:
    """The operations of a client's only port."""
    return dict(client.service._binding._operations)


def described(kind: Any) -> Any:
    """A type with everything in it: members in order, how often each comes, whether it may be nil."""
    members = [
        (one.name, one.min_occurs, one.max_occurs, one.nillable, str(one.qname), described(one.type))
        for _, one in getattr(kind, "elements", ())
    ]
    return str(kind.qname), members


def restrictions(schema: etree._Element) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Each simple type of a schema: its name with its facets."""
    namespace = schema.get("targetNamespace")
    for kind in schema.iterfind(f"{XS}simpleType"):
        facets = kind.iterfind(f"{XS}restriction/*")
        yield (
            f"{{{namespace}}}{kind.get('name')}",
            [(etree.QName(one).localname, one.get("value")) for one in facets],
        )


@pytest.fixture
def published() -> Path:
    """The folder of the published WSDL and its schemas."""
    reference = os.environ.get("FERRY_REFERENCE")
    if not reference:
        pytest.skip("FERRY_REFERENCE does not name the folder of published references")
    return Path(reference) / "panopto-soap"


@pytest.fixture
def ours() -> zeep.Client:
    """A client of the sandbox's WSDL that nobody here wrote."""
    return zeep.Client(io.BytesIO(document(OPERATIONS)))


def test_a_foreign_client_reads_the_wsdl(ours: zeep.Client) -> None:
    """zeep finds the eight operations, with the parameters in the order of the contract."""
    found = operations(ours)
    assert sorted(found) == sorted(one.name for one in OPERATIONS)
    for one in OPERATIONS:
        members = [name for name, _ in found[one.name].input.body.type.elements]
        assert (found[one.name].soapaction, members) == (one.action, [each.name for each in one.parameters])


def test_each_operation_is_the_published_one(ours: zeep.Client, published: Path) -> None:
    """Where the published WSDL is at hand: action, names, order, types, nillability and namespaces agree."""
    theirs = zeep.Client(str(published / "SessionManagement.wsdl"), transport=Published(published))
    there = operations(theirs)
    for name, operation in operations(ours).items():
        other = there[name]
        assert operation.soapaction == other.soapaction
        for own, real in ((operation.input, other.input), (operation.output, other.output)):
            assert str(own.body.qname) == str(real.body.qname)
            assert described(own.body.type)[1] == described(real.body.type)[1]
    assert ours.service._binding.name == theirs.service._binding.name
    assert ours.service._binding_options == theirs.service._binding_options


def test_each_restriction_is_the_published_one(published: Path) -> None:
    """Where the published WSDL is at hand: patterns and enumerations agree, in their order."""
    schemas = [etree.parse(path).getroot() for path in sorted(published.glob("*.xsd"))]
    theirs = dict(one for schema in schemas for one in restrictions(schema))
    own = etree.fromstring(document(OPERATIONS)).iter(f"{XS}schema")
    ours = dict(one for schema in own for one in restrictions(schema))
    assert len(ours) == 5
    assert ours == {name: theirs[name] for name in ours}
