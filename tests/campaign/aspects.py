"""What a session has besides its films, held against its event: nothing of others, nothing twice."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from campaign.books import Books, Session
from campaign.finding import Finding


def strange_aspects(books: Books) -> Iterator[Finding]:
    """I1: tell each picture and attachment that is no object, and each tag and id that is another event's.

    That the objects are files of their events is told of all of them alike (`silent_corruption`). What no
    event has any more may have been there when it was carried.
    """
    held = {(one.session_upload_id, one.key) for one in books.objects}
    events_of: Mapping[str, set[str]] = defaultdict(set)
    for event in books.events:
        for subject in event.subjects:
            events_of[subject].add(event.event_id)
    for session in (one for one in books.sessions if one.session_upload_id and one.event_id):
        for name in shown(session):
            if (session.session_upload_id, name) not in held:
                yield Finding(1, f"session {session.session_id} shows {name}, which is no object")
        for tag in session.tags:
            known = events_of[tag.strip().lower()]
            if known and session.event_id not in known:
                yield Finding(1, f"session {session.session_id} of {session.event_id} has the tag {tag!r}")
        if session.external_id and session.external_id.lower() != session.event_id.lower():
            yield Finding(1, f"session {session.session_id} of {session.event_id} is {session.external_id}")


def shown(session: Session) -> list[str]:
    """Return the files that a session shows besides its films."""
    beside = [str(one["file"]) for one in (*session.images, *session.attachments)]
    return [*beside, *([str(session.thumbnail)] if session.thumbnail else [])]


def aspects_twice(books: Books) -> Iterator[Finding]:
    """I2: tell captions of one language that a session has twice, and an external id of two sessions."""
    for session in books.sessions:
        for language, count in Counter(one["language"] for one in session.captions).items():
            if count > 1:
                yield Finding(2, f"session {session.session_id} has captions in {language} {count} times")
    ids = Counter(one.external_id.lower() for one in books.sessions if one.external_id)
    for external_id, count in ids.items():
        if count > 1:
            yield Finding(2, f"{count} sessions have the external id {external_id}")


def strange_owners(books: Books, owners: Mapping[str, str]) -> Iterator[Finding]:
    """I1: tell each session whose owner, by the operator's table of presenters, is another event's.

    A session that kept its owner has that of its account, whom no row names.
    """
    creators = {
        one.event_id: [str(name) for name in one.metadata.get("creator") or ()] for one in books.events
    }
    for session in books.sessions:
        named = {owners[name] for name in creators.get(session.event_id, ()) if name in owners}
        if session.event_id and session.owner in set(owners.values()) - named:
            yield Finding(1, f"session {session.session_id} of {session.event_id} belongs to {session.owner}")
