"""How many places a host has that asks for fewer calls."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The places at a host that asks for fewer calls: half of those taken at once, then one more a round.

    A round is as many parts as there are places, all of which went well. `deaf` are parts that were in flight
    when it last fell: that they are throttled too is no news.
    """

    places: int
    least: int
    most: int
    well: int = 0
    deaf: int = 0

    def after_part(self) -> "Ceiling":
        """Return the ceiling after a part that went well."""
        well, deaf = self.well + 1, max(self.deaf - 1, 0)
        if well < self.places:
            return replace(self, well=well, deaf=deaf)
        return replace(self, places=min(self.places + 1, self.most), well=0, deaf=deaf)

    def after_throttle(self, in_flight: int) -> "Ceiling":
        """Return the ceiling after a part that was throttled, with so many in flight, itself among them."""
        if self.deaf:
            return replace(self, well=0, deaf=self.deaf - 1)
        places = max(min(self.places, in_flight) // 2, self.least)
        return replace(self, places=places, well=0, deaf=max(in_flight - 1, 0))

    def within(self, most: int) -> "Ceiling":
        """Return the ceiling under another upper bound."""
        return replace(self, places=min(self.places, most), least=min(self.least, most), most=most)
