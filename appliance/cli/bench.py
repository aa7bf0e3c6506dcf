"""``cloister bench``: how fast this box is."""

from __future__ import annotations

import argparse
import importlib
from datetime import datetime

from appliance.cli import verb
from appliance.cli.verb import OK, Verbs, declare_shared, load, print_json, seal_process, shared


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "bench", _bench, "measure how fast this box is", json_too=True)
    parser.add_argument(
        "what",
        choices=["gap", "turns", "processor"],
        nargs="?",
        default="gap",
        help="gap: response gap, memory, start-up, idle load; turns: end of turn, speculation, barge-in, history; "
        "processor: tokens per second of the language model with each library for this processor",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="turns: use only N turns of each group")
    parser.add_argument("--part", action="append", metavar="NAME", help="turns: only this part; may be repeated")
    declare_shared(parser)


def _bench(options: argparse.Namespace) -> int:
    seal_process()
    settings, site = load(options)
    module = importlib.import_module(f"appliance.bench.{options.what}")
    if options.what == "turns":
        result = module.bench(settings, site, shared(options), options.limit, options.part or module.PARTS)
    elif options.what == "processor":
        result = module.bench(settings, options.config)
    else:
        result = module.bench(settings, site, datetime.now())
    if options.json:
        print_json(result)
    else:
        print(result.table())
    return OK
