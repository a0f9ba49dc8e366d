"""The order of runs, and the time for them."""

from benchmarks.rounds import Time, rotated, turns

CLIENTS = ["a", "b", "c"]


def test_each_client_stands_in_each_place() -> None:
    """Over as many turns as there are clients."""
    orders = [rotated(CLIENTS, turn) for turn in range(3)]
    assert [sorted(order) for order in orders] == [CLIENTS] * 3
    assert [{order[place] for order in orders} for place in range(3)] == [set(CLIENTS)] * 3
    assert rotated(CLIENTS, 3) == CLIENTS
    assert rotated([], 2) == []


def test_all_cells_have_their_first_turn_first() -> None:
    """So that a call that ends early has something of each."""
    found = [(turn, cell) for turn, cell, _ in turns([("x", CLIENTS), ("y", CLIENTS)], 2)]
    assert found == [(0, "x"), (0, "y"), (1, "x"), (1, "y")]


def test_nothing_is_begun_that_would_end_too_late() -> None:
    """What took 30 s before is not begun with 20 s left; what is not known is."""
    now = [0.0]
    time = Time(100.0, clock=lambda: now[0])
    time.taken["slow"] = 30.0
    now[0] = 70.0
    assert time.enough_for("slow")
    now[0] = 80.0
    assert not time.enough_for("slow")
    assert time.enough_for("unknown")
