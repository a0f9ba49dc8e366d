"""A throw-away CA, and a certificate for 127.0.0.1 and localhost that it signed."""

import ssl
from dataclasses import dataclass

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server presents, and the CA by which a client believes it (PEM)."""

    context: ssl.SSLContext
    ca: bytes


def issue() -> Certificate:
    """Make both; they live as long as the process."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return Certificate(context, authority.cert_pem.bytes())
