"""The service's own WSDL, written from the contract: one document with every schema in it.

Its address is the one that the published copy has, https://localhost/Panopto/PublicAPISSL/...: a server
behind a load balancer tells the name it has inside, so a client has to put the true address in its place.
"""

from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from pipelines.sandbox.panopto.soap.contract import (
    INTERFACE,
    TEMPURI,
    XSD,
    Member,
    Operation,
    Record,
    Type,
)

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
TRANSPORT = "http://schemas.xmlsoap.org/soap/http"
SERVICE = "SessionManagement"
BINDING = f"BasicHttpBinding_{INTERFACE}"
INSIDE = "https://localhost/Panopto/PublicAPISSL/4.6/SessionManagement.svc"


def document(operations: Iterable[Operation]) -> bytes:
    """The WSDL of these operations."""
    published = tuple(operations)
    types = _types(published)
    namespaces = tuple(dict.fromkeys([TEMPURI, *(one.namespace for one in types)]))
    prefixes = {f"n{number}": namespace for number, namespace in enumerate(namespaces)}
    root = etree.Element(
        f"{{{WSDL}}}definitions",
        {"name": SERVICE, "targetNamespace": TEMPURI},
        nsmap={"wsdl": WSDL, "soap": SOAP, "xs": XSD, **prefixes, "tns": TEMPURI},
    )
    known = {uri: prefix for prefix, uri in prefixes.items()} | {XSD: "xs"}
    around = [record for one in published for record in (one.request, one.response)]
    root.append(_wsdl("types", *(_schema(one, [*types, *around], known) for one in namespaces)))
    root.extend([message for one in published for message in _messages(one)])
    root.append(_wsdl("portType", *(_offered(one) for one in published), name=INTERFACE))
    root.append(_binding(published))
    port = _wsdl("port", _soap("address", location=INSIDE), name=BINDING, binding=f"tns:{BINDING}")
    root.append(_wsdl("service", port, name=SERVICE))
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _element(
    namespace: str, name: str, children: Iterable[etree._Element], facts: Mapping[str, str]
) -> etree._Element:
    element = etree.Element(f"{{{namespace}}}{name}", dict(facts))
    element.extend(children)
    return element


def _wsdl(kind: str, *children: etree._Element, **facts: str) -> etree._Element:
    return _element(WSDL, kind, children, facts)


def _soap(kind: str, **facts: str) -> etree._Element:
    return _element(SOAP, kind, (), facts)


def _xs(kind: str, *children: etree._Element, **facts: str) -> etree._Element:
    return _element(XSD, kind, children, facts)


def _types(operations: Iterable[Operation]) -> list[Type]:
    """Every type that is not XML Schema's own, each once, those within a type before it."""
    found: dict[Type, None] = {}
    for operation in operations:
        for member in (*operation.request.members, *operation.response.members):
            found.update(dict.fromkeys(_within(member.type)))
    return list(found)


def _within(kind: Type) -> Iterator[Type]:
    for member in kind.members if isinstance(kind, Record) else ():
        yield from _within(member.type)
    if kind.namespace != XSD:
        yield kind


def _schema(namespace: str, types: Iterable[Type], known: Mapping[str, str]) -> etree._Element:
    """The schema of a namespace: its types, or the elements around what operations take and give."""
    own = [one for one in types if one.namespace == namespace]
    others = [one for one in known if one not in {namespace, XSD}]
    return _xs(
        "schema",
        *(_xs("import", namespace=one) for one in others),
        *(_type(one, known) for one in own),
        targetNamespace=namespace,
        elementFormDefault="qualified",
    )


def _type(kind: Type, known: Mapping[str, str]) -> etree._Element:
    if kind.namespace == TEMPURI and isinstance(kind, Record):
        return _xs("element", _xs("complexType", _sequence(kind, known)), name=kind.name)
    if isinstance(kind, Record):
        return _xs("complexType", _sequence(kind, known), name=kind.name)
    facets = [_xs("enumeration", value=one) for one in kind.values]
    if kind.pattern:
        facets.append(_xs("pattern", value=kind.pattern))
    return _xs("simpleType", _xs("restriction", *facets, base="xs:string"), name=kind.name)


def _sequence(record: Record, known: Mapping[str, str]) -> etree._Element:
    return _xs("sequence", *(_member(one, known) for one in record.members))


def _member(member: Member, known: Mapping[str, str]) -> etree._Element:
    facts = {"name": member.name, "type": f"{known[member.type.namespace]}:{member.type.name}"}
    facts |= {} if member.required else {"minOccurs": "0"}
    facts |= {"maxOccurs": "unbounded"} if member.many else {}
    facts |= {"nillable": "true"} if member.nillable else {}
    return _xs("element", **facts)


def _message_name(operation: Operation, way: str) -> str:
    return f"{INTERFACE}_{operation.name}_{way}Message"


def _messages(operation: Operation) -> Iterator[etree._Element]:
    for way, record in (("Input", operation.request), ("Output", operation.response)):
        part = _wsdl("part", name="parameters", element=f"tns:{record.name}")
        yield _wsdl("message", part, name=_message_name(operation, way))


def _offered(operation: Operation) -> etree._Element:
    return _wsdl(
        "operation",
        _wsdl("input", message=f"tns:{_message_name(operation, 'Input')}"),
        _wsdl("output", message=f"tns:{_message_name(operation, 'Output')}"),
        name=operation.name,
    )


def _binding(operations: Iterable[Operation]) -> etree._Element:
    bound = [
        _wsdl(
            "operation",
            _soap("operation", soapAction=one.action, style="document"),
            _wsdl("input", _soap("body", use="literal")),
            _wsdl("output", _soap("body", use="literal")),
            name=one.name,
        )
        for one in operations
    ]
    return _wsdl(
        "binding", _soap("binding", transport=TRANSPORT), *bound, name=BINDING, type=f"tns:{INTERFACE}"
    )
