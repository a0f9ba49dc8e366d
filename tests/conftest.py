"""Rules for every test: how long it may take; under FERRY_REQUIRE_ALL a missing tool is a failure.

A busy machine fails no test of Hypothesis: an example may take its time, and so may the making of examples.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from campaign.marks import Score, numbered
from fakes.processes import STRUCK
from forms import longer
from hypothesis import HealthCheck, settings

LIMITS = {"slow": 120, "long": 3600}

# The tests speak to this machine alone, and the system's authorities take 30 ms of CPU to read, each time.
os.environ["SSL_CERT_FILE"] = os.devnull

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer a file for what came of the faults."""
    parser.addoption("--score", type=Path, help="append what came of each test of a fault to this file")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the score where it is asked for, in the process that hears of all tests; know one more mark."""
    config.addinivalue_line("markers", "carries(*rows): shows rows of the README's table of what is carried")
    path = config.getoption("--score")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Score(path.resolve()))


@pytest.fixture(autouse=True)
def _struck(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test's report tell how often the faults of its sandboxes struck, unless it tells so itself."""
    STRUCK.clear()
    yield
    told = {name for name, _ in request.node.user_properties}
    if STRUCK and "injected" not in told:
        request.node.user_properties.append(("injected", sum(STRUCK)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is left to a longer form; limit those marked slow or long, and begin with them.

    So the workers of pytest-xdist, who take from each other what is still to do, end at about the same time.
    """
    for item in items:
        numbered(item)
        for marker in longer(item.nodeid):
            item.add_marker(marker)
        for marker, seconds in LIMITS.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.timeout(seconds))
    items.sort(key=lambda item: not any(map(item.get_closest_marker, LIMITS)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where everything is required but the published references."""
    report = yield
    if report.skipped and os.environ.get("FERRY_REQUIRE_ALL") and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr)
        if "FERRY_REFERENCE" not in reason:
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, and FERRY_REQUIRE_ALL is set: {reason}"
    return report
