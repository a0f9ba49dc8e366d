"""What can be set, section by section, and what a value may be."""

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


def _address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with https:// or http://")
    parts = urlsplit(value)
    if not parts.hostname or not parts.netloc.isprintable() or " " in parts.netloc:
        raise ValueError("the address names no host")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("the address has no port of 0 to 65535") from None
    return value.rstrip("/")


def _service(value: str) -> str:
    parts = urlsplit(_address(value))
    if "@" in parts.netloc:
        raise ValueError("the address holds an account; give user name and password by themselves")
    if parts.query or parts.fragment:
        raise ValueError("the address goes on after its path")
    return value.rstrip("/")


def _guid(value: str) -> str:
    if not _GUID.fullmatch(value):
        raise ValueError("the id of a folder is a GUID, to be found in its settings at Panopto")
    return value


_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Url = Annotated[str, AfterValidator(_service)]
Guid = Annotated[str, AfterValidator(_guid)]


class _Section(BaseModel):
    """A table of the settings file: a word that nothing reads is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OpencastSettings(_Section):
    """Where the recordings are."""

    url: Url
    username: str
    password: SecretStr | None = None
    password_file: Path | None = None
    password_command: str | None = None
    publications: tuple[str, ...] = ("engage-player", "api")
    """Publication channels in order of preference; any other public one with media comes after them."""
    credentials_for_files: bool = False
    """Send the account to the file server as well, where it is the API's own origin."""


class PanoptoSettings(_Section):
    """Where the recordings go."""

    url: Url
    client_id: str
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    client_secret_command: str | None = None
    username: str
    password: SecretStr | None = None
    password_file: Path | None = None
    password_command: str | None = None
    folder_id: Guid | None = None
    """The folder of a series without a row in the table; without it such an event is not moved."""
    folders: Path | None = None
    """A CSV table with the columns series and folder_id."""


class SelectSettings(_Section):
    """Which events: all, those of some series, some by name, and at most `limit` of them."""

    series: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1)


class TransferSettings(_Section):
    """How bytes are moved."""

    parts_in_flight: int = Field(default=16, ge=1, le=512)
    parts_per_host: int | None = Field(default=None, ge=1)
    parts_per_file: int | None = Field(default=None, ge=1)
    part_size_mib: int = Field(default=16, ge=5, le=5120)
    items_in_flight: int = Field(default=8, ge=1, le=256)
    memory_mib: int = Field(default=64, ge=8)
    """What the relay may hold of bytes under way."""
    integrity: Literal["crc", "spot", "etag"] = "spot"
    hashing: float = Field(default=0.2, gt=0, le=64)
    """At level spot: the share of one core that comparing may cost beyond the first parts."""
    least_rate_kib: int = Field(default=64, ge=1)
    """A part slower than this many KiB a second is given up and sent again."""
    attempts: int = Field(default=6, ge=1, le=100)
    """Tries of one part or call before its item is left for the next run."""


class FinishSettings(_Section):
    """How long Panopto may take."""

    limit_minutes: float = Field(default=120, gt=0)
    """An item that Panopto has not finished by then is left waiting for the next run."""
    in_flight: int = Field(default=200, ge=1)


class NetworkSettings(_Section):
    """The way to both systems."""

    ca_file: Path | None = None
    proxy: Annotated[str, AfterValidator(_address)] | None = Field(default=None, repr=False)
    """May hold an account of its own; then it had better come from FERRY_NETWORK__PROXY."""
    connect_seconds: float = Field(default=15, gt=0)


class CheckpointSettings(_Section):
    """Where the run keeps what it knows."""

    path: Path = Path("migration.checkpoint")
    allow_network: tuple[str, ...] = ()
    """Network file systems on which the checkpoint may lie all the same, by the name of their type."""


class Settings(BaseSettings):
    """Everything that a run is told."""

    model_config = SettingsConfigDict(
        env_prefix="FERRY_", env_nested_delimiter="__", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    opencast: OpencastSettings
    panopto: PanoptoSettings
    select: SelectSettings = SelectSettings()
    transfer: TransferSettings = TransferSettings()
    finish: FinishSettings = FinishSettings()
    network: NetworkSettings = NetworkSettings()
    checkpoint: CheckpointSettings = CheckpointSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment before the file."""
        return env_settings, init_settings
