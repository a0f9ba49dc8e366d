"""The faults F1 to F43, by their numbers: what goes wrong, and what a test must show."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: a group of the table, what goes wrong, and what has to be shown in one sentence."""

    number: int
    group: str
    what: str
    shown: str


SOURCE, TARGET = "Source and network", "S3 target"
SERVICES, LOCAL, SECURITY = "Panopto, LumiNUS, VALT", "Local state", "Security"

ROWS = (
    (SOURCE, "connection reset in the middle of a part",
     "the part is read again from its first byte under the same validator; no finished part is sent again"),
    (SOURCE, "a body that ends short of its declared length",
     "never completed into an object, over every source and target"),
    (SOURCE, "a body that ends short, and no length was declared",
     "the same; the size is the probe's, and without one nothing is sent"),
    (SOURCE, "a flipped byte",
     "found wherever the level covers it; elsewhere the report says what was not checked"),
    (SOURCE, "a Range ignored, another Content-Range, a 206 of another size",
     "only 206 with exactly the range that was asked for counts, or 200 from the first byte on"),
    (SOURCE, "silence, a trickle, a peer that does not read, a silent 100-continue",
     "each ends within its deadline and is tried again; nothing waits for more than twice that"),
    (SOURCE, "a slow consumer",
     "memory stays flat, and no order of waiting, pausing and cancelling locks up"),
    (SOURCE, "429, 503 with any Retry-After, 5xx, 408",
     "obeyed by host and endpoint, with an upper bound, and told; the others go on; no storm of retries"),
    (SOURCE, "a Content-Encoding on media, an answer that is a bomb",
     "media only as it is; an answer that is read whole has an upper bound"),
    (SOURCE, "a login page with 200, a redirect to one",
     "told as what it is by its type and first bytes, and never moved as media"),
    (SOURCE, "a signed address that expires in the middle of a file",
     "signed again in time and on 410; 403 is final after one fresh signature; the same part goes on"),
    (SOURCE, "the source changes between two parts",
     "the upload is given up, the outcome says so, and no session is made"),
    (SOURCE, "the source is gone (404), or may not be read (403)",
     "permanent after one more look at the event; the run goes on and ends with 4"),
    (SOURCE, "no name, another address, TLS, no network for ten minutes",
     "the host is left alone for a while, all state is kept, and the run goes on by itself"),
    (TARGET, "the answer to UploadPart is lost",
     "the part is sent twice and is in Complete once; the count of bytes is honest"),
    (TARGET, "a part that is missing, has no ETag, or another one than its MD5",
     "every part's ETag is on record before Complete; one without is sent again"),
    (TARGET, "the answer to Create is lost",
     "orphans are looked for and aborted where uploads are listed, at the end and by cleanup; none stays"),
    (TARGET, "the answer to Complete is lost",
     "nothing is sent again where the target tells; else the file once; never two sessions, never a guess"),
    (TARGET, "Complete answers 200 with an error, with nothing, or after minutes",
     "only an answer with our key and an ETag counts"),
    (TARGET, "the upload's id vanishes",
     "the item starts anew in a new session upload, and the old id stays on record"),
    (TARGET, "a library that changes the bytes on the wire",
     "the bytes of the five S3 calls are pinned, over TLS"),
    (TARGET, "limits of parts",
     "5 MiB to 25 MB a part and 10,000 parts, for every size; a source without bytes is refused"),
    (SERVICES, "the answer to opening a session upload is lost",
     "no session comes of it; the orphan is counted, and cancelled where its id becomes known"),
    (SERVICES, "the answer to completing a session upload is lost, or a crash right after",
     "its state is asked for first; exactly one session, at every moment of a crash"),
    (SERVICES, "processing that fails, never ends, is deleted, or ends with something else",
     "each state has its outcome; polling is bounded; what came of it is compared with the source"),
    (SERVICES, "a token that expires or is revoked, 401 and 403, many at once",
     "one renewal for all who wait; a right that is missing is no reason for another"),
    (SERVICES, "the answer to LumiNUS's PATCH is lost, 409, 412",
     "looked at, compared, and set once more only where it differs"),
    (SERVICES, "the answer to VALT's POST is lost, a double booking",
     "looked for before it is made; a clash is told by plan"),
    (SERVICES, "a clock that is wrong by 20 minutes, daylight saving, a leap day",
     "deadlines by monotonic clocks; plan warns from 60 s on; bookings keep their time"),
    (LOCAL, "SIGKILL at every write, flush and rename of the checkpoint",
     "the end is that of a run that nobody killed, with one session an item, and little is sent again"),
    (LOCAL, "a checkpoint that is torn, full of zeros, flipped, doubled, or newer",
     "a safe prefix, or exit 10 with the line; never a traceback, never from nothing in silence"),
    (LOCAL, "a full disk, an error of fsync, a folder that is read-only",
     "nothing is finished falsely; exit 9 says how to go on; the file is not trusted again"),
    (LOCAL, "two runs with one checkpoint",
     "the second ends with 6 before its first call and names the first; a kill needs no unlocking"),
    (LOCAL, "SIGINT, SIGTERM, SIGHUP, a machine that sleeps",
     "what is in flight ends or is dropped within 20 s; a second signal ends at once; both can go on"),
    (LOCAL, "a checkpoint that is lost, older than it was, or another tenant's",
     "reconcile makes it anew from what Panopto holds before anything is sent; others' are refused"),
    (SECURITY, "hostile names",
     "no path, no terminal and no markup is reached; the title arrives as it was"),
    (SECURITY, "DTDs and entities in, control characters out",
     "none is read; none is written; a manifest is validated before it is sent"),
    (SECURITY, "addresses of other hosts, redirects",
     "only hosts that are allowed; at most three redirects, decided by us, without secrets"),
    (SECURITY, "pages without end, gigantic and deeply nested answers",
     "upper bounds, and an error of that item or host; memory stays within its budget"),
    (SECURITY, "secrets in what is written",
     "in no log, traceback, report, list of processes, nor in a checkpoint that others can read"),
    (SECURITY, "formulas and markup in reports",
     "cells that a spreadsheet would run are quoted; markup is shown, not obeyed"),
    (SECURITY, "a token's file that others can read",
     "refused; files of our own have mode 0600; nothing is pickled"),
    (SECURITY, "dependencies",
     "locked with hashes, each with its reason, audited where there is a network"),
)  # fmt: skip

FAULTS: Mapping[int, Fault] = {number: Fault(number, *row) for number, row in enumerate(ROWS, start=1)}
"""All of them. Cluster faults (F44, F45) wait for a cluster."""
