"""``cloister say``: the voice speaks a text."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cli import verb
from appliance.cli.verb import OK, Verbs, seal_process
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "say", _say, "speak a text")
    parser.add_argument("text")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write a sound file instead of using the speaker"
    )


def _say(options: argparse.Namespace) -> int:
    from appliance.engines.tts.piper import PiperVoice
    from appliance.language.english import ENGLISH
    from appliance.speaking.speak import say_all

    seal_process(sound=not options.output)
    settings = load_settings(options.config)
    if not any(c.isalnum() for c in options.text):
        raise ConfigError(["cloister say: there is nothing to say in that text"])
    voice = PiperVoice(settings, ENGLISH)
    if options.output:
        from appliance.devices.wave import write_sound

        write_sound(options.output, say_all(voice, options.text, ENGLISH), voice.rate_hz)
        return OK
    from appliance.devices.sound_card import play

    play(settings.audio, say_all(voice, options.text, ENGLISH), voice.rate_hz)
    return OK
