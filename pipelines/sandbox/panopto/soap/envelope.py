"""SOAP 1.1 envelopes as WCF's basicHttpBinding takes and sends them.

WCF goes through an element's members once and in order: one that comes too late, that it does not know or
that is in another namespace is passed over without a word, and what is not found is nothing, or .NET's
default where it cannot be nothing. So a start date before its setting sets "Immediately", and GUIDs in the
wrong namespace are an empty list. A text that its type does not have is a fault, DeserializationFailed.

Not established and chosen here: an envelope of another SOAP version is refused as XML that is none (400).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from pipelines.sandbox.panopto.soap import values
from pipelines.sandbox.panopto.soap.contract import TEMPURI, Member, Operation, Record

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DISPATCHER = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"
ADDRESSING = "http://schemas.microsoft.com/ws/2005/05/addressing/none"
NIL = f"{{{XSI}}}nil"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class NotAnEnvelope(ValueError):
    """The bytes are no SOAP 1.1 envelope with a body."""


class SoapFault(Exception):
    """A call that ends in a fault: its code, in a namespace where it is not SOAP's own, and a sentence."""

    def __init__(self, message: str, code: str = "Client", namespace: str = SOAP) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.namespace = namespace


def unreadable(message: str) -> SoapFault:
    """The fault of a request that is not as the contract has it."""
    return SoapFault(message, "DeserializationFailed", DISPATCHER)


def not_supported(action: str) -> SoapFault:
    """The fault of a SOAPAction that no operation has."""
    return SoapFault(
        f"The message with Action '{action}' cannot be processed at the receiver, due to a ContractFilter "
        "mismatch at the EndpointDispatcher.",
        "ActionNotSupported",
        ADDRESSING,
    )


def asked(body: bytes, operation: Operation) -> dict[str, Any]:
    """The parameters of a request by their names. Raises NotAnEnvelope and SoapFault."""
    envelope = _parsed(body)
    _understood(envelope)
    inside = envelope.find(f"{{{SOAP}}}Body")
    if inside is None:
        raise NotAnEnvelope("The envelope has no body.")
    wrapper = next(inside.iterchildren("*"), None)
    if wrapper is None or wrapper.tag != f"{{{TEMPURI}}}{operation.name}":
        raise unreadable(
            f"Error in deserializing body of request message for operation '{operation.name}'. Expected to "
            f"find node type 'Element' with name '{operation.name}' and namespace '{TEMPURI}'."
        )
    return _members(wrapper, operation.request)


def answered(operation: Operation, result: Any) -> bytes:
    """The envelope of a result."""
    envelope, body = _envelope()
    around = etree.SubElement(
        body,
        f"{{{TEMPURI}}}{operation.response.name}",
        nsmap={None: TEMPURI},  # type: ignore[dict-item]
    )
    for member in operation.response.members:
        _write(around, operation.response, member, result)
    return etree.tostring(envelope)


def faulted(fault: SoapFault) -> bytes:
    """The envelope of a fault."""
    envelope, body = _envelope()
    element = etree.SubElement(body, f"{{{SOAP}}}Fault")
    own = fault.namespace == SOAP
    code = etree.SubElement(element, "faultcode", nsmap={} if own else {"a": fault.namespace})
    code.text = f"{'s' if own else 'a'}:{fault.code}"
    text = etree.SubElement(element, "faultstring")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "en-US")
    text.text = fault.message
    return etree.tostring(envelope)


def _parsed(body: bytes) -> etree._Element:
    try:
        root = etree.fromstring(body, PARSER)
    except etree.XMLSyntaxError as error:
        raise NotAnEnvelope("The body is no XML.") from error
    if root.tag != f"{{{SOAP}}}Envelope" or root.getroottree().docinfo.internalDTD is not None:
        raise NotAnEnvelope("The body is no SOAP 1.1 envelope.")
    return root


def _understood(envelope: etree._Element) -> None:
    for header in envelope.iterfind(f"{{{SOAP}}}Header/*"):
        if header.get(f"{{{SOAP}}}mustUnderstand") in {"1", "true"}:
            raise SoapFault("A header that must be understood was not.", "MustUnderstand")


def _members(element: etree._Element, record: Record) -> dict[str, Any]:
    """The members that are in their places; of what may come many times, a list."""
    found: dict[str, Any] = {}
    left = list(record.members)
    for child in element.iterchildren("*"):
        place = _place(child, record, left)
        if place is None:
            continue
        value = _value(child, left[place])
        if left[place].many:
            found.setdefault(left[place].name, []).append(value)
            continue
        found[left[place].name] = value
        del left[: place + 1]
    return {member.name: found.get(member.name, _nothing(member)) for member in record.members}


def _place(child: etree._Element, record: Record, left: Iterable[Member]) -> int | None:
    names = (f"{{{record.namespace}}}{member.name}" for member in left)
    return next((place for place, name in enumerate(names) if name == child.tag), None)


def _nothing(member: Member) -> Any:
    if member.many:
        return []
    if member.nillable or isinstance(member.type, Record):
        return None
    return values.absent(member.type)


def _value(element: etree._Element, member: Member) -> Any:
    """An element's value. Raises SoapFault."""
    if element.get(NIL) in {"true", "1"}:
        if member.nillable:
            return None
        raise _failed(member, f"ValueType '{member.type.name}' cannot be null.")
    if isinstance(member.type, Record):
        return _members(element, member.type)
    if len(element):
        raise _failed(member, "An element was found where a text is expected.")
    try:
        return values.read(member.type, element.text or "")
    except ValueError as error:
        raise _failed(member, str(error)) from error


def _failed(member: Member, why: str) -> SoapFault:
    return unreadable(
        "The formatter threw an exception while trying to deserialize the message: There was an error while "
        f"trying to deserialize parameter {member.name}. The InnerException message was '{why}'."
    )


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP})
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _write(parent: etree._Element, record: Record, member: Member, value: Any) -> None:
    if member.many:
        for one in value:
            _write_one(parent, record, member, one)
    else:
        _write_one(parent, record, member, value)


def _write_one(parent: etree._Element, record: Record, member: Member, value: Any) -> None:
    element = etree.SubElement(
        parent, f"{{{record.namespace}}}{member.name}", nsmap=_prefixes(record, member)
    )
    if value is None:
        element.set(NIL, "true")
    elif isinstance(member.type, Record):
        given: Mapping[str, Any] = value
        for each in member.type.members:
            _write(element, member.type, each, given[each.name])
    else:
        element.text = values.write(value)


def _prefixes(record: Record, member: Member) -> dict[str, str]:
    """The prefixes that WCF declares at an element: of what is in it, where that is of another namespace."""
    if not isinstance(member.type, Record) or member.type.namespace == record.namespace:
        return {}
    return {"a" if record.namespace == TEMPURI else "b": member.type.namespace, "i": XSI}
