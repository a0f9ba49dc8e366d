"""What the person who uses a sandbox is handed in a folder: settings, table, secrets and addresses.

Secrets are readable by their owner only; `sandbox.json` comes last and by a rename, so that whoever waits
for it finds everything else in place.
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY = "sandbox.json"
SETTINGS = "migration.toml"
TABLE = "folders.csv"
CHECKPOINT = "migration.checkpoint"
OBJECTS = "panopto-objects"
CA = "ca.pem"
OPENCAST_PASSWORD = "opencast-password.secret"  # noqa: S105 - the name of a file
PANOPTO_PASSWORD = "panopto-password.secret"  # noqa: S105
PANOPTO_CLIENT = "panopto-client.secret"

NAMES = (
    SETTINGS, TABLE, CHECKPOINT, CA, OPENCAST_PASSWORD, PANOPTO_PASSWORD, PANOPTO_CLIENT, OBJECTS, READY,
)  # fmt: skip
"""What a sandbox writes into the folder or removes from it, or a run beside these settings."""

MARK = "# Written by `ferry sandbox`, which writes over it; without this line it leaves the folder alone."
"""The first line of the settings, by which a folder of ours is known."""


@dataclass(frozen=True, slots=True)
class Handout:
    """The contents: addresses and accounts as in sandbox.json, the CA's PEM, the folder of each series."""

    details: Mapping[str, Any]
    ca: bytes
    folders: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write everything into a folder, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / READY).unlink(missing_ok=True)
        opencast, panopto = self.details["opencast"], self.details["panopto"]
        # First, as it makes the folder one of ours.
        _write(folder / SETTINGS, self._settings())
        _write(folder / OPENCAST_PASSWORD, opencast["password"] + "\n", secret=True)
        _write(folder / PANOPTO_PASSWORD, panopto["password"] + "\n", secret=True)
        _write(folder / PANOPTO_CLIENT, panopto["client_secret"] + "\n", secret=True)
        _write(folder / CA, self.ca.decode())
        _write(folder / TABLE, self._table())
        arriving = folder / f"{READY}.arriving"
        _write(arriving, json.dumps(self.details, indent=2) + "\n", secret=True)
        arriving.replace(folder / READY)

    def _table(self) -> str:
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("series", "folder_id"))
        rows.writerows(self.folders.items())
        return text.getvalue()

    def _settings(self) -> str:
        opencast, panopto = self.details["opencast"], self.details["panopto"]
        return f"""\
{MARK}

[opencast]
url = {json.dumps(opencast["url"])}
username = {json.dumps(opencast["username"])}
password_file = "{OPENCAST_PASSWORD}"

[panopto]
url = {json.dumps(panopto["url"])}
client_id = {json.dumps(panopto["client_id"])}
client_secret_file = "{PANOPTO_CLIENT}"
username = {json.dumps(panopto["username"])}
password_file = "{PANOPTO_PASSWORD}"
folder_id = {json.dumps(panopto["folder_id"])}
folders = "{TABLE}"

[network]
ca_file = "{CA}"

[checkpoint]
path = "{CHECKPOINT}"
"""


def _write(path: Path, text: str, *, secret: bool = False) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600 if secret else 0o644)
    path.write_text(text, encoding="utf-8")
