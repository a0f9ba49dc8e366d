"""The thumbnail: the picture that stood for a recording in Opencast's player or lists."""

from pipelines.opencast.model import Element, Publication

_ENDINGS = (".jpg", ".jpeg", ".png")
_PICTURES = ("image/jpeg", "image/jpg", "image/png")
_USES = ("player+preview", "search+preview", "feed+preview")
_KINDS = ("presenter", "presentation")


def thumbnail_of(publication: Publication) -> Element | None:
    """Return the best picture: the player's before the lists', the presenter's before the presentation's."""
    pictures = [one for one in publication.elements if _rank(one)[0] < len(_USES) and _is_picture(one)]
    return min(pictures, key=_rank, default=None)


def _rank(element: Element) -> tuple[int, int, str]:
    """Order pictures by use and kind; the key comes last, so that each run chooses the same one."""
    kind, _, use = element.flavor.replace(" ", "+").partition("/")
    return _place(use, _USES), _place(kind, _KINDS), element.key


def _place(word: str, words: tuple[str, ...]) -> int:
    return words.index(word) if word in words else len(words)


def _is_picture(element: Element) -> bool:
    mediatype = element.mediatype.partition(";")[0].strip().lower()
    path = element.url.partition("?")[0].lower()
    return bool(path) and (mediatype in _PICTURES or (not mediatype and path.endswith(_ENDINGS)))
