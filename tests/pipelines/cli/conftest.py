"""The command in this process, where a process of its own would show no more."""

import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from fakes.processes import Ran

from pipelines.cli import main

Told = Callable[..., Ran]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Run a verb to its end, and return its code and what it said."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["ferry", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output, talk = capfd.readouterr()
        return Ran(int(ended.value.code or 0), output, talk)

    yield run
    structlog.reset_defaults()
