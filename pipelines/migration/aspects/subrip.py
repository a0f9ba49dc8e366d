"""SubRip: read by pycaption, which stops at the first line it does not know; so all captions are counted."""

import re

from pycaption import CaptionReadError, CaptionSet, SRTReader  # type: ignore[import-untyped]
from pycaption.exceptions import InvalidInputError  # type: ignore[import-untyped]

from pipelines.migration.aspects.refusals import NotCaptions
from pipelines.migration.aspects.timed_text import MOST

_TIME = r"\d{1,4}:[0-5]?\d:[0-5]?\d"
_TIMES = re.compile(
    rf"^[ \t]*({_TIME})[,.](\d{{3}})[ \t]*-->[ \t]*({_TIME})[,.](\d{{3}})[^\n]*$", re.ASCII | re.MULTILINE
)
_CUES = re.compile(r"^[\d:,. \t]+-->[^\n]*\n[ \t]*[^\s]", re.MULTILINE)
_TAGS = re.compile(r"</?(?:i|b|u|s|font)(?:\s[^<>\n]*)?>|\{\\an?\d\}", re.IGNORECASE)
_BREAKS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def read_subrip(text: str) -> CaptionSet:
    """Return the captions of a SubRip file with line feeds. Raises NotCaptions where not all can be read."""
    tidied = _TIMES.sub(r"\1,\2 --> \3,\4", _TAGS.sub("", _BREAKS.sub(" ", text))).strip("\n")
    there = len(_CUES.findall(tidied))
    if there > MOST:
        raise NotCaptions(f"the file has more than {MOST} captions")
    try:
        captions = SRTReader().read(tidied, lang="und")
    except (CaptionReadError, InvalidInputError, ArithmeticError, ValueError):
        raise NotCaptions("the file is no SubRip file with captions") from None
    if (read := len(captions.get_captions("und"))) != there:
        raise NotCaptions(f"only {read} of the {there} captions in the file can be read")
    return captions
