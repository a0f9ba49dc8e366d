"""Every awkwardness of the emulated systems that can be switched, as one frozen value."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args, get_origin

OnOff = Literal["on", "off"]
SIGNED = frozenset({"opencast_skew", "panopto_skew", "valt_skew"})
"""Switches that may be below 0."""


@dataclass(frozen=True, slots=True)
class Switches:
    """How awkward the sandbox is. Sizes in bytes, times in seconds, rates in calls.

    The defaults are what the real systems are known, or must be feared, to do; only processing is quicker.
    """

    expires_in: float = 3600.0
    """Life of an access token."""
    legacy_cookie_life: float = 1800.0
    """From legacyLogin to the end of its cookie, however often that is used. The real life is not known."""
    client_type: Literal["user", "web"] = "user"
    """Type of the API client that is handed out: user based (password, client credentials) or server-side web
    application (authorization code). A grant of the other type is an unauthorized_client."""
    rate_limit: OnOff = "on"
    """5 calls a second, 100 a minute and 5000 an hour per endpoint and client."""
    upload_timeout: float = 86_400.0
    """After this long an open session upload is given up (states 6, then 7). The real length is not known."""
    seconds_to_processing: float = 0.2
    """From the completing PUT to state 3, where the session appears."""
    seconds_to_complete: float = 0.5
    """From state 3 to state 4 or 5."""
    seconds_to_delete: float = 0.2
    """From state 2 or a time-out to 6, and from there to 7."""
    jitter: float = 0.2
    """Each of these times varies by up to this share of it, by the seed."""
    checksum: OnOff = "on"
    """A wrong File/@Checksum in the manifest ends in state 5."""
    manifest_captions: Literal["take", "refuse"] = "take"
    """refuse: a manifest's transcripts are passed over in silence, and the session completes without them."""
    manifest_tags: Literal["keep", "ignore"] = "ignore"
    """ignore: tags in a manifest are taken and come to nothing, as the published list of 2015 says."""
    session_id_late: OnOff = "off"
    """State 4 is answered once without the SessionId."""
    search_lag: float = 1.0
    """So long after it came to exist a session is not yet found by /sessions/search."""
    folder_lag: float = 0.5
    """So long after it was made a folder is in no list; by its id it is there at once."""
    folder_access: Literal[
        "Restricted", "OrganizationUnlisted", "Organization", "PublicUnlisted", "Public"
    ] = "Restricted"
    """Access level of the account's folders, which their sessions cannot be narrower than."""
    series_folders: Literal["own", "foreign", "hidden"] = "own"
    """Whose the folders of series are: the account's; somebody else's, which everybody sees and nobody else
    creates in; somebody else's that the account is not shown."""
    caption_lag: float = 0.5
    """So long after captions came, or their session did, no CaptionDownloadUrl tells of them."""
    captions_again: Literal["add", "replace", "refuse"] = "add"
    """Captions in a language that the session has: a second set beside the first, in its place, or 400."""
    framing: Literal["store", "refuse"] = "store"
    """store: what HTTP chunking carried is stored literally; refuse: 411 to a body without Content-Length."""
    object_queries: OnOff = "off"
    """on: ListParts, ListMultipartUploads and HeadObject work; off: 501."""
    smallest_part: int = 5_242_880
    largest_part: int = 25_000_000
    largest_part_number: int = 10_000
    keep_bytes: OnOff = "on"
    """off: completed media are hashed and then dropped from the disk, for long runs."""
    log: OnOff = "on"
    """off: the audit counts requests and keeps none of them, for long runs."""
    opencast_api: str = "1.10.0"
    """Newest version that the External API speaks: 1.0.0 (Opencast 2.3) to 1.12.0 (after 17)."""
    opencast_account: Literal["reader", "editor", "admin", "least", "unlisted", "powerless"] = "reader"
    """reader: the roles of a migration account; editor: those to change and delete events, too, and every
    event's ACL lets it write; admin: everything; least: to read events, and nothing that lies below them
    (403); unlisted: no event's ACL names its roles, so lists are empty; powerless: no role for the API at all
    (403)."""
    opencast_skew: int = 0
    """So many seconds the Date headers of Opencast's API and file server are ahead (or behind, below 0). Its
    signatures go by the true time."""
    panopto_skew: int = 0
    """The same of Panopto and its S3; tokens go by the true time."""
    retraction: OnOff = "on"
    """off: an event that is to be deleted is retracted for ever."""
    retraction_seconds: float = 0.5
    """From the 202 to a deletion until the event is gone."""
    signatures: Literal["marked", "all"] = "marked"
    """Which files demand a signed URL: those of the events that are made so, or all."""
    signature_life: float = 7200.0
    """From signing to 410 Gone."""
    file_access: Literal["open", "readers"] = "open"
    """readers: files are served only with credentials (403 without)."""
    checksum_limit: int = 33_554_432
    """Up to this size Opencast's inspector computed an MD5 where it computes one at all."""
    largest: int = 210_000_000
    """Size of event 1's file."""
    typical: int = 6_000_000
    """Size of the others, which vary by half of it."""
    lecture_item_lag: float = 1.0
    """So long after Panopto has completed a session LumiNUS has its lecture item. In truth hours to days."""
    cross_listed: OnOff = "off"
    """on: the second module's web lecture has two lecture items for each session."""
    item_links: Literal["viewer", "casts"] = "viewer"
    """casts: no lecture item has a `filename` (the address of its viewer), every other one no `videoCast`."""
    patch_answer: Literal["cycle", "item", "number", "nothing"] = "cycle"
    """What LumiNUS answers to a PATCH: the lecture item, the number 1, an empty 200, or each in turn."""
    luminus_account: Literal["manager", "reader"] = "manager"
    """reader: access_Update in no module."""
    luminus_page: int = 20
    """Entries that LumiNUS tells at once, whatever limit is asked for; 0: all."""
    luminus_rate: int = 5
    """Calls a second that LumiNUS takes, refusing others in seven ways in turn; 0: any number."""
    luminus_quota: int = 0
    """Calls until the subscription's quota is spent for most of a day; 0: any number."""
    luminus_token_life: float = 28_800.0
    """Life of LumiNUS's token, from the start of the sandbox."""
    valt_version: Literal["5.8", "6.6"] = "5.8"
    """5.8: a schedule has `room` as documented, a creation answers [id]; 6.6: it has `rooms`, the answer is
    {"data": id}."""
    valt_account: Literal["scheduler", "user"] = "scheduler"
    """user: everything under admin/ is refused (403)."""
    valt_token_life: float = 28_800.0
    """From login to 401."""
    valt_skew: int = 0
    """So many seconds VALT's clock, and its Date header, are ahead (or behind, below 0)."""
    valt_timezone: str = "UTC"
    """The zone by whose clocks and days VALT's schedules recur, as the IANA names it."""
    valt_required: OnOff = "off"
    """on: no schedule is made or changed that has nothing in the template's field Role (17)."""

    def __post_init__(self) -> None:
        for one in fields(self):
            self._check(one.name, one.type)

    def _check(self, name: str, kind: object) -> None:
        value = getattr(self, name)
        if get_origin(kind) is Literal and value not in get_args(kind):
            raise ValueError(f"The switch {name} is {' or '.join(get_args(kind))}, not {value!r}.")
        if isinstance(value, int | float) and not value >= 0 and name not in SIGNED:
            raise ValueError(f"The switch {name} cannot be {value}.")

    def parse(self, setting: str) -> Self:
        """These switches with one set as a person writes it, "NAME=VALUE".

        Raises ValueError with one sentence where the name or the value is not known.
        """
        name, equals, text = setting.partition("=")
        kinds = {one.name: one.type for one in fields(self)}
        if not equals or name not in kinds:
            raise ValueError(
                f"No switch is called {name!r} (NAME=VALUE); there are {', '.join(sorted(kinds))}."
            )
        given: dict[str, Any] = {name: _value(name, kinds[name], text)}
        return replace(self, **given)


def _value(name: str, kind: object, text: str) -> str | int | float:
    if kind is not int and kind is not float:
        return text
    try:
        return kind(text)
    except ValueError as error:
        raise ValueError(f"The switch {name} needs a number, not {text!r}.") from error
