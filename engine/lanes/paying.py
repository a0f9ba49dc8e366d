"""Each part's bytes are paid for once before they begin, however often a lane gives them back unsent."""

from engine.errors import Interrupted
from engine.parts import Cut
from engine.ports import Ports


class Paying:
    """What the parts of one file cost of the run's bytes a second."""

    def __init__(self, cut: Cut, ports: Ports) -> None:
        self._cut = cut
        self._ports = ports
        self._paid: set[int] = set()

    async def pay(self, run: list[int]) -> bool:
        """Wait until the bytes of a run may begin; False where the run of the whole drains meanwhile."""
        unpaid = set(run) - self._paid
        count = sum(self._cut.part(number).span.length for number in unpaid)
        try:
            if unpaid:
                await self._ports.bandwidth.pay(count, self._ports.before_another_try)
        except Interrupted:
            return False
        self._paid |= unpaid
        return not self._ports.drain.begun

    def begun(self, number: int) -> None:
        """Take note that a part's bytes begin: whoever sends them again pays again."""
        self._paid.discard(number)
