"""Appointments in an SQLite file of the box."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from appliance.core.ports import PortError
from appliance.tools.appointment_store.store import Row, Store, TimeTaken

FILE = "appointments.sqlite3"
"""The file in the state folder"""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS appointments (
    reference TEXT PRIMARY KEY,
    doctor TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (doctor, date, time)
);
CREATE TABLE IF NOT EXISTS seen (day TEXT NOT NULL);
"""
"""``seen`` holds the last day on which past appointments were looked for"""


class Sqlite(Store):
    """See the module."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None

    def __str__(self) -> str:
        return f"the appointment book {self._file}"

    def prepare(self) -> None:
        """See ``Store``."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as connection:
                connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise PortError(f"{self} cannot be opened: {error}") from error

    def __enter__(self) -> Self:
        if not self._file.is_file():
            raise PortError(f"{self._file}: there is no appointment book yet; the appliance makes it when it starts")
        try:
            self._connection = self._connect()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        assert self._connection is not None
        self._connection.close()
        self._connection = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=2.0, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Deleted content is overwritten, because names must not stay in the file's free pages.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _run(self, statement: str, values: Mapping[str, str]) -> tuple[Sequence[Row], int]:
        assert self._connection is not None
        try:
            cursor = self._connection.execute(statement, values)
            rows = cursor.fetchall()
            return rows, cursor.rowcount
        except sqlite3.IntegrityError:
            raise TimeTaken from None
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE", {})
        try:
            yield
        except BaseException:
            self._run("ROLLBACK", {})
            raise
        self._run("COMMIT", {})

    def _failed(self, error: sqlite3.Error) -> PortError:
        return PortError(f"{self} cannot be read or changed: {error}")
