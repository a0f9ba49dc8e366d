"""Behind a proxy, everything goes through it."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fakes.forward_proxy import forward_proxy
from fakes.processes import ferry, standing

pytestmark = pytest.mark.slow


async def test_a_migration_through_a_proxy(tmp_path: Path) -> None:
    """API, files, token, control calls and parts: no server is reached but by the proxy."""
    with standing(tmp_path, events=2, largest=6_000_000, typical=300_000) as stand:
        async with forward_proxy() as proxy:
            settings = stand.settings(tmp_path, {"network.proxy": proxy.url})
            ran = await asyncio.to_thread(ferry, "run", "-c", settings, "--json")
        assert ran.code == 0, ran.talk
        assert ran.document["outcomes"]["verified"] == 2
        panopto = urlsplit(stand.details["panopto"]["url"]).netloc
        asked = [host for host in proxy.asked if host != panopto]
        reached = [row for row in stand.audit("log") if row["service"] in {"opencast", "files", "luminus"}]
        assert len(asked) == len(reached)
        assert {urlsplit(stand.details["opencast"]["url"]).netloc} < set(asked)
        assert panopto in proxy.asked
