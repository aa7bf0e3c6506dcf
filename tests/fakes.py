"""Scripted engines: each states what it expects, and a test fails when something was not consumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import AnswerKind, Message, Outcome, ToolResult, Transcript, WordSpan
from appliance.core.ports import Voiced
from appliance.core.turn import Turn

VOICE_RATE_HZ = 16_000
WORD_SAMPLES = 3_200
"""How long the fake voice takes for a word: 0.2 s."""


class Unscripted(BaseException):
    """Something happened that the script does not hold. No ``Exception``, which the appliance would take for a fault of
    one reply and go on."""


def tone(seconds: float, hz: float = 220.0) -> Samples:
    """Something that the fake voice detector takes for speech, at 16 kHz."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


class LoudnessVad:
    """Everything louder than -40 dBFS is speech. Its streams have no state, so it is its own stream."""

    window_samples = 512

    def stream(self) -> LoudnessVad:
        return self

    def probability(self, window: Samples) -> float:
        if len(window) != self.window_samples:
            raise ValueError(f"a window has {self.window_samples} samples, not {len(window)}")
        return 0.95 if float(np.sqrt(np.mean(np.square(window)))) > 0.01 else 0.02

    def reset(self) -> None:
        pass


class PitchVoices:
    """A voice is its pitch: at 220 Hz one, at 440 Hz another that has nothing in common with it."""

    def embed(self, speech: Samples) -> Samples:
        spectrum = np.abs(np.fft.rfft(speech))
        hz = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / len(speech)
        angle = np.pi / 2 * (hz - 220) / 220
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


@dataclass
class ScriptedEar:
    """Each stream of it hears the scripted texts from the first on."""

    script: list[str]
    streams: list[ScriptedEarStream] = field(default_factory=list)

    def stream(self) -> ScriptedEarStream:
        self.streams.append(ScriptedEarStream([*self.script]))
        return self.streams[-1]


@dataclass
class ScriptedEarStream:
    """Hears the scripted texts, one per utterance, a word more with each quarter of a second; none without a sound."""

    script: list[str]
    name: str = "scripted"
    heard: int = 0
    pauses: int = 0

    def start(self) -> None:
        self._text = self.script.pop(0) if self.script else ""
        self._samples = 0

    def accept(self, samples: Samples) -> str:
        self._samples += len(samples)
        words = self._text.split()
        return " ".join(words[: 1 + self._samples // 4_000]) if self._samples else ""

    def pause(self) -> Transcript:
        self.pauses += 1
        return self._transcript()

    def resume(self) -> None:
        pass

    def finish(self) -> Transcript:
        self.heard += 1
        return self._transcript()

    def _transcript(self) -> Transcript:
        text = self._text if self._samples else ""
        return Transcript(text, 0.9 if text else 0.0, self.name)


class ToneVoice:
    """0.2 s of tone per word, one piece per clause."""

    rate_hz = VOICE_RATE_HZ

    def synthesize(self, text: str, turn: Turn) -> Iterator[Voiced]:
        words = text.split()
        if not words or turn.cancelled:
            return
        spans = tuple(WordSpan(word, (i + 1) * WORD_SAMPLES) for i, word in enumerate(words))
        yield Voiced(tone(len(words) * 0.2, 440.0), spans)


@dataclass
class ScriptedHost:
    """Answers the scripted questions; a question out of order fails the daemon."""

    script: list[tuple[str, list[str | Outcome | Exception]]]
    complete: float = 1.0
    partials: list[str] = field(default_factory=list)
    histories: list[tuple[Message, ...]] = field(default_factory=list)
    opened: int = 0
    retracted: int = 0
    abandoned: int = 0
    _answered: tuple[str, list[str | Outcome | Exception]] | None = None

    def open(self) -> None:
        self.opened += 1

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        self.partials.append(partial)

    def end_of_turn_probability(self, history: Sequence[Message], text: str) -> float:
        return self.complete

    def ends(self, text: str) -> float | None:
        return None

    @property
    def answer_expected(self) -> AnswerKind:
        return "anything"

    def retract(self) -> None:
        """The last question was only a guess, and will be asked again."""
        self.retracted += 1
        if self._answered is not None:
            self.script.insert(0, self._answered)
            self.histories.pop()
            self._answered = None

    def reply(self, heard: Transcript, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        if not self.script or self.script[0][0] != heard.text:
            raise Unscripted(f"unexpected question {heard.text!r}")
        self._answered = _, pieces = self.script.pop(0)
        self.histories.append(tuple(history))
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def abandon(self) -> None:
        self.abandoned += 1


@dataclass
class RecordingTool:
    """Remembers its calls."""

    name: str = "pager"
    calls: list[str] = field(default_factory=list)

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.calls.append(function)
        return ToolResult(True, "done")
