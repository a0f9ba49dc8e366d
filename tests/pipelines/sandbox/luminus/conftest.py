"""A LumiNUS of its own for each test of this folder."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from fakes.luminus_caller import Caller, served


@pytest.fixture
def luminus(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Caller]]:
    """Serves a LumiNUS while entered: luminus(switches, faults=[...], modules=[...])."""
    return partial(served, tmp_path)
