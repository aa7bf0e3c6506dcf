"""``cloister bench``: how fast this box is."""

from __future__ import annotations

import argparse
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
        help="gap: response gap, memory, start-up, idle load; turns: end of turn, speculation, barge-in, history (in a "
        "checkout); processor: tokens per second of the language model with each library for this processor",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="turns: use only N turns of each group")
    parser.add_argument("--part", action="append", metavar="NAME", help="turns: only this part; may be repeated")
    declare_shared(parser)


def _bench(options: argparse.Namespace) -> int:
    seal_process()
    if options.what == "turns":
        from appliance.bench.checkout import open_workbench

        turns = open_workbench("turns")
        settings, site = load(options)
        result = turns.bench(settings, site, shared(options), options.limit, options.part or turns.PARTS)
    elif options.what == "processor":
        from appliance.bench import processor

        settings, _ = load(options)
        result = processor.bench(settings, options.config)
    else:
        from appliance.bench import gap

        settings, site = load(options)
        result = gap.bench(settings, site, datetime.now())
    if options.json:
        print_json(result)
    else:
        print(result.table())
    return OK
