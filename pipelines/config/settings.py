"""What can be set, section by section, and what a value may be."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from engine import HostRule
from pipelines.config import windows
from pipelines.config.folder_template import folder_template
from pipelines.config.template import DESCRIPTION, description_template


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


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("a time zone has a name such as Asia/Singapore or Europe/London")
    return value


def _windows(value: str) -> str:
    windows.parse(value)
    return value


def _host(value: str) -> str:
    HostRule.parse(value)
    return value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError("a network is written as 10.20.0.0/16 or fd00::/8, or is one address") from None
    return value


Url = Annotated[str, AfterValidator(_service)]
PartsInFlight = Annotated[int, Field(ge=1, le=512)]
Rate = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
WindowsText = Annotated[str, AfterValidator(_windows)]
Guid = Annotated[str, AfterValidator(_guid)]
FolderTemplate = Annotated[str, AfterValidator(folder_template)]


class Section(BaseModel):
    """A table of the settings file: a word that nothing reads is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Python would take `limit = true` for 1."""
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise ValueError("true and false say nothing here")
        return value


class OpencastSettings(Section):
    """Where the recordings are."""

    url: Url
    username: str
    password: SecretStr | None = None
    password_file: Path | None = None
    password_command: str | None = None
    publications: tuple[str, ...] = ("engage-player", "api")
    """Publication channels in order of preference; any other public one with media comes after them."""
    search: bool = True
    """Ask the search service for the files of an event whose publications for viewers name none."""
    archive: bool = False
    """Take the uncut originals out of the archive, with their cut list, where nothing else has the film."""
    credentials_for_files: bool = False
    """Send the account to the file server as well, where it is the API's own origin."""


class PanoptoSettings(Section):
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
    folder_template: FolderTemplate | None = None
    """Where a series without a row goes below folder_id: names between slashes, such as {year}/{series}."""
    refused_folder_id: Guid | None = None
    """Where a recording goes that its own folder does not take; without it such a recording is not moved."""

    @model_validator(mode="after")
    def _has_a_top(self) -> Self:
        if self.folder_template is not None and self.folder_id is None:
            raise ValueError("folder_template needs folder_id: the folder that the others are made in")
        return self


class SessionSettings(Section):
    """What a session gets besides its films, title and date."""

    captions: bool = True
    captions_seconds: float = Field(default=30, ge=0, le=3600)
    """How long a session's captions are awaited before they count as not taken, and are added by a call."""
    chapters: bool = True
    """Chapters, or else the segments of the slides, as the table of contents."""
    slides: bool = True
    """The previews of slides as images in the film."""
    thumbnail: bool = True
    attachments: bool = True
    """Files that viewers could download, such as handouts."""
    tags: bool = True
    """The event's subjects."""
    external_id: bool = True
    """The event's id, kept at Panopto in a field that viewers do not see."""
    description: Annotated[str, AfterValidator(description_template)] = DESCRIPTION
    """A text whose fields are filled in; a line of which every field is empty is left out."""
    roles: Path | None = None
    """A CSV table with the columns role, grant and principal: what a role of Opencast may at Panopto."""
    owners: Path | None = None
    """A CSV table with the columns presenter and username."""
    availability: Path | None = None
    """A CSV table with the columns series, from and until."""


class SelectSettings(Section):
    """Which events: all, those of some series, some by name, and at most `limit` of them."""

    series: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    limit: int | None = Field(default=None, ge=1, le=10_000_000)


class TransferSettings(Section):
    """How bytes are moved."""

    parts_in_flight: PartsInFlight = 16
    parts_per_host: PartsInFlight | None = None
    least_parts_per_host: PartsInFlight = 1
    """A host that throttles gets fewer at once, but never fewer than these."""
    parts_per_file: PartsInFlight | None = None
    part_size_mib: int = Field(default=16, ge=5, le=23)
    """Whole MiB that Panopto takes: 5 MiB to 25 MB."""
    items_in_flight: int = Field(default=8, ge=1, le=256)
    memory_mib: int = Field(default=64, ge=8, le=65_536)
    """What the relay may hold of bytes under way."""
    integrity: Literal["crc", "spot", "etag", "source"] = "spot"
    hashing: float = Field(default=0.2, gt=0, le=64)
    """At level spot: the share of one core that comparing may cost beyond the first parts."""
    least_rate_kib: int = Field(default=64, ge=1, le=1_000_000)
    """A part slower than this many KiB a second is given up and sent again."""
    attempts: int = Field(default=6, ge=1, le=100)
    """Tries of one part or call before its item is left for the next run."""
    changed: Literal["move", "report"] = "move"
    """What becomes of films that are others at the source by now: a new session, or a line in the report."""


class LimitsSettings(Section):
    """When a run may go on, and how fast."""

    up_mib: Rate | None = None
    """MiB a second to Panopto, on the mean."""
    down_mib: Rate | None = None
    """MiB a second from Opencast: bytes pass straight through, so the lower of the two holds for both."""
    windows: WindowsText | None = None
    """Time windows such as Mon-Fri 22:00-07:00, Sat-Sun; without any it may always."""
    timezone: Annotated[str, AfterValidator(_zone)] | None = None
    """The zone of their clock, as the IANA names it; without one it is this machine's."""
    grace_seconds: float = Field(default=120, ge=0, le=86_400)
    """What items under way may take after a window's end."""
    file: Path | None = None
    """A TOML file of parts_in_flight, up_mib, down_mib and windows, read again whenever it changes."""


class FinishSettings(Section):
    """How long Panopto may take."""

    limit_minutes: float = Field(default=120, gt=0, le=10_080)
    """An item that Panopto has not finished by then is left waiting for the next run."""
    in_flight: int = Field(default=200, ge=1, le=100_000)


class LuminusSettings(Section):
    """Where students find the recordings. Leave the section out, and nothing is carried on."""

    url: Url
    """As far as the paths begin: https://luminus.azure-api.net, or https://luminus.nus.edu.sg/v2/api."""
    token: SecretStr | None = None
    token_file: Path | None = None
    token_command: str | None = None
    subscription_key: SecretStr | None = None
    subscription_key_file: Path | None = None
    subscription_key_command: str | None = None
    modules: Path
    """A CSV table with the columns series and module_id."""
    calls_per_second: int = Field(default=2, ge=1, le=100)


class CarrySettings(Section):
    """What becomes of a lecture item, and how long a run waits for it."""

    wait: float = Field(default=900, ge=0, le=604_800)
    """Seconds that a run looks for the lecture item of a session; the next run goes on."""
    watch: float = Field(default=15, gt=0, le=1_440)
    """Minutes between two looks of `ferry carry --watch`, once it has looked for a while."""
    publish: Literal["conservative", "keep", "unpublished"] = "conservative"
    """conservative: published for students at Opencast is published here; unknown keeps what is there."""
    channels: tuple[str, ...] = ("engage-player",)
    """Publication channels that students see."""
    student_roles: tuple[str, ...] = ()
    """Patterns of the roles that students have at Opencast, such as ROLE_ANONYMOUS and *_Learner."""
    presenter: str = ""
    """Who is named where nobody else is: LumiNUS takes no lecture without a presenter."""


class ValtSettings(Section):
    """Where future recordings are booked. Leave the section out, and `ferry schedules` has nothing to do."""

    url: Url
    username: str
    password: SecretStr | None = None
    password_file: Path | None = None
    password_command: str | None = None
    rooms: Path
    """A CSV table with the columns agent_id, room_id and, if wanted as a check, room_name."""
    schedules: Path | None = None
    """A CSV table with the columns event_id, schedule_id and, if wanted as a check, expect_name."""
    timezone: Annotated[str, AfterValidator(_zone)]
    """The zone of VALT's clock, as the IANA names it: Asia/Singapore."""
    margin_seconds: int = Field(default=120, ge=0, le=604_800)
    """What begins sooner than this, by VALT's own clock, is left alone."""
    longest_hours: float = Field(default=24, gt=0, le=168)
    """A booking that is longer is an error."""
    name: str = Field(default="{title}", min_length=1)
    """What a schedule is called: a text in which {title}, {series} and {presenter} are filled in."""
    create: bool = False
    """Create a schedule for an event that the table names none for."""
    edit_also: tuple[Literal["recurring", "started", "many_rooms"], ...] = ()
    """Schedules that are left alone unless named here."""
    fields: Path | None = None
    """A CSV table with the columns opencast_field and valt_field_id: what goes into VALT's template."""
    shares: Path | None = None
    """A CSV table with the columns role, users and groups: with whom a role of Opencast shares at VALT."""
    recurring: bool = False
    """Make one recurring schedule of events that lead to it and repeat exactly by VALT's clock."""
    calls_per_second: int = Field(default=2, ge=1, le=100)
    """No limit is known; the vendor's own tests wait a second between calls (ivs-valt-python 9682784)."""


class NetworkSettings(Section):
    """The way to all systems."""

    ca_file: Path | None = None
    proxy: Annotated[str, AfterValidator(_address)] | None = Field(default=None, repr=False)
    """May hold an account of its own; then it had better come from FERRY_NETWORK__PROXY."""
    connect_seconds: float = Field(default=15, gt=0, le=600)
    outage_minutes: float = Field(default=15, gt=0, le=10_080)
    """How long a host is waited for that stops answering on the way."""
    hosts: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    """Hosts besides the services' own that files are read from and sent to: names or *.name, with or without
    a port; without one by TLS only."""
    private: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """Networks that are not public, and in which those hosts may lie all the same."""


class CheckpointSettings(Section):
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
    session: SessionSettings = SessionSettings()
    select: SelectSettings = SelectSettings()
    transfer: TransferSettings = TransferSettings()
    limits: LimitsSettings = LimitsSettings()
    finish: FinishSettings = FinishSettings()
    luminus: LuminusSettings | None = None
    carry: CarrySettings = CarrySettings()
    valt: ValtSettings | None = None
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
