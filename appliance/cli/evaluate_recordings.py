"""The part ``recordings`` of ``cloister evaluate``: its options, and its work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from appliance.cli.figures import print_figures
from appliance.cli.verb import OK, VERDICT_NO, load, print_json
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError
from appliance.config.site import load_site
from appliance.core.plain_text import show

V = TypeVar("V")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="recordings: where they are")
    group = parser.add_argument_group(
        "recordings",
        "What was said stands in a manifest (manifest.csv, manifest.jsonl) or in a text beside each wave or FLAC file. "
        "Columns: audio, text, entry, answer, list:NAME, start, end, channel, hypothesis:NAME; every other one divides "
        "into groups.",
    )
    declare_reading(group)
    group.add_argument(
        "--by",
        action="append",
        metavar="COLUMN[=LIMITS]",
        help="figures per group of a column, as in accent or age=15,60 (default: every column with up to 12 values)",
    )
    group.add_argument(
        "--resample",
        metavar="COLUMN",
        help="the bootstrap draws recordings with the same value together, as in speaker",
    )
    group.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="compare with another box's cloister.yaml, or with what --json printed of another version",
    )
    group.add_argument(
        "--gate",
        action="append",
        metavar="GATE",
        help="exit with 1 where it does not hold: wer=0.12 (also cer, terms, values, answers, latency) or no-worse",
    )
    group.add_argument(
        "--worst",
        type=count,
        metavar="N",
        help="print the N worst recordings too, with what was said (not in JSON and Markdown)",
    )
    group.add_argument("--html", type=Path, metavar="FILE", help="write one page with plots, sound and differences")
    group.add_argument(
        "--audio-mb",
        type=float,
        metavar="MB",
        help="most megabytes of sound in the page, the worst recordings first (default: 64); 0 leaves sound out",
    )
    group.add_argument("--price", type=float, metavar="AMOUNT", help="what the box costs, for the cost of a minute")
    group.add_argument("--years", type=float, metavar="N", help="how long a box lasts (default: 5)")


def declare_reading(group: argparse._ArgumentGroup) -> None:
    """Add the options about how recordings are read and where results are kept."""
    group.add_argument(
        "--column",
        action="append",
        metavar="NAME=COLUMN",
        help="the manifest calls a column otherwise, as in audio=file or text=sentence",
    )
    group.add_argument(
        "--channel", type=count, metavar="N", help="take this channel of files with several (default: the mean of all)"
    )
    group.add_argument(
        "--work", type=Path, metavar="DIR", help="where results are kept for a run that goes on (default: in the state)"
    )
    group.add_argument("--forget", action="store_true", help="delete all that was kept there, once all is done")


def count(text: str) -> int:
    """A whole number from 1 on, for ``argparse``."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on, not {text!r}")
    return int(text)


OPTIONS = (
    *("folder", "column", "channel", "work", "forget", "by", "resample", "against", "gate", "worst", "html"),
    *("audio_mb", "price", "years"),
)
"""Names of the options that no other part of ``evaluate`` has"""


def refuse_elsewhere(options: argparse.Namespace) -> None:
    """Refuse options of this part where another part was asked for. Raises ConfigError."""
    given = [name for name in OPTIONS if getattr(options, name)]
    if given:
        name = "FOLDER" if given[0] == "folder" else "--" + given[0].replace("_", "-")
        raise ConfigError([f"{name} belongs to `cloister evaluate recordings`, not to `{options.part}`"])


def run(options: argparse.Namespace) -> int:
    """Evaluate the recordings of a folder. Raises ConfigError and PortError."""
    from appliance.bench.recordings import evaluation, gates, journal, outcomes, page, report

    if options.limit is not None and options.limit < 1:
        raise ConfigError(["--limit: at least one recording must be left"])
    if options.folder is None:
        raise ConfigError(["name the folder of the recordings: cloister evaluate recordings FOLDER"])
    divisions = [read("--by", text, outcomes.read_division) for text in options.by or ()]
    wanted = [read("--gate", text, gates.read_gate) for text in options.gate or ()]
    price = evaluation.Price(options.price, options.years or 5.0) if options.price else None
    settings, site = load(options)
    profiles = [evaluation.Profile(_named(options.config), settings, site)]
    earlier = None
    if options.against is not None and options.against.suffix == ".json":
        earlier = evaluation.read_result(options.against)
    elif options.against is not None:
        other = load_settings(options.against)
        other = other if options.site is None else replace(other, site=options.site)
        profiles.append(evaluation.Profile(_named(options.against), other, load_site(other.site)))
    work = options.work or settings.state / "evaluations"
    recordings = evaluation.Recordings.open(
        options.folder,
        site,
        work,
        renamed=renamed(options),
        channel=options.channel,
        limit=options.limit,
        unit=options.resample,
    )
    evaluated, words = evaluation.evaluate(recordings, profiles, earlier, divisions=divisions, price=price)
    if options.html is not None:
        most = 64.0 if options.audio_mb is None else options.audio_mb
        page.write(options.html, evaluated, words, recordings.manifest, most_bytes=round(most * 1e6))
    if options.forget:
        journal.forget(work)
    if options.json:
        print_json(evaluated.json())
    else:
        worst = report.worst(evaluated.systems[0], words, options.worst) if options.worst else []
        print_figures(options, command(options), report.Report(evaluated, tuple(worst)))
    failed = gates.failures(
        wanted,
        outcomes.figures(evaluated.systems[0].outcomes),
        evaluated.comparisons[0] if len(profiles) > 1 or earlier is not None else None,
    )
    show(*failed, to=sys.stderr)
    return VERDICT_NO if failed else OK


def _named(config: Path) -> str:
    """A configuration as a report names it: seen from here, if it lies below."""
    here = Path.cwd()
    return str(config.relative_to(here) if config.is_absolute() and config.is_relative_to(here) else config)


def command(options: argparse.Namespace) -> list[str]:
    """The command line, as a table of figures names it."""
    words = ["evaluate", "recordings", str(options.folder)]
    for name in ("column", "by"):
        words += [part for text in getattr(options, name) or () for part in (f"--{name}", text)]
    for name in ("channel", "resample", "against"):
        if getattr(options, name) is not None:
            words += [f"--{name}", str(getattr(options, name))]
    return words


def renamed(options: argparse.Namespace) -> dict[str, str]:
    """What the manifest calls columns of ours. Raises ConfigError."""
    return dict(read("--column", text, _pair) for text in options.column or ())


def _pair(text: str) -> tuple[str, str]:
    name, _, column = text.partition("=")
    if not (name and column):
        raise ValueError("must be NAME=COLUMN, as in audio=file")
    return name, column


def read(option: str, text: str, reader: Callable[[str], V]) -> V:
    """Read the value of an option. Raises ConfigError."""
    try:
        return reader(text)
    except ValueError as error:
        raise ConfigError([f"{option} {text}: {error}"]) from None
