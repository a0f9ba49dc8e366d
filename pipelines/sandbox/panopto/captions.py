"""Captions of sessions under /api/v1: a file in a form is taken for a language, and taken away again.

Source: Panopto's Swagger 2.0. It names the field `language` and not that of the file, so any part with a
file name is it. It does not require `language`: what comes without one becomes the "Default" captions, which
the path language "null" deletes. It says nothing of a language that is there already, but that a DELETE takes
"all captions" of one: so a second upload adds a second set, but for the switch `captions_again`.
Times are not held against the session's.
"""

from hashlib import sha256

from aiohttp import BodyPartReader, MultipartReader, web

from pipelines.sandbox.panopto import subtitles
from pipelines.sandbox.panopto.answers import API, Refused, route
from pipelines.sandbox.panopto.model import Caption, Session
from pipelines.sandbox.panopto.oauth import Tokens
from pipelines.sandbox.panopto.reach import Reach
from pipelines.sandbox.panopto.site import Site

FORM = "multipart/form-data"
DEFAULT = "null"


class Captions:
    """The handlers of captions."""

    def __init__(self, site: Site, tokens: Tokens) -> None:
        self._site = site
        self._reach = Reach(site, tokens)

    def register(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        at = route(API, "/sessions/{id}/captions")
        router.add_post(at, self.upload, name="upload_session_captions")
        router.add_delete(at, self.delete, name="delete_session_captions")
        router.add_delete(
            f"{at}/languages/{{language}}", self.delete_language, name="delete_session_captions_language"
        )

    async def upload(self, request: web.Request) -> web.Response:
        """POST /sessions/{id}/captions: 200 and nothing."""
        session = self._reach.own_session(request)
        language, files = await _form(request)
        if len(files) != 1:
            raise Refused(400, "The form holds one file of captions.", "file")
        ((name, body),) = files
        wrong = subtitles.fault(name, body)
        if wrong is not None:
            raise Refused(400, wrong, "file")
        self._take(
            session, Caption(language, sha256(body).hexdigest(), len(body), "upload", self._site.clock())
        )
        return web.Response()

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /sessions/{id}/captions: all of them; none is no error."""
        self._reach.own_session(request).captions.clear()
        return web.Response()

    async def delete_language(self, request: web.Request) -> web.Response:
        """DELETE /sessions/{id}/captions/languages/{language}: all of one language."""
        session = self._reach.own_session(request)
        named = request.match_info["language"]
        language = None if named == DEFAULT else _language(named)
        session.captions[:] = [one for one in session.captions if one.language != language]
        return web.Response()

    def _take(self, session: Session, caption: Caption) -> None:
        same = [one for one in session.captions if one.language == caption.language]
        again = self._site.switches.captions_again
        if same and again == "refuse":
            raise Refused(400, "The session has captions in this language.", "language")
        if same and again == "replace":
            session.captions[:] = [one for one in session.captions if one not in same]
        session.captions.append(caption)


async def _form(request: web.Request) -> tuple[str | None, list[tuple[str, bytes]]]:
    """The language and the files, by name, of a form. Raises Refused (400)."""
    if request.content_type != FORM:
        raise Refused(400, f"The content is no {FORM}.")
    language, files = None, []
    try:
        async for part in MultipartReader(request.headers, request.content):
            if not isinstance(part, BodyPartReader):
                raise Refused(400, "A part of the form is a form.")
            body = bytes(await part.read(decode=True))
            if part.filename is not None:
                files.append((part.filename, body))
            elif part.name == "language" and body:
                language = _language(body.decode(errors="replace"))
    except (ValueError, AssertionError) as error:
        raise Refused(400, "The form cannot be read.") from error
    return language, files


def _language(name: str) -> str:
    if name not in subtitles.LANGUAGES:
        raise Refused(400, "The language is none of Panopto's.", "language")
    return name
