"""Files with secrets, what is read as XML, and what the project stands on (F37, F42, F43).

There is no cache of tokens: they live in memory, and the files with secrets are the operator's own and the
checkpoint with what lies beside it.
"""

import ast
import os
import re
import shlex
import stat
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from fakes.processes import ROOT
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoint.files import OsFiles, Purpose
from engine.multipart.answers import document
from pipelines.config import SettingsError, load
from pipelines.panopto.schema import InvalidManifest, check

PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "requirements-bench.lock", "requirements-audit.lock")
SETTINGS = """
[opencast]
url = "https://opencast.example.org"
username = "migration"
{way}

[panopto]
url = "https://panopto.example.org"
client_id = "client"
client_secret_command = "echo word"
username = "ferry"
password_command = "echo word"
"""


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Take nothing away from the modes of files that are made."""
    kept = os.umask(0)
    yield
    os.umask(kept)


def settings(folder: Path, way: str) -> Path:
    """Write settings that get Opencast's password in a way, and return their path."""
    path = folder / "migration.toml"
    path.write_text(SETTINGS.format(way=way))
    return path


@pytest.mark.fault(42)
@pytest.mark.parametrize("purpose", ["new", "write"])
@pytest.mark.parametrize("before", [None, 0o644, 0o666])
@pytest.mark.usefixtures("open_umask")
def test_our_files_are_private_from_their_first_byte(
    purpose: Purpose, before: int | None, tmp_path: Path
) -> None:
    """The checkpoint, and its successor while it is compacted: 0600 before a byte, whatever was there."""
    path = tmp_path / "x.checkpoint.new"
    if before is not None or purpose == "write":
        path.touch(mode=before or 0o666)
    handle = OsFiles().open(path, purpose)
    try:
        assert stat.S_IMODE(os.fstat(handle).st_mode) == 0o600
    finally:
        os.close(handle)


@pytest.mark.fault(42)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o610, 0o777])
def test_a_secret_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    """Its sentence names the file and says what to do; the secret is not in it."""
    file = tmp_path / "pass word.secret"
    file.write_text("hush")
    file.chmod(mode)
    with pytest.raises(SettingsError, match="open to others") as caught:
        load(settings(tmp_path, 'password_file = "pass word.secret"'))
    assert f"chmod 600 {shlex.quote(str(file))}" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.fault(42)
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_of_its_owner_alone_is_read(mode: int, tmp_path: Path) -> None:
    """With or without the right to write it."""
    file = tmp_path / "one.secret"
    file.write_text("hush\n")
    file.chmod(mode)
    held = load(settings(tmp_path, 'password_file = "one.secret"')).opencast.password
    assert held is not None
    assert held.get_secret_value() == "hush"


@pytest.mark.fault(42)
def test_a_command_that_prints_a_secret_has_no_shell(tmp_path: Path) -> None:
    """What a shell would do is a word like any other."""
    way = f"password_command = \"echo '$HOME; touch {tmp_path}/made `id` | cat > x'\""
    held = load(settings(tmp_path, way)).opencast.password
    assert held is not None
    assert held.get_secret_value() == f"$HOME; touch {tmp_path}/made `id` | cat > x"
    assert [path.name for path in tmp_path.iterdir()] == ["migration.toml"]


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    "name",
    [
        "migration.checkpoint",
        "migration.checkpoint.lock",
        "migration.checkpoint.new",
        "a.secret",
        "sandbox.json",
    ],
)
def test_files_with_secrets_are_not_committed(name: str) -> None:
    """The file of what git ignores names each of them."""
    ignored = (ROOT / ".gitignore").read_text().split()
    assert any(fnmatch(name, pattern) for pattern in ignored)


FORBIDDEN = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "telnetlib", "ftplib"}


def named(node: ast.AST) -> set[str]:
    """Return the modules that a statement imports, or the function that is called."""
    match node:
        case ast.Import(names=names):
            return {one.name.partition(".")[0] for one in names}
        case ast.ImportFrom(module=str(module), level=0):
            return {module.partition(".")[0]}
        case ast.Call(func=ast.Name(id=name)):
            return {f"{name}()"}
        case ast.keyword(arg="shell"):
            return {"shell="}
        case _:
            return set()


@pytest.mark.fault(42)
def test_nothing_that_runs_what_it_reads() -> None:
    """No pickle or its like, no eval or exec, no shell, in anything that is shipped or measured."""
    found = {
        f"{path.relative_to(ROOT)}: {one}"
        for folder in ("engine", "pipelines", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for one in named(node) & {*FORBIDDEN, "eval()", "exec()", "shell="}
    }
    assert found == set()


@pytest.mark.fault(42, 43)
def test_the_rules_that_see_to_it_are_on() -> None:
    """ruff's S rules over all that is shipped, and bandit in `make check`, which `make quick` runs."""
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not any(one.startswith("S") and one[1:].isdigit() for one in lint["ignore"])
    assert not any(one.startswith(("engine", "pipelines")) for one in lint["per-file-ignores"])
    rules = (ROOT / "Makefile").read_text()
    assert re.search(r"^check:(.*\n\t.*)*\n\t\$\(BIN\)/bandit .*engine pipelines$", rules, re.MULTILINE)
    assert re.search(r"^quick: check", rules, re.MULTILINE)


def requirements(name: str) -> Mapping[str, str]:
    """Return the lines of each package of a lock file, by its name and version."""
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text())
    return {block.split()[0]: block for block in blocks if not block.startswith("#")}


@pytest.mark.fault(43)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_hashes_and_no_index(name: str) -> None:
    """Each package has one version and the hashes of its files, from wherever they come."""
    held = requirements(name)
    assert held
    for package, lines in held.items():
        assert re.fullmatch(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==[\w.!+-]+", package)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", lines)
    assert not re.search(r"(?m)^-|://|--(extra-)?index|--find-links", (ROOT / name).read_text())


@pytest.mark.fault(43)
def test_each_direct_dependency_is_locked_and_has_its_reason() -> None:
    """In words on its own line; so has each thing that bandit is told to leave out."""
    groups = PROJECT["dependency-groups"]
    direct = [*PROJECT["project"]["dependencies"], *(one for group in groups.values() for one in group)]
    locked = {name.partition("==")[0].partition("[")[0] for lock in LOCKS for name in requirements(lock)}
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for one in [*direct, *PROJECT["tool"]["bandit"]["skips"]]:
        (line,) = [line for line in lines if line.strip().startswith(f'"{one}"')]
        assert re.search(r"\",\s+# \S.{3,}", line), one
    assert {re.split(r"[><=;\[]", one)[0].strip() for one in direct} <= locked


@pytest.mark.fault(43)
def test_what_is_installed_is_what_is_locked() -> None:
    """Every installation of a lock file asks for its hashes; the audit goes over all of them."""
    rules = (ROOT / "Makefile").read_text()
    installs = [line for line in rules.splitlines() if "pip install" in line]
    assert len(installs) > 3
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert re.search(r"^audit:.*\n.*requirements\*\.lock.*pip-audit --strict", rules, re.MULTILINE)
    assert re.search(r"^sbom:.*\n.*cyclonedx-py requirements", rules, re.MULTILINE)


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
entities = st.one_of(
    st.builds('<!ENTITY {} "{}">'.format, names, names),
    st.builds('<!ENTITY {} SYSTEM "file:///etc/{}">'.format, names, names),
    st.builds('<!ENTITY % {} PUBLIC "{}" "http://127.0.0.1:9/">'.format, names, names),
    st.just(""),
)


@pytest.mark.fault(37)
@given(
    root=st.sampled_from(["Error", "CompleteMultipartUploadResult", "Session"]),
    name=names,
    inside=entities,
    outside=st.sampled_from(["", ' SYSTEM "http://127.0.0.1:9/x.dtd"', ' PUBLIC "a" "file:///etc/passwd"']),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1"]),
)
def test_no_document_with_a_dtd_is_read(
    root: str, name: str, inside: str, outside: str, encoding: str
) -> None:
    """Neither an answer of S3 nor a manifest, whatever its DTD is written in."""
    head = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE {root}{outside} [{inside}]>'
    for body in (f"<Code>&{name};</Code>", "<Code>NoSuchUpload</Code>"):
        text = f"{head}<{root}>{body}</{root}>".encode(encoding)
        assert document(text) is None
        with pytest.raises(InvalidManifest):
            check(text)


@pytest.mark.fault(37)
@given(st.sampled_from(range(1, 9)), st.integers(2, 12))
def test_entities_of_entities_are_not_counted_out(depth: int, width: int) -> None:
    """A billion laughs cost nothing: the document is refused, not measured."""
    levels = "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * width}">' for at in range(depth))
    bomb = f'<!DOCTYPE Error [<!ENTITY e0 "ha">{levels}]><Error><Code>&e{depth};</Code></Error>'.encode()
    assert document(bomb) is None


@pytest.mark.fault(37)
def test_xml_is_read_by_nothing_else() -> None:
    """By lxml with entities, network and DTD off; the standard library's parsers are nowhere."""
    for folder in ("engine", "pipelines"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text()
            assert not re.search(r"\b(xml\.etree|xml\.dom|xml\.sax|expat|lxml\.html|objectify)\b", text), path
            for call in re.findall(r"etree\.(?:fromstring|parse|XML|HTML)\((.*)", text):
                assert re.search(r"parser\)|PARSER\)|read_bytes\(\)", call), (path, call)
            if "XMLParser(" in text:
                assert "resolve_entities=False, no_network=True, load_dtd=False" in text
