"""Ports that are kept for servers which get to listen late."""

import socket

from benchmarks.ports import LOOPBACK, free_ports


def test_a_port_that_is_kept_is_handed_to_nobody_else() -> None:
    """Ten thousand others are given ports, and none of them is one that was kept."""
    kept = set(free_ports(200))
    given = set()
    for turn in range(10_000):
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, turn % 2)
            other.bind((LOOPBACK, 0))
            given.add(other.getsockname()[1])

    assert len(kept) == 200
    assert not kept & given


def test_a_server_that_comes_later_may_listen_there() -> None:
    """What is kept from others is free for the server that it was kept for."""
    for port in free_ports(8):
        with socket.create_server((LOOPBACK, port)) as listening:
            socket.create_connection(listening.getsockname()).close()
