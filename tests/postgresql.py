"""A PostgreSQL server of the test's own: an ordinary user's, in a temporary folder, on a Unix socket alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from pg8000.exceptions import Error
from pg8000.native import Connection

SOCKET = ".s.PGSQL.5432"


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class PostgresServer:
    """A server, and the site's database in it."""

    def __init__(self) -> None:
        """Skips the test where no server is installed."""
        where = programs()
        if where is None:
            pytest.skip("needs a PostgreSQL server: apt-get install postgresql")
        self._programs = where
        # Not pytest's folder, which another user cannot enter. The server refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="cloister-postgresql-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self.folder.chmod(0o755)
        self._process: subprocess.Popen[bytes] | None = None
        made = [
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        ]
        subprocess.run(
            [self._programs / "initdb", *made, "-D", self.folder / "data"],
            check=True,
            capture_output=True,
            user=self._user,
            cwd="/",
        )
        self.start()
        self.run("CREATE ROLE cloister LOGIN")
        self.run("CREATE DATABASE cloister OWNER cloister")

    @property
    def options(self) -> dict[str, object]:
        """The option ``postgresql`` of a site's book."""
        return {"socket": str(self.folder)}

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {"unix_socket_directories": self.folder, "listen_addresses": "", "fsync": "off"}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self.folder / "data"),
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
            )
        while True:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            try:
                self.run("SELECT 1")
                return
            except Error:
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop it at once; connections are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
            self._process = None

    def discard(self) -> None:
        """Stop it and throw its data away."""
        self.stop()
        shutil.rmtree(self.folder)

    def run(self, statement: str, database: str = "postgres") -> Any:
        """Run a statement as the server's administrator."""
        connection = Connection("postgres", database=database, unix_sock=str(self.folder / SOCKET), ssl_context=False)
        try:
            return connection.run(statement)
        finally:
            connection.close()

    def empty(self) -> None:
        """Take the tables of the book away."""
        self.run("DROP TABLE IF EXISTS appointments, seen", "cloister")
