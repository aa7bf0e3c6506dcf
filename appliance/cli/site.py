"""``cloister site``: begins a new site file, as a copy of a working one or from documents, drafts parts of one, tests
it with its own questions, and learns from recordings."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from appliance.cli import site_import, site_learn, site_mcp, site_test
from appliance.cli.site_import import next_steps, write_new
from appliance.cli.verb import OK, Verbs
from appliance.core.plain_text import show

COOKBOOK = Path(__file__).resolve().parents[1] / "sites" / "cookbook"


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    about = (
        "begin a site file of your own, draft it from documents or an MCP server, test it, and improve it by recordings"
    )
    parser = verbs.add_parser("site", help=about, description=about[0].upper() + about[1:] + ".")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _declare_new(actions)
    site_import.declare(actions)
    site_mcp.declare(actions)
    site_test.declare(actions)
    site_learn.declare(actions)


def _declare_new(actions: Verbs) -> None:
    about = "begin a site file from one that talks at once"
    parser = actions.add_parser("new", help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("template", choices=templates(), help="the kind of place that is nearest to yours")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write (default: TEMPLATE.yaml in this folder)"
    )
    parser.set_defaults(verb=_new)


def templates() -> list[str]:
    """Names of the sites that a new site file may be copied from."""
    return sorted(path.stem for path in COOKBOOK.glob("*.yaml"))


def _new(options: argparse.Namespace) -> int:
    target: Path = options.output or Path(f"{options.template}.yaml")
    text = (COOKBOOK / f"{options.template}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^# Check it with: .*$", f"# Check it with: cloister check --site {target}", text)
    write_new(target, text)
    show(f"{target}: change the names, facts and hours in it, then", *next_steps(target))
    return OK
