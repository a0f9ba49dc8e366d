"""An auditor that trusts nobody: the sandbox's own books held against what must hold of every migration.

Each function takes plain rows and tells its findings; none means that the invariant holds. By their numbers:
I1 bytes, I2 exactly once, I3 bytes sent again, I6 liveness, I9 honest books. The order of records and calls
(I4, I10) is told by `campaign.order`, what surrounds a run (I5, I7, I8) by `campaign.surroundings`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaign.aspects import aspects_twice, strange_aspects
from campaign.books import Books
from campaign.finding import Finding

COMPLETE = 4
"""Panopto's state of a session upload whose session can be used."""

ALL_WELL, RETRYABLE, PERMANENT, DIFFERS = 0, 3, 4, 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a campaign allows. None is not looked at.

    `events` are those that must each have exactly one session in the end. `again` is in bytes, `gap` in
    seconds without a sign of life. `patches` and `edits` are how often one of them may be applied. `sessions`
    are how many an event may have whose films changed at the source after they were moved.
    """

    events: Collection[str] | None = None
    again: int | None = None
    gap: float | None = None
    patches: int = 1
    edits: int = 1
    sessions: Mapping[str, int] = field(default_factory=dict)


def findings(books: Books, bounds: Bounds = Bounds()) -> list[Finding]:
    """Return all that the books alone tell of a migration, whether it has ended or not."""
    return [
        *silent_corruption(books),
        *strange_aspects(books),
        *twice(books, bounds),
        *aspects_twice(books),
        *missing(books, bounds.events),
        *sent_again(books, bounds.again),
        *silence(books, bounds.gap),
    ]


def approve(found: Iterable[Finding]) -> None:
    """Raise AssertionError where something was found, with all of it."""
    told = [str(one) for one in found]
    assert not told, "\n".join(told)


def silent_corruption(books: Books) -> Iterator[Finding]:
    """I1: tell each object that is no file of its event, byte for byte, or is there more often than the file.

    An object whose session does not exist yet may be a file of any event.
    """
    known = {one.sha256 for one in books.sources}
    of_event: Mapping[str, Counter[str]] = defaultdict(Counter)
    for file in books.sources:
        of_event[file.event_id][file.sha256] += 1
    event_of = {one.session_upload_id: one.event_id for one in books.sessions}
    held: Mapping[str, Counter[str]] = defaultdict(Counter)
    for one in books.objects:
        if not one.media:
            continue
        event_id, digests = event_of.get(one.session_upload_id), held[one.session_upload_id]
        digests[one.sha256] += 1
        if event_id is None and one.sha256 not in known:
            yield Finding(1, f"{one.key} of session upload {one.session_upload_id} is no file of any event")
        if event_id is not None and digests[one.sha256] > of_event[event_id][one.sha256]:
            yield Finding(1, f"{one.key} of session upload {one.session_upload_id} is no file of {event_id}")
    yield from _torn(books)


def _torn(books: Books) -> Iterator[Finding]:
    """Tell each session that shows files which are no objects."""
    held = {(one.session_upload_id, one.key) for one in books.objects}
    for session in books.sessions:
        for name in session.files:
            if (session.session_upload_id, name) not in held:
                yield Finding(1, f"session {session.session_id} shows {name}, which is no object")


def twice(books: Books, bounds: Bounds = Bounds()) -> Iterator[Finding]:
    """I2: tell what was done twice: a session, the word that an upload is complete, a PATCH, a booking."""
    for event_id, count in _repeated(one.event_id for one in books.sessions if one.session_upload_id):
        if count > bounds.sessions.get(str(event_id), 1):
            yield Finding(2, f"event {event_id} has {count} sessions")
    for upload in books.session_uploads:
        if upload.completions > 1:
            yield Finding(
                2, f"session upload {upload.session_upload_id} was completed {upload.completions} times"
            )
    for item in books.lecture_items:
        if item.patches > bounds.patches:
            yield Finding(2, f"lecture item {item.lecture_item_id} was changed {item.patches} times")
    for schedule in books.schedules:
        if schedule.edits > bounds.edits:
            yield Finding(2, f"schedule {schedule.schedule_id} was edited {schedule.edits} times")
    made = [one for one in books.schedules if one.created_by == "api"]
    for booking, count in _repeated((tuple(one.room_ids), one.start_at, one.stop_at) for one in made):
        yield Finding(2, f"{count} schedules were made for {booking}")


def missing(books: Books, events: Collection[str] | None) -> Iterator[Finding]:
    """I2: tell each event that must have a session and has none that can be used."""
    there = {one.event_id for one in books.sessions if one.state == COMPLETE}
    for event_id in sorted(set(events or ()) - there):
        yield Finding(2, f"event {event_id} has no session")


def sent_again(books: Books, most: int | None) -> Iterator[Finding]:
    """I3: tell where more bytes were sent again than a bound allows."""
    if most is not None and books.sent_again() > most:
        yield Finding(3, f"{books.sent_again()} bytes were sent again, where {most} are allowed")


def silence(books: Books, longest: float | None) -> Iterator[Finding]:
    """I6: tell each stretch of the log, in seconds, in which no request began, ran or ended."""
    if longest is None:
        return
    seen = 0.0
    for number, one in enumerate(sorted(books.log, key=lambda one: one.at)):
        if number and one.at - seen > longest:
            yield Finding(6, f"nothing happened for {one.at - seen:.1f} s before request {one.number}")
        seen = max(seen, one.at + one.seconds)


def dishonest(
    books: Books, document: Mapping[str, Any], code: int, planned: int | None = None
) -> Iterator[Finding]:
    """I9: tell where a run's JSON document and exit code are not what the books show.

    `planned` is how many items the checkpoint has to know; None: it is not looked at. A run that was stopped
    ends with other codes than its items ask for; so may one that ends with 5.
    """
    outcomes: Mapping[str, int] = document["outcomes"]
    if document["exit"] != code:
        yield Finding(9, f"the document says exit {document['exit']}, and the process ended with {code}")
    if planned is not None and sum(outcomes.values()) != planned:
        yield Finding(9, f"{sum(outcomes.values())} outcomes of {planned} items")
    expected = expected_exit(outcomes, document.get("aspects", {}))
    if code in {ALL_WELL, RETRYABLE, PERMANENT} and code != expected:
        yield Finding(9, f"exit {code} with the outcomes {dict(outcomes)}")
    whole = len({one.event_id for one in books.sessions if one.state == COMPLETE})
    if outcomes["verified"] > whole:
        yield Finding(9, f"{outcomes['verified']} verified, and {whole} events have a session")
    if whole > sum(outcomes[one] for one in ("verified", "differs", "waiting", "retryable")):
        yield Finding(9, f"{whole} events have a session, and {outcomes['verified']} are told as verified")


def expected_exit(outcomes: Mapping[str, int], aspects: Mapping[str, Mapping[str, int]] | None = None) -> int:
    """Return the exit code that outcomes of items and of aspects ask for: the gravest; a skip is none."""
    of_aspects = {one for counts in (aspects or {}).values() for one, count in counts.items() if count}
    if outcomes["differs"]:
        return DIFFERS
    if outcomes["permanent"] or "permanent" in of_aspects:
        return PERMANENT
    retryable = outcomes["retryable"] or outcomes["waiting"] or "retryable" in of_aspects
    return RETRYABLE if retryable else ALL_WELL


def miscounted(books: Books, documents: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """I9: tell where the bytes that all runs of a sandbox count as sent are not those that arrived.

    Holds where every part that was begun arrived whole and every run came to its end.
    """
    told = sum(one["bytes"]["sent"] + one["bytes"]["sent_again"] for one in documents)
    if told != books.received():
        yield Finding(9, f"{told} bytes are told as sent, and {books.received()} arrived")


def _repeated(many: Iterable[Hashable]) -> list[tuple[Hashable, int]]:
    return [(one, count) for one, count in Counter(many).items() if count > 1]
