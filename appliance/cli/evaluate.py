"""``cloister evaluate``: how a site hears its own recordings, and how good the ear, the voice and the brain are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from appliance.cli import evaluate_recordings, verb
from appliance.cli.figures import declare_markdown, print_figures
from appliance.cli.verb import OK, Verbs, declare_shared, load, seal_process, shared
from appliance.config.reader import ConfigError

_PARTS = {
    "recordings": "a folder of this site's own recordings",
    "ear": "recordings of people",
    "ears": "what each ear is worth, by leaving it out",
    "ear-groups": "recordings of people by age and first language, over a telephone and far away, and of noise",
    "site-words": "names, drugs and places of a site, with and without its lexicon",
    "telephone": "recordings of people, as a telephone carries them",
    "voice": "how well it is understood",
    "brain": "written questions and dialogues",
    "conversation": "written conversations of several turns with three sites",
    "spoken": "questions said by flite in noise, heard and answered (takes a quarter of an hour without --limit)",
    "language": "dates, times, numbers, names and opening hours in written sentences",
    "consent": "yes and no, and that nothing is done without a yes",
    "emergencies": "how many are missed, and how many false alarms there are",
    "grounding": "the check of replies that language models wrote",
    "paraphrases": "the brain with none, three, ten and all `ask` lines of each fact",
}
"""what is evaluated"""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "evaluate",
        _evaluate,
        "measure on a site's own recordings; in a checkout, also measure how good the ear, the voice or the brain is",
        json_too=True,
    )
    parser.add_argument(
        "part",
        choices=list(_PARTS),
        help="; ".join(f"{part}: {what}" for part, what in _PARTS.items()),
    )
    parser.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help="use only the first N samples of each set; conversation: N conversations of each sheet and half, the same "
        "each time",
    )
    parser.add_argument("--half", choices=["dev", "test"], help="conversation: hold one half alone")
    parser.add_argument(
        "--show",
        type=Path,
        metavar="FILE",
        help="conversation: write the conversations of the dev half with the grade of each turn; the test half is for "
        "figures alone",
    )
    parser.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="conversation: keep each conversation in FILE as it ends, and go on with a run that was stopped",
    )
    parser.add_argument(
        "--spoken",
        action="store_true",
        help="conversation: say the lines with flite in noise; without --limit, eight conversations of each sheet; "
        "emergencies: say sentences too, in noise, by flite and espeak-ng; without --limit, 100 of each side of a half",
    )
    evaluate_recordings.declare(parser)
    declare_markdown(parser)
    declare_shared(parser)


def _evaluate(options: argparse.Namespace) -> int:
    from appliance.bench.checkout import open_workbench

    if options.part != "conversation" and (options.half or options.show or options.resume):
        raise ConfigError(
            [f"cloister evaluate {options.part}: --half, --show and --resume are for `conversation` alone"]
        )
    if options.resume and options.spoken:
        raise ConfigError(["cloister evaluate conversation: --resume keeps written conversations, not --spoken ones"])
    if options.part not in ("conversation", "emergencies") and options.spoken:
        raise ConfigError([f"cloister evaluate {options.part}: --spoken is for `conversation` and `emergencies` alone"])
    if options.half == "test" and options.show:
        raise ConfigError(["cloister evaluate conversation: --show writes the dev half, and --half test leaves it out"])
    seal_process()
    if options.part == "recordings":
        return evaluate_recordings.run(options)
    evaluate_recordings.refuse_elsewhere(options)
    module = open_workbench(options.part.replace("-", "_"))
    settings, site = load(options)
    command, more = ["evaluate", options.part], {}
    if options.part == "conversation":
        more = {
            "half": options.half,
            "show": options.show,
            "spoken": options.spoken,
            "resume": options.resume,
            "tell": lambda line: print(line, file=sys.stderr, flush=True),
        }
        command += [*(["--half", options.half] if options.half else []), *(["--spoken"] if options.spoken else [])]
    elif options.part == "emergencies":
        more = {"spoken": options.spoken}
        command += ["--spoken"] if options.spoken else []
    result = module.evaluate(settings, site, shared(options), options.limit, **more)
    print_figures(options, command, result)
    return OK
