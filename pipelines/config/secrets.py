"""Where secrets come from: the environment, a file, or a command that prints them."""

import shlex
import subprocess
from pathlib import Path

from pydantic import BaseModel, SecretStr

from pipelines.config.error import SettingsError, no_file, variable


def secret_of(section: BaseModel, where: str, name: str, path: Path) -> SecretStr:
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
            advice=f"set {name}_file or {name}_command, or {variable(where, name)}",
        )
    if not secret:
        raise SettingsError(
            f"{where}.{name} is empty", where=str(path), advice="look at its file, command or variable"
        )
    return SecretStr(secret)


def _content(file: Path, name: str, path: Path) -> str:
    """Return what a secret's file holds, without the white space around it."""
    if not file.is_file():
        raise no_file(file, name, path)
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
