"""``cloister demo``: a recorded visitor talks with the appliance."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli import verb
from appliance.cli.verb import Verbs, seal_process


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs, "demo", _demo, "let a recorded visitor talk with the appliance and check every reply", json_too=True
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("build/demo"),
        metavar="DIR",
        help="where the recording, report and picture go (default: %(default)s)",
    )
    parser.add_argument("--fast", action="store_true", help="as fast as this machine can, instead of in real time")
    parser.add_argument("--aloud", action="store_true", help="also play the conversation on the sound card")


def _demo(options: argparse.Namespace) -> int:
    # The seal comes before the libraries of the bench are loaded. The demonstration is not in the audit log, because
    # its visitor is a recording, and its tools act on a book of their own, which is thrown away.
    seal_process(sound=options.aloud)
    from appliance.bench.demo.runner import run_demo

    return run_demo(options.config, options.output, fast=options.fast, aloud=options.aloud, as_json=options.json)
