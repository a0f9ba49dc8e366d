"""Captions: which caption files of a publication are carried, one a language.

They are tracks in newer versions of Opencast, and attachments or catalogues in older ones. Source: the rule
of the Paella player, and Opencast's configuration/subtitles.md for the tags.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import splitext
from typing import Literal
from urllib.parse import urlsplit

from pipelines.opencast.model import Element, Publication, Track
from pipelines.opencast.usable import is_playlist
from pipelines.panopto.languages import tag_of

Form = Literal["vtt", "dfxp", "srt", "unknown"]

UNCUT = "its times are those of the uncut film: they fit only where nothing was cut from it"
"""What is said of a caption file that was made for the source."""

_FLAVOR = re.compile(r"captions?/([^+]+)(?:\+(.+))?")
_OTHER = re.compile("preview|timeline|chapter|metadata")
_FORMS: dict[str, Form] = {
    "text/vtt": "vtt",
    "vtt": "vtt",
    ".vtt": "vtt",
    "application/ttml+xml": "dfxp",
    "application/ttaf+xml": "dfxp",
    "dfxp": "dfxp",
    "ttml": "dfxp",
    "timedtext": "dfxp",
    ".dfxp": "dfxp",
    ".ttml": "dfxp",
    "application/x-subrip": "srt",
    "text/srt": "srt",
    "srt": "srt",
    ".srt": "srt",
}


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption file. `language` is a BCP-47 tag, empty where unknown; `warning` a sentence or empty.

    `automatic` ones come from speech recognition; `closed` ones tell of sounds too, as the deaf need.
    """

    fact: Track | Element
    language: str = ""
    form: Form = "unknown"
    automatic: bool = False
    closed: bool = False
    warning: str = ""

    @property
    def key(self) -> str:
        """What tells the file apart within its event."""
        return self.fact.key


def captions_of(publication: Publication) -> tuple[Caption, ...]:
    """Return the captions that are carried, one a language, in the order of their languages.

    What was delivered comes before what was made for the source, then what people made before what a machine
    did, then tracks before attachments before catalogues.
    """
    best: dict[str, Caption] = {}
    for caption in sorted(_all(publication), key=lambda one: (bool(one.warning), one.automatic)):
        best.setdefault(caption.language, caption)
    return tuple(best[language] for language in sorted(best))


def _all(publication: Publication) -> Iterator[Caption]:
    """Yield every caption file: tracks first, then attachments, then catalogues."""
    for track in publication.tracks:
        if track.url and _is_caption(track) and not is_playlist(track):
            yield _read(track)
    files = [one for one in publication.elements if one.url and _is_caption(one)]
    for kind in ("attachment", "catalogue"):
        yield from (_read(one) for one in files if one.kind == kind)


def _is_caption(fact: Track | Element) -> bool:
    """Tell captions by flavor, or by their media type; a player's sheet of previews has that one too."""
    flavor = _flavor(fact)
    if _FLAVOR.fullmatch(flavor) or flavor == "text/vtt":
        return True
    return _mediatype(fact) in _FORMS and not _OTHER.search(flavor)


def _read(fact: Track | Element) -> Caption:
    found = _FLAVOR.fullmatch(_flavor(fact))
    kind, suffix = (found[1], found[2] or "") if found else (_flavor(fact), "")
    tags = _tags(fact)
    return Caption(
        fact,
        tag_of(tags.get("lang", "")) or tag_of(suffix),
        _form(fact, kind),
        tags.get("generator-type") == "auto",
        tags.get("type") == "closed-caption",
        UNCUT if kind == "source" else "",
    )


def _form(fact: Track | Element, kind: str) -> Form:
    """Return the form that media type, ending or flavor tells, in this order."""
    told = (_FORMS.get(one) for one in (_mediatype(fact), _ending(fact.url), kind))
    return next((one for one in told if one), "unknown")


def _tags(fact: Track | Element) -> dict[str, str]:
    """Return tags such as lang:en by their names; of two with one name the first counts."""
    pairs = (tag.strip().lower().partition(":") for tag in reversed(fact.tags))
    return {name: value for name, colon, value in pairs if colon}


def _flavor(fact: Track | Element) -> str:
    """Return the flavor; some answers have a space where it has a plus."""
    return fact.flavor.strip().lower().replace(" ", "+")


def _mediatype(fact: Track | Element) -> str:
    return fact.mediatype.partition(";")[0].strip().lower()


def _ending(url: str) -> str:
    try:
        return splitext(urlsplit(url.lower()).path)[1]
    except ValueError:
        return ""
