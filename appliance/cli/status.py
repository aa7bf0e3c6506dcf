"""``cloister status``: how the running daemon is."""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from appliance.cli import verb
from appliance.cli.verb import OK, Verbs, print_json
from appliance.config.box import load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "status", _status, "ask the running daemon how it is, through its control socket")
    parser.add_argument("--follow", action="store_true", help="print its facts as they happen, a line of JSON each")
    parser.add_argument("--visitor", action="store_true", help="tell it that a visitor arrived, as a sensor would")


def _status(options: argparse.Namespace) -> int:
    from appliance.control.client import follow, request

    path = load_settings(options.config).control_socket
    if path is None:
        raise PortError(
            f"the control socket is off; add the lines `control_socket: control.sock` and `operators: {{listen: "
            f"[{getpass.getuser()}]}}` to {options.config}, then start `cloister run` again"
        )
    if options.visitor:
        request(path, "visitor")
    elif options.follow:
        for fact in follow(path):
            show(json.dumps(fact))
            sys.stdout.flush()
    else:
        print_json(request(path, "status"))
    return OK
