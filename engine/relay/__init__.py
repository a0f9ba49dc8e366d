"""The data plane: one GET whose bytes flow into the PUTs of parts, held nowhere whole."""

from engine.relay.streams import StreamRelay, open_relay

__all__ = ["StreamRelay", "open_relay"]
