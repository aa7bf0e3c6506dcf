"""Users and groups that the configuration names, against the process that connected."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Iterable, Sequence

from appliance.core.ports import PortError


class Members:
    """Root, this process's own user, and those whom ``names`` name: users, or groups as ``@group``."""

    def __init__(self, names: Sequence[str], field: str) -> None:
        """``field`` is where the configuration names them. Raises PortError for a name that this box does not know."""
        self._users = {user_number(name, field) for name in names if not name.startswith("@")} | {0, os.getuid()}
        self._groups = {group_number(name[1:], field) for name in names if name.startswith("@")}

    def has(self, uid: int, gids: Iterable[int]) -> bool:
        """Whether a user of these groups is one of them."""
        return uid in self._users or not self._groups.isdisjoint(gids)


def user_name(uid: int) -> str:
    """The name of a user, or the number where there is no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def user_number(name: str, field: str) -> int:
    """Raises PortError for a user that this box does not know."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise PortError(f"{field}: there is no user {name!r} on this box") from None


def group_number(name: str, field: str) -> int:
    """Raises PortError for a group that this box does not know."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise PortError(f"{field}: there is no group {name!r} on this box") from None
