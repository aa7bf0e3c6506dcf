"""The server of the tests (``rooms``), as a site names it, and the pins of its functions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.config.site import McpSettings, ToolSettings
from appliance.tools.mcp.server import Server

PROGRAM = str(Path(__file__).with_name("rooms.py"))


def settings(pins: Mapping[str, str], *how: str, limit_s: float = 10.0) -> ToolSettings:
    command = (sys.executable, "-I", "-S", PROGRAM, *how)
    words = {"with a projector": True, "without a projector": False}
    return ToolSettings("rooms", mcp=McpSettings(command, pins, words), time_limit_s=limit_s)


@pytest.fixture(scope="session")
def pins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pins of all functions of the server."""
    server = Server(settings({}), tmp_path_factory.mktemp("pins"))
    server.close()
    return {function.name: function.pin for function in server.functions}
