"""By what is decided, from the settings and the tables that they name."""

from zoneinfo import ZoneInfo

from pipelines.app.furnishing import check_tables, shown
from pipelines.config import Settings, SettingsError
from pipelines.migration.carry.publish import PublishPolicy
from pipelines.migration.planning import Rules
from pipelines.migration.select import Wanted
from pipelines.schedules.convert import FIELDS, unknown_fields
from pipelines.schedules.planner import ScheduleRules
from pipelines.schedules.tables import read_fields, read_shares
from pipelines.schedules.verdict import Tables, Terms
from pipelines.tables import read_folders, read_modules, read_rooms, read_schedules


def wanted(settings: Settings) -> Wanted:
    """Return which events the operator wants."""
    chosen = settings.select
    return Wanted(frozenset(chosen.series), frozenset(chosen.events), chosen.limit)


def rules(settings: Settings) -> Rules:
    """Return by what events are decided upon. Raises SettingsError where a table cannot be used."""
    table = settings.panopto.folders
    luminus = settings.luminus
    check_tables(settings)
    return Rules(
        wanted=wanted(settings),
        channels=settings.opencast.publications,
        folders=read_folders(table) if table else {},
        default_folder=settings.panopto.folder_id,
        folder_template=settings.panopto.folder_template or "",
        refused_folder=settings.panopto.refused_folder_id,
        modules=read_modules(luminus.modules) if luminus else {},
        shown=shown(settings),
        moves=settings.transfer.changed == "move",
    )


def publish_policy(settings: Settings) -> PublishPolicy:
    """Return by what it is decided whether students see a lecture item."""
    carry = settings.carry
    return PublishPolicy(carry.publish, carry.channels, carry.student_roles)


def schedule_rules(settings: Settings) -> ScheduleRules:
    """Return by what bookings are decided upon.

    Raises SettingsError where there is no VALT, or where a table or the name's pattern cannot be used.
    """
    valt = settings.valt
    if valt is None:
        raise SettingsError(
            "the settings have no section [valt]", advice="say there where recordings are booked"
        )
    if unknown := unknown_fields(valt.name):
        raise SettingsError(
            f"valt.name asks for {{{unknown[0]}}}", advice=f"it may ask for {', '.join(FIELDS)}, in braces"
        )
    tables = Tables(
        read_rooms(valt.rooms),
        read_schedules(valt.schedules, shared=valt.recurring) if valt.schedules else {},
        read_fields(valt.fields) if valt.fields else {},
        read_shares(valt.shares) if valt.shares else None,
    )
    terms = Terms(
        valt.name,
        valt.longest_hours,
        valt.margin_seconds,
        valt.create,
        frozenset(valt.edit_also),
        valt.recurring,
        ZoneInfo(valt.timezone),
    )
    return ScheduleRules(valt.url, tables, terms)
