"""Has the appliance's own listener hear a recording, and measures it.

The listener is the product's: detector, pre-roll, ears, the second pass at a pause. Two things differ from a
conversation. A turn ends only after the longest silence that the box allows (``endpoint.unfinished_ms``), so that no
words are lost to an early end, which ``site learn`` measures on its own. And frames come as fast as they are taken; a
clock beside them counts when each would have come, and when the listener would have been done with it, so that latency
is that of real time. A frame takes as long as it took, or the processor seconds that it took if they are fewer: what
other processes used meanwhile does not count. With an accelerator, where the processor waits, it takes as long as it
took. Half a second of faint noise stands before a recording, and as much as ends a turn behind it.

- *latency*: from the end of the last speech, by the detector, until the final words were known for the first time;
- *processor seconds*: of this process, over all threads, from the first frame until then.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance import __version__
from appliance.bench.recordings.load import Load
from appliance.config.box import EndpointSettings, Settings
from appliance.config.site import Site
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Fact, SpeechPaused, SpeechResumed, SpeechStarted, TurnEnded, TurnEndPredicted
from appliance.core.mailbox import Mailbox
from appliance.core.ports import EarStream, PortError, VadStream
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with

_PROGRAM = Path(__file__).resolve().parents[2]

BEFORE_S, AFTER_S = 0.5, 0.5
"""Seconds of faint noise before a recording, and behind the silence that ends its last turn"""
_NOISE_DBFS = -70.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence as the listener met it. Times are seconds of the sound with the noise around it (``padded``)."""

    from_s: float
    """end of the speech before it"""
    at_s: float
    """when it was noticed"""
    to_s: float | None
    """when speech was heard again; None for the silence at the end"""
    text: str
    """the words of the turn so far"""
    p_stop: float | None = None
    """as ``Transcript`` has it"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the box heard in one recording."""

    text: str
    """words of all turns, empty where there was no speech"""
    confidence: float
    """of the turn that the ears were least sure of; 0 without speech"""
    turns: int
    audio_s: float
    processor_s: float
    latency_s: float | None
    """None without speech"""
    others: float | None = None
    """share of the machine that others used meanwhile"""
    pauses: tuple[Pause, ...] = ()

    @staticmethod
    def read(row: Mapping[str, Any]) -> Heard:
        """The result that a journal keeps as ``asdict`` wrote it."""
        return Heard(**{**row, "pauses": tuple(Pause(**pause) for pause in row["pauses"])})


class Listening:
    """An ear and a detector that hear one recording after the other."""

    def __init__(
        self, ear: EarStream, vad: VadStream, settings: EndpointSettings, *, accelerated: bool = False
    ) -> None:
        self._accelerated = accelerated
        self._ear = ear
        self._vad = vad
        # Whatever the words and the sound say, only the longest silence ends a turn.
        self._settings = replace(settings, end_ms=settings.unfinished_ms)

    def hear(self, samples: Samples) -> Heard:
        """Hear a recording at ``SAMPLE_RATE_HZ``."""
        self._vad.reset()
        facts: list[Fact] = []
        heard: Mailbox[ListenerInput] = Mailbox("recording", 1, "fault")
        listener = listener_with(self._ear, heard, facts.append, self._vad, Endpoint(self._settings))
        load, begun_s, free_s = Load(), time.process_time(), 0.0
        known: list[tuple[Fact, float, float]] = []
        """facts with the time at which each was known, and the processor seconds until then"""
        for frame in frames_of(padded(samples, self._settings.unfinished_ms / 1000)):
            before_s, used_before_s = time.monotonic(), time.process_time()
            listener.take(frame)
            taken_s, used_s = time.monotonic() - before_s, time.process_time()
            if not self._accelerated:
                taken_s = min(taken_s, used_s - used_before_s)
            free_s, used_s = max(frame.end_s, free_s) + taken_s, used_s - begun_s
            known += [(fact, free_s, used_s) for fact in facts]
            facts.clear()
        ended = [fact for fact, _, _ in known if isinstance(fact, TurnEnded)]
        audio_s = len(samples) / SAMPLE_RATE_HZ
        if not ended:
            return Heard("", 0.0, 0, audio_s, time.process_time() - begun_s, None, load.others())
        last = ended[-1]
        known_s, used_s = next(
            (at_s, used_s)
            for fact, at_s, used_s in known
            if fact is last
            or (isinstance(fact, TurnEndPredicted) and fact.at_s >= last.speech_end_s and _same(fact, last))
        )
        return Heard(
            " ".join(turn.transcript.text for turn in ended if turn.transcript.text),
            min(turn.transcript.confidence for turn in ended),
            len(ended),
            audio_s,
            used_s,
            known_s - last.speech_end_s,
            load.others(),
            tuple(pauses_of([fact for fact, _, _ in known])),
        )


def pauses_of(facts: Iterable[Fact]) -> Iterator[Pause]:
    """The silences within what was said, and the one at its end."""
    paused: Pause | None = None
    for fact in facts:
        match fact:
            case SpeechPaused():
                paused = Pause(fact.speech_end_s, fact.at_s, None, "")
            case TurnEndPredicted() if paused is not None:
                paused = replace(paused, text=fact.transcript.text, p_stop=fact.transcript.p_stop)
            case SpeechResumed() | SpeechStarted() if paused is not None:
                yield replace(paused, to_s=fact.at_s)
                paused = None
    if paused is not None:
        yield paused


def _same(predicted: TurnEndPredicted, ended: TurnEnded) -> bool:
    return predicted.transcript.text == ended.transcript.text


def padded(samples: Samples, silence_s: float) -> Samples:
    """A recording with faint noise around it: ``BEFORE_S`` before it, ``silence_s`` and ``AFTER_S`` behind it."""
    chance = np.random.default_rng(0)
    before = round(BEFORE_S * SAMPLE_RATE_HZ)
    after = round((silence_s + AFTER_S) * SAMPLE_RATE_HZ)
    whole = np.zeros(before + len(samples) + after, np.float32)
    whole[before : before + len(samples)] = samples
    whole += 10 ** (_NOISE_DBFS / 20) * chance.standard_normal(len(whole), dtype=np.float32)
    return whole


def frames_of(samples: Samples) -> Iterable[AudioFrame]:
    """The frames of a sound; what is left of it at the end is dropped."""
    for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield AudioFrame(samples[at : at + FRAME_SAMPLES], at)


def audio_key(samples: Samples) -> str:
    """A name for a sound, by its samples."""
    return hashlib.sha256(np.ascontiguousarray(samples, np.float32).tobytes()).hexdigest()[:32]


# --- what it depends on -------------------------------------------------------------------------------------------

_HEARING_ROOMS = ("core", "engines", "hearing", "language")
_ANSWERING_ROOMS = ("core", "engines", "language", "conversation", "brain", "tools", "bench")


def ear_key(settings: Settings, site: Site) -> str:
    """A name for everything that what is heard depends on: program, ears, models and site. A folder counts by what is
    in it, not by where it is."""
    ear = settings.ear
    sherpa = ear.sherpa and replace(ear.sherpa, directory=Path())
    pocketsphinx = ear.pocketsphinx and replace(ear.pocketsphinx, model=None)
    endpoint = replace(settings.endpoint, patience_s=0, end_ms=0, speculate=False, finality=None)
    models = [
        *([ear.moonshine.directory] if ear.moonshine else []),
        *([ear.sherpa.directory] if ear.sherpa else []),
        *([ear.pocketsphinx.model] if ear.pocketsphinx and ear.pocketsphinx.model else []),
        *([ear.ctc.head, ear.ctc.encoder] if ear.ctc else []),
    ]
    said = (ear.configured, sherpa, pocketsphinx, endpoint, settings.threads, settings.device, site)
    return _digest(repr(said), _HEARING_ROOMS, [*models, Path(__file__)])


def brain_key(settings: Settings, site: Site) -> str:
    """A name for everything that an answer depends on, beside the words and the day."""
    brain = settings.brain
    models = [brain.model, *([brain.embedder] if brain.embedder else [])]
    return _digest(repr((brain.context_tokens, brain.composed, site)), _ANSWERING_ROOMS, models)


def _digest(said: str, rooms: Iterable[str], models: Iterable[Path]) -> str:
    digest = hashlib.sha256(f"{__version__}\n{said}\n".encode())
    program = [path for room in rooms for path in sorted((_PROGRAM / room).glob("**/*.py"))]
    for path in [*program, *(file for place in models for file in _files(place))]:
        try:
            with path.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise PortError(f"{path}: cannot be read: {error.strerror}") from None
    return digest.hexdigest()[:32]


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
