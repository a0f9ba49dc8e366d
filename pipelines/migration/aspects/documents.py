"""XML from strangers: parsed under a cap, and refused where it brings a DTD of its own.

Without a DTD there are no entities to expand and nothing to fetch; libxml2's own limits bound depth and text.
"""

from collections.abc import Iterator

from lxml import etree

from pipelines.migration.aspects.refusals import NotReadable

AT_MOST = 8 * 1024 * 1024
"""Bytes of a document unless told otherwise: a three hour film has some 100 KiB of captions or segments."""


def root_of(document: bytes, refusal: type[NotReadable], at_most: int = AT_MOST) -> etree._Element:
    """Return the root of a document. Raises `refusal` where it is too long, no XML, or has a DTD."""
    if len(document) > at_most:
        raise refusal(f"the file has {len(document)} bytes where {at_most} are allowed")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise refusal("the file is no XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise refusal("the file has a DTD, and such files are not read")
    return root


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace, which differs between versions of one format."""
    return etree.QName(element).localname


def named(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the elements below one, and itself, that have one of these names, in the document's order."""
    return (one for one in element.iter(etree.Element) if local(one) in names)


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return an element's first child of a name."""
    return next((one for one in element.iterchildren(etree.Element) if local(one) == name), None)


def words(element: etree._Element) -> str:
    """Return the text of an element and what is in it, on one line."""
    return " ".join("".join(map(str, element.itertext(etree.Element))).split())
