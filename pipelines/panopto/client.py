"""Calls to Panopto: session uploads by its upload API, sessions and folders by its REST API.

Source: Panopto/upload-python-sample 2e2c7f8 and SessionUploadExample 9fcd510 for /PublicAPI/REST, Panopto's
Swagger for /api/v1.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TypeVar

import anyio

from engine import (
    Answer,
    NotAllowed,
    RetryPolicy,
    ServerFault,
)
from pipelines.config import SettingsError
from pipelines.panopto.auth import Tokens
from pipelines.panopto.calls import ONCE, Calls, is_fine, is_page
from pipelines.panopto.completing import completed, said
from pipelines.panopto.model import (
    Folder,
    Session,
    SessionUpload,
    State,
    read_folder,
    read_folders,
    read_page,
    read_session,
    read_session_upload,
    split_target,
)
from pipelines.rest import Rest, path_of

MOST_LISTED = 100_000
"""Sessions, or folders, in one list; one that goes on is taken to have no end (faults.md F9, F39)."""

Listed = TypeVar("Listed", Session, Folder)


def anywhere(url: str) -> None:
    """Allow every host."""


def nobody() -> None:
    """Tell nobody."""


class Panopto:
    """Panopto's calls. `rest` is its server with the headers of `tokens` and Panopto's pace.

    Besides what each call says, all raise AccountRefused, Refused where the account lacks a right, and a
    Transient error where trying again did not help. `policy` and `sleep` are for completing an upload;
    `check` raises NotAllowed where an upload target leads to a host that is not allowed; `unheard` is called
    for each session upload that may have been opened without our hearing of it.
    """

    def __init__(
        self,
        rest: Rest,
        tokens: Tokens,
        *,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        check: Callable[[str], None] = anywhere,
        unheard: Callable[[], None] = nobody,
    ) -> None:
        self._unheard = unheard
        self._check = check
        self._calls = Calls(rest, tokens)
        self._policy = policy or RetryPolicy()
        self._sleep = sleep

    async def create(self, folder_id: str) -> SessionUpload:
        """Open a session upload in a folder.

        Where the answer is lost another one is opened: Panopto gives the first up by itself, and no session
        comes of it, but it is counted. Raises Refused where the folder is not there or not ours to write to,
        SettingsError where its files would go to a host that is not allowed: so would those of all others.
        """
        endpoint, body = "POST sessionUpload", {"FolderId": folder_id}
        answer = await self._calls.call(
            "POST", _upload_path(), endpoint=endpoint, json=body, unheard=self._unheard
        )
        if not is_fine(answer):
            raise self._calls.refusal(
                answer,
                f"opens no session upload in folder {folder_id}",
                "check the folder's id and the account's right to create there",
            )
        upload = self._calls.read(read_session_upload, answer)
        endpoint, _, _ = split_target(upload.upload_target, self._calls.where)
        try:
            self._check(endpoint)
        except NotAllowed as error:
            await self.cancel(upload.id)
            raise SettingsError(
                f"takes uploads at {error.where}, which is not allowed",
                where=self._calls.where,
                advice="if that host is Panopto's, name it in network.hosts",
            ) from None
        return upload

    async def get(self, upload_id: str, *, policy: RetryPolicy | None = None) -> SessionUpload | None:
        """Return a session upload as it stands, or None where Panopto knows none by that id."""
        answer = await self._calls.call(
            "GET", _upload_path(upload_id), endpoint="GET sessionUpload/{id}", policy=policy
        )
        if answer.status == 404:
            return None
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not show session upload {upload_id}")
        return self._calls.read(read_session_upload, answer)

    async def look(self, upload_id: str) -> SessionUpload | None:
        """Like `get`, in one try: for those who will look again anyway."""
        return await self.get(upload_id, policy=ONCE)

    async def submit(self, upload: SessionUpload) -> SessionUpload | None:
        """Say that all files of an upload are there, by its whole object with state 1; return how it stands.

        From here on a session may come of it. An answer that is lost, or is no yes, is never followed by
        another try before a look has shown that the upload is still open (faults.md F24). None is returned
        where Panopto does not know the upload any more.
        """
        return await completed(
            lambda: said(
                self._calls,
                _upload_path(upload.id),
                "PUT sessionUpload/{id}",
                upload.raw,
                read_session_upload,
                f"does not complete session upload {upload.id}",
            ),
            lambda: self.get(upload.id),
            lambda seen: seen.state == State.UPLOADING,
            policy=self._policy,
            sleep=self._sleep,
        )

    async def cancel(self, upload_id: str) -> None:
        """Give a session upload up; one that Panopto does not know any more is none to give up."""
        answer = await self._calls.call(
            "DELETE", _upload_path(upload_id), endpoint="DELETE sessionUpload/{id}"
        )
        if not is_fine(answer) and answer.status != 404:
            raise self._calls.refusal(answer, f"does not cancel session upload {upload_id}")

    async def session(self, session_id: str) -> Session | None:
        """Return a session, or None where Panopto knows none by that id."""
        path = path_of("Panopto", "api", "v1", "sessions", session_id)
        answer = await self._calls.call("GET", path, endpoint="GET sessions/{id}")
        if answer.status == 404 and not is_page(answer):
            return None
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not show session {session_id}")
        return self._calls.read(read_session, answer)

    async def update_session(self, session_id: str, name: str, description: str) -> None:
        """Set what a session is called and how it is described; the same again does no harm.

        Nothing else of it can be set so: no date, no owner (Swagger, SessionUpdate). Raises Refused where
        Panopto says no, or does not know it.
        """
        path = path_of("Panopto", "api", "v1", "sessions", session_id)
        body = {"Name": name, "Description": description}
        answer = await self._calls.call("PUT", path, endpoint="PUT sessions/{id}", json=body)
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not change session {session_id}")

    async def move_session(self, session_id: str, folder_id: str) -> None:
        """Put a session into another folder, whose access it has from then on; the same again does no harm.

        Raises Refused where Panopto knows either of them not, or the account has no right to one of them.
        """
        path = path_of("Panopto", "api", "v1", "sessions", session_id)
        body = {"Folder": folder_id}
        answer = await self._calls.call("PUT", path, endpoint="PUT sessions/{id}", json=body)
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not move session {session_id} to folder {folder_id}")

    async def delete_session(self, session_id: str) -> None:
        """Delete a session; Panopto keeps it in its recycle bin. One that it does not know needs none."""
        path = path_of("Panopto", "api", "v1", "sessions", session_id)
        answer = await self._calls.call("DELETE", path, endpoint="DELETE sessions/{id}")
        if not is_fine(answer) and (answer.status != 404 or is_page(answer)):
            raise self._calls.refusal(answer, f"does not delete session {session_id}")

    async def folder(self, folder_id: str) -> Folder | None:
        """Return a folder, or None where Panopto knows none by that id, or calls it no id (400)."""
        answer = await self._calls.call("GET", _folder_path(folder_id), endpoint="GET folders/{id}")
        if answer.status in {400, 404} and not is_page(answer):
            return None
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"does not show folder {folder_id}")
        return self._calls.read(read_folder, answer)

    async def create_folder(self, parent_id: str, name: str) -> Folder:
        """Make a folder in another, in one try: names are not unique, so a second one would make another.

        After a Transient error but Throttled it may be there all the same. Raises Refused where the account
        may not create there.
        """
        body = {"Name": name, "Parent": parent_id}
        answer = await self._calls.call(
            "POST", _folder_path(), endpoint="POST folders", json=body, policy=ONCE
        )
        if not is_fine(answer):
            raise self._calls.refusal(answer, f"makes no folder {name!r} in folder {parent_id}")
        return self._calls.read(read_folder, answer)

    def children(self, folder_id: str) -> AsyncIterator[Folder]:
        """Yield the folders in a folder, by name; one that was just made may be missing."""

        async def page(number: int) -> tuple[Folder, ...]:
            query = {"sortField": "Name", "sortOrder": "Asc", "pageNumber": str(number)}
            path, endpoint = _folder_path(folder_id, "children"), "GET folders/{id}/children"
            answer = await self._listed(path, endpoint, query, f"does not list the folders in {folder_id}")
            return self._calls.read(read_folders, answer)

        return self._each(page, f"lists the folders in {folder_id}")

    def folders_named(self, name: str) -> AsyncIterator[Folder]:
        """Yield the folders that a search for a name finds anywhere, others among them."""

        async def page(number: int) -> tuple[Folder, ...]:
            query = {"searchQuery": name, "pageNumber": str(number)}
            path, endpoint = _folder_path("search"), "GET folders/search"
            answer = await self._listed(path, endpoint, query, f"does not search for folder {name!r}")
            return self._calls.read(read_folders, answer)

        return self._each(page, f"searches for folder {name!r}")

    def sessions_of(self, folder_id: str) -> AsyncIterator[Session]:
        """Yield the sessions of a folder, oldest first, each once. Raises ServerFault as `_each` does."""
        return self._each(lambda number: self._page(folder_id, number), f"lists folder {folder_id}")

    async def _page(self, folder_id: str, number: int) -> tuple[Session, ...]:
        query = {"sortField": "CreatedDate", "sortOrder": "Asc", "pageNumber": str(number)}
        path, endpoint = _folder_path(folder_id, "sessions"), "GET folders/{id}/sessions"
        answer = await self._listed(path, endpoint, query, f"does not list folder {folder_id}")
        return self._calls.read(read_page, answer)

    async def _listed(self, path: str, endpoint: str, query: Mapping[str, str], refused: str) -> Answer:
        answer = await self._calls.call("GET", path, endpoint=endpoint, query=query)
        if not is_fine(answer):
            raise self._calls.refusal(answer, refused)
        return answer

    async def _each(
        self, page: Callable[[int], Awaitable[tuple[Listed, ...]]], what: str
    ) -> AsyncIterator[Listed]:
        """Yield what is on pages, each once.

        Pages have no total and no size: the end is a page without anything that is new. Raises ServerFault
        where that does not come.
        """
        known: set[str] = set()
        number = 0
        while fresh := [one for one in await page(number) if one.id not in known]:
            if len(known) >= MOST_LISTED:
                raise ServerFault(f"{what} without an end", where=self._calls.where)
            for one in fresh:
                known.add(one.id)
                yield one
            number += 1


def _upload_path(*segments: str) -> str:
    return path_of("Panopto", "PublicAPI", "REST", "sessionUpload", *segments)


def _folder_path(*segments: str) -> str:
    return path_of("Panopto", "api", "v1", "folders", *segments)
