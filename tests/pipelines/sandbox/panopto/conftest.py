"""A Panopto of its own for each test of this folder."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from fakes.panopto_caller import Caller, served


@pytest.fixture
def panopto(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Caller]]:
    """Serves a Panopto while entered: panopto(switches, faults=[...])."""
    return partial(served, tmp_path)
