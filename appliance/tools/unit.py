"""The inside of ``cloister-tool@NAME.service``: answers one call of the site's tool NAME, as a user of its own.

systemd listens and starts this when the appliance connects. It reads from the site file which program the tool is and
which options it gets. The appliance says only which function is called with which arguments. When this process ends,
systemd kills whatever the program left in the unit, even what hid from ``keeper``.

One call is one connection: a line of JSON ``{"function": …, "arguments": {…}}``, answered by a line of JSON
(``keeper.Outcome``). Where the tool is an MCP server, one connection is one run of the server, and what it and the
appliance say to each other is passed on as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.config.box import load_settings
from appliance.config.reader import ConfigError
from appliance.config.site import ToolSettings, load_site
from appliance.isolation.seal import Needs, seal
from appliance.isolation.unix_socket import Connection, LineTooLong, accept_from_manager
from appliance.tools import keeper
from appliance.tools.executable import order
from appliance.tools.program import environment

_PATIENCE_S = 5.0
"""Seconds that the appliance may take to send its call"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tool_unit")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("tool")
    options = parser.parse_args(arguments)
    # A tool gets no network, whatever its unit allows. It may use a local service, which may be its purpose.
    seal(Needs(sound_server=True))
    connection = accept_from_manager(_PATIENCE_S)
    if connection is None:
        print(f"tool {options.tool}: nobody called", file=sys.stderr)
        return 1
    with connection:
        declared = _declared(options.config, options.tool)
        try:
            if isinstance(declared, ToolSettings) and declared.mcp is not None:
                made = environment(Path(os.environ["STATE_DIRECTORY"]))
                keeper.serve(list(declared.program), made, connection.fileno(), connection.fileno())
                return 0
            line = connection.receive_line()
            if line is not None:
                connection.send_line(json.dumps(asdict(_answer(declared, line, connection))))
        except (OSError, LineTooLong, UnicodeDecodeError) as error:
            print(f"tool {options.tool}: {type(error).__name__}", file=sys.stderr)
            return 1
    return 0


def _answer(declared: ToolSettings | str, line: str, connection: Connection) -> keeper.Outcome:
    if isinstance(declared, str):
        return keeper.Outcome(declared)
    try:
        request = json.loads(line)
        called = order(declared, request["function"], request["arguments"], Path(os.environ["STATE_DIRECTORY"]))
    except (ValueError, TypeError, LookupError, RecursionError):
        return keeper.Outcome("its unit was asked something else than a call")
    return keeper.run(called, connection.fileno())


def _declared(config: Path, name: str) -> ToolSettings | str:
    """The settings of a tool that is a program, or why there are none."""
    try:
        tools = load_site(load_settings(config).site).tools
    except ConfigError as error:
        return f"the configuration is wrong: {error.problems[0]}"
    declared = next((tool for tool in tools if tool.name == name and tool.program), None)
    return declared or f"the site file declares no tool {name!r} that is a program"


if __name__ == "__main__":
    sys.exit(main())
