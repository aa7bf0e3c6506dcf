"""``cloister site pin`` and ``cloister site form``: what a site's MCP servers offer, as parts of the site file."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli.verb import OK, VERDICT_NO, Verbs, seal_process
from appliance.config.site import ToolSettings, load_site
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.tools.mcp.functions import Function


def declare(actions: Verbs) -> None:
    """Add the actions."""
    about = "print the functions that the site's MCP servers offer, with the hashes that pin them"
    pin = actions.add_parser("pin", help=about, description=about[0].upper() + about[1:] + ".")
    pin.add_argument("file", type=Path, metavar="FILE", help="site file that names the servers")
    pin.set_defaults(verb=_pin)
    about = "print a form for a function of an MCP server, drafted from its schema, for you to change and approve"
    form = actions.add_parser("form", help=about, description=about[0].upper() + about[1:] + ".")
    form.add_argument("file", type=Path, metavar="FILE", help="site file that names the server")
    form.add_argument("tool", help="name of the tool in the site file")
    form.add_argument("function", help="name of the function, as `cloister site pin` prints it")
    form.set_defaults(verb=_form)


def _pin(options: argparse.Namespace) -> int:
    from appliance.tools.mcp.drafts import pins
    from appliance.tools.mcp.functions import differences

    servers = [tool for tool in load_site(options.file).tools if tool.mcp is not None]
    if not servers:
        raise PortError(f"{options.file}: names no MCP server: give a tool `mcp: {{command: [/PATH/TO/SERVER]}}`")
    seal_process()
    differ = False
    for tool in servers:
        assert tool.mcp is not None
        offered = _offered(tool)
        found = list(differences(tool.mcp.functions, offered))
        differ |= bool(found)
        show(f"# {tool.name}: keep the functions that your forms use, below `mcp`", *(f"# !! {line}" for line in found))
        show("functions:", *(f"  {line}" for line in pins(offered)))
    return VERDICT_NO if differ else OK


def _form(options: argparse.Namespace) -> int:
    from appliance.tools.mcp.drafts import form
    from appliance.tools.mcp.schemas import Unsupported

    tool = next((tool for tool in load_site(options.file).tools if tool.name == options.tool), None)
    if tool is None or tool.mcp is None:
        raise PortError(f"{options.file}: there is no tool {options.tool!r} with `mcp`")
    seal_process()
    known = {function.name: function for function in _offered(tool)}
    if options.function not in known:
        raise PortError(f"tool {tool.name}: there is no function {options.function!r}; it has {', '.join(known)}")
    try:
        show(*form(tool.name, known[options.function], tool.mcp.words))
    except Unsupported as error:
        what = f"{options.function}: its schema uses {error}, which is not understood here"
        raise PortError(f"tool {tool.name}: {what}") from None
    return OK


def _offered(tool: ToolSettings) -> Sequence[Function]:
    """What the server of a tool offers. It runs while it is asked."""
    from appliance.tools.mcp.server import Server

    with tempfile.TemporaryDirectory(prefix="cloister-") as state:
        server = Server(tool, Path(state))
        server.close()
        return server.functions
