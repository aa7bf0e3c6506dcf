"""The site's tools: executables and Python classes behind the ``Tool`` port.

An executable gets one JSON object ``{"function": …, "arguments": {…}}`` on standard input and answers with one JSON
object ``{"ok": true, "say": "…", "data": {…}}`` on standard output. It is started without a shell, with an all but
empty environment (``PATH`` and ``CLOISTER_STATE``, the directory it may keep things in), in a process group of its
own, and killed with all it started when its time is over. What it writes to standard error is dropped, since it may
hold what a visitor said.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from appliance.config import ToolSettings
from appliance.messages import ToolResult
from appliance.ports import PortError, Tool

LARGEST_ANSWER = 64 * 1024
"""bytes of an answer; a tool that writes more is broken"""


class Executable:
    """A declared program."""

    def __init__(self, settings: ToolSettings, state: Path) -> None:
        self.name = settings.name
        self._command = settings.command
        self._options = dict(settings.options)
        self._limit_s = settings.time_limit_s
        self._state = state
        program = Path(self._command[0])
        if not program.is_file() or not os.access(program, os.X_OK):
            raise PortError(f"tool {self.name}: {program} is not an executable file")

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Run the program once. Raises PortError when it fails, takes too long or answers no JSON."""
        request: dict[str, object] = {"function": function, "arguments": dict(arguments)}
        if self._options:
            request["options"] = self._options
        environment = {"PATH": "/usr/bin:/bin", "CLOISTER_STATE": str(self._state)}
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise PortError(f"tool {self.name}: {self._command[0]} cannot be started: {error.strerror}") from error
        with process:
            try:
                output, _ = process.communicate(json.dumps(request).encode(), timeout=self._limit_s)
            except subprocess.TimeoutExpired:
                _kill_group(process)
                raise PortError(
                    f"tool {self.name}: {function} took longer than {self._limit_s:g} s and was killed; "
                    "raise `time_limit_s` or look at the program"
                ) from None
            finally:
                # Children that outlive the program would keep what it was told.
                _kill_group(process)
        if process.returncode != 0:
            raise PortError(f"tool {self.name}: {function} ended with status {process.returncode}")
        return _read_answer(self.name, function, output)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _read_answer(tool: str, function: str, output: bytes) -> ToolResult:
    if len(output) > LARGEST_ANSWER:
        raise PortError(f"tool {tool}: {function} answered with more than {LARGEST_ANSWER} bytes")
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        raise PortError(f"tool {tool}: {function} answered something else than one JSON object") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool) or not isinstance(answer.get("say"), str):
        raise PortError(f'tool {tool}: {function} must answer {{"ok": true or false, "say": "a sentence"}}')
    data = answer.get("data", {})
    if not isinstance(data, dict):
        raise PortError(f"tool {tool}: {function}: `data` must be an object")
    return ToolResult(answer["ok"], answer["say"], data)


def open_tool(settings: ToolSettings, state: Path, now: Callable[[], datetime]) -> Tool:
    """Build a tool as the site declares it. Raises PortError when it cannot be used.

    A Python tool takes its time of day from ``now``, as the host does: an executable has no clock but the box's."""
    if settings.command:
        return Executable(settings, state)
    assert settings.python is not None
    module_name, _, class_name = settings.python.partition(":")
    try:
        kind = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise PortError(f"tool {settings.name}: {settings.python} cannot be loaded: {error}") from error
    tool: Tool = kind(settings.options, state, now)
    return tool


def open_tools(
    settings: Sequence[ToolSettings], state: Path, now: Callable[[], datetime] = datetime.now
) -> dict[str, Tool]:
    """All tools of a site by name."""
    return {tool.name: open_tool(tool, state, now) for tool in settings}
