"""The data plane: one GET whose bytes flow into the PUTs of parts, held nowhere whole."""

from engine.relay.opening import open_relay
from engine.relay.protocols import ProtocolRelay
from engine.relay.streams import StreamRelay

__all__ = ["ProtocolRelay", "StreamRelay", "open_relay"]
