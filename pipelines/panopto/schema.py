"""A manifest is read back and held against a schema before it is sent; of a wrong one Panopto tells state 5.

The schema (manifest.xsd) is this project's own reading of Universal Capture 2.x, and narrower: what is
written here and nothing else. Source: Panopto/universal-content-library-specification 7f5f856.
"""

from functools import cache
from importlib.resources import files

from lxml import etree

from engine import Final


class InvalidManifest(Final):
    """A manifest would not be taken as it was written; it was not sent."""

    code = "invalid"


def check(document: bytes) -> etree._Element:
    """Return the root of a manifest.

    Raises InvalidManifest where a document is no XML, has a DTD, or is not what the schema says.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise InvalidManifest("its manifest is no XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidManifest("its manifest has a DTD")
    if not _schema().validate(root):
        raise InvalidManifest("its manifest is not what the schema asks for")
    return root


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring((files(__package__) / "manifest.xsd").read_bytes()))
