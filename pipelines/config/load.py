"""Reads the settings, whole and checked: one TOML file, then the environment, then the secrets."""

import os
import ssl
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipelines.config import environment
from pipelines.config.error import SettingsError, no_file, variable
from pipelines.config.faults import first_of, line_of, told
from pipelines.config.limits import limits_of
from pipelines.config.secrets import secret_of
from pipelines.config.settings import Settings

_SECTIONS = frozenset(Settings.model_fields)
_SECRETS = (
    ("opencast", "password"),
    ("panopto", "password"),
    ("panopto", "client_secret"),
    ("luminus", "token"),
    ("luminus", "subscription_key"),
    ("valt", "password"),
)
_FILES = (
    ("panopto", "folders"),
    ("session", "roles"),
    ("session", "owners"),
    ("session", "availability"),
    ("luminus", "modules"),
    ("valt", "rooms"),
    ("valt", "schedules"),
    ("valt", "fields"),
    ("valt", "shares"),
    ("limits", "file"),
    ("checkpoint", "path"),
)
"""Settings that are paths, relative to the settings file."""


def load(path: Path, *, offline: bool = False) -> Settings:
    """Read the settings of `path` and the environment: paths made absolute, secrets in place.

    What calls no service is `offline`: secrets and certificates are left where they are, and need not be
    there. Raises SettingsError, one sentence that names the file, or the variable, and the setting.
    """
    text = _text(path)
    document = _document(text, path)
    environment.check(os.environ)
    try:
        settings = Settings(**document)
    except ValidationError as error:
        raise _fault(error, path, text) from error
    limits_of(settings, str(path))
    return _resolved(settings, path, offline)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"cannot be read ({error.strerror})", where=str(path), advice="name the settings file with -c"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError("is not UTF-8, as TOML is", where=str(path)) from error


def _document(text: str, path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is not TOML: {error}", where=str(path)) from error
    _check_sections(document, path)
    for section, name in _SECRETS:
        if name in document.get(section, {}):
            raise SettingsError(
                f"holds {section}.{name} itself",
                where=str(path),
                advice=f"name a file with {name}_file, a command with {name}_command, "
                f"or set {variable(section, name)}",
            )
    return document


def _check_sections(document: dict[str, Any], path: Path) -> None:
    advice = f"the sections are {', '.join(sorted(_SECTIONS))}"
    for name, value in document.items():
        if name not in _SECTIONS:
            raise SettingsError(f"has {name!r}, which nothing reads", where=str(path), advice=advice)
        if not isinstance(value, dict):
            raise SettingsError(f"has {name!r} as a value, not as a section", where=str(path), advice=advice)


def _fault(error: ValidationError, path: Path, text: str) -> SettingsError:
    """Return the fault to tell: the variable, or file and line, that it is in, and what is wrong."""
    fault = first_of(error)
    steps = [str(step) for step in fault["loc"][:2]]
    line = line_of(text, *steps) or line_of(text, steps[0])
    file = f"{path}, line {line}" if line else str(path)
    section = environment.SECTIONS.get(steps[0])
    return told(fault, environment.origin(os.environ, *steps) or file, section)


def _resolved(settings: Settings, path: Path, offline: bool) -> Settings:
    """Return the settings with their secrets in place, unless `offline`, and their paths made absolute."""
    folder = path.resolve().parent
    sections: dict[str, dict[str, Any]] = {}
    for section, name in () if offline else _SECRETS:
        if (held := getattr(settings, section)) is not None:
            sections.setdefault(section, {})[name] = secret_of(held, section, name, path)
    for section, name in _FILES:
        if (held := getattr(settings, section)) is not None and getattr(held, name) is not None:
            sections.setdefault(section, {})[name] = folder / getattr(held, name)
    if settings.network.ca_file is not None and not offline:
        sections["network"] = {"ca_file": _authority(folder / settings.network.ca_file, path)}
    return settings.model_copy(
        update={name: getattr(settings, name).model_copy(update=new) for name, new in sections.items()}
    )


def _authority(file: Path, path: Path) -> Path:
    """Return a file of certificates that TLS takes. Raises SettingsError where it is anything else."""
    where = environment.origin(os.environ, "network", "ca_file") or str(path)
    if not file.is_file():
        raise no_file(file, "network.ca_file", where)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError as error:
        raise SettingsError(
            f"network.ca_file: {file} holds no certificate that can be read",
            where=where,
            advice="it is a PEM file that holds BEGIN CERTIFICATE",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"network.ca_file: {file} cannot be read ({error.strerror})", where=where
        ) from error
    return file
