"""A throw-away authority, and a certificate of it for the loopback."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Authority:
    """The files: what clients trust, and what servers show."""

    ca: Path
    chain: Path
    key: Path


def make_authority(folder: Path) -> Authority:
    """Write them below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Authority(folder / "ca.pem", folder / "chain.pem", folder / "key.pem")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(made.ca)
    shown = authority.issue_cert("127.0.0.1", "localhost")
    shown.private_key_pem.write_to_path(made.key)
    made.chain.write_bytes(b"".join(one.bytes() for one in shown.cert_chain_pems))
    return made
