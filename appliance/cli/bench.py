"""``cloister bench``: how fast this box is."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

from appliance.cli import verb
from appliance.cli.figures import declare_markdown, print_figures
from appliance.cli.verb import OK, Verbs, declare_shared, load, seal_process, shared


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "bench", _bench, "measure how fast this box is", json_too=True)
    parser.add_argument(
        "what",
        choices=["gap", "lines", "turns", "wait", "doors", "processor"],
        nargs="?",
        default="gap",
        help="gap: response gap, memory, start-up, idle load; lines: how many conversations are held at once; turns: "
        "end of turn, speculation, barge-in, history (in a checkout); wait: gaps and early replies beside two peers, "
        "in real time (in a checkout); doors: what each door costs beside the sound card (in a checkout); processor: "
        "tokens per second of the language model with each library for this processor",
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="lines: talk for N seconds; turns: N turns of each group; wait: N questions and turns in each run; doors: "
        "N questions at each; processor: N rounds",
    )
    parser.add_argument(
        "--part",
        action="append",
        metavar="NAME",
        help="lines: only so many at once; turns, wait: only this part (speculation-cost, which no quiet machine is "
        "needed for, only if it is named); processor: only this library; may be repeated",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("build/lines"),
        metavar="DIR",
        help="lines: where the picture goes, and the figures of each number of lines, which are not measured again "
        "while they are there (default: %(default)s)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="lines: from now on, admit as many lines as were measured to hold"
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path("../peers"),
        metavar="FOLDER",
        help="wait: the environments of the peers, as models/recipes/peers/README.md installs them",
    )
    declare_markdown(parser)
    declare_shared(parser)


def _bench(options: argparse.Namespace) -> int:
    if options.what == "doors":
        from appliance.bench.checkout import open_workbench

        # Not sealed: it is the appliance and its clients in one, and clients connect.
        settings, site = load(options)
        print_figures(options, ["bench", "doors"], open_workbench("doors").bench(settings, site, options.limit))
        return OK
    if options.what == "wait":
        from appliance.bench.checkout import open_workbench

        # Not sealed: the peers run in processes of their own, and need what the seal forbids.
        waiting = open_workbench("waiting")
        found = waiting.bench(
            options.config, shared(options), options.peers, options.limit, options.part or waiting.PARTS
        )
        print_figures(options, ["bench", "wait"], found)
        return OK
    seal_process()
    if options.what == "turns":
        from appliance.bench.checkout import open_workbench

        turns = open_workbench("turns")
        settings, site = load(options)
        result = turns.bench(settings, site, shared(options), options.limit, options.part or turns.PARTS)
    elif options.what == "lines":
        from appliance.bench.lines import measure

        settings, _ = load(options)
        numbers = measure.numbers_of(options.part or ())
        result = measure.bench(settings, options.config, options.output, numbers, options.limit)
        if options.keep:
            measure.keep(settings, result)
    elif options.what == "processor":
        from appliance.bench import processor

        settings, _ = load(options)
        result = processor.bench(settings, options.config, options.part or (), options.limit)
    else:
        from appliance.bench import gap

        settings, site = load(options)
        result = gap.bench(settings, site, datetime.now())
    parts = [word for part in options.part or () for word in ("--part", part)]
    print_figures(options, ["bench", options.what, *parts], result)
    return OK
