"""Settings: what is wrong with them is one sentence with file and setting, and no secret is ever told."""

import os
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from pipelines.config import Settings, SettingsError, load

GOOD = """\
[opencast]
url = "https://opencast.example.org/"
username = "migration"
password_file = "opencast.secret"

[panopto]
url = "https://panopto.example.org"
client_id = "client"
client_secret_file = "client.secret"
username = "ferry"
password_file = "panopto.secret"
"""
AUTHORITY = trustme.CA().cert_pem.bytes()
FOLDER = "0f0f0f0f-1111-2222-3333-444444444444"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take settings of the machine away."""
    for name in [name for name in os.environ if name.upper().startswith("FERRY_")]:
        monkeypatch.delenv(name)
    return


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Good settings with their secrets beside them."""
    for name in ("opencast", "client", "panopto"):
        (tmp_path / f"{name}.secret").touch(mode=0o600)
        (tmp_path / f"{name}.secret").write_text(f"hush-{name}\n")
    (tmp_path / "ca.pem").write_bytes(AUTHORITY)
    path = tmp_path / "migration.toml"
    path.write_text(GOOD)
    return path


def changed(file: Path, old: str, new: str) -> None:
    """Change one place of the settings."""
    assert GOOD.count(old) == 1
    file.write_text(GOOD.replace(old, new))


def refusal(file: Path) -> str:
    """Return the sentence by which settings are refused: one line, without a secret, in any form of it."""
    with pytest.raises(SettingsError) as caught:
        load(file)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "hush" not in "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    return sentence


def secrets(settings: Settings) -> list[str | None]:
    """Return the three secrets."""
    held = (settings.opencast.password, settings.panopto.password, settings.panopto.client_secret)
    return [one and one.get_secret_value() for one in held]


def test_good_settings_are_whole_and_their_paths_absolute(file: Path) -> None:
    """Secrets come from files without their line's end, and every path is beside the settings."""
    file.write_text(GOOD + 'folders = "t/f.csv"\n[network]\nca_file = "ca.pem"\n')
    settings = load(file)
    assert secrets(settings) == ["hush-opencast", "hush-panopto", "hush-client"]
    assert settings.opencast.url == "https://opencast.example.org"
    assert settings.panopto.folders == file.parent / "t/f.csv"
    assert settings.network.ca_file == file.parent / "ca.pem"
    assert settings.checkpoint.path == file.parent / "migration.checkpoint"


def test_every_table_lies_beside_the_settings(file: Path) -> None:
    """Each that can be named, wherever the command is given."""
    session = "".join(f'{name} = "{name}.csv"\n' for name in ("roles", "owners", "availability"))
    tables = "".join(f'{name} = "{name}.csv"\n' for name in ("rooms", "schedules", "fields", "shares"))
    valt = 'url = "https://valt.example.org"\nusername = "v"\ntimezone = "UTC"\n'
    file.write_text(f"{GOOD}[session]\n{session}[valt]\n{valt}{tables}")
    settings = load(file, offline=True)
    assert settings.valt is not None
    for held in (settings.session, settings.valt):
        named = {name: value for name, value in held if isinstance(value, Path)}
        assert named == {name: file.parent / f"{name}.csv" for name in named}
        assert len(named) >= 3


def test_paths_do_not_follow_the_working_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings named by a relative path mean the same as by an absolute one."""
    absolute = load(file)
    (file.parent / "elsewhere").mkdir()
    monkeypatch.chdir(file.parent / "elsewhere")
    assert load(Path("../migration.toml")) == absolute


def test_an_absolute_path_stays(file: Path) -> None:
    """Only relative paths are taken from the settings' folder."""
    file.write_text(GOOD + '[checkpoint]\npath = "/var/lib/ferry/one.checkpoint"\n')
    assert load(file).checkpoint.path == Path("/var/lib/ferry/one.checkpoint")


def test_no_secret_in_any_form_of_the_settings(file: Path) -> None:
    """Neither repr nor str nor a dump for people has a secret, nor the proxy's account."""
    file.write_text(GOOD + '[network]\nproxy = "http://me:hush-proxy@proxy.example.org:3128"\n')
    settings = load(file)
    assert "hush" not in f"{settings!r} {settings} {settings.opencast!r} {settings.network!r}"
    assert "hush-o" not in str(settings.model_dump())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('username = "migration"\n', "", "opencast.username is missing"),
        ('url = "https://panopto.example.org"\n', "", "panopto.url is missing"),
        (
            'username = "ferry"',
            'user = "ferry"',
            "panopto.user is a setting that nothing reads; perhaps panopto.username is meant",
        ),
        ("[opencast]", "[opencats]", "'opencats'"),
        ("[panopto]", "colour = 3\n[panopto]", "opencast.colour is a setting that nothing reads"),
        ("[opencast]", "opencast = 3\n[other]", "'opencast' as a value, not as a section"),
        ("[opencast]", "[[opencast]]", "'opencast' as a value, not as a section"),
        ('username = "migration"', "username = 3", "opencast.username: "),
        ('password_file = "panopto.secret"', "", "panopto.password is missing"),
        ('client_secret_file = "client.secret"', "", "FERRY_PANOPTO__CLIENT_SECRET"),
        ('password_file = "panopto.secret"', 'password = "hush"', "holds panopto.password itself"),
        ('client_secret_file = "client.secret"', 'client_secret = "hush"', "holds panopto.client_secret"),
        ('"panopto.secret"', '"none.secret"', "panopto.password_file: there is no file"),
        ('"panopto.secret"', '"."', "panopto.password_file: there is no file"),
        ("https://opencast.example.org/", "opencast.example.org", "opencast.url: an address begins with"),
        ("https://opencast.example.org/", "https://", "opencast.url: the address names no host"),
        ("https://opencast.example.org/", "https://a b", "opencast.url: the address names no host"),
        ("https://opencast.example.org/", "https://a:99999", "opencast.url: the address has no port"),
        ("https://opencast.example.org/", "https://me:hush@a", "opencast.url: the address holds an account"),
        ("https://opencast.example.org/", "https://a/?b=c", "opencast.url: the address goes on"),
        ("[panopto]", "publications = 3\n[panopto]", "opencast.publications: this is a list; write it as ["),
        ('username = "ferry"', 'username = "ferry"\nfolder_id = "12"', "panopto.folder_id: "),
        ("[opencast]", "[transfer]\nparts_in_flight = 0\n[opencast]", "transfer.parts_in_flight: "),
        ("[opencast]", '[transfer]\nattempts = "many"\n[opencast]', "transfer.attempts: "),
        ("[opencast]", '[transfer]\nintegrity = "good"\n[opencast]', "transfer.integrity: "),
        ("[opencast]", "[finish]\nlimit_minutes = nan\n[opencast]", "finish.limit_minutes: "),
        ("[opencast]", "[select]\nlimit = 0\n[opencast]", "select.limit: "),
        ("[opencast]", "[session]\ndescription = '{room}'\n[opencast]", "session.description: there is no"),
        ("[opencast]", '[select]\nevents = "e1"\n[opencast]', "select.events: this is a list"),
        ("[opencast]", "[network]\nca_file = 3\n[opencast]", "network.ca_file: "),
        ("[opencast]", '[network]\nca_file = "no.pem"\n[opencast]', "network.ca_file: there is no file"),
        (
            "[opencast]",
            '[network]\nca_file = "client.secret"\n[opencast]',
            "client.secret holds no certificate",
        ),
        (
            "[opencast]",
            '[opencast]\npassword_command = "true"',
            "holds opencast.password_file and opencast.pass",
        ),
        (
            "[panopto]",
            '[panopto]\nclient_secret_command = "true"',
            "panopto.client_secret_command; leave one",
        ),
        ("[opencast]", "[opencast", "is not TOML"),
        ("[opencast]", "[opencast]\n[opencast]", "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_setting(file: Path, old: str, new: str, said: str) -> None:
    """Each fault is one sentence that names the settings file and the setting."""
    changed(file, old, new)
    sentence = refusal(file)
    assert said in sentence
    assert re.match(rf"{file}(, line \d+)?: ", sentence)


def test_an_empty_file_says_what_is_missing_first(file: Path) -> None:
    """A file without sections lacks opencast."""
    file.write_text("")
    assert refusal(file) == f"{file}: the section [opencast] is missing"


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there, or is a folder, is named, with what to do."""
    assert refusal(tmp_path / "none.toml").endswith("none.toml: cannot be read (No such file or directory); "
                                                    "name the settings file with -c")  # fmt: skip
    assert "Is a directory" in refusal(tmp_path)


def test_a_file_that_is_no_text(file: Path) -> None:
    """Bytes that are no UTF-8 are a fault of the file."""
    file.write_bytes(GOOD.encode() + b"# \xff\xfe")
    assert refusal(file) == f"{file}: is not UTF-8, as TOML is"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"hush\xff", "is not UTF-8"),
        (b"hush\nhush\n", "holds several lines"),
        (b"hu\x00sh", "a control character"),
    ],
)
def test_a_secret_file_without_a_secret(file: Path, content: bytes, said: str) -> None:
    """A secret that is empty, no text or not on one line is refused before a service sees it."""
    (file.parent / "panopto.secret").write_bytes(content)
    sentence = refusal(file)
    assert "panopto.password" in sentence
    assert said in sentence


def test_a_secret_file_with_a_byte_order_mark(file: Path) -> None:
    """Windows' editor puts one there; it is no part of the secret."""
    (file.parent / "panopto.secret").write_bytes(b"\xef\xbb\xbfhush-panopto\r\n")
    assert secrets(load(file))[1] == "hush-panopto"


def command(file: Path, line: str) -> None:
    """Have Panopto's password printed by a command."""
    quoted = line.replace("\\", "\\\\").replace('"', '\\"')
    changed(file, 'password_file = "panopto.secret"', f'password_command = "{quoted}"')


def test_a_command_prints_a_secret(file: Path) -> None:
    """What a command prints is the secret; it runs in the settings' folder."""
    command(file, f"{sys.executable} -c 'print(open(\"panopto.secret\").read())'")
    assert secrets(load(file))[1] == "hush-panopto"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("'", "No closing quotation"),
        ("no-such-command-anywhere", "No such file or directory"),
        ("{python} -c 'print(\"hush\"); exit(3)'", "exit code 3"),
        ("{python} -c 'import sys; sys.stderr.write(\"hush\"); exit(1)'", "exit code 1"),
        ("{python} -c 'import sys; sys.stdout.buffer.write(b\"hush\\xff\")'", "it prints no UTF-8"),
        ("{python} -c pass", "is empty"),
    ],
)
def test_a_command_that_gives_no_secret(file: Path, line: str, said: str) -> None:
    """A command that fails or prints nothing is named by its setting; what it printed is not told."""
    command(file, line.replace("{python}", sys.executable))
    sentence = refusal(file)
    assert sentence.startswith(f"{file}: panopto.password")
    assert said in sentence


@pytest.mark.parametrize("given", ["plain", "123", "null", '{"a": 1}', "ü &%$ \\n", "[1]", "true"])
def test_a_secret_of_the_environment_comes_as_it_is(
    file: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """The environment goes before the file, and its secrets are nobody's JSON."""
    monkeypatch.setenv("FERRY_PANOPTO__PASSWORD", given)
    monkeypatch.setenv("FERRY_PANOPTO__CLIENT_SECRET", given)
    assert secrets(load(file)) == ["hush-opencast", given, given]


def test_an_empty_secret_of_the_environment_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable does not fall back to the file: somebody meant it."""
    monkeypatch.setenv("FERRY_PANOPTO__PASSWORD", "")
    assert refusal(file).startswith("FERRY_PANOPTO__PASSWORD: panopto.password is empty")


@pytest.mark.parametrize("both", [False, True])
def test_the_environment_goes_before_file_and_command(
    file: Path, monkeypatch: pytest.MonkeyPatch, both: bool
) -> None:
    """A secret of the environment wins over either and over both; so does a file that is named there."""
    line = 'password_file = "panopto.secret"\n' if both else ""
    changed(file, 'password_file = "panopto.secret"\n', line + 'password_command = "false"\n')
    with monkeypatch.context() as around:
        around.setenv("FERRY_PANOPTO__PASSWORD", "hush-near")
        assert secrets(load(file))[1] == "hush-near"
    monkeypatch.setenv("FERRY_PANOPTO__PASSWORD_FILE", "client.secret")
    assert secrets(load(file))[1] == "hush-client"


def test_two_ways_to_a_secret_in_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file and a command are as much of a riddle there as in the file."""
    monkeypatch.setenv("FERRY_PANOPTO__PASSWORD_FILE", "panopto.secret")
    monkeypatch.setenv("FERRY_PANOPTO__PASSWORD_COMMAND", "true")
    assert refusal(file).startswith("the environment: holds panopto.password_file and")


def test_the_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Single settings are replaced, and the rest of their section stays."""
    monkeypatch.setenv("FERRY_PANOPTO__URL", "https://other.example.org")
    monkeypatch.setenv("ferry_transfer__attempts", "3")
    monkeypatch.setenv("FERRY_SELECT__SERIES", '["a", "b"]')
    settings = load(file)
    assert (settings.panopto.url, settings.panopto.username) == ("https://other.example.org", "ferry")
    assert settings.transfer.attempts == 3
    assert settings.select.series == ("a", "b")


def test_an_account_given_by_environment_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file leaves out may come from the environment."""
    changed(file, 'username = "ferry"\n', f'folder_id = "{FOLDER}"\n')
    monkeypatch.setenv("FERRY_PANOPTO__USERNAME", "else")
    assert load(file).panopto.username == "else"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "FERRY_TRANSFER__COLOUR",
            "hush",
            "FERRY_TRANSFER__COLOUR: is a variable that nothing reads; settings",
        ),
        (
            "ferry_foo",
            "hush",
            "ferry_foo: is a variable that nothing reads; settings are FERRY_, the section,",
        ),
        ("FERRY_", "hush", "FERRY_: is a variable that nothing reads"),
        ("FERRY_PANOPTO_PASSWORD", "hush", "nothing reads; FERRY_PANOPTO__PASSWORD is one"),
        ("FERRY_SELECT__SERIES__0", "hush", "FERRY_SELECT__SERIES__0: is a variable that nothing reads"),
        ("FERRY_TRANSFER__ATTEMPTS", "hush", "FERRY_TRANSFER__ATTEMPTS: transfer.attempts: "),
        ("FERRY_SELECT__SERIES", "hush", "FERRY_SELECT__SERIES: is not JSON, as a list has to be"),
        ("FERRY_OPENCAST", "hush", "FERRY_OPENCAST: is not JSON, as a whole section has to be"),
        ("FERRY_OPENCAST", "3", "FERRY_OPENCAST: "),
        ("FERRY_OPENCAST", '{"url": "hush"}', "FERRY_OPENCAST: opencast.url: an address begins"),
        ("FERRY_OPENCAST", '{"colour": "hush"}', "FERRY_OPENCAST: opencast.colour is a setting that nothing"),
        ("FERRY_SELECT__EVENTS", "3", "FERRY_SELECT__EVENTS: select.events: "),
        ("FERRY_SELECT__EVENTS", "[3]", "FERRY_SELECT__EVENTS: select.events.0: "),
        ("ferry_select__limit", "0", "ferry_select__limit: select.limit: "),
        ("FERRY_NETWORK__CA_FILE", "no.pem", "FERRY_NETWORK__CA_FILE: network.ca_file: there is no file"),
        ("FERRY_NETWORK__CA_FILE", "client.secret", "FERRY_NETWORK__CA_FILE: network.ca_file: "),
        ("FERRY_OPENCAST__PASSWORD", "", "FERRY_OPENCAST__PASSWORD: opencast.password is empty"),
        (
            "FERRY_OPENCAST__PASSWORD_FILE",
            "no",
            "FERRY_OPENCAST__PASSWORD_FILE: opencast.password_file: there",
        ),
        (
            "FERRY_OPENCAST__PASSWORD_COMMAND",
            "false",
            "FERRY_OPENCAST__PASSWORD_COMMAND: opencast.password_c",
        ),
        ("FERRY_PANOPTO__URL", "ftp://x", "FERRY_PANOPTO__URL: panopto.url: an address begins"),
    ],
)
def test_what_is_wrong_in_the_environment_is_told_by_its_variable(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """A fault of the environment is not looked for in the file."""
    monkeypatch.setenv(name, value)
    assert said in refusal(file)


def test_variables_that_are_no_settings_do_no_harm(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FERRY_TRACEBACK and its like are for others."""
    monkeypatch.setenv("FERRY_TRACEBACK", "1")
    monkeypatch.setenv("FERRY_REFERENCE", "folder")
    monkeypatch.setenv("FERRYMAN", "1")
    monkeypatch.setenv("FERRY_REQUIRE_ALL", "1")
    assert load(file).opencast.username == "migration"


def test_offline_needs_no_secret_and_no_certificate(file: Path) -> None:
    """What calls no service runs where the secrets are not, and no command is asked for them."""
    changed(file, 'password_file = "panopto.secret"', 'password_command = "touch asked"')
    file.write_text(file.read_text() + '[network]\nca_file = "gone.pem"\n')
    for secret in file.parent.glob("*.secret"):
        secret.unlink()
    settings = load(file, offline=True)
    assert settings.checkpoint.path == file.parent / "migration.checkpoint"
    assert settings.panopto.password is None
    assert not (file.parent / "asked").exists()
    with pytest.raises(SettingsError):
        load(file)


def test_offline_is_no_less_strict_otherwise(file: Path) -> None:
    """A setting that nothing reads is told all the same."""
    changed(file, "[opencast]", "[opencast]\ncolour = 1")
    with pytest.raises(SettingsError, match="colour"):
        load(file, offline=True)


ONWARD = """\

[luminus]
url = "https://luminus.example.org/v2/api/"
token_file = "token.secret"
subscription_key_file = "key.secret"
modules = "tables/modules.csv"

[valt]
url = "https://valt.example.org"
username = "booking"
password_file = "valt.secret"
rooms = "tables/rooms.csv"
schedules = "tables/schedules.csv"
timezone = "Asia/Singapore"
"""


@pytest.fixture
def onward(file: Path) -> Path:
    """Good settings with LumiNUS and VALT."""
    for name in ("token", "key", "valt"):
        (file.parent / f"{name}.secret").touch(mode=0o600)
        (file.parent / f"{name}.secret").write_text(f"hush-{name}\n")
    file.write_text(GOOD + ONWARD)
    return file


def onward_secrets(settings: Settings) -> list[str | None]:
    """Return LumiNUS's token and subscription key, and VALT's password."""
    assert settings.luminus is not None
    assert settings.valt is not None
    held = (settings.luminus.token, settings.luminus.subscription_key, settings.valt.password)
    return [one.get_secret_value() if one else None for one in held]


def test_without_their_sections_luminus_and_valt_are_left_out(file: Path) -> None:
    """Neither is needed to move recordings, and what becomes of lecture items has defaults."""
    settings = load(file)
    assert settings.luminus is None
    assert settings.valt is None
    assert (settings.carry.wait, settings.carry.publish) == (900, "conservative")
    assert (settings.carry.channels, settings.carry.student_roles) == (("engage-player",), ())


def test_luminus_and_valt_are_whole_and_their_tables_absolute(onward: Path) -> None:
    """Secrets come from files, every table is beside the settings, and nothing writes a secret out."""
    settings = load(onward)
    assert onward_secrets(settings) == ["hush-token", "hush-key", "hush-valt"]
    assert settings.luminus is not None
    assert settings.valt is not None
    assert settings.luminus.url == "https://luminus.example.org/v2/api"
    assert settings.luminus.modules == onward.parent / "tables/modules.csv"
    assert settings.valt.rooms == onward.parent / "tables/rooms.csv"
    assert settings.valt.schedules == onward.parent / "tables/schedules.csv"
    assert "hush" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_valt_needs_no_table_of_schedules(onward: Path) -> None:
    """A path that is not given stays none."""
    onward.write_text((GOOD + ONWARD).replace('schedules = "tables/schedules.csv"\n', ""))
    settings = load(onward)
    assert settings.valt is not None
    assert settings.valt.schedules is None


def test_luminus_s_secrets_come_by_all_three_ways(onward: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command prints one, the environment gives another as it is, and a file has the third."""
    command = f"{sys.executable} -c 'print(open(\\\"key.secret\\\").read())'"
    onward.write_text(
        (GOOD + ONWARD).replace(
            'subscription_key_file = "key.secret"', f'subscription_key_command = "{command}"'
        )
    )
    monkeypatch.setenv("FERRY_LUMINUS__TOKEN", "123")
    assert onward_secrets(load(onward)) == ["123", "hush-key", "hush-valt"]
    monkeypatch.setenv("FERRY_VALT__PASSWORD", "null")
    assert onward_secrets(load(onward)) == ["123", "hush-key", "null"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('token_file = "token.secret"', 'token = "hush"', "holds luminus.token itself"),
        ('subscription_key_file = "key.secret"', 'subscription_key = "hush"', "holds luminus.subscription_k"),
        ('password_file = "valt.secret"', 'password = "hush"', "holds valt.password itself"),
        (
            'token_file = "token.secret"\n',
            "",
            "luminus.token is missing; set token_file or token_command, or",
        ),
        ('subscription_key_file = "key.secret"\n', "", "FERRY_LUMINUS__SUBSCRIPTION_KEY"),
        ('password_file = "valt.secret"\n', "", "or FERRY_VALT__PASSWORD"),
        ('"token.secret"', '"none.secret"', "luminus.token_file: there is no file"),
        ("[luminus]", '[luminus]\ntoken_command = "true"', "holds luminus.token_file and luminus.token_comm"),
        ('modules = "tables/modules.csv"\n', "", "luminus.modules is missing"),
        ("https://luminus.example.org/v2/api/", "luminus.example.org", "luminus.url: an address begins with"),
        ("https://valt.example.org", "https://me:hush@valt", "valt.url: the address holds an account"),
        ("[luminus]", "[luminus]\nmodule = 1", "luminus.module is a setting that nothing reads"),
        ("[luminus]", "[luminus]\ncalls_per_second = 0", "luminus.calls_per_second: "),
        ('timezone = "Asia/Singapore"\n', "", "valt.timezone is missing"),
        (
            '"Asia/Singapore"',
            '"Asia/Atlantis"',
            "valt.timezone: a time zone has a name such as Asia/Singapore",
        ),
        ('"Asia/Singapore"', '"+08:00"', "valt.timezone: a time zone has a name"),
        ('"Asia/Singapore"', '"../etc/passwd"', "valt.timezone: a time zone has a name"),
        ('rooms = "tables/rooms.csv"\n', "", "valt.rooms is missing"),
        ("[valt]", "[valt]\nlongest_hours = 0", "valt.longest_hours: "),
        ("[valt]", "[valt]\ncalls_per_second = 101", "valt.calls_per_second: "),
        ("[valt]", "[valt]\nmargin_seconds = -1", "valt.margin_seconds: "),
        ("[valt]", '[valt]\nname = ""', "valt.name: "),
        ("[valt]", '[valt]\nedit_also = ["locked"]', "valt.edit_also.0: "),
        ("[valt]", '[valt]\nedit_also = "recurring"', "valt.edit_also: "),
        ("[valt]", "[carry]\nwait = -1\n[valt]", "carry.wait: "),
        ("[valt]", '[limits]\nwindows = "22:00-22:00"\n[valt]', "limits.windows: time window 1 never opens"),
        ("[valt]", '[limits]\nwindows = "Mon, hush"\n[valt]', "limits.windows: time window 2 cannot be read"),
        ("[valt]", '[limits]\ntimezone = "here"\n[valt]', "limits.timezone: a time zone has a name"),
        ("[valt]", "[limits]\nup_mib = 0\n[valt]", "limits.up_mib: "),
        ("[valt]", "[limits]\ndown_mib = inf\n[valt]", "limits.down_mib: "),
        ("[valt]", "[limits]\ndown_mib = 0.2\n[valt]", "limits.down_mib is less than a part of 16 MiB in 60"),
        ("[valt]", "[limits]\ngrace_seconds = -1\n[valt]", "limits.grace_seconds: "),
        ("[valt]", '[carry]\npublish = "all"\n[valt]', "carry.publish: "),
        ("[valt]", '[carry]\nstudent_roles = "ROLE_USER"\n[valt]', "carry.student_roles: "),
    ],
)
def test_what_is_wrong_with_luminus_and_valt_is_told(onward: Path, old: str, new: str, said: str) -> None:
    """Each fault of the optional sections is one sentence that names file and setting."""
    assert ONWARD.count(old) == 1
    onward.write_text(GOOD + ONWARD.replace(old, new))
    sentence = refusal(onward)
    assert said in sentence
    assert re.match(rf"{onward}(, line \d+)?: ", sentence)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FERRY_LUMINUS__TOKEN", "", "FERRY_LUMINUS__TOKEN: luminus.token is empty"),
        ("FERRY_LUMINUS_TOKEN", "hush", "nothing reads; FERRY_LUMINUS__TOKEN is one"),
        ("FERRY_LUMINUS__KEY", "hush", "FERRY_LUMINUS__KEY: is a variable that nothing reads"),
        ("FERRY_LUMINUS__URL", "hush", "FERRY_LUMINUS__URL: luminus.url: an address begins"),
        ("FERRY_VALT__TIMEZONE", "hush", "FERRY_VALT__TIMEZONE: valt.timezone: a time zone has a name"),
        ("FERRY_VALT__EDIT_ALSO", "started", "FERRY_VALT__EDIT_ALSO: is not JSON, as a list has to be"),
        ("FERRY_VALT", "hush", "FERRY_VALT: is not JSON, as a whole section has to be"),
        ("FERRY_CARRY__CHANNELS", "hush", "FERRY_CARRY__CHANNELS: is not JSON, as a list has to be"),
    ],
)
def test_what_the_environment_says_of_luminus_and_valt_is_told_by_its_variable(
    onward: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    """Variables of sections that may be left out are known and checked as all others."""
    monkeypatch.setenv(name, value)
    assert said in refusal(onward)


def test_a_token_without_its_section_is_not_passed_over(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives a token means LumiNUS, and is told what else it needs."""
    monkeypatch.setenv("FERRY_LUMINUS__TOKEN", "hush")
    assert refusal(file) == f"{file}: luminus.url is missing"


def test_luminus_given_by_environment_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole section may come from there, and its paths are beside the settings all the same."""
    monkeypatch.setenv("FERRY_LUMINUS", '{"url": "https://luminus.example.org", "modules": "m.csv"}')
    monkeypatch.setenv("FERRY_LUMINUS__TOKEN", "hush-token")
    monkeypatch.setenv("FERRY_LUMINUS__SUBSCRIPTION_KEY", "hush-key")
    settings = load(file)
    assert settings.luminus is not None
    assert settings.luminus.modules == file.parent / "m.csv"
    assert settings.luminus.token is not None
    assert settings.luminus.token.get_secret_value() == "hush-token"
