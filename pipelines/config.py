"""The settings: one TOML file, then the environment (`FERRY_PANOPTO__URL=...`), checked whole before a run.

Paths are relative to the settings file. A secret comes from the environment, from a file, or from a command
that prints it; never from the command line, and never into a message.
"""

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentFault

from engine import Stopping


class SettingsError(Stopping):
    """The settings, or a table that they name, cannot be used (exit code 2): no item could be moved."""

    code = "settings"


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
        raise _fault(error, path) from error
    except EnvironmentFault as error:
        named = re.search(r'field "(\w+)"', str(error))
        raise SettingsError(
            "is not JSON, as lists and tables have to be there",
            where=f"a variable FERRY_{named.group(1).upper() if named else ''}...",
        ) from error
    return _resolved(settings, path)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"cannot be read ({error.strerror})", where=str(path), advice="name the settings file with -c"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8, as TOML is", where=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is not TOML: {error}", where=str(path)) from error
    _check_sections(document, path)
    for section, name in _SECRETS:
        if name in document.get(section, {}):
            raise SettingsError(
                f"holds {section}.{name} itself",
                where=str(path),
                advice=f"name a file with {name}_file, a command with {name}_command, "
                f"or set {_variable(section, name)}",
            )
    return document


def _check_sections(document: dict[str, Any], path: Path) -> None:
    advice = f"the sections are {', '.join(sorted(_SECTIONS))}"
    for name, value in document.items():
        if name not in _SECTIONS:
            raise SettingsError(f"has {name!r}, which nothing reads", where=str(path), advice=advice)
        if not isinstance(value, dict):
            raise SettingsError(f"has {name!r} as a value, not as a section", where=str(path), advice=advice)


def _fault(error: ValidationError, path: Path) -> SettingsError:
    """Return the first fault: where it was set, and what is wrong with it. Never its value."""
    fault = error.errors(include_input=False, include_url=False)[0]
    steps = [str(step) for step in fault["loc"]]
    variable = _variable(*steps[:2])
    where = variable if variable in map(str.upper, os.environ) else str(path)
    name = ".".join(steps)
    if fault["type"] == "missing":
        return SettingsError(f"{name} is missing", where=where)
    if fault["type"] == "extra_forbidden":
        return SettingsError(f"{name} is a setting that nothing reads", where=where)
    return SettingsError(f"{name}: {fault['msg'].removeprefix('Value error, ')}", where=where)


def _variable(*steps: str) -> str:
    return "FERRY_" + "__".join(steps).upper()


def _resolved(settings: Settings, path: Path) -> Settings:
    opencast, panopto, network = settings.opencast, settings.panopto, settings.network
    folder = path.resolve().parent
    opencast = opencast.model_copy(update={"password": _secret(opencast, "opencast", "password", path)})
    panopto = panopto.model_copy(
        update={
            "password": _secret(panopto, "panopto", "password", path),
            "client_secret": _secret(panopto, "panopto", "client_secret", path),
            "folders": panopto.folders and folder / panopto.folders,
        }
    )
    ca_file = network.ca_file and folder / network.ca_file
    if ca_file is not None and not ca_file.is_file():
        raise _no_file(ca_file, "network.ca_file", path)
    network = network.model_copy(update={"ca_file": ca_file})
    checkpoint = settings.checkpoint.model_copy(update={"path": folder / settings.checkpoint.path})
    return settings.model_copy(
        update={"opencast": opencast, "panopto": panopto, "network": network, "checkpoint": checkpoint}
    )


def _no_file(file: Path, name: str, path: Path) -> SettingsError:
    return SettingsError(
        f"{name}: there is no file {file}", where=str(path), advice="paths are relative to the settings file"
    )


def _secret(section: BaseModel, where: str, name: str, path: Path) -> SecretStr:
    """Return a secret from the environment, else its file, else its command; an empty one is refused."""
    file, command = getattr(section, f"{name}_file"), getattr(section, f"{name}_command")
    given, folder = getattr(section, name), path.resolve().parent
    if given is not None:
        secret = given.get_secret_value()
    elif file is not None:
        secret = _content(folder / file, f"{where}.{name}_file", path)
    elif command is not None:
        secret = _printed(command, f"{where}.{name}_command", path)
    else:
        raise SettingsError(
            f"{where}.{name} is missing",
            where=str(path),
            advice=f"set {name}_file or {name}_command, or {_variable(where, name)}",
        )
    if not secret:
        raise SettingsError(
            f"{where}.{name} is empty", where=str(path), advice="look at its file, command or variable"
        )
    return SecretStr(secret)


def _content(file: Path, name: str, path: Path) -> str:
    """Return what a secret's file holds, without the white space around it."""
    if not file.is_file():
        raise _no_file(file, name, path)
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}: {file} cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeDecodeError:
        # Without its cause, which holds the bytes.
        raise SettingsError(f"{name}: {file} is not UTF-8", where=str(path)) from None


def _printed(command: str, name: str, path: Path) -> str:
    """Return what a command prints. It is given the settings' folder, no shell, no input, and 30 seconds."""
    try:
        words = shlex.split(command)
        if not words:
            raise SettingsError(f"{name} is empty", where=str(path))
        done = subprocess.run(  # noqa: S603 - the operator's own command, from the operator's own settings
            words,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=30,
            cwd=path.resolve().parent,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        why = _why(error)
        # Without its cause, which holds what was printed.
        raise SettingsError(f"{name}: the command failed ({why})", where=str(path)) from None
    return done.stdout.strip()


def _why(error: Exception) -> str:
    match error:
        case subprocess.CalledProcessError(returncode=code):
            return f"exit code {code}"
        case subprocess.TimeoutExpired(timeout=seconds):
            return f"no end after {seconds:.0f} s"
        case OSError(strerror=reason):
            return str(reason)
        case UnicodeDecodeError():
            return "it prints no UTF-8"
        case _:
            return str(error)
