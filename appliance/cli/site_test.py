"""``cloister site test``: asks a site its own questions, and names each one that it would miss."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli import verb
from appliance.cli.figures import declare_markdown, print_figures
from appliance.cli.verb import OK, VERDICT_NO, Verbs, load, seal_process


def declare(actions: Verbs) -> None:
    """Add the action."""
    parser = verb.declare(
        actions,
        "test",
        _test,
        "ask a site its own questions, each without the line that it is, and those of a file; name each one that it "
        "would miss, what took it and what to add",
        json_too=True,
    )
    parser.add_argument(
        "--questions",
        type=Path,
        metavar="FILE",
        help="YAML with questions by what should answer them, as in `pharmacy: [is there a chemist here]`",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="ask only the first N questions of the site and of FILE")
    declare_markdown(parser)


def _test(options: argparse.Namespace) -> int:
    from appliance.bench.site import evaluate

    seal_process()
    figures = evaluate(*load(options), options.questions, options.limit)
    print_figures(options, ["site", "test"], figures)
    return VERDICT_NO if figures.misses else OK
