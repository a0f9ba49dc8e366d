"""Which bytes of a transfer were handed on before."""

from collections.abc import Mapping

from engine.wire import PartReceipt


class Sent:
    """How much of each part was ever handed on: what tells bytes sent from bytes sent again.

    `everything` tells that the whole file was sent before, under another name.
    """

    def __init__(self, *, everything: bool = False) -> None:
        self._everything = everything
        self._most: dict[int, int] = {}

    def before(self, parts: Mapping[int, PartReceipt]) -> None:
        """Take note of parts that are known to have been sent, by this process or an earlier one."""
        for number, one in parts.items():
            self.count(number, one.bytes)

    def count(self, number: int, handed: int) -> int:
        """Take note of bytes of a part, and tell how many of them had been handed on before."""
        known = handed if self._everything else self._most.get(number, 0)
        self._most[number] = max(known, handed)
        return min(known, handed)
