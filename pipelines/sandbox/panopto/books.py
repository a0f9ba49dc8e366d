"""What a Panopto site holds, in the words of the audit."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.sandbox.panopto import rights
from pipelines.sandbox.panopto.contents import Contents
from pipelines.sandbox.panopto.model import Availability, Folder, Session, Upload
from pipelines.sandbox.panopto.site import Site


@dataclass(frozen=True, slots=True)
class Books:
    """The site's holdings as plain rows."""

    site: Site

    def objects(self) -> list[dict[str, Any]]:
        """Every whole object: `key` is the file's name below its upload's target."""
        return [
            {
                "session_upload_id": upload.id,
                "key": held.key,
                "size": held.size,
                "sha256": held.sha256,
                "parts": held.parts,
                "crc32": f"{held.crc32:08x}",
                "etag": held.etag,
            }
            for upload in self.site.uploads.values()
            for held in upload.objects.values()
        ]

    def session_uploads(self) -> list[dict[str, Any]]:
        """Every session upload ever opened; `completions` counts the PUTs that set state 1."""
        now = self.site.clock()
        uploads = [upload for upload in self.site.uploads.values() if upload.kind == "session"]
        return [{"session_upload_id": upload.id, **self._upload(upload, now)} for upload in uploads]

    def stream_uploads(self) -> list[dict[str, Any]]:
        """Every upload of a stream ever opened; `files` are names of objects."""
        now = self.site.clock()
        return [
            {
                "stream_upload_id": upload.id,
                **self._upload(upload, now),
                "stream_type": upload.stream_type,
                "stream_start": upload.stream_start.isoformat() if upload.stream_start else None,
                "files": list(upload.objects),
            }
            for upload in self.site.uploads.values()
            if upload.kind == "stream"
        ]

    def folders(self) -> list[dict[str, Any]]:
        """Every folder, those too that no list tells of yet."""
        return [
            {
                "folder_id": one.id,
                "name": one.name,
                "description": one.description,
                "parent_id": one.parent,
                "owner": one.owner,
                **self._rights(one),
            }
            for one in self.site.folders.values()
        ]

    def sessions(self) -> list[dict[str, Any]]:
        """The sessions that exist; `files` are names of objects, `manifest` is the document itself."""
        now = self.site.clock()
        return [self._session(session, now) for session in self.site.existing()]

    def multipart_uploads(self) -> list[dict[str, Any]]:
        """The multipart uploads that are neither completed nor aborted, with the parts that arrived."""
        known: Callable[[str], Upload | None] = self.site.target
        return [
            {
                "session_upload_id": upload.id if (upload := known(one.target)) else None,
                "key": one.key,
                "upload_id": one.id,
                "parts": {number: part.size for number, part in sorted(one.parts.items())},
            }
            for one in self.site.multiparts
        ]

    def _upload(self, upload: Upload, now: float) -> dict[str, Any]:
        step, session = upload.step(now), upload.session
        exists = session is not None and session.exists_from <= now
        return {
            "session_id": session.id if session is not None and exists else None,
            "folder_id": upload.folder_id,
            "state": int(step.state),
            "message": step.message,
            "completions": upload.completions,
        }

    def _rights(self, item: Session | Folder) -> dict[str, Any]:
        """The level that counts, the one that was set, and what was granted here (not above)."""
        counts = rights.settings(item, self.site.folders)
        own = {"level": counts.level, "inherited": counts.inherited, "own": item.access.level}
        return {"access": own, "permissions": [asdict(one) for one in item.access.grants]}

    def _streams(self, session: Session, now: float) -> list[dict[str, Any]]:
        """The streams that were added to a session."""
        return [
            {"file": name, "type": one.type, "stream_upload_id": one.upload_id, "end": one.end}
            for name, one in session.added.items()
            if one.since <= now
        ]

    def _session(self, session: Session, now: float) -> dict[str, Any]:
        upload = self.site.uploads.get(session.upload_id or "")
        return {
            "session_id": session.id,
            "session_upload_id": session.upload_id,
            "folder_id": session.folder_id,
            "title": session.name,
            "description": session.description,
            "date": session.start_time.isoformat(),
            "duration": session.whole_duration(now),
            "state": int(upload.state(now)) if upload else None,
            "files": session.all_files(now),
            "streams": self._streams(session, now),
            "manifest": session.manifest,
            "manifest_key": session.manifest_key,
            "owner": session.owner,
            "external_id": session.external_id,
            "availability": {
                "start": _availability(session.availability_start),
                "end": _availability(session.availability_end),
            },
            "captions": [
                {"language": one.language, "sha256": one.sha256, "size": one.size, "came": one.came}
                for one in session.captions
            ],
            "tags": list(session.tags),
            **_contents(session.contents),
            **self._rights(session),
        }


def _contents(contents: Contents) -> dict[str, Any]:
    """What a session got by its manifest besides films, but for tags, which can be changed later."""
    told = {name: value for name, value in asdict(contents).items() if name != "tags"}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}


def _availability(end: Availability) -> dict[str, Any]:
    return {"setting": end.setting, "date": end.date.isoformat() if end.date else None}
