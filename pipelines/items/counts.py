"""How the items of a checkpoint stand, counted, and the exit code that this asks for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.items.state import ItemState
from pipelines.items.words import AspectOutcome, Outcome


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many items stand how, and why; and how many of their aspects stand how."""

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    aspects: Mapping[tuple[str, AspectOutcome], int] = field(default_factory=dict)

    @classmethod
    def of(cls, states: Iterable[ItemState]) -> "Outcomes":
        """Count the items of a checkpoint."""
        outcomes: Counter[Outcome] = Counter()
        reasons: Counter[str] = Counter()
        told: Counter[tuple[str, AspectOutcome]] = Counter()
        for state in states:
            outcomes[state.outcome] += 1
            if why := state.reason or (None if state.ended else state.stage):
                reasons[why] += 1
            told.update((name, AspectOutcome(one["outcome"])) for name, one in state.aspects.items())
        return cls(outcomes, dict(sorted(reasons.items())), dict(sorted(told.items())))

    @property
    def exit_code(self) -> int:
        """Of 3 (retryable or waiting), 4 (permanent) and 5 (differs) the highest; a skip never raises it.

        An aspect counts as its item would: what could not be carried is not passed over in silence.
        """
        outcomes = {outcome for _, outcome in self.aspects}
        for code, outcome in ((4, AspectOutcome.PERMANENT), (3, AspectOutcome.RETRYABLE)):
            if outcome in outcomes:
                return max(code, self.of_items)
        return self.of_items

    @property
    def of_items(self) -> int:
        """The same of the items alone."""
        if self.outcomes.get(Outcome.DIFFERS):
            return 5
        if self.outcomes.get(Outcome.PERMANENT):
            return 4
        return 3 if self.outcomes.get(Outcome.RETRYABLE) or self.outcomes.get(Outcome.WAITING) else 0
