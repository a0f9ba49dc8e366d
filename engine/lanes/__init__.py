"""The missing parts of one upload, sent by lanes until none is missing."""

from engine.lanes.lanes import Lanes, Upload
from engine.lanes.runs import LONGEST_RUN, Missing
from engine.lanes.sent import Sent

__all__ = ["LONGEST_RUN", "Lanes", "Missing", "Sent", "Upload"]
