"""`ferry redirects`: where each old player address leads, made from a checkpoint, asked of no service."""

import re
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipelines.app.books import contents_of
from pipelines.cli.exits import Exit
from pipelines.cli.report import refuse_ours, save
from pipelines.cli.status import path_of
from pipelines.cli.text import plain
from pipelines.config import SettingsError, load
from pipelines.redirects import apache, document, haproxy, nginx, sheet
from pipelines.redirects.fit import Parted, in_addresses, in_caseless_maps, in_maps
from pipelines.redirects.forms import Sites
from pipelines.redirects.moved import Found, Moved, found_in

app = typer.Typer(add_completion=False)

MOST_NAMED = 100
"""Events left out that are named; of more, the number."""

_ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[A-Za-z0-9._~-]+)*")
"""An address that means the same in the configuration of any server."""


class Format(StrEnum):
    """How redirects are written."""

    CSV = "csv"
    JSON = "json"
    NGINX = "nginx"
    APACHE = "apache"
    HAPROXY = "haproxy"


class Status(StrEnum):
    """What a server answers: the first one is kept by browsers for good, the second one is not."""

    PERMANENT = "301"
    FOUND = "302"


@app.command()
def redirects(
    config: Annotated[Path, typer.Option("-c", "--config", help="Settings file.")] = Path("migration.toml"),
    style: Annotated[
        Format, typer.Option("--format", help="A list, or a map for a server, with how to use it on top.")
    ] = Format.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", help="A file to write to, whole or not at all; else stdout.")
    ] = None,
    status: Annotated[
        Status, typer.Option("--status", help="What the server answers; browsers keep a 301 for good.")
    ] = Status.FOUND,
    player: Annotated[
        str | None,
        typer.Option("--player", help="Address of the old player, for lists; else that of Opencast's API."),
    ] = None,
    differing: Annotated[
        bool, typer.Option("--differing", help="Lead to sessions that are not what was meant, too.")
    ] = False,
) -> None:
    """Write where the old player addresses of each event lead: to its session's viewer at Panopto.

    Only events whose session was found right have any. Made from the checkpoint alone, also while a run goes
    on. Exits with 4 where an event was left out because its id cannot stand in that format.
    """
    settings = load(config, offline=True)
    path_of(settings)
    if output is not None:
        refuse_ours(output, config, settings)
    sites = Sites(
        address(player or settings.opencast.url, "--player" if player else "opencast.url"),
        address(settings.panopto.url, "panopto.url"),
    )
    with contents_of(settings) as contents:
        found = found_in(contents.each(), differing)
    fit, unfit = parted(found.moved, style)
    chunks = (line.encode() for line in lines(fit, sites, style, int(status)))
    if output is not None:
        save(chunks, output)
    else:
        sys.stdout.buffer.writelines(chunks)
        sys.stdout.flush()
    for sentence in (*left(found, len(fit)), *named(unfit, style)):
        sys.stderr.write(f"{plain(sentence)}\n")
    sys.exit(Exit.PERMANENT if unfit else Exit.DONE)


def address(url: str, where: str) -> str:
    """Return an address without a slash at its end.

    Raises SettingsError where it could mean something else to a server that reads it.
    """
    if not _ADDRESS.fullmatch(url := url.rstrip("/")):
        advice = "give it as https://host, the host in ASCII (xn--...)"
        raise SettingsError("cannot stand in redirects", where=where, advice=advice)
    return url


def parted(moved: Sequence[Moved], style: Format) -> Parted:
    """Part events by whether they can stand in a format."""
    match style:
        case Format.CSV | Format.JSON:
            return in_addresses(moved)
        case Format.NGINX:
            return in_caseless_maps(moved)
        case Format.APACHE | Format.HAPROXY:
            return in_maps(moved)


def lines(moved: Sequence[Moved], sites: Sites, style: Format, status: int) -> Iterator[str]:
    """Give redirects line by line."""
    match style:
        case Format.CSV:
            return sheet.lines(moved, sites)
        case Format.JSON:
            return document.lines(moved, sites)
        case Format.NGINX:
            return nginx.lines(moved, sites, status)
        case Format.APACHE:
            return apache.lines(moved, sites, status)
        case Format.HAPROXY:
            return haproxy.lines(moved, sites, status)


def left(found: Found, written: int) -> Iterator[str]:
    """Say how many events have redirects and how many have none."""
    others = ", ".join(f"{count} {outcome.value}" for outcome, count in found.others.items())
    yield f"events with redirects: {written}" + (f"; without a right session: {others}" if others else "")
    if found.unlike:
        yield f"warning: the sessions of {found.unlike} of them are not what was meant (`ferry status`)"


def named(unfit: Sequence[Moved], style: Format) -> Iterator[str]:
    """Name the events whose ids cannot stand in a format."""
    for one in unfit[:MOST_NAMED]:
        yield f"left out: {one.event_id}: its id, or its session's, cannot stand in {style.value} safely"
    if len(unfit) > MOST_NAMED:
        yield f"and {len(unfit) - MOST_NAMED} more"
