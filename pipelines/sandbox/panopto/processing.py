"""What Panopto makes of a completed upload: a session, and state 4 or 5.

Expected results after Panopto/SessionUploadExample Tests/expected_results.txt: audio only, slides only and
unsupported elements end in 4; corrupt media and a file that was not uploaded end in 5. Not established and
chosen here: no manifest or two end in 5, as do two files whose names are the same but for case, a file that
is named twice, and a transcript that is no captions; a manifest that cannot be read makes no session, any
later failure leaves one behind.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pipelines.sandbox.panopto import manifest, subtitles
from pipelines.sandbox.panopto.contents import Contents, edited, shown
from pipelines.sandbox.panopto.manifest import Manifest, ManifestError, NamedFile, NotAManifest
from pipelines.sandbox.panopto.model import State, StoredObject

TEXTS = (".xml", ".srt", ".vtt")
"""Endings of the files that are read, and not only looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How processing ends. `duration` is in seconds, without cuts; without a manifest there is no session.

    `contents` are what viewers get of those in the manifest.
    """

    state: State
    message: str | None = None
    manifest: Manifest | None = None
    manifest_key: str | None = None
    duration: float = 0.0
    contents: Contents = field(default_factory=Contents)


def is_text(key: str) -> bool:
    """Whether an object of this name is read."""
    return key.lower().endswith(TEXTS)


def judge(
    objects: Mapping[str, StoredObject], texts: Mapping[str, bytes], checksums: bool, captions: bool = True
) -> Verdict:
    """How the processing of these objects ends; `texts` are the bytes of those that are read (`is_text`).

    Without `captions` the manifest's transcripts are not taken, and nobody is told.
    """
    roots, wrong = {}, "No manifest was uploaded."
    for key, body in texts.items():
        if not key.lower().endswith(".xml"):
            continue
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
    told = read.contents if captions else replace(read.contents, transcripts=())
    faults = [
        *_twice(objects, read.files), *_faults(read.files, objects, checksums), *_no_captions(told, texts)
    ]  # fmt: skip
    state = State.PROCESSING_ERROR if faults else State.COMPLETE
    length = _duration(read.files, objects)
    seen = _hashed(shown(told, length), objects)
    return Verdict(state, next(iter(faults), None), read, key, edited(length, told.session_cuts), seen)


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


def _twice(objects: Iterable[str], named: Iterable[NamedFile]) -> Iterator[str]:
    """What is wrong with names, which Panopto's file system sees without case."""
    uploaded, files = Counter(key.lower() for key in objects), Counter(file.name.lower() for file in named)
    yield from (f"Two files were uploaded as {name!r}." for name, count in uploaded.items() if count > 1)
    yield from (f"The manifest names {name!r} twice." for name, count in files.items() if count > 1)


def _no_captions(contents: Contents, texts: Mapping[str, bytes]) -> Iterator[str]:
    for one in contents.transcripts:
        wrong = subtitles.fault(one.file, texts.get(one.file, b""))
        if wrong is not None:
            yield f"The transcript {one.file!r} cannot be used. {wrong}"


def _hashed(contents: Contents, objects: Mapping[str, StoredObject]) -> Contents:
    there = [one for one in contents.transcripts if one.file in objects]
    return replace(
        contents, transcripts=tuple(replace(one, sha256=objects[one.file].sha256) for one in there)
    )


def _duration(named: Iterable[NamedFile], objects: Mapping[str, StoredObject]) -> float:
    """The end of the last video by what the uploaded bytes say."""
    ends = [0.0]
    for file in named:
        held = objects.get(file.name)
        if file.kind == "video" and held is not None and held.container is not None:
            ends.append(file.start + (held.container.duration or 0) / 1000)
    return max(ends)
