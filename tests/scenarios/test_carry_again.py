"""What LumiNUS overwrote is found by `ferry verify`, and mended where that is asked for."""

from pathlib import Path

import pytest
from fakes.processes import ferry, standing
from fakes.vandal import Vandal


@pytest.mark.slow
def test_an_overwritten_lecture_item_is_mended_where_that_is_asked_for(tmp_path: Path) -> None:
    """A plain run sends nothing, as staff may have edited it; --carry-again sends that one item alone."""
    with standing(tmp_path, events=4, largest=300_000, typical=200_000) as stand:
        settings = tmp_path / "migration.toml"
        assert ferry("run", "-c", settings).code == 0
        items = stand.audit("lecture-items")
        Vandal(stand).hide(items[0])
        assert ferry("verify", "-c", settings).code == 5

        plain = ferry("run", "-c", settings)
        assert plain.code == 0, plain.talk
        changed = stand.audit("lecture-items")
        assert [row["patches"] for row in changed] == [items[0]["patches"] + 1, *(1 for _ in items[1:])]

        again = ferry("run", "-c", settings, "--carry-again", "--json")
        assert again.code == 0, again.talk
        assert again.document["bytes"]["sent"] == 0
        mended = stand.audit("lecture-items")
        assert [row["publish"] for row in mended] == [row["publish"] for row in items]
        assert [row["patches"] for row in mended] == [items[0]["patches"] + 2, *(1 for _ in items[1:])]
        assert ferry("verify", "-c", settings).code == 0


def test_carrying_again_needs_luminus(tmp_path: Path) -> None:
    """Without the section there is nothing to look at, and nothing is begun."""
    settings = tmp_path / "migration.toml"
    settings.write_text(
        '[opencast]\nurl = "http://127.0.0.1:9"\nusername = "u"\n'
        '[panopto]\nurl = "http://127.0.0.1:9"\nclient_id = "c"\nusername = "u"\n'
    )
    secrets = {
        "FERRY_OPENCAST__PASSWORD": "p",
        "FERRY_PANOPTO__PASSWORD": "p",
        "FERRY_PANOPTO__CLIENT_SECRET": "s",
    }
    ran = ferry("run", "-c", settings, "--carry-again", environment=secrets)
    assert ran.code == 2
    assert "--carry-again: needs the section [luminus] in" in ran.talk
