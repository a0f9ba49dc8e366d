"""DFXP and TTML: paragraphs with times, handed to pycaption as a plain document of our own.

What pycaption gets has no styles, regions, namespaces or depth, so that none of them can mislead its parser,
which is one for HTML. Source: W3C, Timed Text Markup Language 1, sections 8.2 and 10.3.
"""

import re
import warnings
from collections.abc import Iterator

from lxml import etree
from pycaption import CaptionReadError, CaptionSet, DFXPReader  # type: ignore[import-untyped]
from pycaption.exceptions import InvalidInputError  # type: ignore[import-untyped]

from pipelines.migration.aspects.documents import local, named, root_of
from pipelines.migration.aspects.refusals import NotCaptions
from pipelines.panopto.languages import tag_of

MOST = 20_000
"""Captions of a file: one every two seconds for more than ten hours."""

_RATES = ("frameRate", "frameRateMultiplier", "subFrameRate", "tickRate")
_PARAMETERS = "http://www.w3.org/ns/ttml#parameter"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_COUNT = r"\d{1,15}(?:\.\d{1,9})?(?:h|m|s|ms|f|t)"
_CLOCK = r"\d{1,4}:[0-5]\d:[0-5]\d"
_TIME = re.compile(rf"({_CLOCK}(?::\d{{2}})?)|({_CLOCK}\.\d{{1,3}})\d{{0,9}}|({_COUNT})", re.ASCII)
_SPACE = re.compile("[ \t\r\n]+")
_BREAK = "\0"


def read_timed_text(document: bytes, language: str = "") -> CaptionSet:
    """Return the captions of a DFXP or TTML file, of several languages those of one. Raises NotCaptions."""
    root = root_of(document, NotCaptions)
    if local(root) != "tt":
        raise NotCaptions("the file is XML, but neither DFXP nor TTML")
    paragraphs = _of_one_language([one for one in named(root, "p") if _lines(one)], language)
    if len(paragraphs) > MOST:
        raise NotCaptions(f"the file has more than {MOST} captions")
    captions = _captions(etree.tostring(_plain(root, paragraphs), encoding="unicode"))
    (found,) = captions.get_languages()
    if len(captions.get_captions(found)) != len(paragraphs):
        raise NotCaptions("not all captions in the file can be read")
    captions.get_captions(found).sort(key=lambda one: one.start)
    return captions


def _captions(plain: str) -> CaptionSet:
    """Let pycaption read a document; it calls bs4 by old names, and bs4 says so each time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Call to deprecated (method|property) find", DeprecationWarning)
        try:
            return DFXPReader().read(plain)
        except (CaptionReadError, InvalidInputError, ArithmeticError, ValueError):
            raise NotCaptions("the file is no DFXP or TTML file with captions") from None


def _plain(root: etree._Element, paragraphs: list[etree._Element]) -> etree._Element:
    """Return a document with the paragraphs alone, each with its times, its words and its line breaks."""
    tt = etree.Element("tt", nsmap={"ttp": _PARAMETERS})
    for name, value in root.attrib.items():
        if (rate := etree.QName(name).localname) in _RATES:
            tt.set(f"{{{_PARAMETERS}}}{rate}", value)
    # Looked for once a node, and then through the whole document if it is not there.
    etree.SubElement(etree.SubElement(tt, "head"), "styling")
    div = etree.SubElement(etree.SubElement(tt, "body"), "div")
    for number, paragraph in enumerate(paragraphs, 1):
        plain = etree.SubElement(div, "p", _times(paragraph, number))
        plain.text, *rest = _lines(paragraph)
        for line in rest:
            etree.SubElement(plain, "br").tail = line
    return tt


def _times(paragraph: etree._Element, number: int) -> dict[str, str]:
    """Return begin with end or dur. Raises NotCaptions where they miss, or count from a block's begin."""
    if any(one.get("begin") or one.get("timeContainer") == "seq" for one in paragraph.iterancestors()):
        raise NotCaptions("the file times its captions by blocks, and such files are not read")
    times = {name: _time(paragraph.get(name, "")) for name in ("begin", "end", "dur")}
    if not times["begin"] or not (times["end"] or times["dur"]):
        raise NotCaptions(f"caption {number} in the file has no times that can be read")
    return {name: time for name, time in times.items() if time}


def _time(text: str) -> str:
    """Return a time as pycaption takes it, whose fractions have three digits at most, or an empty text."""
    found = _TIME.fullmatch(text.strip())
    return found[found.lastindex or 0] if found else ""


def _of_one_language(paragraphs: list[etree._Element], language: str) -> list[etree._Element]:
    told = [_language(one) for one in paragraphs]
    languages = sorted(set(told))
    if len(languages) <= 1:
        return paragraphs
    if language not in languages:
        told_of = ", ".join(filter(None, languages))
        raise NotCaptions(f"the file holds captions of several languages ({told_of}), and none is chosen")
    return [one for one, its in zip(paragraphs, told, strict=True) if its == language]


def _language(element: etree._Element) -> str:
    nearest = (lang for one in (element, *element.iterancestors()) if (lang := one.get(_LANG)) is not None)
    return tag_of(next(nearest, ""))


def _lines(paragraph: etree._Element) -> list[str]:
    """Return the lines of a paragraph that have words."""
    lines = (_SPACE.sub(" ", line).strip() for line in "".join(_pieces(paragraph)).split(_BREAK))
    return [line for line in lines if line]


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the texts in an element, with a sign that XML cannot hold for each line break."""
    yield element.text or ""
    for one in element:
        if isinstance(one.tag, str):
            yield _BREAK if local(one) == "br" else "".join(_pieces(one))
        yield one.tail or ""
