"""Prints the figures of the verbs that measure."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from appliance.cli.verb import print_json

if TYPE_CHECKING:
    from appliance.bench.markdown import Measured


def declare_markdown(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--markdown``."""
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="print a table in Markdown with command, date, kind of machine and sample sizes, for a document",
    )


def print_figures(options: argparse.Namespace, command: list[str], result: Measured) -> None:
    """Print figures in the form that was asked for. ``command`` is the command that measured them, without the options
    that both verbs have."""
    from appliance.bench.markdown import markdown

    if options.json:
        print_json(result)
    elif options.markdown:
        limit = [] if options.limit is None else ["--limit", str(options.limit)]
        print(markdown(" ".join(["cloister", *command, *limit]), result, date.today()))
    else:
        print(result.table())
