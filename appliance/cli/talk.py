"""``cloister talk``: a conversation at this machine's microphone and speaker, with a live view."""

from __future__ import annotations

import argparse
import logging
import sys

from appliance.cli import verb
from appliance.cli.process import until_told
from appliance.cli.verb import OK, Verbs, load, seal_process


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs, "talk", _talk, "talk with the appliance here, with a live view of what it hears and how fast it is"
    )
    parser.add_argument("--greet", action="store_true", help="let the appliance speak first")


def _talk(options: argparse.Namespace) -> int:
    from appliance.cli.view import LevelMeter, LiveView
    from appliance.devices.sound_card import open_sound_card, require_sound_card
    from appliance.runtime import evidence
    from appliance.runtime.assemble import assemble, running

    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(message)s", stream=sys.stderr)
    seal_process(sound=True)
    settings, site = load(options)
    require_sound_card(settings.audio)
    print("loading models …", file=sys.stderr)
    # This is a visitor like any other: in the audit log, and recorded where the site wants that.
    with evidence.audited_run(options.config, settings) as ledger:
        engines = assemble(settings, site, open_air=True)
        microphone, speaker = open_sound_card(settings.audio, engines.voice.rate_hz)
        meter = LevelMeter(microphone)
        archive = evidence.open_archive(settings, site)
        with until_told() as told, running(settings, site, engines, ledger, archive) as appliance:
            view = LiveView(appliance.subscribe(), meter, sys.stdout)
            appliance.open_line(meter, speaker)
            if options.greet:
                appliance.visitor_arrived()
            try:
                while not told.is_set() and not appliance.wait(timeout_s=0.1):
                    view.refresh()
            finally:
                view.close()
    return OK
