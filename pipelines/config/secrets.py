"""Where secrets come from: the environment, a file, or a command that prints them."""

import os
import shlex
import stat
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr

from pipelines.config.environment import origin
from pipelines.config.error import SettingsError, no_file, variable


def secret_of(section: BaseModel, where: str, name: str, path: Path) -> SecretStr:
    """Return a secret from the environment, else its file or its command.

    One that is empty is refused, and so is one of several lines, which no header of a call can hold.
    A file and a command given side by side are refused, as nobody can tell which is meant. `path` is the
    settings file's.
    """
    folder = path.resolve().parent
    way = _way(section, where, name, path)
    if way is None:
        raise SettingsError(
            f"{where}.{name} is missing",
            where=str(path),
            advice=f"set {name}_file or {name}_command, or {variable(where, name)}",
        )
    value, given = getattr(section, way), origin(os.environ, where, way) or str(path)
    if way == f"{name}_file":
        secret = _content(folder / value, f"{where}.{way}", given)
    elif way == f"{name}_command":
        secret = _printed(value, f"{where}.{way}", given, folder)
    else:
        secret = value.get_secret_value()
    if not secret or _is_broken(secret):
        advice = f"look at its {'variable' if way == name else way.removeprefix(f'{name}_')}"
        wrong = "holds several lines or a control character" if secret else "is empty"
        raise SettingsError(f"{where}.{name} {wrong}", where=given, advice=advice)
    return SecretStr(secret)


def _way(section: BaseModel, where: str, name: str, path: Path) -> str | None:
    """Return which setting gives a secret; None where none does. What the environment gives goes first."""
    ways = (name, f"{name}_file", f"{name}_command")
    given = [way for way in ways if getattr(section, way) is not None]
    near = [way for way in given if origin(os.environ, where, way)]
    if name in given:
        return name
    if len(near or given) > 1:
        raise SettingsError(
            f"holds {where}.{name}_file and {where}.{name}_command",
            where="the environment" if near else str(path),
            advice="leave one of them out",
        )
    return next(iter(near or given), None)


def _is_broken(secret: str) -> bool:
    return any(unicodedata.category(one) == "Cc" for one in secret)


def _content(file: Path, name: str, where: str) -> str:
    """Return what a secret's file holds, without the white space around it."""
    if not file.is_file():
        raise no_file(file, name, where)
    try:
        with file.open(encoding="utf-8-sig") as opened:
            if is_open_to_others(os.fstat(opened.fileno()).st_mode):
                raise SettingsError(
                    f"{name}: {file} is open to others than its owner",
                    where=where,
                    advice=f"chmod 600 {shlex.quote(str(file))}, and think about a new secret",
                )
            return opened.read().strip()
    except OSError as error:
        raise SettingsError(f"{name}: {file} cannot be read ({error.strerror})", where=where) from error
    except UnicodeDecodeError:
        # Without its cause, which holds the bytes.
        raise SettingsError(f"{name}: {file} is not UTF-8", where=where) from None


def is_open_to_others(mode: int) -> bool:
    """Tell by a file's mode whether its group or anybody else may read it, write it or run it.

    Windows has no such modes; there the folder's own rights have to do.
    """
    return os.name != "nt" and bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def for_children(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that is started: without settings of ours, which may be secrets."""
    return {name: value for name, value in environment.items() if not name.upper().startswith("FERRY_")}


def _printed(command: str, name: str, where: str, folder: Path) -> str:
    """Return what a command prints.

    It is given the settings' folder, no shell, no input, no setting of the environment's, and 30 seconds.
    """
    try:
        words = shlex.split(command)
        if not words:
            raise SettingsError(f"{name} is empty", where=where)
        # The operator's own command, from the operator's own settings.
        done = subprocess.run(  # noqa: S603  # nosec B603
            words,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=30,
            cwd=folder,
            env=for_children(os.environ),
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        why = _why(error)
        # Without its cause, which holds what was printed.
        raise SettingsError(f"{name}: the command failed ({why})", where=where) from None
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
