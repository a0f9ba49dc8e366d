"""What Panopto makes of a completed upload: a session, and state 4 or 5.

Expected results after Panopto/SessionUploadExample Tests/expected_results.txt: audio only, slides only and
unsupported elements end in 4; corrupt media and a file that was not uploaded end in 5. Not established and
chosen here: no manifest or two end in 5; a manifest that cannot be read makes no session, any later
failure leaves one behind.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.sandbox.panopto import manifest
from pipelines.sandbox.panopto.manifest import Manifest, ManifestError, NamedFile, NotAManifest
from pipelines.sandbox.panopto.model import State, StoredObject


@dataclass(frozen=True, slots=True)
class Verdict:
    """How processing ends. `duration` is in seconds; without a manifest there is no session."""

    state: State
    message: str | None = None
    manifest: Manifest | None = None
    manifest_key: str | None = None
    duration: float = 0.0


def judge(objects: Mapping[str, StoredObject], documents: Mapping[str, bytes], checksums: bool) -> Verdict:
    """How the processing of these objects ends; `documents` are the bytes of those that are XML by name."""
    roots, wrong = {}, "No manifest was uploaded."
    for key, body in documents.items():
        try:
            roots[key] = manifest.parse(body)
        except NotAManifest as error:
            wrong = f"{key}: {error}"
    if len(roots) != 1:
        return Verdict(State.PROCESSING_ERROR, wrong if not roots else f"There are {len(roots)} manifests.")
    ((key, root),) = roots.items()
    try:
        read = manifest.read(root)
    except ManifestError as error:
        return Verdict(State.PROCESSING_ERROR, f"{key}: {error}")
    message = next(_faults(read.files, objects, checksums), None)
    state = State.PROCESSING_ERROR if message else State.COMPLETE
    return Verdict(state, message, read, key, _duration(read.files, objects))


def judge_stream(objects: Mapping[str, StoredObject]) -> Verdict:
    """How the processing of files added to a session (StreamUpload, no manifest) ends."""
    named = [NamedFile(key, "video") for key in objects]
    message = next(_faults(named, objects, checksums=False), None if named else "Nothing was uploaded.")
    state = State.PROCESSING_ERROR if message else State.COMPLETE
    return Verdict(state, message, duration=_duration(named, objects))


def _faults(
    named: Iterable[NamedFile], objects: Mapping[str, StoredObject], checksums: bool
) -> Iterator[str]:
    for file in named:
        held = objects.get(file.name)
        if held is None:
            yield f"The manifest names {file.name!r}, which was not uploaded."
        elif checksums and file.crc32 is not None and file.crc32 != held.crc32:
            yield f"The checksum of {file.name} is {held.crc32:08x}, not {file.crc32:08x}."
        elif file.kind == "video" and held.container is None:
            yield f"{file.name} is no media file."


def _duration(named: Iterable[NamedFile], objects: Mapping[str, StoredObject]) -> float:
    """The end of the last video by what the uploaded bytes say."""
    ends = [0.0]
    for file in named:
        held = objects.get(file.name)
        if file.kind == "video" and held is not None and held.container is not None:
            ends.append(file.start + (held.container.duration or 0) / 1000)
    return max(ends)
