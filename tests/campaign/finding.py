"""What an auditor finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be: the invariant that it breaks, and what is so."""

    invariant: int
    what: str

    def __str__(self) -> str:
        return f"I{self.invariant}: {self.what}"
