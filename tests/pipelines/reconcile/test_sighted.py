"""What holds of bringing together what was found by marker and by external id."""

from dataclasses import replace

import pytest
from fakes.migration_site import HOME, WHEN, lecture
from hypothesis import given
from hypothesis import strategies as st

from pipelines import items
from pipelines.items import ItemState, Outcome
from pipelines.migration.planning import Row
from pipelines.migration.select import Selected, select
from pipelines.opencast.model import Element
from pipelines.panopto.model import Session
from pipelines.reconcile.join import Joined, Verdict, joined, meant
from pipelines.reconcile.sighted import Sighted, owners_of, sighted, unseen

ROW = Row("a", None, "s1", HOME, title="Lecture a", date=WHEN.isoformat())
SELECTED = select(lecture("a"), channels=("p",))
assert isinstance(SELECTED, Selected)
FACTS = meant(SELECTED, HOME)
MARKED = Session("S-1", "Lecture a", "words\n\nOpencast: a", WHEN, 9.0, HOME)
WORDED_ANEW = replace(MARKED, description="other words")
OTHERS = replace(MARKED, description="Opencast: b")


def found(seen: Sighted, state: ItemState | None = None) -> Joined:
    """Join an event with what was seen of it."""
    return joined(ROW, {**FACTS, **seen.facts}, state or ItemState(), seen.sessions)


def after(told: Joined, state: ItemState | None = None) -> ItemState:
    """Return what the checkpoint says afterwards."""
    state = state or ItemState()
    for record in told.records:
        state = state.after(record)
    return state


def by_id(*sessions: Session, event_id: str = "a") -> dict[str, str]:
    """Return whose external ids these sessions have."""
    return dict(owners_of({event_id: sessions}))


def test_a_session_that_both_name_is_one() -> None:
    """Ids have no case; what the list of the folder shows of it counts."""
    known = replace(WORDED_ANEW, id="s-1")
    seen = sighted("a", [MARKED], [known], by_id(known))
    assert seen == Sighted((MARKED,), frozenset({"s-1"}))
    assert found(seen).verdict is Verdict.ADOPTED


def test_a_session_that_was_described_anew_is_taken_in() -> None:
    """Its external id says whose it is; a run that looks at it again says the same."""
    told = found(sighted("a", [], [WORDED_ANEW], by_id(WORDED_ANEW)))
    assert (told.verdict, told.session_ids) == (Verdict.ADOPTED, ("S-1",))
    assert "external id" in told.why
    assert after(told).outcome is Outcome.VERIFIED


def test_a_session_that_was_moved_differs_and_is_on_record() -> None:
    """LumiNUS looks into folders: a person says where it belongs. No run ships it again."""
    moved = replace(WORDED_ANEW, folder_id="elsewhere")
    told = found(sighted("a", [], [moved], by_id(moved)))
    assert told.verdict is Verdict.DIFFERS
    assert told.why == f"folder is elsewhere where {HOME} was expected"
    assert after(told).found is not None


def test_without_an_external_id_a_missing_marker_counts() -> None:
    """As it did before."""
    told = joined(ROW, FACTS, ItemState(), [WORDED_ANEW])
    assert (told.verdict, "marker" in told.why) == (Verdict.DIFFERS, True)


CONTRADICTING = [
    (sighted("a", [], [OTHERS], by_id(OTHERS)), "the marker of b"),
    (sighted("a", [MARKED], [], by_id(MARKED, event_id="b")), "the external id of b"),
    (Sighted((WORDED_ANEW,), frozenset({"s-1"}), unseen("S-1")), "recycle bin"),
]


@pytest.mark.parametrize(("seen", "words"), CONTRADICTING, ids=["marker", "external id", "not shown"])
def test_one_that_contradicts_the_other_is_for_a_person(seen: Sighted, words: str) -> None:
    """It is neither taken in nor left to be made again, and each run says so until it is reconciled anew."""
    told = found(seen)
    assert told.verdict is Verdict.DIFFERS
    assert words in told.why
    now = after(told)
    assert (now.outcome, now.reason, now.right, now.under_way) == (Outcome.DIFFERS, "marker", None, True)
    assert (now.found or {})["against"] == told.why


def test_what_is_right_on_record_stays_so_and_the_contradiction_is_told() -> None:
    """Nothing is written."""
    state = ItemState().after(items.right("a", "S-1", None))
    told = found(CONTRADICTING[1][0], state)
    assert (told.verdict, told.records) == (Verdict.DIFFERS, ())


def test_two_sessions_are_two_however_they_were_found() -> None:
    """One by its marker, another by its external id: none is chosen."""
    other = replace(WORDED_ANEW, id="S-2")
    told = found(sighted("a", [MARKED], [other], by_id(other)))
    assert (told.verdict, set(told.session_ids)) == (Verdict.TWICE, {"S-1", "S-2"})


def test_an_earlier_session_whose_place_another_took_is_none() -> None:
    """It keeps its marker and its external id, and is on record."""
    newer = replace(MARKED, id="S-2")
    seen = sighted("a", [MARKED, newer], [MARKED], by_id(MARKED), ["s-1"])
    assert seen.sessions == (newer,)


IDS, EVENTS = st.sampled_from(["S-1", "s-1", "S-2", "S-3"]), st.sampled_from(["a", "b", None])


@given(st.lists(st.tuples(IDS, EVENTS, EVENTS), max_size=5))
def test_nothing_is_lost_and_nothing_is_twice(drawn: list[tuple[str, str | None, str | None]]) -> None:
    """Whatever is marked and owned: each session once, in the end of each event that either names."""
    sessions = {one.lower(): (one, marker, owner) for one, marker, owner in drawn}.values()
    made = [
        (replace(MARKED, id=one, description=f"Opencast: {marker}" if marker else ""), marker, owner)
        for one, marker, owner in sessions
    ]
    owned = {name: [one for one, _, owner in made if owner == name] for name in ("a", "b")}
    owners = owners_of(owned)
    for name in ("a", "b"):
        marked = [one for one, marker, _ in made if marker == name]
        seen = sighted(name, marked, owned[name], owners)
        assert {one.id for one in seen.sessions} == {
            one.id for one, marker, owner in made if name in {marker, owner}
        }
        assert len(seen.sessions) == len({one.id.lower() for one in seen.sessions})
        torn = [one for one, marker, owner in made if marker and owner and {marker, owner} == {"a", "b"}]
        assert bool(seen.against) == bool(torn)


CUT = replace(SELECTED, cuts_from=Element("cuts", "catalogue", "https://f/cuts.smil", "smil/cutting"))


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (9.0, Verdict.ADOPTED),
        (4.0, Verdict.ADOPTED),
        (11.0, Verdict.DIFFERS),
        (0.0, Verdict.PROCESSING),
        (None, Verdict.PROCESSING),
    ],
)
def test_what_is_to_be_cut_may_be_shorter(seconds: float | None, verdict: Verdict) -> None:
    """How much its cuts take is not known here: it is at most as long as its films."""
    facts = meant(CUT, HOME)
    assert (facts["duration"], facts["longest"]) == (None, 9.0)
    assert joined(ROW, facts, ItemState(), [replace(MARKED, duration=seconds)]).verdict is verdict


@pytest.mark.parametrize(("seconds", "verdict"), [(4.0, Verdict.ADOPTED), (9.0, Verdict.DIFFERS)])
def test_what_is_on_record_says_how_long_it_is_when_cut(seconds: float, verdict: Verdict) -> None:
    """Its manifest was written, with the cuts."""
    told = {"title": "Lecture a", "date": WHEN.isoformat(), "duration": 4.0, "files": []}
    upload = items.uploading("a", upload_id="u", folder_id=HOME, target="https://t/b/p", files=[])
    planned = items.planned("a", estimate=None, series="s1", folder_id=HOME)
    state = items.fold([planned, upload, items.submit("a", told)])
    assert joined(ROW, meant(CUT, HOME), state, [replace(MARKED, duration=seconds)]).verdict is verdict
