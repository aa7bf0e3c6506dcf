"""Scripted engines. Each states what it expects, and a test fails when part of a script was not used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import AnswerKind, Message, Outcome, ToolResult, Transcript, TurnScored, WordSpan, WordTime
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import MOST_CANDIDATES, AskCosts, Voiced
from appliance.core.turn import Turn

VOICE_RATE_HZ = 16_000
WORD_SAMPLES = 3_200
"""How long the fake voice takes for a word: 0.2 s."""


class Unscripted(BaseException):
    """An event that is not in the script. It is no ``Exception``, because the appliance would take that for a fault of
    one reply and go on."""


def tone(seconds: float, hz: float = 220.0) -> Samples:
    """A tone that the fake voice detector takes for speech, at 16 kHz."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


class LoudnessVad:
    """A VAD to which everything louder than -40 dBFS is speech. It has no state, so it is its own stream."""

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
    """An embedder to which a voice is its pitch. A voice at 220 Hz has nothing in common with one at 440 Hz."""

    def embed(self, speech: Samples) -> Samples:
        spectrum = np.abs(np.fft.rfft(speech))
        hz = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / len(speech)
        angle = np.pi / 2 * (hz - 220) / 220
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


@dataclass
class ScriptedEar:
    """An ear each of whose streams hears the scripted texts from the first on."""

    script: list[str]
    streams: list[ScriptedEarStream] = field(default_factory=list)

    def stream(self) -> ScriptedEarStream:
        self.streams.append(ScriptedEarStream([*self.script]))
        return self.streams[-1]


@dataclass
class ScriptedEarStream:
    """A stream that hears the scripted texts: one per utterance, one word more per 0.25 s, none without a sound. Each
    word takes 0.2 s from its beginning on."""

    script: list[str]
    name: str = "scripted"
    streaming: str = ""
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

    def times(self, text: str) -> tuple[WordTime, ...]:
        return tuple(WordTime(word, n * 0.25, n * 0.25 + 0.2) for n, word in enumerate(text.split()))

    def _transcript(self) -> Transcript:
        text = self._text if self._samples else ""
        return Transcript(text, 0.9 if text else 0.0, self.name)


class ToneVoice:
    """A voice that makes 0.2 s of tone per word and one piece per clause."""

    rate_hz = VOICE_RATE_HZ

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        words = text.split()
        if not words or turn.cancelled:
            return
        spans = tuple(WordSpan(word, (i + 1) * WORD_SAMPLES) for i, word in enumerate(words))
        yield Voiced(tone(len(words) * 0.2, 440.0), spans)


@dataclass
class ScriptedInterpreter:
    """An interpreter that rewrites the lines it knows, and finds that they mean the candidates it knows, for sure. All
    other lines mean none of the candidates."""

    rewritten: Mapping[str, str] = field(default_factory=dict)
    meant: Mapping[str, str] = field(default_factory=dict)
    costs: AskCosts = AskCosts(rewrite_s=0.1, judge_s=0.1)  # noqa: RUF009 - frozen
    asked: list[str] = field(default_factory=list)
    """the lines, in order"""

    def rewrite(self, history: Sequence[Message], line: str, turn: Turn) -> str | None:
        self.asked.append(line)
        return None if turn.cancelled else self.rewritten.get(line)

    def judge(self, line: str, candidates: Sequence[str], turn: Turn) -> Sequence[float]:
        if not 1 <= len(candidates) <= MOST_CANDIDATES:
            raise ValueError(f"{len(candidates)} candidates")
        self.asked.append(line)
        if turn.cancelled:
            return ()
        meant = candidates.index(self.meant[line]) if self.meant.get(line) in candidates else len(candidates)
        sure, share = 0.99, 0.01 / len(candidates)
        return [math.log(sure if n == meant else share) for n in range(len(candidates) + 1)]


@dataclass(frozen=True, slots=True)
class ScriptedState(ResponderState):
    """A state in which the answer is expected that the script says (``Outcome.expects``)."""

    scripted: AnswerKind = "anything"

    @property
    def answer_expected(self) -> AnswerKind:
        return self.scripted


@dataclass
class ScriptedResponder:
    """A responder that answers the scripted questions. A question out of order fails the daemon. A speculative question
    that was cancelled is asked again."""

    script: list[tuple[str, list[str | Outcome | Exception]]]
    complete: float = 1.0
    partials: list[str] = field(default_factory=list)
    histories: list[tuple[Message, ...]] = field(default_factory=list)
    begun: int = 0
    discarded: int = 0
    """the number of speculative questions whose answers were discarded"""
    _guess: tuple[Turn, tuple[str, list[str | Outcome | Exception]]] | None = None

    def begin(self) -> ResponderState:
        self.begun += 1
        return ResponderState()

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        self.partials.append(partial)

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        return TurnScored(text, self.complete)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        self._take_back_guess()
        if not self.script or self.script[0][0] != heard.text:
            raise Unscripted(f"unexpected question {heard.text!r}")
        answered = _, pieces = self.script.pop(0)
        self._guess = (turn, answered)
        self.histories.append(tuple(history))
        outcome = next((piece for piece in reversed(pieces) if isinstance(piece, Outcome)), Outcome())
        return Reply(ScriptedState(scripted=outcome.expects), spoken(pieces))

    def _take_back_guess(self) -> None:
        if self._guess is not None and not self._guess[0].confirmed:
            self.script.insert(0, self._guess[1])
            self.histories.pop()
            self.discarded += 1


def spoken(pieces: Sequence[str | Outcome | Exception]) -> Iterator[str | Outcome]:
    """Yield the pieces of a reply. An error among them is raised at its place."""
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


@dataclass
class RecordingTool:
    """A tool that remembers its calls."""

    name: str = "pager"
    calls: list[str] = field(default_factory=list)

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.calls.append(function)
        return ToolResult(True, "done")
