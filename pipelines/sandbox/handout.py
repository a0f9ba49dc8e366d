"""What the person who uses a sandbox is handed in a folder: settings, tables, secrets and addresses.

Secrets are readable by their owner only; `sandbox.json` comes last and by a rename, so that whoever waits
for it finds everything else in place.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

READY = "sandbox.json"
SETTINGS = "migration.toml"
FOLDERS = "folders.csv"
MODULES = "modules.csv"
ROOMS = "rooms.csv"
SCHEDULES = "schedules.csv"
CHECKPOINT = "migration.checkpoint"
OBJECTS = "panopto-objects"
CA = "ca.pem"
OPENCAST_PASSWORD = "opencast-password.secret"  # noqa: S105 - the name of a file
PANOPTO_PASSWORD = "panopto-password.secret"  # noqa: S105
PANOPTO_CLIENT = "panopto-client.secret"
LUMINUS_TOKEN = "luminus-token.secret"  # noqa: S105
LUMINUS_KEY = "luminus-key.secret"
VALT_PASSWORD = "valt-password.secret"  # noqa: S105

TABLES: Mapping[str, tuple[str, ...]] = {
    FOLDERS: ("series", "folder_id"),
    MODULES: ("series", "module_id"),
    ROOMS: ("agent_id", "room_id", "room_name"),
    SCHEDULES: ("event_id", "schedule_id"),
}
"""The operator's tables and their columns."""
SECRETS: Mapping[str, tuple[str, str]] = {
    OPENCAST_PASSWORD: ("opencast", "password"),
    PANOPTO_PASSWORD: ("panopto", "password"),
    PANOPTO_CLIENT: ("panopto", "client_secret"),
    LUMINUS_TOKEN: ("luminus", "token"),
    LUMINUS_KEY: ("luminus", "subscription_key"),
    VALT_PASSWORD: ("valt", "password"),
}
"""The files of secrets, and where sandbox.json has these."""
NAMES = (SETTINGS, *TABLES, CHECKPOINT, CA, *SECRETS, OBJECTS, READY)
"""What a sandbox writes into the folder or removes from it, or a run beside these settings."""

MARK = "# Written by `ferry sandbox`, which writes over it; without this line it leaves the folder alone."
"""The first line of the settings, by which a folder of ours is known."""


@dataclass(frozen=True, slots=True)
class Handout:
    """The contents: addresses and accounts as in sandbox.json, the CA's PEM, the lines of each table."""

    details: Mapping[str, Any]
    ca: bytes
    tables: Mapping[str, Iterable[tuple[object, ...]]]

    def write(self, folder: Path) -> None:
        """Write everything into a folder, which is made where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / READY).unlink(missing_ok=True)
        # First, as it makes the folder one of ours.
        _write(folder / SETTINGS, self._settings())
        for name, (system, secret) in SECRETS.items():
            _write(folder / name, self.details[system][secret] + "\n", secret=True)
        _write(folder / CA, self.ca.decode())
        for name, columns in TABLES.items():
            _write(folder / name, _table(columns, self.tables[name]))
        arriving = folder / f"{READY}.arriving"
        _write(arriving, json.dumps(self.details, indent=2) + "\n", secret=True)
        arriving.replace(folder / READY)

    def _settings(self) -> str:
        opencast, panopto = self.details["opencast"], self.details["panopto"]
        luminus, valt = self.details["luminus"], self.details["valt"]
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
folders = "{FOLDERS}"

[luminus]
url = {json.dumps(luminus["url"])}
token_file = "{LUMINUS_TOKEN}"
subscription_key_file = "{LUMINUS_KEY}"
modules = "{MODULES}"
calls_per_second = 10

[carry]
wait = 60
student_roles = ["ROLE_ANONYMOUS", "*_Learner"]

[valt]
url = {json.dumps(valt["url"])}
username = {json.dumps(valt["username"])}
password_file = "{VALT_PASSWORD}"
rooms = "{ROOMS}"
schedules = "{SCHEDULES}"
timezone = "Europe/London"
calls_per_second = 20

[network]
ca_file = "{CA}"
hosts = [{json.dumps(urlsplit(opencast["files_url"]).netloc)}]

[checkpoint]
path = "{CHECKPOINT}"
"""


def _table(columns: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(lines)
    return text.getvalue()


def _write(path: Path, text: str, *, secret: bool = False) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600 if secret else 0o644)
    path.write_text(text, encoding="utf-8")
