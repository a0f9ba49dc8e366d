"""Bounded places: how much may go on at once in the run, at one host, for one transfer; and memory for it.

Who gets what is decided by plain functions that return whom to wake; waiting is done around them.
"""

from engine.limits.book import SlotBook, SlotStatistics, Ticket, Use
from engine.limits.ceiling import Ceiling
from engine.limits.slots import Held, Slots
from engine.limits.windows import Windows, WindowStatistics, window_size

__all__ = [
    "Ceiling",
    "Held",
    "SlotBook",
    "SlotStatistics",
    "Slots",
    "Ticket",
    "Use",
    "WindowStatistics",
    "Windows",
    "window_size",
]
