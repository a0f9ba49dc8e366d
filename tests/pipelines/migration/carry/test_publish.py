"""Students see a lecture item where they saw the event, by the operator's policy, and never by a guess."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.migration.carry.publish import Decision, PublishPolicy, decide
from pipelines.opencast.model import Event, Grant, Publication

POLICY = PublishPolicy("conservative", ("engage-player", "internal"), ("ROLE_ANONYMOUS", "*_Learner"))
READ = Grant("ROLE_ANONYMOUS", "read", allow=True)
EVENT = Event(
    "e",
    status="PROCESSED",
    processing_state="SUCCEEDED",
    channels=("engage-player", "api"),
    acl=(READ, Grant("ROLE_ADMIN", "write", allow=True)),
)
CURRENT = st.sampled_from([None, True, False])
GRANTS = st.builds(
    Grant,
    st.sampled_from(["ROLE_ANONYMOUS", "CS1_Learner", "CS1_Instructor", "role_anonymous"]),
    st.sampled_from(["read", "write"]),
    allow=st.booleans(),
)
EVENTS = st.builds(
    Event,
    identifier=st.just("e"),
    status=st.sampled_from(["", "PROCESSED", "SCHEDULED"]),
    processing_state=st.sampled_from(["", "SUCCEEDED", "RUNNING"]),
    channels=st.sets(st.sampled_from(["engage-player", "internal", "api"])).map(tuple),
    acl=st.none() | st.lists(GRANTS, max_size=4).map(tuple),
)


def test_what_students_saw_they_see() -> None:
    """A processed event in a student's channel that students may read is published, and it is said why."""
    why = "published in engage-player and readable by ROLE_ANONYMOUS"
    assert decide(EVENT, None, POLICY) == Decision(True, why)


@pytest.mark.parametrize(
    "fields",
    [
        {"channels": (), "publications": (Publication("p", "engage-player"),)},
        {"processing_state": ""},
        {"status": "", "processing_state": "SUCCEEDED"},
        {"acl": (Grant("CS1_Learner", "read", True),)},
        {"acl": (READ, Grant("CS1_Instructor", "read", False))},
        {"acl": (READ, Grant("ROLE_ANONYMOUS", "write", False))},
    ],
)
def test_what_does_not_hide_an_event(fields: dict[str, object]) -> None:
    """A workflow that was cleaned away, a status that API 1.0 lacks, and others' denials hide nothing."""
    assert decide(replace(EVENT, **fields), False, POLICY).publish  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"status": "SCHEDULED"}, "it is not processed (scheduled)"),
        ({"status": "PROCESSING_FAILURE", "acl": None}, "it is not processed (processing_failure)"),
        ({"processing_state": "RUNNING"}, "it is not processed (running)"),
        ({"status": "", "processing_state": "FAILED"}, "it is not processed (failed)"),
        ({"channels": ()}, "it is published in no channel that students see"),
        ({"channels": ("internal",)}, "it is published in no channel that students see"),
        ({"channels": ("api",), "acl": None}, "it is published in no channel that students see"),
        ({"acl": ()}, "its access list is empty"),
        ({"acl": (Grant("CS1_Instructor", "read", True),)}, "no student role may read it"),
        ({"acl": (Grant("ROLE_ANONYMOUS", "write", True),)}, "no student role may read it"),
        ({"acl": (Grant("role_anonymous", "read", True),)}, "no student role may read it"),
        ({"acl": (READ, Grant("CS1_Learner", "read", False))}, "its access list denies it to CS1_Learner"),
    ],
)
@pytest.mark.parametrize("current", [None, True, False])
def test_what_students_did_not_see_is_hidden(
    fields: dict[str, object], why: str, current: bool | None
) -> None:
    """Each thing that hid it at Opencast hides it, whatever LumiNUS has, and is named."""
    hidden = replace(EVENT, **fields)  # type: ignore[arg-type]
    assert decide(hidden, current, POLICY) == Decision(False, why)


@pytest.mark.parametrize(
    ("event", "policy", "why"),
    [
        (replace(EVENT, acl=None), POLICY, "Opencast told no access list"),
        (replace(EVENT, channels=()), PublishPolicy(), "carry.student_roles names no role"),
        (
            replace(EVENT, status="", processing_state=""),
            POLICY,
            "Opencast does not say whether it is processed",
        ),
        (EVENT, replace(POLICY, name="keep"), "the policy changes nothing"),
    ],
)
def test_what_is_not_known_keeps_what_is_there(event: Event, policy: PublishPolicy, why: str) -> None:
    """What is there stays; where LumiNUS does not say what that is, nothing is published."""
    assert decide(event, True, policy) == Decision(True, f"kept: {why}")
    assert decide(event, False, policy) == Decision(False, f"kept: {why}")
    unsaid = Decision(False, f"{why}, and LumiNUS does not say what is there")
    assert decide(event, None, policy) == unsaid


@given(EVENTS, CURRENT)
def test_the_policy_that_publishes_nothing(event: Event, current: bool | None) -> None:
    """Staff release by hand then, whatever there is."""
    assert not decide(event, current, replace(POLICY, name="unpublished")).publish


@given(EVENTS, CURRENT, st.data())
def test_fewer_rights_never_publish_more(event: Event, current: bool | None, data: st.DataObject) -> None:
    """Taking a grant away, or adding a denial anywhere, shows nothing that was hidden."""
    acl = event.acl or ()
    event = replace(event, acl=acl)
    before = decide(event, current, POLICY).publish
    place = data.draw(st.integers(0, len(acl)))
    denial = replace(data.draw(GRANTS), allow=False)
    denied = replace(event, acl=(*acl[:place], denial, *acl[place:]))
    assert decide(denied, current, POLICY).publish <= before
    without = tuple(one for at, one in enumerate(acl) if at != place or not one.allow)
    assert decide(replace(event, acl=without), current, POLICY).publish <= before


@given(EVENTS)
def test_nothing_is_published_that_opencast_did_not_show(event: Event) -> None:
    """Published anew is only what is in a student's channel and granted to a student's role."""
    if decide(event, False, POLICY).publish:
        assert "engage-player" in event.channels
        assert any(one.allow and one.role in {"ROLE_ANONYMOUS", "CS1_Learner"} for one in event.acl or ())
