"""Runs the appliance's own listener over each labelled turn, and keeps the results for the next run.

The listener is the product's, with an endpoint that never ends a turn, so that every silence is met as if no turn had
been cut before. What depends on the audio, the detector and the ear alone is kept by turn under ``build/turns``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance.bench.workbench.pauses import TAIL_S, Turn, sound
from appliance.brain.responder import Responder
from appliance.config.box import EndpointSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Fact, SpeechPaused, SpeechResumed, SpeechStarted, TurnEndPredicted, TurnScored
from appliance.core.mailbox import Mailbox
from appliance.core.ports import EarStream, Finality, VadStream
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with
from appliance.hearing.prosody import SPAN_S, PhraseEnd, phrase_end

VERSION = 4
"""Raise it when the listener, the detector or the cues change."""

_ENDLESS = EndpointSettings(end_ms=10**7, unfinished_ms=10**7, longest_s=1e6)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the turn so far."""

    at_s: float
    """when they were known, because the ear lags the sound"""
    text: str
    p_stop: float | None = None
    """as ``Transcript`` has it"""


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence as the appliance met it. Times are seconds of the turn's sound."""

    from_s: float
    """end of the speech before it, by the detector"""
    at_s: float
    """time at which it was noticed"""
    to_s: float
    """time at which speech was heard again, or the end of the sound"""
    turn_s: float
    """from the turn's first speech to ``from_s``"""
    words: tuple[Words, ...]
    phrase: PhraseEnd


@dataclass(frozen=True, slots=True)
class Track:
    turn: Turn
    pauses: tuple[Pause, ...]


def follow(
    turns: Sequence[Turn], data: Path, keep: Path, vad: VadStream, ear: EarStream, tell: Callable[[str], None]
) -> list[Track]:
    """All turns as the appliance meets them. Turns that were kept are not heard again."""
    folder = keep / f"tracks-{ear.name}-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    tracks = []
    for number, turn in enumerate(turns):
        path = folder / f"{turn.id}-{_digest(turn)}.json"
        if not path.exists():
            if number % 50 == 0:
                tell(f"listening to turn {number + 1} of {len(turns)}")
            found = [asdict(pause) for pause in listen(turn, sound(turn, data), vad, ear)]
            path.write_text(json.dumps(found), encoding="utf-8")
        rows = json.loads(path.read_text(encoding="utf-8"))
        tracks.append(Track(turn, tuple(_pause(row) for row in rows)))
    return tracks


def listen(turn: Turn, samples: Samples, vad: VadStream, ear: EarStream) -> Iterator[Pause]:
    """The pauses of one turn."""
    heard: Mailbox[ListenerInput] = Mailbox("bench", 1_000_000, "fault")
    # The recogniser does not need the whole silence after the turn.
    until = round((turn.end.begin_s + 1.0) * SAMPLE_RATE_HZ)
    for position in range(0, min(len(samples), until) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard.put(AudioFrame(samples[position : position + FRAME_SAMPLES], position))
    heard.close()
    facts: list[Fact] = []
    vad.reset()
    listener_with(ear, heard, facts.append, vad, Endpoint(_ENDLESS)).run()
    started_s = 0.0
    words: list[Words] = []
    paused: SpeechPaused | None = None
    for fact in [*facts, None]:
        match fact:
            case SpeechStarted():
                started_s = fact.at_s - _ENDLESS.start_ms / 1000
            case SpeechPaused():
                paused, words = fact, []
            case TurnEndPredicted():
                words.append(Words(fact.at_s, fact.transcript.text, fact.transcript.p_stop))
            case SpeechResumed() | None if paused is not None:
                to_s = fact.at_s if fact is not None else turn.end.begin_s + TAIL_S
                ends = round(paused.at_s * SAMPLE_RATE_HZ)
                span = samples[max(0, ends - round((SPAN_S + 0.5) * SAMPLE_RATE_HZ)) : ends]
                phrase = phrase_end(span, paused.at_s - paused.speech_end_s)
                yield Pause(
                    paused.speech_end_s, paused.at_s, to_s, paused.speech_end_s - started_s, tuple(words), phrase
                )
                paused = None


def sound_out(tracks: Sequence[Track], data: Path, keep: Path, weights: Path, finality: Finality) -> list[Track]:
    """The tracks with the network's log odds for the end of each phrase, kept between runs with the same weights."""
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
    path = keep / f"finality-{digest}.json"
    known: dict[str, float] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def verdict(turn: Turn, samples: Samples, pause: Pause) -> Pause:
        place = f"{turn.id}-{_digest(turn)}@{pause.at_s:.3f}"
        if place not in known:
            known[place] = round(finality.log_odds(samples[: round(pause.at_s * SAMPLE_RATE_HZ)]), 4)
        return replace(pause, phrase=replace(pause.phrase, final=known[place]))

    judged = []
    for track in tracks:
        places = [f"{track.turn.id}-{_digest(track.turn)}@{pause.at_s:.3f}" for pause in track.pauses]
        samples = np.zeros(0, np.float32) if all(place in known for place in places) else sound(track.turn, data)
        judged.append(replace(track, pauses=tuple(verdict(track.turn, samples, pause) for pause in track.pauses)))
    path.write_text(json.dumps(known, indent=0, sort_keys=True), encoding="utf-8")
    return judged


def _pause(row: dict[str, Any]) -> Pause:
    words = tuple(Words(**words) for words in row["words"])
    return Pause(**{**row, "words": words, "phrase": PhraseEnd(**{**row["phrase"], "final": None})})


def _digest(turn: Turn) -> str:
    return hashlib.sha256(repr((turn.pieces, turn.quiet)).encode()).hexdigest()[:12]


def judge(tracks: Sequence[Track], responder: Responder, keep: Path) -> dict[str, TurnScored]:
    """The score of every partial transcript that was met, as the appliance computes it, kept between two runs."""
    path = keep / "scores.json"
    scored: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    words = sorted({known.text for track in tracks for pause in track.pauses for known in pause.words if known.text})
    state = responder.begin()
    for text in words:
        if text not in scored:
            scored[text] = asdict(responder.score(state, (), text))
    path.write_text(json.dumps(scored, indent=0, sort_keys=True), encoding="utf-8")
    return {text: TurnScored(**scored[text]) for text in words}
