"""The parts that the verbs share: their declaration, exit codes, the configuration, the seal, and JSON."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from appliance.config.box import Settings, load_settings
from appliance.config.site import Site, load_site
from appliance.core.plain_text import show

OK, VERDICT_NO, WRONG_INPUT, CANNOT, INTERRUPTED = 0, 1, 2, 3, 130

CHECKOUT = Path(__file__).resolve().parents[2]
STARTER = CHECKOUT / "models" / "starter" / "cloister.yaml"
INSTALLED = Path("/etc/cloister/cloister.yaml")

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The action of ``argparse`` to which verbs are added."""


def declare(
    verbs: Verbs, name: str, work: Callable[[argparse.Namespace], int], about: str, *, json_too: bool = False
) -> argparse.ArgumentParser:
    """Add a verb with the options that all of them have, and ``--json`` where it can print that. ``work`` returns the
    exit code."""
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.set_defaults(verb=work)
    default = Path(os.environ.get("CLOISTER_CONFIG", INSTALLED if INSTALLED.exists() else STARTER))
    parser.add_argument(
        "-c",
        "--config",
        type=Path,
        default=default,
        metavar="FILE",
        help="cloister.yaml of this box (default: %(default)s)",
    )
    parser.add_argument(
        "-s", "--site", type=Path, metavar="FILE", help="site file, instead of the one the configuration names"
    )
    if json_too:
        parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")
    return parser


def load(options: argparse.Namespace) -> tuple[Settings, Site]:
    """Read the box's configuration and its site, or the site that was named instead. Raises ConfigError."""
    settings = load_settings(options.config)
    if options.site is not None:
        settings = dataclasses.replace(settings, site=options.site)
    return settings, load_site(settings.site)


def seal_process(*, sound: bool = False) -> None:
    """Seal this process. From here on it can open only local sockets, and connect only, where it uses ``sound``, to the
    sound server of this box. Raises PortError."""
    from appliance.isolation.seal import Needs, seal

    seal(Needs.here() if sound else Needs())


def declare_shared(parser: argparse.ArgumentParser) -> None:
    """Add ``--shared``, which ``shared`` reads."""
    parser.add_argument(
        "--shared", type=Path, metavar="DIR", help="recordings to measure with (default: $CLOISTER_SHARED or ../shared)"
    )


def shared(options: argparse.Namespace) -> Path:
    """The folder of recordings to measure with."""
    given: Path | None = options.shared
    return given or Path(os.environ.get("CLOISTER_SHARED", CHECKOUT.parent / "shared"))


def preparing(what: str) -> None:
    """Tell the operator about a job that takes seconds, and longer the first time."""
    show(f"preparing {what} …", to=sys.stderr)
    sys.stderr.flush()


def print_json(value: object) -> None:
    """Print a value as JSON, with dataclasses as objects and values of other types unknown to JSON as text."""
    show(*json.dumps(value, indent=2, default=_plain).split("\n"))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
