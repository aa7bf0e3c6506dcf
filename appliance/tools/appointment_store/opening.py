"""The store that the options of the site's book name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from appliance.core.ports import PortError
from appliance.tools.appointment_store.sqlite import FILE, Sqlite
from appliance.tools.appointment_store.store import Store


def store_of(options: Mapping[str, object], state: Path) -> Store:
    """The store of a book with these options, on a box with this state folder. Nothing is opened yet. Raises
    PortError."""
    told = options.get("postgresql")
    if told is None:
        return Sqlite(state / FILE)
    # The library is loaded only where a site uses it.
    from appliance.tools.appointment_store.postgresql import PostgreSQL, Server

    kinds: Mapping[str, type] = {field.name: type(getattr(Server(), field.name)) for field in fields(Server)}
    if not isinstance(told, dict) or not all(type(value) is kinds.get(name) for name, value in told.items()):
        raise PortError(
            "appointments: the option `postgresql` must be {database: NAME, user: NAME, socket: FOLDER, port: NUMBER}, "
            f"or some of that, not {told!r}"
        )
    return PostgreSQL(Server(**told))
