"""Panopto's SessionManagement contract: zeep writes and reads envelopes by it, and never opens a connection.

The contract (session_management.wsdl) is this project's own reading of version 4.6, and narrower: six
operations and their types. zeep takes a fifth of a second to import, so only who opens the services does.
"""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from io import BytesIO
from typing import Any, NoReturn

from lxml import etree
from zeep import Settings
from zeep.exceptions import Error as ZeepError
from zeep.wsdl import Document

from engine import Refused, ServerFault
from pipelines.panopto.soap import Call

NAMESPACE = "http://tempuri.org/"
"""Of Panopto's own operations: WCF's default, never changed."""


class Closed:
    """Stands where zeep looks for its transport: nothing is loaded, and nothing sent."""

    def load(self, url: str) -> NoReturn:
        """Refuse to fetch what a contract would import."""
        raise PermissionError(f"the contract is whole, and {url} is not fetched")


class Contract:
    """The shipped contract, read when it is first needed. It is pipelines.panopto.soap.Envelopes."""

    def write(self, operation: str, values: Mapping[str, Any]) -> Call:
        """Return a call of an operation with its parameters by name; one that is None is left out.

        Raises Refused where a value cannot be written: a control character, or another type than asked for.
        """
        known = self._operations[operation]
        try:
            message = known.create(**values)
        except (ZeepError, ValueError, TypeError) as error:
            raise Refused(f"{operation} cannot be written with these values") from error
        return Call(known.soapaction, etree.tostring(message.content, encoding="utf-8", xml_declaration=True))

    def read(self, operation: str, envelope: etree._Element, where: str) -> Any:
        """Return an answer's result as zeep's values, or None where it brings nothing.

        Raises ServerFault where it is not the operation's answer, or not as the contract has it.
        """
        answer = etree.QName(NAMESPACE, f"{operation}Response")
        if envelope.find(f"{{*}}Body/{answer}") is None:
            raise ServerFault(f"answers {operation} with something else", where=where)
        try:
            return self._operations[operation].process_reply(envelope)
        except (ZeepError, ValueError, TypeError, LookupError):
            raise ServerFault(f"answers {operation} not as its contract says", where=where) from None

    @cached_property
    def _operations(self) -> Mapping[str, Any]:
        wsdl: Any = BytesIO((files(__package__) / "session_management.wsdl").read_bytes())
        transport: Any = Closed()
        settings = Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        binding: Any
        (binding,) = Document(wsdl, transport, settings=settings).bindings.values()
        return dict(binding.all())
