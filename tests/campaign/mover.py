"""Our engine alone, at level etag, with its own retries and a checkpoint that a second call goes on from.

    python -m campaign.mover SOURCE ENDPOINT KEY FOLDER

Ends with 0 where the file is there, 1 where it is not, with one sentence why.
"""

import asyncio
import sys
from pathlib import Path

from campaign.peers import ACCOUNT, BUCKET, IN_FLIGHT, PART, PATIENCE
from engine import (
    S3,
    Checks,
    Credentials,
    Engine,
    FerryError,
    HttpReads,
    Level,
    Location,
    Network,
    Ports,
    Slots,
    Source,
    Target,
    Transfer,
    Windows,
    open_checkpoint,
    open_http,
    open_multipart,
    open_relay,
)

MEMORY = 16 * 1024 * 1024


class OneFile:
    """The one file there is: the engine's locator."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def locate(self, source: Source, refused: Location | None = None) -> Location:
        """Tell where it is."""
        return Location(self._url)


async def move(source: str, endpoint: str, key: str, folder: Path) -> None:
    """Move it, or go on."""
    checks, network = Checks(Level.ETAG), Network()
    account = Credentials(ACCOUNT["AWS_ACCESS_KEY_ID"], ACCOUNT["AWS_SECRET_ACCESS_KEY"])
    async with (
        open_checkpoint(folder / "checkpoint", {"campaign": "yes"}, allow_network=()) as journal,
        open_http(network) as http,
        open_relay(http, windows=Windows(MEMORY, IN_FLIGHT), spent=checks.spent) as relay,
        open_multipart(S3, network, account, connections=IN_FLIGHT) as uploads,
    ):
        ports = Ports(
            journal=journal,
            relay=relay,
            uploads=uploads,
            slots=Slots(IN_FLIGHT, IN_FLIGHT, IN_FLIGHT),
            checks=checks,
            limits=S3.limits,
            preferred_part=PART,
            least_rate=PART / PATIENCE,
        )
        engine = Engine(ports, OneFile(source), HttpReads(http))
        await engine.transfer(Transfer("one", "one", Source("one", "one"), Target(endpoint, BUCKET, key)))


def main() -> None:
    """Move one file, and say why where that fails."""
    source, endpoint, key, folder = sys.argv[1:]
    try:
        asyncio.run(move(source, endpoint, key, Path(folder)))
    except FerryError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None


if __name__ == "__main__":
    main()
