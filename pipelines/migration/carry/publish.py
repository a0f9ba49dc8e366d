"""Decides whether students may see a lecture item: by the operator's policy; what is not known is kept."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from pipelines.opencast.model import INTERNAL, Event, Grant


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """The operator's word.

    `channels` are Opencast's publication channels that students see, `student_roles` patterns of the roles
    that students have there, such as *_Learner; without any of these nothing can be known.
    """

    name: Literal["conservative", "keep", "unpublished"] = "conservative"
    channels: tuple[str, ...] = ("engage-player",)
    student_roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it is published, and why in one short sentence."""

    publish: bool
    why: str


def decide(event: Event, current: bool | None, policy: PublishPolicy) -> Decision:
    """Decide about one event; `current` is what LumiNUS has, None where it does not say.

    The conservative policy publishes only what is processed, in a channel that students see (`internal` is
    none, whatever the operator says) and readable by a role that students have; one `allow: false` of such a
    role wins. What is known to be hidden is hidden; only then what is not known keeps what is there.
    """
    if policy.name == "unpublished":
        return Decision(publish=False, why="the policy publishes nothing")
    if policy.name == "keep":
        return _kept(current, "the policy changes nothing")
    if not policy.student_roles:
        return _kept(current, "carry.student_roles names no role")
    if (hidden := _hidden(event, policy)) is not None:
        return Decision(publish=False, why=hidden)
    if (unknown := _unknown(event)) is not None:
        return _kept(current, unknown)
    channels, roles = ", ".join(_shown_in(event, policy)), ", ".join(_readers(event, policy, allow=True))
    return Decision(publish=True, why=f"published in {channels} and readable by {roles}")


def _kept(current: bool | None, because: str) -> Decision:
    """Keep what is there; where LumiNUS does not say what that is, nothing is published by guess."""
    if current is None:
        return Decision(publish=False, why=f"{because}, and LumiNUS does not say what is there")
    return Decision(current, f"kept: {because}")


def _hidden(event: Event, policy: PublishPolicy) -> str | None:
    """Return why students do not see an event at Opencast; None where they do, or where it is not known."""
    if (state := _unfinished(event)) is not None:
        return f"it is not processed ({state})"
    if not _shown_in(event, policy):
        return "it is published in no channel that students see"
    if event.acl is None:
        return None
    if not event.acl:
        return "its access list is empty"
    if denied := _readers(event, policy, allow=False):
        return f"its access list denies it to {', '.join(denied)}"
    return None if _readers(event, policy, allow=True) else "no student role may read it"


def _unknown(event: Event) -> str | None:
    """Return what would have to be known to publish an event; None where everything is."""
    if event.acl is None:
        return "Opencast told no access list"
    return None if event.status or event.processing_state else "Opencast does not say whether it is processed"


def _unfinished(event: Event) -> str | None:
    """Return the state of an event that is known not to be processed.

    An empty processing state is a workflow that was cleaned away: then the status alone tells, which API 1.0
    does not have.
    """
    if event.status not in {"", "PROCESSED"}:
        return event.status.lower()
    return event.processing_state.lower() if event.processing_state not in {"", "SUCCEEDED"} else None


def _shown_in(event: Event, policy: PublishPolicy) -> list[str]:
    """Return the channels of an event that students see, in the operator's order."""
    told = {*event.channels, *(one.channel for one in event.publications)} - {INTERNAL}
    return [channel for channel in dict.fromkeys(policy.channels) if channel in told]


def _readers(event: Event, policy: PublishPolicy, *, allow: bool) -> list[str]:
    """Return the roles of students that the access list lets read, or denies it."""
    found = (one for one in event.acl or () if one.allow is allow and _reads_as_student(one, policy))
    return list(dict.fromkeys(one.role for one in found))


def _reads_as_student(grant: Grant, policy: PublishPolicy) -> bool:
    return grant.action == "read" and any(fnmatchcase(grant.role, one) for one in policy.student_roles)
