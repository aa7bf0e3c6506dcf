"""``cloister site learn``: proposes changes of a site's file by its own recordings, and keeps those that helped."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli import evaluate_recordings, verb
from appliance.cli.verb import OK, VERDICT_NO, Verbs, load, print_json, seal_process
from appliance.core.plain_text import show


def declare(actions: Verbs) -> None:
    """Add the action."""
    parser = verb.declare(
        actions,
        "learn",
        _learn,
        "propose words, phrases and settings by this site's recordings; what helps on recordings held out is written "
        "as a fragment, for a person to take over",
        json_too=True,
    )
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help="recordings, as `cloister evaluate recordings` reads"
    )
    group = parser.add_argument_group("recordings")
    evaluate_recordings.declare_reading(group)
    group.add_argument(
        "--limit", type=evaluate_recordings.count, metavar="N", help="use only so many recordings, evenly drawn"
    )
    group = parser.add_argument_group("learning")
    group.add_argument(
        "--only",
        action="append",
        choices=["words", "phrases", "threshold", "patience"],
        help="try this kind of proposal alone; may be given several times",
    )
    group.add_argument("--split", metavar="COLUMN", help="hold out by this column (default: speaker, else by file)")
    group.add_argument("--held-out", type=float, default=0.5, metavar="SHARE", help="share held out (default: 0.5)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="which ones are held out (default: 0)")
    group.add_argument(
        "--at-least",
        type=evaluate_recordings.count,
        default=2,
        metavar="N",
        help="propose only what so many speakers said, or files hold (default: 2)",
    )
    group.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("learned"),
        metavar="DIR",
        help="folder of the fragments (default: learned)",
    )


def _learn(options: argparse.Namespace) -> int:
    from appliance.bench.recordings import fragments, journal
    from appliance.bench.recordings.evaluation import Profile, Recordings
    from appliance.bench.recordings.learning import KINDS, Learning, divide

    seal_process()
    fragments.refuse_existing(options.output)
    settings, site = load(options)
    work = options.work or settings.state / "evaluations"
    recordings = Recordings.open(
        options.folder,
        site,
        work,
        renamed=evaluate_recordings.renamed(options),
        channel=options.channel,
        limit=options.limit,
    )
    halves = divide(recordings.manifest, options.split, options.held_out, options.seed)
    profile = Profile(str(options.config), settings, site)
    learning = Learning(recordings, profile, halves, work, options.at_least)
    kinds = [kind for kind in KINDS if kind in (options.only or KINDS)]
    learned = learning.learn(kinds, options.output)
    if options.forget:
        journal.forget(work)
    if options.json:
        print_json(learned.json())
    else:
        show(*learned.table().split("\n"))
    return OK if learned.written else VERDICT_NO
