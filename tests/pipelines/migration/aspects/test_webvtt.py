"""A caption file of any known form becomes WebVTT whose cues are in order, or is refused in a sentence."""

import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.migration.aspects.refusals import NotCaptions
from pipelines.migration.aspects.webvtt import as_webvtt, cues_in

TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/2006/10/ttaf1" xmlns:tts="http://www.w3.org/2006/10/ttaf1#styling" xml:lang="en">
<head><styling><style id="s" style="s" tts:color="red"/></styling>
<layout><region xml:id="r" tts:origin="1px 2em"/></layout></head>
<body><div region="r" style="s">
<p begin="00:00:05.0000000" end="00:00:07.1234567">Größer <span tts:fontStyle="italic">als</span>
&lt;0&gt; --&gt; so<br/>nun</p>
<p begin="1.5s" dur="2s">
  First
  line</p>
<p begin="9s" end="10s"> </p>
</div></body></tt>""".encode()
SRT = (
    "\ufeff1\r\n00:00:01,000 --> 00:00:02.500\r\n<i>Hé</i> & co\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\nb\r\nc"
)
VTT = (
    "\ufeffWEBVTT - x\r\nKind: captions\r\n\r\nNOTE one\r\n\r\n"
    "1\r\n00:05.000 --> 00:06.000 align:start\r\nhello\r\n"
    "00:01.000-->00:02,000\r\nw\r\n\r\n\r\n100:00:00.000 --> 100:00:00.001\r\nlate\r\n"
)
TIMES = re.compile(
    r"^(?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3}) --> (?:(\d{2,}):)?(\d\d):(\d\d)\.(\d{3})(?: \S.*)?$"
)


def cues(document: bytes) -> list[tuple[int, int]]:
    """Read the times of a WebVTT file strictly, in milliseconds."""
    lines = document.decode().split("\n")
    assert re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0])
    found = []
    for line in lines:
        if "-->" in line:
            told = TIMES.fullmatch(line)
            assert told, line
            numbers = [int(one or 0) for one in told.groups()]
            start, end = (((h * 60 + m) * 60 + s) * 1000 + f for h, m, s, f in (numbers[:4], numbers[4:]))
            found.append((start, end))
    assert all(start < end for start, end in found)
    assert [start for start, _ in found] == sorted(start for start, _ in found)
    assert found
    return found


@pytest.mark.parametrize("form", ["dfxp", "unknown"])
def test_timed_text(form: str) -> None:
    """Words, line breaks and times of DFXP arrive; styles, regions and what is empty are left out."""
    written = as_webvtt(TTML, form)  # type: ignore[arg-type]
    assert cues(written) == [(1500, 3500), (5000, 7123)]
    assert cues_in(written) == 2
    assert "First line\n" in written.decode()
    assert "Größer als &lt;0> --&gt; so\nnun\n" in written.decode()


@pytest.mark.parametrize("form", ["srt", "unknown"])
def test_subrip(form: str) -> None:
    """Commas, dots, carriage returns and marks for italics of SubRip are known."""
    written = as_webvtt(SRT.encode(), form)  # type: ignore[arg-type]
    assert cues(written) == [(1000, 2500), (3000, 4000)]
    assert "Hé &amp; co\n" in written.decode()
    assert "b\nc" in written.decode()


@pytest.mark.parametrize("form", ["vtt", "unknown"])
def test_webvtt_passes(form: str) -> None:
    """What is WebVTT keeps its words, header and settings; cues get in order, line ends and mark go."""
    written = as_webvtt(VTT.encode(), form)  # type: ignore[arg-type]
    assert written.decode() == (
        "WEBVTT - x\nKind: captions\n\nNOTE one\n\n00:01.000 --> 00:02.000\nw\n\n"
        "1\n00:05.000 --> 00:06.000 align:start\nhello\n\n100:00:00.000 --> 100:00:00.001\nlate\n"
    )
    assert as_webvtt(written, "vtt") == written


def test_settings_are_parted_by_spaces() -> None:
    """Whatever space a file has between a cue's settings, one is written."""
    written = as_webvtt(b"WEBVTT\n\n00:01.000\t-->\t00:02.000 \x0balign:start\t line:0 \nx\n", "vtt")
    assert written == b"WEBVTT\n\n00:01.000 --> 00:02.000 align:start line:0\nx\n"


@pytest.mark.parametrize(
    ("document", "form", "told"),
    [
        (b"", "vtt", "does not begin with WEBVTT"),
        (b"WEBVTTX\n\n00:01.000 --> 00:02.000\nx", "vtt", "does not begin with WEBVTT"),
        (b"WEBVTT", "vtt", "no captions in it"),
        (b"\xef\xbb\xbfWEBVTT\r\n\r\n", "vtt", "no captions in it"),
        (b"WEBVTT\n\n00:02.000 --> 00:02.000\nx", "vtt", "no captions in it"),
        (b"WEBVTT\n\n00:61.000 --> 00:02.000\nx", "vtt", "block 1"),
        (b"WEBVTT\n\n-00:01.000 --> 00:02.000\nx", "vtt", "block 1"),
        (b"WEBVTT\n\xfc", "vtt", "UTF-8"),
        ("WEBVTT\n".encode("utf-16"), "vtt", "UTF-8"),
        (b"<html>Log in</html>", "vtt", "does not begin with WEBVTT"),
        (b"<html>Log in</html>", "dfxp", "neither DFXP nor TTML"),
        (b"<html>Log in</html>", "unknown", "neither DFXP nor TTML"),
        (b"<tt><body/></tt>", "dfxp", "with captions"),
        (b"<tt><body><p begin='1s'>x</p></body></tt>", "dfxp", "caption 1"),
        (b"<tt><body><p begin='1s' end='99h'>x</p></body></tt>", "dfxp", "24 hours"),
        (b"<tt><body><div begin='5s'><p begin='1s' end='2s'>x</p></div></body></tt>", "dfxp", "by blocks"),
        (b"<!DOCTYPE tt [<!ENTITY x 'y'>]><tt>&x;</tt>", "dfxp", "DTD"),
        (b"<!DOCTYPE tt SYSTEM 'http://127.0.0.1:9/x.dtd'><tt/>", "dfxp", "DTD"),
        (b"1\n00:00:01,000\nx\n", "srt", "no SubRip file"),
        (b"1\n25:00:01,000 --> 25:00:02,000\nx\n", "srt", "24 hours"),
        (b'{"error": 1}', "unknown", "does not begin with WEBVTT"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nx\n\ny\n\n2\n00:00:03 --> 00:00:04\nz\n", "srt", "only 1 of"),
    ],
)  # fmt: skip
def test_what_is_no_caption_file(document: bytes, form: str, told: str) -> None:
    """One sentence says why."""
    with pytest.raises(NotCaptions, match=told) as caught:
        as_webvtt(document, form)  # type: ignore[arg-type]
    assert caught.value.code == "no_captions"


def test_too_long_a_file_is_not_read() -> None:
    """The cap is told, for any form."""
    with pytest.raises(NotCaptions, match="21 bytes where 20"):
        as_webvtt(b"WEBVTT" + b"\n" * 15, "vtt", at_most=20)


def test_too_many_captions_are_not_read() -> None:
    """What would hold the reader up for a minute is refused before it begins."""
    many = b"<tt>" + b"<p>x</p>" * 20_001 + b"</tt>"
    with pytest.raises(NotCaptions, match="more than 20000"):
        as_webvtt(many, "dfxp")
    with pytest.raises(NotCaptions, match="more than 20000"):
        as_webvtt(b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 20_001, "srt")


def test_one_language_of_several() -> None:
    """The language that is asked for is taken; where it is not there, nothing is guessed."""
    document = (
        b"<tt xml:lang='en'><body><div><p begin='1s' end='2s'>yes</p></div>"
        b"<div xml:lang='deu'><p begin='1s' end='2s'>ja</p></div></body></tt>"
    )
    assert b"ja" in as_webvtt(document, "dfxp", language="de")
    assert b"yes" not in as_webvtt(document, "dfxp", language="de")
    with pytest.raises(NotCaptions, match=r"several languages \(de, en\)"):
        as_webvtt(document, "dfxp")


WORDS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="{}<") | st.sampled_from("&<> '\""),
    min_size=1,
).filter(str.strip)
CUES = st.lists(st.tuples(st.integers(0, 86_000_000), st.integers(1, 300_000), WORDS), min_size=1, max_size=8)


def clock(milliseconds: int, mark: str) -> str:
    """Return a time of day with this mark before its fraction."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{mark}{rest:03d}"


@given(CUES)
@example([(0, 1, "-->")])
def test_every_cue_arrives(told: list[tuple[int, int, str]]) -> None:
    """As many cues as there were, at their times, by their starts, whatever the form and the words."""
    expected = sorted((start, start + length) for start, length, _ in told)
    dfxp = "".join(
        f"<p begin='{clock(start, '.')}' end='{clock(start + length, '.')}'>{escape(text)}</p>"
        for start, length, text in told
    )
    subrip = "".join(
        f"{number}\n{clock(start, ',')} --> {clock(start + length, ',')}\n- {text.replace('<', '(')}\n\n"
        for number, (start, length, text) in enumerate(told, 1)
    )
    vtt = "WEBVTT\n\n" + "".join(
        f"{clock(start, '.')} --> {clock(start + length, '.')}\n{escape(text)}\n\n"
        for start, length, text in told
    )
    for written in (
        as_webvtt(f"<tt><body><div>{dfxp}</div></body></tt>".encode(), "dfxp"),
        as_webvtt(subrip.encode(), "srt"),
        as_webvtt(vtt.encode(), "vtt"),
    ):
        assert sorted(cues(written)) == expected
        assert cues_in(written) == len(told)


VALID = (TTML, SRT.encode(), VTT.encode())


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.builds(
        lambda valid, at, length, new: valid[: at % len(valid)] + new + valid[at % len(valid) + length :],
        st.sampled_from(VALID),
        st.integers(0, 5000),
        st.integers(0, 40),
        st.binary(max_size=6)
        | st.sampled_from([b"-->", b"\n\n", b"9" * 400, b"<p>", b"<br/>", b"&x;", b"\0"]),
    ),
    st.sampled_from(["vtt", "srt", "dfxp", "unknown"]),
)
def test_any_bytes_are_captions_or_refused(document: bytes, form: str) -> None:
    """Nothing but NotCaptions is raised, and what is written is valid, whatever becomes of a file."""
    try:
        written = as_webvtt(document, form)  # type: ignore[arg-type]
    except NotCaptions:
        return
    assert cues_in(written) == len(cues(written))
    assert as_webvtt(written, "vtt") == written
