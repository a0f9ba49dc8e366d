"""The command's table of verbs: fast to show, exact about what is wrong, and one sentence where it fails."""

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from fakes.processes import ROOT, Ran, toml

from pipelines.cli.verbs import VERBS

Told = Callable[..., Ran]

SHOW = """
import sys
from pipelines.cli import main
sys.argv = ["ferry", *{arguments}]
try:
    main()
finally:
    loaded = [name for name in sys.modules if name.startswith(("pipelines.", "zeep"))]
    sys.stderr.write(" ".join(loaded))
"""


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that are loaded when the command has ended well."""
    script = SHOW.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout
    return set(done.stderr.split())


def test_help_loads_no_verb() -> None:
    """The list of verbs is shown without the module of any, nor the sandbox, nor the application."""
    loaded = loaded_by("--help")
    assert not loaded & {f"pipelines.cli.{verb}" for verb in VERBS}
    assert not {name for name in loaded if name.startswith(("pipelines.sandbox", "pipelines.app", "zeep"))}


def test_what_is_asked_often_does_not_wait_for_soap() -> None:
    """zeep takes longer to load than the status takes to tell: only what opens the services loads it."""
    loaded = loaded_by("status", "--help")
    assert "pipelines.app.books" in loaded
    assert "zeep" not in loaded


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help(verb: str, told: Told) -> None:
    """Each verb of the table can be loaded, and its help tells its options on stdout."""
    ran = told(verb, "--help")
    assert (ran.code, ran.talk) == (0, "")
    assert "--" in ran.output
    assert "completion" not in ran.output
    assert "<bool>" not in ran.output
    assert max(map(len, ran.output.splitlines())) <= 80


def test_plan_tells_of_a_file_of_limits_that_no_run_would_take(tmp_path: Path, told: Told) -> None:
    """Before anything is asked: a run in the night would end with the same."""
    settings, limits = tmp_path / "migration.toml", tmp_path / "limits.toml"
    (word := tmp_path / "word").write_text("secret")
    word.chmod(0o600)
    limits.write_text("parts_in_flight = 9999\n")
    account = {"username": "u", "password_file": str(word)}
    client = {"client_id": "c", "client_secret_file": str(word)}
    sections: dict[str, dict[str, object]] = {
        "opencast": {"url": "https://opencast.example.edu", **account},
        "panopto": {"url": "https://panopto.example.edu", **client, **account},
        "limits": {"file": str(limits)},
    }
    settings.write_text(toml(sections))
    ran = told("plan", "-c", settings)
    assert ran.code == 2
    assert f"{limits}, line 1: parts_in_flight: 9999 is out of bounds" in ran.talk


def test_the_version(told: Told) -> None:
    """It is the distribution's."""
    assert told("--version") == Ran(0, f"ferry {metadata.version('lecture-ferry')}\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rum"], "There is no command 'rum', perhaps `ferry run` is meant; look at `ferry --help`"),
        (["source", "marc"], "There is no command 'marc', perhaps `ferry source mark` or "),
        (["plan", "--jsn"], "No such option: --jsn (Possible options: --json); look at `ferry plan --help`"),
        (["add-stream", "e"], "Missing option '--type'. Choose from: primary, secondary, presentation; look"),
        (["add-stream", "e", "--type", "x"], "Invalid value for '--type': 'x' is not one of 'primary', 's"),
    ],
)
def test_a_mistake_names_what_was_typed(arguments: list[str], said: str, told: Told) -> None:
    """And what is near it, and where the help is."""
    assert told(*arguments).talk.startswith(f"ferry: {said}")


@pytest.mark.parametrize("arguments", [[], ["schedules"], ["source"]])
def test_said_alone_a_group_shows_its_help(arguments: list[str], told: Told) -> None:
    """On stderr, with the first sentence of each command to its end, and exit code 2."""
    ran = told(*arguments)
    assert (ran.code, ran.output) == (2, "")
    assert ran.talk.startswith(" ".join(["Usage: ferry", *arguments, "[OPTIONS] COMMAND"]))
    assert "..." not in ran.talk.split("Commands:")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["rum"],
        ["run", "--password", "x"],
        ["run", "-c"],
        ["demo", "--events", "0"],
        ["sandbox"],
        ["plan", ""],
    ],
)
def test_wrong_usage_is_two(arguments: list[str], told: Told) -> None:
    """An unknown verb, option or value is one sentence on stderr; stdout stays empty."""
    ran = told(*arguments)
    assert (ran.code, ran.output) == (2, "")
    assert ran.talk.startswith("ferry: ")
    assert ran.talk.count("\n") == 1


@pytest.mark.parametrize("verb", ["run", "plan", "status"])
def test_settings_that_are_not_there_are_two(verb: str, tmp_path: Path, told: Told) -> None:
    """Each verb that takes settings says in one sentence which file it lacks."""
    ran = told(verb, "-c", tmp_path / "none.toml", "--json")
    assert (ran.code, ran.document["exit"]) == (2, 2)
    sentence = "cannot be read (No such file or directory); name the settings file with -c"
    assert ran.talk == f"ferry: {tmp_path}/none.toml: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--switch", "nosuch=1"], 2, "No switch is called 'nosuch'"),
        (["--switch", "largest=big"], 2, "largest needs a number"),
        (["--faults", "{folder}/none.json"], 2, "none.json cannot be read"),
        (["--media", "{folder}/none"], 2, "does not exist"),
        (["--bandwidth", "0"], 2, "A bandwidth of 0 MiB a second is none"),
        (["--bandwidth", "-1"], 2, "A bandwidth of -1 MiB a second is none"),
        (["--bandwidth", "nan"], 2, "A bandwidth of nan MiB a second is none"),
    ],
)
def test_a_sandbox_that_cannot_stand_says_why(
    arguments: list[str], code: int, said: str, tmp_path: Path, told: Told
) -> None:
    """A wrong switch, faults file or media folder is one sentence, and no sandbox.json is left."""
    given = [one.replace("{folder}", str(tmp_path)) for one in arguments]
    ran = told("sandbox", "--out", tmp_path / "out", *given)
    assert ran.code == code
    assert said in ran.talk
    assert len(ran.talk.splitlines()) == 1
    assert not (tmp_path / "out" / "sandbox.json").exists()


def test_a_folder_that_is_a_file_is_a_local_resource(tmp_path: Path, told: Told) -> None:
    """What the machine refuses is told with the path."""
    (tmp_path / "file").write_text("")
    ran = told("sandbox", "--out", tmp_path / "file")
    assert (ran.code, ran.talk) == (9, f"ferry: {tmp_path}/file: File exists\n")


BROKEN = """
import sys
import anyio
from pipelines.cli import main, verbs

def app(**_):
    async def main():
        async with anyio.create_task_group() as group:
            group.start_soon(broken)
    async def broken():
        raise KeyError("one\\x1b[31m\\ntwo")
    anyio.run(main)

verbs.app = app
main()
"""


@pytest.mark.parametrize("shown", [False, True])
def test_an_internal_error_is_one_sentence(shown: bool) -> None:
    """It names the error inside its group and how to see more; the traceback comes when asked for."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN],
        cwd=ROOT,
        env={"PATH": "", **({"FERRY_TRACEBACK": "1"} if shown else {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert ("Traceback" in done.stderr) is shown
    if not shown:
        assert len(done.stderr.splitlines()) == 1
        assert "KeyError" in done.stderr
        assert "\x1b" not in done.stderr


def test_the_help_names_all_four_systems(told: Told) -> None:
    """Of the sandbox and of the whole, with the width that is asked for."""
    listed = " ".join(told("--help").output.split())
    for name in ("Opencast", "Panopto", "LumiNUS", "VALT"):
        assert name in listed.partition("sandbox ")[2].partition("plan ")[0]
        assert name in listed.partition("Options")[0]
