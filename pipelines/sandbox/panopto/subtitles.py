"""Whether bytes are captions in SRT or WebVTT, and the languages that Panopto has captions in.

Source of the languages and formats: Panopto's Swagger 2.0. Not established and chosen here: the text is
UTF-8, the name's ending tells the format, and a file without one cue is none; a manifest's LCID is the name
of a culture, whose region counts where Panopto tells regions of a language apart.
"""

import re

LANGUAGES = (
    "English_USA", "English_GBR", "Spanish_MEX", "Spanish_ESP", "German", "French", "Dutch", "Thai",
    "Chinese_Simplified", "Chinese_Traditional", "Korean", "Japanese", "Russian", "Portuguese", "Polish",
    "English_AUS", "Danish", "Finnish", "Hungarian", "Norwegian", "Swedish", "Italian", "Welsh", "Catalan",
    "Galician", "Basque", "Arabic", "Hindi", "French_CAN", "Hebrew", "Vietnamese",
)  # fmt: skip
CULTURES = (
    "en-us", "en-gb", "es-mx", "es-es", "de", "fr-fr", "nl", "th", "zh-cn", "zh-tw", "ko", "ja", "ru", "pt",
    "pl", "en-au", "da", "fi", "hu", "nb", "sv", "it", "cy", "ca", "gl", "eu", "ar", "hi", "fr-ca", "he",
    "vi",
)  # fmt: skip
"""Of each of these languages, the name of its culture."""
SRT = re.compile(r"^\d{1,3}:\d\d:\d\d,\d{3}[ \t]+-->[ \t]+\d{1,3}:\d\d:\d\d,\d{3}", re.MULTILINE)
VTT = re.compile(r"^(?:\d{2,}:)?\d\d:\d\d\.\d{3}[ \t]+-->[ \t]+(?:\d{2,}:)?\d\d:\d\d\.\d{3}", re.MULTILINE)
VTT_HEAD = re.compile(r"WEBVTT(?:[ \t\r\n]|$)")


def language(culture: str | None) -> str | None:
    """The language of a transcript, by its LCID; None where it is not known."""
    known = dict(zip(CULTURES, LANGUAGES, strict=True))
    told = (culture or "").lower()
    return known.get(told) or known.get(told.partition("-")[0])


def fault(name: str, body: bytes) -> str | None:
    """What is wrong with a caption file of this name, in one sentence; None where nothing is."""
    ending = name.rpartition(".")[2].lower()
    if ending not in {"srt", "vtt"}:
        return "The file is neither SRT nor VTT."
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "The captions are not UTF-8."
    if ending == "vtt" and not VTT_HEAD.match(text):
        return "The file is no VTT."
    cues = SRT if ending == "srt" else VTT
    return None if cues.search(text) else f"The file has no cue of {ending.upper()}."
