"""The users and groups of a Panopto site: the account's own, and a handful whose names are nearly equal."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

USERNAMES = ("jsmith", "j.smith", "jsmith2", "idp\\jsmith", "idp\\asmith", "idp\\ö.müller", "lovelace")
GROUPS = ("Physics I", "physics i", "Physics I (2024)", "All staff", "idp\\Physics I", "Statik & Dynamik")


@dataclass(frozen=True, slots=True)
class User:
    """A user; the name of one whom an identity provider knows begins with it: idp\\name."""

    id: str
    username: str

    @property
    def email(self) -> str:
        """An address that is nobody's."""
        return f"{self.username.rpartition(chr(92))[2]}@sandbox.invalid"


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users."""

    id: str
    name: str


@dataclass(slots=True)
class People:
    """Users by their names in lower case, and groups by their ids; who signs in is known from then on."""

    groups: dict[str, Group] = field(default_factory=dict)
    seed: int = 0
    _users: dict[str, User] = field(default_factory=dict)

    @property
    def users(self) -> Iterable[User]:
        """Every user."""
        return self._users.values()

    def user(self, username: str) -> User | None:
        """A user by name, in any case."""
        return self._users.get(username.lower())

    def signed_in(self, username: str) -> User:
        """The user of that name, who is made where there is none, as for an identity provider's."""
        return self._users.setdefault(
            username.lower(), User(fixed_guid(f"user/{username}", self.seed), username)
        )

    def holds(self, kind: str, principal_id: str) -> bool:
        """Whether there is a "User" or a "Group" with this id."""
        if kind == "Group":
            return principal_id in self.groups
        return any(one.id == principal_id for one in self.users)


def seeded(account: str, seed: int) -> People:
    """The people of a site whose account has this name; the ids follow from the seed."""
    groups = [Group(fixed_guid(f"group/{name}", seed), name) for name in GROUPS]
    people = People({one.id: one for one in groups}, seed)
    for name in (account, *USERNAMES):
        people.signed_in(name)
    return people


def fixed_guid(name: str, seed: int = 0) -> str:
    """A GUID that is the same in every sandbox of one seed, so that settings outlive a restart."""
    return str(uuid5(NAMESPACE_URL, f"https://sandbox.invalid/{seed}/{name}"))
