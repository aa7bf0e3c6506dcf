"""Appointments in a PostgreSQL database that several boxes share.

The server is reached through its Unix socket, since the process opens no other. It is a server of this box, or a proxy
of this box that encrypts what it passes on to the site's server (pgbouncer). There is no password here: who may connect
is decided by the folder of the socket and by the server's ``peer`` authentication.

A server has a network and could be made to use it for its client. So a role that may start programs, write files, or
give itself such rights is refused, and so is a database with an extension that connects to elsewhere.

A connection is made for each call. So a server that was restarted is noticed by no visitor, and no box holds a
connection that it does not use.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection

from appliance.core.ports import PortError
from appliance.isolation.seal import DATABASE_VARIABLE
from appliance.tools.appointment_store.store import Away, Row, Store, TimeTaken

_SCHEMA = """
CREATE TABLE appointments (
    reference TEXT PRIMARY KEY,
    doctor TEXT NOT NULL,
    date DATE NOT NULL,
    time TIME NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (doctor, date, time)
);
CREATE TABLE seen (day DATE NOT NULL);
"""
"""``seen`` holds the last day on which past appointments were looked for, by any box"""

_MADE = "SELECT to_regclass('appointments') IS NOT NULL AND to_regclass('seen') IS NOT NULL"

_RIGHTS = """
SELECT 'its role ' || current_user || ' may ' || what FROM (
    SELECT 'do everything' FROM pg_roles WHERE rolname = current_user AND rolsuper
    UNION ALL SELECT 'make roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
    UNION ALL SELECT 'copy the whole server' FROM pg_roles WHERE rolname = current_user AND rolreplication
    UNION ALL SELECT 'be ' || rolname FROM pg_roles WHERE pg_has_role(current_user, oid, 'MEMBER') AND rolname IN
        ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_create_subscription')
) rights (what)
UNION ALL SELECT 'its database has the extension ' || extname FROM pg_extension
    WHERE extname IN ('dblink', 'postgres_fdw', 'file_fdw', 'plpython3u', 'plperlu', 'pltclu')
"""
"""What a server could be made to do for its client beyond keeping appointments"""

_WAIT_S = 5.0
"""Most seconds without an answer of the server, and most that a statement may take there"""

_CLOCKS_APART = timedelta(1)
"""Most days between the calendars of box and server, which may be in two zones"""

_UNIQUE_VIOLATION = "23505"
_BAD_VALUE = "22"
"""class of the errors that are about a value, whose messages may repeat it"""
_AWAY = ("08", "53", "57")
"""classes of the errors of a server that starts, stops or has too many clients"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the database is."""

    socket: str = "/run/postgresql"
    """folder of the server's socket"""
    port: int = 5432
    """which of the servers that have their socket there"""
    database: str = "cloister"
    user: str = "cloister"
    """the role"""

    @property
    def path(self) -> Path:
        """The socket."""
        return Path(self.socket, f".s.PGSQL.{self.port}")


class PostgreSQL(Store):
    """See the module."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Any = None
        self._fit = False
        """whether this process has seen that the database is fit for use"""

    def __str__(self) -> str:
        return f"the appointment book {self._server.database} at {self._server.path}"

    def prepare(self) -> None:
        """See ``Store``. Raises Away when the server cannot be asked now."""
        self._connect()
        try:
            self._refuse_rights()
            with self._transaction():
                # Boxes that start at once make the tables once. The lock ends with the transaction.
                self._run("SELECT pg_advisory_xact_lock(hashtext('cloister appointments'))", {})
                if not self._made():
                    self._run(_SCHEMA, {})
            self._fit = True
        finally:
            self._close()

    def __enter__(self) -> Self:
        if not self._fit:
            # The server was away when this process started, or the process is that of the desk.
            self._require_fitness()
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def forget(self, today: date, kept_since: date, record: Callable[[int], None]) -> None:
        """See ``Store``. One box whose calendar is wrong must not delete for all, nor hinder the others."""
        rows, _ = self._run("SELECT current_date", {})
        theirs = date.fromisoformat(str(rows[0][0]))
        if abs(today - theirs) > _CLOCKS_APART:
            raise PortError(f"{self} forgets nothing: this box says it is {today}, the server says {theirs}")
        super().forget(today, kept_since, record)

    def _run(self, statement: str, values: Mapping[str, str]) -> tuple[Sequence[Row], int]:
        for value in values.values():
            # The library would notice half-way through a message, and take later answers for those of this one.
            value.encode()
        try:
            rows = self._connection.run(statement, **values)
        except (DatabaseError, InterfaceError, OSError) as error:
            # A server that goes away may reset the connection, which the library passes on as it is.
            if (_answer(error) or {}).get("C") == _UNIQUE_VIOLATION:
                raise TimeTaken from None
            raise self._failed(error) from None
        return rows or [], self._connection.row_count

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._transaction():
            self._run("LOCK TABLE seen IN EXCLUSIVE MODE", {})
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._run("BEGIN", {})
        try:
            yield
        except BaseException:
            # Without an answer the server ends it, as the connection ends.
            with contextlib.suppress(PortError):
                self._run("ROLLBACK", {})
            raise
        self._run("COMMIT", {})

    def _connect(self) -> None:
        server = self._server
        try:
            self._connection = Connection(
                server.user,
                database=server.database,
                unix_sock=str(server.path),
                ssl_context=False,
                timeout=_WAIT_S,
                application_name="cloister",
            )
        except (DatabaseError, InterfaceError) as error:
            raise self._failed(error) from None
        self._run(f"SET statement_timeout = {_WAIT_S * 1000:.0f}", {})

    def _close(self) -> None:
        # A server that is gone cannot be told.
        with contextlib.suppress(InterfaceError):
            self._connection.close()
        self._connection = None

    def _require_fitness(self) -> None:
        self._connect()
        try:
            self._refuse_rights()
            if not self._made():
                raise PortError(f"{self}: there is no appointment book yet; the appliance makes it when it starts")
            self._fit = True
        finally:
            self._close()

    def _refuse_rights(self) -> None:
        rows, _ = self._run(_RIGHTS, {})
        if rows:
            raise PortError(f"{self} is not used, since {rows[0][0]}; see OPERATOR.md, Bookings")

    def _made(self) -> bool:
        rows, _ = self._run(_MADE, {})
        return rows[0][0] is True

    def _failed(self, error: DatabaseError | InterfaceError | OSError) -> PortError:
        answer = _answer(error)
        if answer is None:
            cause = error if isinstance(error, OSError) else error.__cause__
            reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "no answer"
            if isinstance(cause, OSError) and cause.errno == errno.EPERM:
                reason += f"; the seal allows it where {DATABASE_VARIABLE} names the folder (cloister-database.conf)"
            kind = PortError if isinstance(cause, PermissionError) else Away
            return kind(f"{self} cannot be reached: {reason}")
        code, message = answer["C"], answer["M"]
        kind = Away if code.startswith(_AWAY) else PortError
        reason = "a value was refused" if code.startswith(_BAD_VALUE) else message
        return kind(f"{self} cannot be read or changed: {reason}")


def _answer(error: BaseException | None) -> Mapping[str, str] | None:
    """The fields of the server's error message (PostgreSQL, 55.8): C is the SQLSTATE, M what it says. None where it did
    not answer. When the server refuses a connection, the library says that it could not take leave."""
    while error is not None:
        if isinstance(error, DatabaseError) and isinstance(error.args[0], dict):
            answer: Mapping[str, str] = error.args[0]
            return answer
        error = error.__cause__ or error.__context__
    return None
