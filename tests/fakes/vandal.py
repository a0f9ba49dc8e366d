"""Somebody who changes at the services what was moved there, by the services' own calls."""

import json
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from fakes.processes import Stand

Json = Any


@dataclass(frozen=True)
class Vandal:
    """Changes what the services hold, by their own calls."""

    stand: Stand

    def rename_session(self, session_id: str) -> None:
        """Give a session another title."""
        self.change_session(session_id, Name="Vandalised")

    def change_session(self, session_id: str, **fields: str) -> None:
        """Change fields of a session."""
        panopto = self.stand.details["panopto"]
        grant = {name: panopto[name] for name in ("username", "password", "client_id", "client_secret")}
        form = urllib.parse.urlencode({"grant_type": "password", "scope": "api", **grant}).encode()
        token = self._call("POST", f"{panopto['url']}/Panopto/oauth2/connect/token", form, {})
        self._call(
            "PUT",
            f"{panopto['url']}/Panopto/api/v1/sessions/{session_id}",
            json.dumps(fields).encode(),
            {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"},
        )

    def rename_schedule(self, schedule_id: str) -> None:
        """Give a schedule another name."""
        valt = self.stand.details["valt"]
        json_type = {"Content-Type": "application/json"}
        account = json.dumps({"username": valt["username"], "password": valt["password"]}).encode()
        answer = self._call("POST", f"{valt['url']}/api/v3/login", account, json_type)
        token = answer["data"]["access_token"]
        address = f"{valt['url']}/api/v3/schedule/{schedule_id}/edit?access_token={token}"
        self._call("POST", address, b'{"name": "Vandalised"}', json_type)

    def hide(self, lecture_item: Json) -> None:
        """Take a lecture item from students; its other members stay."""
        luminus = self.stand.details["luminus"]
        body = {
            "id": lecture_item["lecture_item_id"],
            "name": lecture_item["name"],
            "presenter": lecture_item["presenter"],
            "publish": not lecture_item["publish"],
            "startDate": lecture_item["start_date"],
            "description": lecture_item["description"],
        }
        headers = {
            "Authorization": f"Bearer {luminus['token']}",
            "Ocp-Apim-Subscription-Key": luminus["subscription_key"],
            "Content-Type": "application/json",
        }
        self._call("PATCH", f"{luminus['url']}/weblecture/session", json.dumps(body).encode(), headers)

    def _call(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Json:
        trusted = ssl.create_default_context(cafile=self.stand.folder / "ca.pem")
        secure = trusted if address.startswith("https") else None
        request = urllib.request.Request(address, body, headers, method=method)
        with urllib.request.urlopen(request, context=secure, timeout=20) as reply:
            content = reply.read()
        return json.loads(content) if content else None
