"""What is secret is taken out of what is written for people: by its form, whoever wrote it.

Our own messages hold no secret to begin with. This is for the words of libraries, and for mistakes of ours:
log lines, warnings, tracebacks and the last sentence all pass through here; so does what a service says in
its own words, before it comes into a message that is kept.
"""

import re
import sys

if sys.platform != "win32":
    import resource

BLANK = "***"

_NAMES = (
    "access_?token|refresh_?token|id_?token|token|client_?secret|secret|password|passwd|assertion|policy|signature"
    "|key-?id|awsaccesskeyid|subscription-?_?key|ocp-apim-subscription-key|x-amz-[a-z-]+|authorization"
    "|proxy-authorization|cookie|set-cookie|aspxauth"
)
_FORMS = (
    # Bearer tokens, and accounts of Basic and of S3. A word has neither digit nor capital inside.
    (re.compile(r"\b(Bearer|Basic|AWS)(?: |%20)(?=\S*[A-Z0-9=])[\w.~+/=:%-]{8,}"), rf"\1 {BLANK}"),
    # A JSON Web Token.
    (re.compile(r"\beyJ[\w-]+\.[\w-]*(\.[\w-]*)?"), BLANK),
    # The account and the query of an address.
    (re.compile(r"(?<=://)[^/\s@\"'<>]+@"), f"{BLANK}@"),
    (re.compile(r"(?i)((?:https?:/)?/[^\s?\"'<>]*)\?[^\s\"'<>]+"), rf"\1?{BLANK}"),
    # Who knows where an upload goes may write there.
    (re.compile(r"(?i)(/Panopto/Upload/)[^/?\s\"'<>]+"), rf"\1{BLANK}"),
    # name=value, and "name": "value" as JSON, Python and aiohttp write it.
    (re.compile(rf"(?i)(?<![a-z])((?:{_NAMES})=)[^\s&,;\"'<>)}}]+"), rf"\1{BLANK}"),
    (re.compile(rf"(?i)((?:{_NAMES})[\"']\s*[:,]\s*b?[\"'])(?:\\.|[^\"'\\])+"), rf"\1{BLANK}"),
    # A header's line.
    (re.compile(r"(?im)\b((?:proxy-)?authorization|(?:set-)?cookie|ocp-apim-subscription-key): *[^\r\n\"']+"),
     rf"\1: {BLANK}"),
)  # fmt: skip


def redacted(text: str) -> str:
    """Return a text with three asterisks for each query of an address, token, account and upload target."""
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text


def leave_no_core() -> None:
    """Have the kernel write no core of this process, nor of its children: its memory is full of secrets."""
    if sys.platform != "win32":
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
