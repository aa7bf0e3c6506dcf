"""The rights of operators at the control socket. The kernel says who connected, the configuration what they may do.

There are three roles: ``say`` makes the appliance act towards visitors, ``listen`` follows its facts, ``administer``
makes checkpoints and takes evidence. Root and the appliance's own user have all three. Root could read the process's
memory just as well, so recording what root does is worth more than a restriction that root can lift.

None of these roles gives access to what visitors say. An operator who must hear it in an emergency breaks the glass, if
the configuration lets them. That takes a reason, is recorded before it has an effect, and ends with the session.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.config.box import OperatorSettings
from appliance.isolation.members import Members, group_number, user_name

REASON_LETTERS = 10
"""Fewest letters of a reason, for breaking the glass and for what an operator does to a recording"""

Role = Literal["say", "listen", "administer", "break_glass"]
ROLES: tuple[Role, ...] = ("say", "listen", "administer", "break_glass")


@dataclass(frozen=True, slots=True)
class Operator:
    """A user who connected and has a role."""

    user: str
    roles: frozenset[Role]


class Access:
    """The configuration's roles, resolved to user and group numbers. Raises PortError for an unknown name."""

    def __init__(self, settings: OperatorSettings) -> None:
        self.group = group_number(settings.group, "operators.group") if settings.group else None
        self._members = {role: Members(getattr(settings, role), f"operators.{role}") for role in ROLES}

    def operator(self, uid: int, gids: Iterable[int]) -> Operator | None:
        """The operator that a peer is; None for a user without a role."""
        member = set(gids)
        roles = frozenset(role for role in ROLES if self._members[role].has(uid, member))
        return Operator(user_name(uid), roles) if roles else None


def login_uid() -> int:
    """The number of the user who logged in to the session of this command, also behind ``sudo``. The kernel reports it
    (pam_loginuid sets it once). It is this process's user where there was no login. Root could have set another."""
    try:
        uid = int(Path("/proc/self/loginuid").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return os.getuid()
    return os.getuid() if uid == _NOBODY_LOGGED_IN else uid


_NOBODY_LOGGED_IN = 2**32 - 1
