"""The clients that can be measured, by name: one module each, and a peer that is not installed says so."""

from collections.abc import Mapping

from benchmarks.peers import ferry, floor, python, rclone, s5cmd
from benchmarks.peers.client import Client

CLIENTS: Mapping[str, Client] = {
    one.name: one for module in (ferry, rclone, s5cmd, python, floor) for one in module.CLIENTS
}
