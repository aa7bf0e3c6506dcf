"""What the network learns from: places in recordings where somebody has finished, and where they have not.

A *clip* is a recording up to a moment, and silence after it. It is an *end* where the turn or the sentence is over, a
*hold* where the speaker paused and went on, and a *cut* where the recording is broken off between two words: whoever
falls silent there has more to say.

Recordings, all freely licensed (``models/starter/turns/README.md`` names them): the turns of
``appliance/bench/workbench/turns.json`` whose speakers belong to the half that nothing is reported on, the takes of
``voice-kathleen``, and sentences that the synthesizers of the ear's recipe speak.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np

from appliance.bench.workbench import pauses
from appliance.bench.workbench.label_turns import Labeller, Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.engines.end_of_phrase import SPAN

CUTS = 4
"""places between words that are taken from one recording, at most"""

SHORTEST_HOLD_S = 0.12
SHORTEST_SPEECH_S = 0.25
"""before a cut, and after it"""

_FADE_S = 0.01


@dataclass(frozen=True, slots=True)
class Clip:
    """A moment in a recording; seconds of its sound."""

    recording: str
    speaker: str
    source: str
    """orders, sentences, calls, meetings, kathleen or synthesized"""
    kind: str
    """end, hold or cut"""
    begin_s: float
    """where the turn begins"""
    at_s: float
    """where its last sound ends"""
    pause_s: float
    """recorded silence from there on; what is missing is filled with the recording's own"""
    quiet: tuple[float, float]

    @property
    def over(self) -> bool:
        return self.kind == "end"


def labelled(data: Path, labeller: Labeller, chance: Random) -> Iterator[Clip]:
    """From the labelled turns of the half that is fitted on."""
    for turn in pauses.read_labels():
        if turn.half != "fit" or turn.group == "digits":
            continue
        file, *quiet = turn.quiet
        samples = pauses.recording(data / file)
        begin_s, end_s = turn.pieces[0].from_s, turn.pieces[-1].to_s
        recorded = [s for s in turn.silences if s.hold and not s.built]
        spans = [(recorded_s(turn, s.begin_s), s.end_s - s.begin_s) for s in recorded]
        yield from _clips(
            file,
            turn.speaker,
            turn.group,
            (begin_s, end_s),
            [span for span in spans if span[1] >= SHORTEST_HOLD_S],
            labeller.borders(samples, begin_s, end_s),
            (float(quiet[0]), float(quiet[1])),
            chance,
            # After an order nothing else was recorded; after the others somebody may speak.
            after_s=len(samples) / SAMPLE_RATE_HZ - end_s if turn.group == "orders" else 0.0,
        )


def recorded_s(turn: pauses.Turn, built_s: float) -> float:
    """A moment of the built sound as one of the recording."""
    at_s = turn.pieces[0].from_s + built_s - pauses.LEAD_S
    return at_s - sum(s.end_s - s.begin_s for s in turn.silences if s.built and s.begin_s < built_s)


def spoken(
    name: str, speaker: str, source: str, samples: Samples, labeller: Labeller, chance: Random
) -> Iterator[Clip]:
    """From one recording that holds one whole sentence."""
    speech: Speech = labeller.speech(samples)
    if not speech.spans or speech.quiet[1] - speech.quiet[0] < 0.1:
        return
    begin_s, end_s = speech.spans[0][0], speech.spans[-1][1]
    holds = [(a[1], b[0] - a[1]) for a, b in itertools.pairwise(speech.spans)]
    yield from _clips(
        name,
        speaker,
        source,
        (max(0.0, begin_s - 0.05), end_s),
        [hold for hold in holds if hold[1] >= SHORTEST_HOLD_S],
        labeller.borders(samples, begin_s, end_s),
        speech.quiet,
        chance,
        after_s=len(samples) / SAMPLE_RATE_HZ - end_s,
    )


def _clips(
    name: str,
    speaker: str,
    source: str,
    span: tuple[float, float],
    holds: Sequence[tuple[float, float]],
    borders: Sequence[float],
    quiet: tuple[float, float],
    chance: Random,
    after_s: float = 0.0,
) -> Iterator[Clip]:
    """``after_s``: recorded silence after the end."""
    begin_s, end_s = span
    yield Clip(name, speaker, source, "end", begin_s, end_s, after_s, quiet)
    for at_s, pause_s in holds:
        yield Clip(name, speaker, source, "hold", begin_s, at_s, pause_s, quiet)
    apart = [
        at_s
        for at_s in borders
        if begin_s + SHORTEST_SPEECH_S < at_s < end_s - SHORTEST_SPEECH_S
        and all(not hold_s - 0.1 < at_s < hold_s + pause_s + 0.1 for hold_s, pause_s in holds)
    ]
    for at_s in sorted(chance.sample(apart, min(CUTS, len(apart)))):
        yield Clip(name, speaker, source, "cut", begin_s, at_s, 0.0, quiet)


def sound(clip: Clip, samples: Samples, silence_s: float) -> Samples:
    """The clip with so much silence after it, as the appliance would have heard it at most ``SPAN`` samples ago."""
    rate = SAMPLE_RATE_HZ
    at = round(clip.at_s * rate)
    kept = round(min(clip.pause_s, silence_s) * rate)
    spoken_part = samples[max(round(clip.begin_s * rate), at - SPAN) : at + kept].copy()
    fade = min(round(_FADE_S * rate), len(spoken_part))
    if kept == 0 and fade:
        spoken_part[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    room = samples[round(clip.quiet[0] * rate) : round(clip.quiet[1] * rate)]
    room = np.concatenate((room, room[::-1]))
    after = np.resize(room, round(silence_s * rate) - kept)
    before = np.resize(room, max(0, min(rate // 2, SPAN - len(spoken_part) - len(after))))
    return np.concatenate((before, spoken_part, after)).astype(np.float32)


def write(clips: Sequence[Clip], path: Path) -> None:
    path.write_text("".join(f"{json.dumps(asdict(clip))}\n" for clip in clips), encoding="utf-8")


def read(path: Path) -> list[Clip]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Clip(**{**row, "quiet": tuple(row["quiet"])}) for row in rows]
