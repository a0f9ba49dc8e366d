"""Who a schedule's recordings are shared with, as VALT tells and takes it.

Source: IVS wiki, API_Update_Schedule. The key of the groups is spelt in three ways there and in the vendor's
client: what the table of fields has, `user_groups`, goes out, and all three are read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.valt.model import Share
from pipelines.valt.values import ids, members

GROUPS = ("user_groups", "users_groups", "groups")


def read_share(value: Any) -> Share | None:
    """Read with whom it is shared: nobody where nothing is said, None where it has no known form."""
    if not value:
        return Share()
    if not isinstance(value, Mapping):
        return None
    users = _ids(value.get("users"))
    groups = _ids(next((value[name] for name in GROUPS if name in value), None))
    return None if users is None or groups is None else Share(users, groups)


def write_share(share: Share) -> dict[str, str]:
    """Return it as VALT takes it: ids in texts with commas between them."""
    return {"users": _joined(share.users), "user_groups": _joined(share.groups)}


def _ids(value: Any) -> frozenset[str] | None:
    """Read ids from a list, or from a text with commas between them; None where one makes no sense."""
    if value is None or value == "":
        return frozenset()
    several = [one for one in value.split(",") if one.strip()] if isinstance(value, str) else members(value)
    listed = [value] if several is None else list(several)
    found = ids(listed)
    return found if len(found) == len({repr(one) for one in listed}) else None


def _joined(found: Iterable[str]) -> str:
    return ",".join(sorted(found, key=lambda one: (len(one), one)))
