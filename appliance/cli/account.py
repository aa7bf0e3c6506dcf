"""Finds the user who runs this command, and records the command before it is carried out, by the daemon where one
runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from appliance.config.box import Settings
from appliance.control.operators import REASON_LETTERS
from appliance.core.plain_text import printable, unprintable
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.control.client import Client


def user() -> str:
    """The user who runs this command, as the kernel knows it."""
    from appliance.control.operators import login_uid
    from appliance.isolation.members import user_name

    return user_name(login_uid())


def claim() -> str | None:
    """The user that the environment names, which any user may set. None when that adds nothing."""
    claimed = os.environ.get("SUDO_USER") or os.environ.get("LOGNAME") or ""
    return printable(claimed)[:64] if claimed and claimed != user() else None


def who() -> dict[str, str]:
    """The user and the claimed user, for a record."""
    claimed = claim()
    return {"user": user(), **({"claims_to_be": claimed} if claimed else {})}


def is_reason(text: str | None) -> bool:
    """Whether a text is long enough as a reason. A reason becomes part of a record, so PortError is raised for a
    character with which it could pass for another record."""
    if text is not None and unprintable(text):
        raise PortError(f"the reason holds a character that cannot be shown: {printable(text)}")
    return text is not None and len(text.strip()) >= REASON_LETTERS


def connect(settings: Settings) -> Client:
    """Connect to the running daemon. Raises PortError when there is none, or no control socket."""
    from appliance.control.client import Client

    if settings.control_socket is None:
        raise PortError("the control socket is off; name a path with `control_socket` in the configuration")
    return Client(settings.control_socket, claim())


def account(settings: Settings, event: str, about: Mapping[str, str], reason: str | None = None) -> None:
    """Record what an operator is about to do, by the daemon where one runs. ``about`` names the recording or the
    appointment. Raises PortError."""
    from appliance.records import audit_log, keys

    stated = {} if reason is None else {"reason": reason}
    try:
        audit_log.append_once(settings.state, keys.load_box_key(settings.state), event, **who(), **about, **stated)
    except PortError:
        if settings.control_socket is None:
            raise
        with connect(settings) as client:
            client.ask("account", reason or "", event=event, recording="".join(about.values()))
