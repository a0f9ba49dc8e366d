"""SOAP 1.1 on the wire: what an envelope is, what a fault says, and which answers mean to try again.

Source: W3C SOAP 1.1, chapters 4 and 6. A fault comes as HTTP 500 and is an answer like any other. What comes
back is XML of somebody else: no DTD is read, no entity resolved, nothing fetched, and its size has a bound.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from lxml import etree

from engine import Answer, ServerFault
from pipelines import rest
from pipelines.secrecy import redacted

NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"

LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""

LONGEST = 200
"""Characters of a fault that are told."""

_ENVELOPE, _BODY, _FAULT = (f"{{{NAMESPACE}}}{name}" for name in ("Envelope", "Body", "Fault"))


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it goes out: the SOAPAction, and the envelope as bytes of XML."""

    action: str
    body: bytes = field(repr=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of SOAP 1.1: the action stands in quotes (chapter 6.1.1)."""
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{self.action}"'}


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A service's no: its code without prefix, and its words on one line, without what looks secret."""

    code: str
    said: str

    @property
    def is_signed_out(self) -> bool:
        """Whether it speaks of a caller that is not, or no longer, signed in."""
        return _SIGNED_OUT.search(self.said) is not None

    @property
    def is_denied(self) -> bool:
        """Whether it speaks of a right that is missing: of whom nobody knows by now, too, it may say that."""
        return _DENIED.search(self.said) is not None

    @property
    def passes(self) -> bool:
        """Whether the same call may succeed later."""
        return not self.is_signed_out and _PASSING.search(self.said) is not None


_SIGNED_OUT = re.compile(
    r"(?i)\b(log(ged)?[ -]?[io]n|sign(ed)?[ -]?in|(un)?authenticat\w+|unauthori[sz]ed|cookie|expired)\b"
)
_DENIED = re.compile(r"(?i)\b(access|denied|permissions?|not allowed|rights?)\b")
_PASSING = re.compile(r"(?i)\b(internal error|try again|timed? ?-?out|deadlock\w*|too busy|unavailable)\b")


class Envelopes(Protocol):
    """Writes the calls of one service, and reads their answers (pipelines.panopto.contract.Contract)."""

    def write(self, operation: str, values: Mapping[str, Any]) -> Call:
        """Return a call. Raises Refused where a value is not what the operation takes."""
        ...

    def read(self, operation: str, envelope: etree._Element, where: str) -> Any:
        """Return what an answer brings. Raises ServerFault where it is not what the contract says."""
        ...


def parse(answer: Answer) -> etree._Element | None:
    """Return the envelope that came, or None where something else did."""
    if len(answer.body) > LARGEST:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(answer.body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    is_envelope = root.tag == _ENVELOPE and root.find(_BODY) is not None
    return root if is_envelope and root.getroottree().docinfo.internalDTD is None else None


def fault_of(envelope: etree._Element | None) -> SoapFault | None:
    """Return the fault that an envelope holds, or None."""
    fault = None if envelope is None else envelope.find(f"{_BODY}/{_FAULT}")
    if fault is None:
        return None
    code = (fault.findtext("faultcode") or "").strip().rpartition(":")[2]
    return SoapFault(_line(code), _line(fault.findtext("faultstring") or ""))


def judge(answer: Answer, where: str, now: float) -> None:
    """Raise where the same call may succeed later, as of REST calls; a fault of SOAP is told by its words."""
    fault = fault_of(parse(answer))
    if fault is None:
        rest.judge(answer, where, now)
    elif fault.passes:
        raise ServerFault(f"cannot do it now ({fault.said})", where=where)


def is_signed_out(answer: Answer) -> bool:
    """Whether an answer says that the caller is not signed in: in HTTP, as a way to the login, as a fault."""
    fault = fault_of(parse(answer))
    return answer.status in {401, 403} or 300 <= answer.status < 400 or bool(fault and fault.is_signed_out)


def is_denied(answer: Answer) -> bool:
    """Whether an answer is a fault that speaks of a right that is missing."""
    fault = fault_of(parse(answer))
    return fault is not None and fault.is_denied


def _line(text: str) -> str:
    """Return words as one line that may be shown."""
    line = redacted("".join(one for one in " ".join(text.split()) if one.isprintable()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
