"""Each aspect is set by itself, once, and how it stands is on record whatever becomes of the others."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.memory_journal import MemoryJournal

from engine import (
    AccountRefused,
    FerryError,
    Interrupted,
    LocalResource,
    Record,
    Refused,
    ServerFault,
    Source,
    Throttled,
    Unreachable,
)
from pipelines import items
from pipelines.items import ItemState
from pipelines.migration.ends import noted
from pipelines.migration.furnish.aspects import Availability, ExternalId, Owner, SubjectTags, Window
from pipelines.migration.furnish.captions import Captions
from pipelines.migration.furnish.furnisher import Aspect, Furnisher
from pipelines.migration.furnish.wants import CaptionFile, Wants, kept_in, wants_of
from pipelines.opencast.model import Event
from pipelines.panopto.aspects import InDoubt
from pipelines.panopto.model import Session

WEBVTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nGood morning.\n"
OPENS, CLOSES = datetime(2027, 9, 1, tzinfo=UTC), datetime(2028, 9, 1, tzinfo=UTC)


class Panopto:
    """What a session has. `faults` are raised by the name of a call, in turn; `lost` does it and raises."""

    def __init__(self) -> None:
        self.has: dict[str, Any] = {}
        self.captions: list[str] = []
        self.manifest = False
        self.taken_by: tuple[str, ...] = ()
        self.calls: list[str] = []
        self.faults: dict[str, list[FerryError]] = {}
        self.lost: set[str] = set()
        self.files = {"c-en": WEBVTT, "c-de": WEBVTT}

    def _called(self, call: str, **value: Any) -> None:
        self.calls.append(call)
        waiting = self.faults.get(call, [])
        if waiting and call not in self.lost:
            raise waiting.pop(0)
        self.has |= value
        if waiting:
            raise waiting.pop(0)

    async def tags(self, session_id: str) -> tuple[str, ...]:
        """Tell the tags."""
        found: tuple[str, ...] = self.has.get("tags", ())
        return found

    async def set_tags(self, session_id: str, tags: tuple[str, ...]) -> None:
        """Set tags."""
        self._called("tags", tags=tags)

    async def set_owner(self, session_id: str, user_key: str) -> None:
        """Set the owner."""
        self._called("owner", owner=user_key)

    async def set_availability(self, session_id: str, start: datetime | None, end: datetime | None) -> None:
        """Set when it is seen."""
        self._called("availability", availability=(start, end))

    async def set_external_id(self, session_id: str, external_id: str) -> None:
        """Set the external id."""
        self._called("external_id", external_id=external_id)

    async def by_external_id(self, external_id: str) -> tuple[Session, ...]:
        """Tell who has it."""
        return tuple(Session(one, "", "", None, None, "") for one in self.taken_by)

    async def has_captions(self, session_id: str, *, awaited: bool = False) -> bool:
        """Tell whether there are any."""
        if self.faults.get("look"):
            raise self.faults["look"].pop(0)
        return self.manifest or bool(self.captions)

    async def add_captions(
        self, session_id: str, language: str, webvtt: bytes, *, others: bool = False
    ) -> None:
        """Add captions."""
        self.calls.append(f"captions {language}")
        waiting = self.faults.get(f"captions {language}", [])
        if waiting and language not in self.lost:
            raise waiting.pop(0)
        self.captions.append(language)
        if waiting:
            raise waiting.pop(0)

    async def read(self, source: Source, largest: int) -> bytes:
        """Read a caption file."""
        return self.files[source.name]


class Site:
    """A furnisher of one session with everything that it can set."""

    def __init__(self) -> None:
        self.panopto = Panopto()
        self.journal = MemoryJournal()
        self.aspects: list[Aspect] = [
            ExternalId(self.panopto),
            SubjectTags(self.panopto),
            Captions(self.panopto, self.panopto.read, self.journal),
            Availability(self.panopto, {"heat": Window(OPENS, CLOSES)}),
            Owner(self.panopto, {"Ada": "unified\\ada"}),
        ]

    @property
    def state(self) -> ItemState:
        """What the checkpoint says."""
        return items.fold(self.journal.history("e"))

    def killed(self, *records: Record) -> None:
        """Have a run killed after these records."""
        for one in (items.right("e", "s", None), *records):
            asyncio.run(self.journal.append(one))

    def furnish(self, wants: Wants) -> Mapping[str, tuple[str, str]]:
        """Furnish, and tell how each aspect stands."""

        async def scene() -> None:
            if self.state.right is None:
                await self.journal.append(items.right("e", "s", None))
            await Furnisher(self.aspects, self.journal).furnish("e", self.state, wants)

        asyncio.run(scene())
        return {name: (one["outcome"], one.get("reason", "")) for name, one in self.state.aspects.items()}


def captions(*languages: str, sent: bool = True) -> tuple[CaptionFile, ...]:
    """Return caption files."""
    return tuple(CaptionFile(f"c-{one}", "vtt", one, sent) for one in languages)


EVERYTHING = Wants("e", "heat", ("Bo", "Ada"), ("Physics",), captions("de", "en"))
CARRIED = ("carried", "")


def test_everything_is_set_once() -> None:
    """Each call is made once, and a second run makes none."""
    site = Site()
    site.panopto.manifest = True
    found = site.furnish(EVERYTHING)
    assert set(found.values()) == {CARRIED}
    assert site.panopto.has == {
        "external_id": "e", "tags": ("Physics",), "availability": (OPENS, CLOSES), "owner": "unified\\ada"
    }  # fmt: skip
    assert site.panopto.calls == ["external_id", "tags", "availability", "owner"]
    site.furnish(EVERYTHING)
    assert len(site.panopto.calls) == 4


UNREAD = {"outcome": "permanent", "reason": "refused", "why": "no right"}


def test_tags_that_are_not_of_all_subjects_are_set_and_told() -> None:
    """As far as they are known; the sentence says why there may be more."""
    site = Site()
    assert site.furnish(Wants("e", tags=("Physics",), unread=UNREAD))["tags"] == ("permanent", "refused")
    assert site.panopto.has["tags"] == ("Physics",)
    assert site.state.aspects["tags"] == {**UNREAD, "value": ["Physics"]}


def test_tags_that_are_not_known_yet_are_not_touched() -> None:
    """What the session has stays, and is not forgotten."""
    site, later = Site(), {**UNREAD, "outcome": "retryable"}
    site.furnish(Wants("e", tags=("Physics",)))
    site.killed(items.aspects("e", {"tags": {**later, "value": ["Physics"]}}))
    calls = len(site.panopto.calls)
    assert site.furnish(Wants("e", tags=("Physics",), unread=later))["tags"] == ("retryable", "refused")
    assert site.state.aspects["tags"]["value"] == ["Physics"]
    assert len(site.panopto.calls) == calls


def test_what_an_event_does_not_have_is_not_asked_for() -> None:
    """No tags, no presenter, no captions, a series without a row: the id alone is set."""
    site = Site()
    assert site.furnish(Wants("e", "other")) == {"external_id": CARRIED}


@pytest.mark.parametrize("aspect", ["external_id", "tags", "availability", "owner"])
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("no such user"), ("permanent", "refused")),
        (AccountRefused("no cookie"), ("permanent", "account_refused")),
        (Throttled("slower"), ("retryable", "throttled")),
        (Unreachable("gone"), ("retryable", "unreachable")),
    ],
)
def test_one_that_fails_stops_no_other(aspect: str, error: FerryError, outcome: tuple[str, str]) -> None:
    """Its outcome says why; a later run tries again what may go well then, and nothing else."""
    site = Site()
    site.panopto.manifest = True
    site.panopto.faults[aspect] = [error]
    found = site.furnish(EVERYTHING)
    assert found.pop(aspect)[0] == outcome[0]
    assert set(found.values()) == {CARRIED}
    assert site.state.aspects[aspect]["why"] == str(error)
    calls = len(site.panopto.calls)
    again = site.furnish(EVERYTHING)
    assert again[aspect][0] == ("carried" if outcome[0] == "retryable" else "permanent")
    assert len(site.panopto.calls) == calls + (outcome[0] == "retryable")


@pytest.mark.parametrize("error", [LocalResource("disk full"), Interrupted("stopped")])
def test_what_ends_the_run_is_no_outcome(error: FerryError) -> None:
    """Nothing is on record then, and the next run sets all of it."""
    site = Site()
    site.panopto.faults["tags"] = [error]
    with pytest.raises(type(error)):
        site.furnish(EVERYTHING)
    assert site.state.aspects == {}


def test_an_external_id_that_is_taken() -> None:
    """The sentence names the session that has it, and nothing is taken from it."""
    site = Site()
    site.panopto.taken_by = ("other",)
    site.panopto.faults["external_id"] = [Refused("taken")]
    assert site.furnish(Wants("e"))["external_id"] == ("permanent", "id_taken")
    assert "session other" in site.state.aspects["external_id"]["why"]


def test_an_owner_without_a_row() -> None:
    """Nobody is guessed: the session stays with the account that moved it."""
    site = Site()
    assert site.furnish(Wants("e", presenters=("Bo", "Cy")))["owner"] == ("permanent", "no_row")
    assert "Bo or Cy" in site.state.aspects["owner"]["why"]
    assert "owner" not in site.panopto.calls


def test_captions_that_the_manifest_did_not_bring_are_added() -> None:
    """Each language once, in Panopto's own words for it."""
    site = Site()
    assert site.furnish(Wants("e", captions=captions("de", "en")))["captions"] == CARRIED
    assert site.panopto.captions == ["German", "English_USA"]
    assert site.state.aspects["captions"]["value"] == ["de", "en"]


def test_captions_that_could_not_be_converted_then_are_added_later() -> None:
    """Those of the manifest are not added again."""
    site = Site()
    site.panopto.manifest = True
    wants = Wants("e", captions=(*captions("de"), *captions("en", sent=False)))
    assert site.furnish(wants)["captions"] == CARRIED
    assert site.panopto.captions == ["English_USA"]


@pytest.mark.parametrize(
    ("language", "content", "cut", "reason"),
    [
        ("en", b"no captions", False, "no_captions"),
        ("tlh", WEBVTT, False, "unknown_language"),
        ("", WEBVTT, False, "unknown_language"),
        ("en", WEBVTT, True, "other_times"),
    ],
)
def test_captions_that_cannot_be_added(language: str, content: bytes, cut: bool, reason: str) -> None:
    """One sentence says why, and the other language is there all the same."""
    site = Site()
    site.panopto.files |= {f"c-{language}": content}
    wanted = captions(language) if cut else (*captions(language), *captions("de"))
    assert site.furnish(Wants("e", captions=wanted, cut=cut))["captions"] == ("permanent", reason)
    assert site.panopto.captions == ([] if cut else ["German"])
    assert f"in {language}" in site.state.aspects["captions"]["why"]


def test_captions_of_which_one_fails_for_now() -> None:
    """The next run adds that one, and no other twice."""
    site = Site()
    site.panopto.faults["captions English_USA"] = [Throttled("slower")]
    assert site.furnish(Wants("e", captions=captions("de", "en")))["captions"] == ("retryable", "throttled")
    assert site.furnish(Wants("e", captions=captions("de", "en")))["captions"] == CARRIED
    assert site.panopto.captions == ["German", "English_USA"]


def test_captions_in_doubt_are_left_to_a_person() -> None:
    """Sent twice is as bad as lost."""
    site = Site()
    site.panopto.faults["captions English_USA"] = [InDoubt("may have them")]
    assert site.furnish(Wants("e", captions=captions("de", "en")))["captions"] == ("permanent", "in_doubt")
    site.furnish(Wants("e", captions=captions("de", "en")))
    assert site.panopto.calls.count("captions English_USA") == 1


def begun(*there: str, manifest: bool = False) -> Record:
    """Return what is on record before the first language, and after each."""
    facts = {"outcome": "retryable", "reason": "interrupted", "why": "", "value": [*there]}
    return items.aspects("e", {"captions": {**facts, "manifest": manifest}})


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("languages", [("en",), ("de", "en")])
def test_a_kill_at_the_first_language(arrived: bool, languages: tuple[str, ...]) -> None:
    """Where the session has captions then they are these; what it has not is added."""
    site = Site()
    site.killed(begun(), items.aspect("e", f"captions:{languages[0]}"))
    first, *others = ("German", "English_USA")[-len(languages) :]
    site.panopto.captions = [first] if arrived else []
    assert site.furnish(Wants("e", captions=captions(*languages)))["captions"] == CARRIED
    assert site.panopto.captions == [first, *others]
    assert site.state.asked == frozenset()


def test_a_kill_between_two_languages() -> None:
    """The one that was answered for is there; the other was not begun, and is added."""
    site = Site()
    site.killed(begun(), items.aspect("e", "captions:de"), begun("de"))
    site.panopto.captions = ["German"]
    assert site.furnish(Wants("e", captions=captions("de", "en")))["captions"] == CARRIED
    assert site.panopto.captions == ["German", "English_USA"]


@pytest.mark.parametrize("manifest", [False, True])
def test_a_kill_at_a_later_language(manifest: bool) -> None:
    """Nobody can tell whether it is there: a person looks, and the third is added all the same."""
    site = Site()
    site.panopto.files["c-fr"] = WEBVTT
    site.killed(begun("de", manifest=manifest), items.aspect("e", "captions:en"))
    site.panopto.manifest, site.panopto.captions = manifest, [] if manifest else ["German"]
    wants = Wants("e", captions=(*captions("de", sent=manifest), *captions("en", "fr", sent=False)))
    for _ in range(2):
        assert site.furnish(wants)["captions"] == ("permanent", "in_doubt")
        assert "captions in en" in site.state.aspects["captions"]["why"]
        assert site.panopto.captions == [*([] if manifest else ["German"]), "French"]
    assert site.state.aspects["captions"]["value"] == ["de", "fr"]


@pytest.mark.parametrize("arrived", [False, True])
@pytest.mark.parametrize("again", [Unreachable("gone"), ServerFault("no sense"), AccountRefused("no")])
def test_a_look_that_fails_forgets_no_doubt(arrived: bool, again: FerryError) -> None:
    """An answer was lost, and the next run could not look: the one after it still adds nothing twice."""
    site = Site()
    site.panopto.faults["captions German"] = [Unreachable("lost")]
    site.panopto.lost = {"German"} if arrived else set()
    wants = Wants("e", captions=captions("de", "en"))
    assert site.furnish(wants)["captions"] == ("retryable", "unreachable")
    site.panopto.faults["look"] = [again]
    outcome = site.furnish(wants)["captions"]
    assert outcome == ("permanent" if isinstance(again, AccountRefused) else "retryable", again.code)
    asyncio.run(site.journal.append(items.aspects("e", released(site.state))))
    assert site.furnish(wants)["captions"] == CARRIED
    assert site.panopto.captions == ["German", "English_USA"]


def released(state: ItemState) -> Mapping[str, Mapping[str, Any]]:
    """Return what `ferry retry` makes of captions that could not be carried."""
    return {"captions": {**state.aspects["captions"], "outcome": "retryable"}}


def test_nothing_is_added_after_what_was_not_answered() -> None:
    """A second language would hide whether the first is there."""
    site = Site()
    site.panopto.faults["captions German"] = [Unreachable("lost")]
    site.furnish(Wants("e", captions=captions("de", "en")))
    assert site.panopto.calls.count("captions English_USA") == 0
    assert site.state.aspects["captions"]["doubtful"] == ["de"]


@pytest.mark.parametrize("error", [Refused("no captions"), Throttled("slower")])
def test_what_was_not_taken_is_in_no_doubt(error: FerryError) -> None:
    """A no, and a try that was one too many, did nothing."""
    site = Site()
    site.panopto.faults["captions English_USA"] = [error]
    site.furnish(Wants("e", captions=captions("de", "en")))
    told = site.state.aspects["captions"]
    assert (told["value"], "doubtful" in told) == (["de"], False)


def test_a_call_that_was_begun_is_not_forgotten_with_other_records() -> None:
    """Neither another aspect's record nor an end that replaces all records answers it."""
    site = Site()
    access = items.aspects("e", {"access": {"outcome": "carried"}})
    site.killed(begun(), items.aspect("e", "captions:de"), access)
    asyncio.run(site.journal.append(noted("e", site.state, source={"marked": "x"})))
    assert site.state.asked == {"captions:de"}
    site.panopto.captions = ["German"]
    assert site.furnish(Wants("e", captions=captions("de")))["captions"] == CARRIED
    assert site.panopto.captions == ["German"]
    asyncio.run(site.journal.append(noted("e", site.state)))
    assert site.state.asked == frozenset()


def test_what_is_wanted_is_kept() -> None:
    """It comes back from the checkpoint as it was; of an item without it nothing is wanted."""
    event = Event("e", series="heat", presenters=("Ada",))
    wants = wants_of(event, ["Physics"], captions("en"), cut=True)
    assert kept_in({"wants": wants.facts}, "e") == wants
    assert kept_in({"wants": wants_of(Event("e"), ()).facts}, "e") == Wants("e")
    assert kept_in({}, "e") is None


@pytest.mark.parametrize("gone", [False, True])
def test_an_earlier_session_gives_the_external_id_up_first(gone: bool) -> None:
    """No two sessions may have it; an earlier one that somebody deleted keeps the newest from nothing."""
    site = Site()
    if gone:
        site.panopto.faults["external_id"] = [Refused("no such session")]
    site.killed(items.anew("e", "media_changed", "s-old"), items.right("e", "s", None))
    assert site.furnish(Wants("e"))["external_id"] == ("carried", "")
    assert site.panopto.calls == ["external_id", "external_id"]
    assert site.panopto.has == {"external_id": "e"}


def test_what_is_to_be_set_again_is_set_to_nothing_as_well() -> None:
    """Tags that were taken away at the source: the aspect is on record as to be tried again."""
    site = Site()
    again = {"outcome": "retryable", "reason": "changed", "why": "it changed"}
    site.killed(items.aspects("e", {"tags": again, "external_id": {"outcome": "carried"}}))
    assert site.furnish(Wants("e"))["tags"] == ("carried", "")
    assert site.panopto.has == {"tags": ()}


def test_tags_that_people_gave_a_session_stay() -> None:
    """Only what was set before, and is not wanted any more, goes; no tag is there twice."""
    site = Site()
    again = {"outcome": "retryable", "reason": "changed", "why": "it changed", "value": ["Physics", "Heat"]}
    site.killed(items.aspects("e", {"tags": again, "external_id": {"outcome": "carried"}}))
    site.panopto.has["tags"] = ("physics", "heat", "exam 2027", "waves")
    assert site.furnish(Wants("e", tags=("Physics", "Waves")))["tags"] == ("carried", "")
    assert site.panopto.has["tags"] == ("Physics", "Waves", "exam 2027")
    assert site.state.aspects["tags"]["value"] == ["Physics", "Waves"]
