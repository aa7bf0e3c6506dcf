"""A program that the site names: that it is there and stays as it is, and how it is started."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.core.ports import PortError
from appliance.isolation.seal import TOOLS_VARIABLE


class Program:
    """A tool's program, as it is at the start."""

    def __init__(self, tool: str, command: Sequence[str]) -> None:
        """Raises PortError when there is no such program."""
        self._tool = tool
        program = Path(command[0])
        if not program.is_file() or not os.access(program, os.X_OK):
            raise PortError(f"tool {tool}: {program} is not an executable file")
        self._files = {path: _Known(path) for path in map(Path, command) if path.is_absolute()}

    def check(self) -> None:
        """Raises PortError when the program, or a file among its arguments, is not what it was at the start."""
        for path, known in self._files.items():
            if known.changed():
                raise PortError(f"tool {self._tool}: {path} was changed since the start; start the appliance again")


class _Known:
    """The state of a file at the start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._look()
        self._hash = self._digest()

    def changed(self) -> bool:
        """Whether the path is another file now, or the file has other content."""
        seen = self._look()
        if seen == self._seen:
            return False
        if self._digest() != self._hash:
            return True
        self._seen = seen
        return False

    def _look(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode

    def _digest(self) -> bytes | None:
        try:
            # A pipe or a device among the arguments is not read, because its content exists only when it is used.
            return hashlib.sha256(self._path.read_bytes()).digest() if self._path.is_file() else None
        except OSError:
            return None


def environment(state: Path) -> dict[str, str]:
    """The environment of a tool's program. ``state`` is the folder that it may keep things in."""
    return {"PATH": "/usr/bin:/bin", "CLOISTER_STATE": str(state)}


def unit_socket(tool: str) -> Path | None:
    """Where the unit of a tool listens; None where the appliance is no unit itself. Raises PortError when it does not
    listen."""
    folder = os.environ.get(TOOLS_VARIABLE)
    if not folder:
        return None
    socket = Path(folder) / tool
    if not socket.exists():
        listen = f"systemctl enable --now cloister-tool@{tool}.socket"
        raise PortError(f"tool {tool}: its unit does not listen; `{listen}`, then start the appliance again")
    return socket


def keeper_command(function: str) -> list[str]:
    """The command that runs a function of ``keeper`` in a process of its own."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r}); "
        f"from appliance.tools import keeper; keeper.{function}()"
    )
    return [sys.executable, "-I", "-B", "-c", code]
