"""The bandwidth is kept, and shared fairly."""

import anyio
import anyio.lowlevel

from pipelines.sandbox.bandwidth import BURST, Bandwidth


async def test_the_rate_is_kept() -> None:
    """Ten megabytes at one megabyte a second take ten seconds, but for the burst."""
    now = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    bandwidth = Bandwidth(1e6, lambda: now, sleep)
    for _ in range(100):
        await bandwidth.take(100_000)
    assert abs(now - 100 - (10 - BURST)) < 1e-6


async def test_many_streams_get_equal_shares() -> None:
    """Streams that run together move about the same number of bytes in the same time."""
    bandwidth = Bandwidth(50e6)
    moved = [0, 0, 0, 0]

    async def stream(number: int) -> None:
        while True:
            await bandwidth.take(10_000)
            moved[number] += 10_000

    begun = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(stream, number)
        await anyio.sleep(0.3)
        tasks.cancel_scope.cancel()
    passed = anyio.current_time() - begun
    assert max(moved) - min(moved) <= max(moved) / 10
    assert sum(moved) < 50e6 * (passed + BURST) * 1.5


async def test_without_a_rate_nobody_hogs_the_loop() -> None:
    """A stream that never has to wait still lets another task run between two of its stretches."""
    bandwidth = Bandwidth()
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        for _ in range(100):
            await bandwidth.take(1 << 18)
        tasks.cancel_scope.cancel()
    assert turns >= 99


async def test_no_rate_is_no_wait() -> None:
    """Without a rate nobody waits, and stretches are as large as asked for."""
    bandwidth = Bandwidth()
    with anyio.fail_after(15):
        await bandwidth.take(10**15)
    assert bandwidth.stretch(1 << 18) == 1 << 18
    assert Bandwidth(1e6).stretch(1 << 18) == 50_000
