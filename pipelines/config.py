"""The settings: one TOML file, then the environment (`FERRY_PANOPTO__URL=...`), checked whole before a run.

Paths are relative to the settings file. A secret comes from the environment, from a file, or from a command
that prints it; never from the command line, and never into a message.
"""

import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentFault

from engine import Final


class SettingsError(Final):
    """The settings, or a table that they name, cannot be used (exit code 2)."""

    code = "settings"


def _origin(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("an address begins with https:// or http://")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_origin)]
Guid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


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
    proxy: Url | None = None
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


_SECTIONS = frozenset(Settings.model_fields)
_SECRETS = (("opencast", "password"), ("panopto", "password"), ("panopto", "client_secret"))


def load(path: Path) -> Settings:
    """Read the settings of `path` and the environment: paths made absolute, secrets in place.

    Raises SettingsError, one sentence that names the file and the setting.
    """
    document = _document(path)
    try:
        settings = Settings(**document)
    except ValidationError as error:
        raise SettingsError(_first_fault(error), where=str(path)) from error
    except EnvironmentFault as error:
        raise SettingsError(str(error), where="environment") from error
    return _resolved(settings, path.resolve().parent)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"cannot be read ({error.strerror})", where=str(path), advice="name the settings file with -c"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"is not TOML: {error}", where=str(path)) from error
    unknown = sorted(set(document) - _SECTIONS)
    if unknown:
        raise SettingsError(
            f"has {unknown[0]!r}, which nothing reads",
            where=str(path),
            advice=f"the sections are {', '.join(sorted(_SECTIONS))}",
        )
    for section, name in _SECRETS:
        if name in document.get(section, {}):
            raise SettingsError(
                f"holds {section}.{name} itself",
                where=str(path),
                advice=f"name a file with {name}_file, a command with {name}_command, "
                f"or set FERRY_{section.upper()}__{name.upper()}",
            )
    return document


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == "missing":
        return f"{name} is missing"
    if fault["type"] == "extra_forbidden":
        return f"{name} is a setting that nothing reads"
    return f"{name}: {fault['msg']}"


def _resolved(settings: Settings, folder: Path) -> Settings:
    opencast, panopto = settings.opencast, settings.panopto
    ca_file, folders = settings.network.ca_file, panopto.folders
    return settings.model_copy(
        update={
            "opencast": opencast.model_copy(
                update={"password": _secret(opencast, "opencast", "password", folder)}
            ),
            "panopto": panopto.model_copy(
                update={
                    "password": _secret(panopto, "panopto", "password", folder),
                    "client_secret": _secret(panopto, "panopto", "client_secret", folder),
                    "folders": folders and folder / folders,
                }
            ),
            "network": settings.network.model_copy(
                update={"ca_file": ca_file and _existing(folder / ca_file, "network.ca_file")}
            ),
            "checkpoint": settings.checkpoint.model_copy(update={"path": folder / settings.checkpoint.path}),
        }
    )


def _existing(path: Path, name: str) -> Path:
    if not path.is_file():
        raise SettingsError(
            f"there is no file {path}", where=name, advice="paths are relative to the settings file"
        )
    return path


def _secret(section: BaseModel, where: str, name: str, folder: Path) -> SecretStr:
    """Return a secret from the environment, else its file, else its command; an empty one is refused."""
    file, command = getattr(section, f"{name}_file"), getattr(section, f"{name}_command")
    given = getattr(section, name)
    if given is not None:
        secret = given.get_secret_value()
    elif file is not None:
        secret = _existing(folder / file, f"{where}.{name}_file").read_text(encoding="utf-8").strip()
    elif command is not None:
        secret = _printed(command, f"{where}.{name}_command")
    else:
        raise SettingsError(
            f"{where}.{name} is missing",
            advice=f"set {name}_file or {name}_command, or FERRY_{where.upper()}__{name.upper()}",
        )
    if not secret:
        raise SettingsError(f"{where}.{name} is empty", advice="look at its file, command or variable")
    return SecretStr(secret)


def _printed(command: str, where: str) -> str:
    """Return what a command prints. It is given no shell, no input, and 30 seconds."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, from the operator's own settings
            shlex.split(command),
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SettingsError(f"the command failed ({type(error).__name__})", where=where) from error
    return done.stdout.strip()
