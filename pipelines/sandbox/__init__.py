"""The emulated Opencast, Panopto, LumiNUS and VALT, as awkward as they are; imports nothing of ours."""

from pipelines.sandbox.faults import Fault
from pipelines.sandbox.standing import Sandbox, Standing, serve
from pipelines.sandbox.switches import Switches
from pipelines.sandbox.world import World

__all__ = ["Fault", "Sandbox", "Standing", "Switches", "World", "serve"]
