"""Texts as LumiNUS holds them: on one line, counted in UTF-16 code units, cut where nothing is torn.

LumiNUS counts as .NET's StringLength does, which compares `string.Length` (dotnet/runtime,
StringLengthAttribute.cs): an emoji is two. What is made of several code points for one thing to be seen
(a letter and its accents, a family emoji, a flag) is kept or left as a whole.
"""

import unicodedata
from collections.abc import Sequence

from pipelines.luminus.model import LONGEST_TEXT

_JOINER = "\u200d"
_REGIONAL = ("\U0001f1e6", "\U0001f1ff")
"""The letters whose pairs are flags."""
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_TAGS = ("\U000e0020", "\U000e007f")
"""What follows a black flag to name a country within one."""
_JAMO = ("\u1160", "\u11ff")
"""Vowels and finals of Korean syllables that are written letter by letter, as macOS names files."""


def units(text: str) -> int:
    """Return how long a text is for LumiNUS: its UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def line(text: str) -> str:
    """Return a text on one line: white space is one space, nothing is before the first character to be seen.

    Control characters and lone surrogates are left out. A text without anything to be seen is the empty one.
    """
    words = " ".join("".join(one for one in word if _is_told(one)) for word in text.split())
    first = next((at for at, one in enumerate(words) if _is_seen(one)), len(words))
    return " ".join(words[first:].split())


def lines(text: str) -> str:
    r"""Return a text of several lines, parted by \n, without control characters and lone surrogates."""
    parted = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(one for one in parted if one in "\n\t" or _is_told(one)).strip()


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text on one line and, where it is longer than `longest` (at least 2), its beginning."""
    whole = line(text)
    if units(whole) <= longest:
        return whole
    # Half a surrogate pair at the end is what is ignored.
    fitting = len(whole.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore"))
    end = next((at for at in range(fitting, 0, -1) if not _goes_on(whole, at)), fitting)
    return whole[:end].rstrip()


def joined(names: Sequence[str], longest: int = LONGEST_TEXT) -> str:
    """Return names as "A, B, C"; where they are too long, as many as fit: "A, ... (+2)".

    Blank names are left out. A first name that is too long by itself is cut.
    """
    told = [one for one in map(line, names) if one]
    whole = ", ".join(told)
    if units(whole) <= longest:
        return whole
    for kept in range(min(len(told) - 1, longest // 3), 0, -1):
        text = ", ".join(told[:kept]) + _rest(len(told) - kept)
        if units(text) <= longest:
            return text
    rest = _rest(len(told) - 1)
    return cut(told[0], longest - units(rest)) + rest


def _rest(count: int) -> str:
    return f", ... (+{count})" if count else ""


def _is_told(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"}


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"


def _goes_on(text: str, at: int) -> bool:
    """Tell whether the character at a place belongs to the one before it (after Unicode's UAX 29)."""
    before, here = text[at - 1], text[at]
    if before == _JOINER or here == _JOINER or unicodedata.category(here)[0] == "M":
        return True
    if any(_within(here, bounds) for bounds in (_SKIN_TONES, _TAGS, _JAMO)):
        return True
    return _within(here, _REGIONAL) and _flags_before(text, at) % 2 == 1


def _flags_before(text: str, at: int) -> int:
    """Count the flag letters right before a place: after an odd number of them a flag is not whole."""
    count = 0
    while count < at and _within(text[at - count - 1], _REGIONAL):
        count += 1
    return count


def _within(character: str, bounds: tuple[str, str]) -> bool:
    return bounds[0] <= character <= bounds[1]
