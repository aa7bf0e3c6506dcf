"""``cloister transcribe``: the ear writes down what is said in recordings."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from appliance.cli import verb
from appliance.cli.verb import CANNOT, OK, Verbs, load, print_json, seal_process
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.plain_text import show
from appliance.core.ports import PortError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "transcribe", _transcribe, "write down what is said in recordings", json_too=True)
    parser.add_argument("files", type=Path, nargs="+", metavar="file")


def _transcribe(options: argparse.Namespace) -> int:
    from appliance.devices.wave import read_speech
    from appliance.engines.asr.combined import open_ear
    from appliance.engines.vad.silero import SileroVad
    from appliance.hearing.listen import holds_speech

    seal_process()
    settings, site = load(options)
    recordings: list[tuple[Path, Samples]] = []
    results: list[dict[str, object]] = []
    for file in options.files:
        try:
            recordings.append((file, read_speech(file)))
        except PortError as error:
            # The other files are still transcribed.
            print(f"cloister: {error}", file=sys.stderr)
            results.append({"file": str(file), "error": str(error)})
    ear, vad = (open_ear(settings, site).stream(), SileroVad().stream()) if recordings else (None, None)
    for file, speech in recordings:
        assert ear is not None and vad is not None
        begun = time.monotonic()
        heard = Transcript("", 0.0, "silence")
        # An ear finds words in any sound, also in silence.
        if holds_speech(vad, speech):
            ear.start()
            ear.accept(speech)
            heard = ear.finish()
        seconds = len(speech) / SAMPLE_RATE_HZ
        results.append(
            {
                "file": str(file),
                "text": heard.text,
                "confidence": heard.confidence,
                "ear": heard.ear,
                "seconds": seconds,
                "real_time_factor": (time.monotonic() - begun) / seconds,
            }
        )
        if not options.json:
            show(heard.text if len(options.files) == 1 else f"{file}: {heard.text}")
            sys.stdout.flush()
    if options.json:
        order = [str(file) for file in options.files]
        print_json(sorted(results, key=lambda result: order.index(str(result["file"]))))
    return CANNOT if len(recordings) < len(options.files) else OK
