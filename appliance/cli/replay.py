"""``cloister replay``: a recording talks with the appliance."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from appliance.cli import verb
from appliance.cli.process import until_told
from appliance.cli.verb import INTERRUPTED, OK, Verbs, load, seal_process
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.plain_text import show


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "replay", _replay, "let a recording talk with the appliance", json_too=True)
    parser.add_argument("file", type=Path, help="sound file with a visitor's speech, any rate")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the conversation as a stereo file, visitor left, appliance right",
    )
    parser.add_argument("--fast", action="store_true", help="as fast as this machine can, instead of in real time")


def _replay(options: argparse.Namespace) -> int:
    from appliance.cli.view import narrate
    from appliance.devices.wave import WaveLine, read_speech
    from appliance.runtime import evidence
    from appliance.runtime.assemble import assemble, running

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    seal_process()
    settings, site = load(options)
    speech = read_speech(options.file)
    # The tools do for a recording what they do for a visitor, so the conversation is in the audit log too.
    with evidence.audited_run(options.config, settings) as ledger:
        engines = assemble(settings, site)
        with until_told() as told, running(settings, site, engines, ledger) as appliance:
            line = WaveLine(engines.voice.rate_hz, "fast" if options.fast else "real", appliance.settled)
            # The reply to the last words must be heard too, so the line stays open until the appliance has been quiet
            # for a while.
            end_s = (line.say(speech, after_s=0.5) + len(speech)) / SAMPLE_RATE_HZ
            facts = appliance.subscribe()
            appliance.open_line(line.microphone, line.speaker)
            for text in narrate(facts, told, end_s, as_json=options.json):
                show(text)
                sys.stdout.flush()
            appliance.wait(timeout_s=0)  # raises the error that ended the appliance, if there was one
            interrupted = told.is_set()
    if interrupted:
        return INTERRUPTED
    if options.output:
        line.save_stereo(options.output)
    return OK
