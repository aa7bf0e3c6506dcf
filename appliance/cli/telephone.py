"""``cloister telephone``: takes calls by SIP for a box, in a process of its own."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from appliance.cli.verb import OK, Verbs
from appliance.core.ports import PortError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    about = "take calls by SIP and hand them to a box's door; the one verb that has a network"
    parser = verbs.add_parser("telephone", help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("file", type=Path, metavar="FILE", help="telephone.yaml of this gateway")
    parser.add_argument("--check", action="store_true", help="only read the file, and say what is wrong with it")
    parser.set_defaults(verb=_telephone)


def _telephone(options: argparse.Namespace) -> int:
    from appliance.telephone.settings import load_telephone

    settings = load_telephone(options.file)
    if options.check:
        return OK
    try:
        from appliance.telephone.gateway import run
    except ModuleNotFoundError as error:
        if error.name != "baresip":
            raise
        raise PortError(
            "telephone: needs baresip-python, of the dependency group `telephone`: `uv sync --group telephone` in the "
            "checkout installs it"
        ) from None
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    run(settings)
    return OK
