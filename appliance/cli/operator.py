"""``cloister operator``: a session at the running daemon."""

from __future__ import annotations

import argparse
import json
import sys

from appliance.cli import verb
from appliance.cli.account import connect
from appliance.cli.verb import OK, Verbs
from appliance.config.box import load_settings
from appliance.core.plain_text import show


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "operator", _operator, "a session at the running daemon, which ends when you are idle")
    parser.add_argument(
        "command", nargs="?", help="status, visitor, facts, words, checkpoint; without one, a line of input each"
    )
    parser.add_argument("--break-glass", metavar="REASON", help="follow what is said, for a reason that is recorded")


def _operator(options: argparse.Namespace) -> int:
    with connect(load_settings(options.config)) as client:
        answer = client.ask("session")
        roles = ", ".join(str(role).replace("_", " ") for role in answer["roles"])  # type: ignore[attr-defined]
        show(f"{answer['user']} may: {roles}", to=sys.stderr)
        if options.break_glass is not None:
            client.ask("break-glass", options.break_glass)
            print("the glass is broken, and that is recorded", file=sys.stderr)
        for line in [options.command] if options.command else sys.stdin:
            command, _, reason = line.strip().partition(" ")
            if not command:
                continue
            show(json.dumps(client.ask(command, reason)))
            sys.stdout.flush()
            if command in ("facts", "words"):
                for fact in client.lines():
                    show(json.dumps(fact))
                    sys.stdout.flush()
                return OK
    return OK
