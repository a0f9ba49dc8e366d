"""What several files of scenarios share: one migration of recordings with everything that one can carry."""

import pytest
from fakes.carried_site import Moved, moved, standing_world, world


@pytest.fixture(scope="session")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """The migration, done once; the sandbox stands no more, and its audit is kept."""
    with standing_world(tmp_path_factory.mktemp("sandbox"), world(), valt_version="6.6") as site:
        return moved(site, tmp_path_factory.mktemp("carried"))
