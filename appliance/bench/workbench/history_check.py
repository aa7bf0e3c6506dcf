"""Checks that the history holds the words of a reply that were heard: the history part of ``cloister bench turns``.

The daemon runs on a fast wave line, with its real voice and its real threads. Replies are interrupted at random moments
by facts such as its ear tells (speech, then a word that stops it). Some interruptions follow a sound, for which the
reply was ducked, or speech that stopped again, for which it was held and went back to the start of a clause. The
history of the next question is then compared with the sound. The reply's own samples are followed in the loudspeaker's
output, block by block, up to the last one, and the voice's alignment says which words had ended by then. The dialogue's
own count of samples is not used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.bench.markdown import Row
from appliance.bench.workbench.null_engines import DeafEar, DeafVad
from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation.barge_in import SUSPICION_S
from appliance.conversation.dialogue import GOES_ON_S
from appliance.core.audio import Samples
from appliance.core.facts import (
    ROOM,
    Fact,
    Message,
    Outcome,
    PartialTranscript,
    SoundHeard,
    SpeechPaused,
    SpeechStarted,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
    TurnScored,
)
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import Voice, Voiced
from appliance.core.turn import Turn
from appliance.devices.wave import WaveLine
from appliance.engines.tts.piper import PiperVoice
from appliance.runtime.appliance import Appliance
from appliance.runtime.assemble import running
from appliance.runtime.engines import Engines
from appliance.speaking.speak import at_once

_REPLIES = 12
"""Number of different replies. Each is synthesized once."""

_STEEPEST = 0.004
"""The largest change of gain from sample to sample in a ramp of the playback. A fade is steeper."""


@dataclass(frozen=True)
class Memory:
    """Figures of how often the history equalled the words that were heard."""

    interruptions: int
    equal: int
    with_nothing_heard: int
    ducked_before: int
    held_before: int
    words_heard: tuple[int, ...]
    """number of words that were heard of each reply"""
    differences: tuple[str, ...]
    """for each difference, the remembered words and the words that were heard (of the site's own sentences)"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        yield Row("history equal to the words heard after an interruption", f"{self.equal}", self.interruptions)
        yield Row("of them before the first word", f"{self.with_nothing_heard}", self.interruptions)

    def table(self) -> str:
        lines = [
            f"history: in {self.equal} of {self.interruptions} random interruptions it equals the words heard "
            f"({self.ducked_before} after ducking, {self.held_before} after a held clause, "
            f"{self.with_nothing_heard} before the first word)"
        ]
        return "\n".join([*lines, *self.differences])


_EARLIEST_S = GOES_ON_S + 0.2
"""Seconds of a reply before it is interrupted. What is said earlier is the rest of the question, and the reply then
counts as unheard."""


class _RememberedVoice:
    """The real voice, which synthesizes each clause once."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._clauses: dict[str, list[Voiced]] = {}
        self.rate_hz = voice.rate_hz
        self.said: list[Voiced] = []
        """clauses since it was last cleared"""

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        if text not in self._clauses:
            self._clauses[text] = list(self._voice.synthesize(text, Turn(0)))
        for voiced in self._clauses[text]:
            # The playback skips the silence before a reply's first sound.
            self.said.append(voiced if self.said else at_once(voiced, self.rate_hz))
            yield voiced


class _Reciter:
    """A responder that says the site's facts, one after the other, and keeps the history that it was given."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._next = 0
        self.history: tuple[Message, ...] = ()

    def begin(self) -> ResponderState:
        return ResponderState()

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        pass

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        return TurnScored(text, 1.0)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        self.history = tuple(history)
        self._next += 1
        return Reply(state, iter((self._texts[self._next % len(self._texts)], Outcome())))


class _Interrupter:
    """Sends a line, at given stream times, the facts that its ear would send. It runs in the wave line's thread."""

    def __init__(
        self, appliance: Appliance, wave: WaveLine, voice: _RememberedVoice, reciter: _Reciter, count: int
    ) -> None:
        self._appliance, self._line, self._voice, self._reciter = appliance, wave, voice, reciter
        self._left = count
        self._random = np.random.default_rng(0)
        self._plan: list[tuple[float, Callable[[], None]]] = []
        self._blocks: list[Samples] = []
        self._sounding = False
        self._manner = ""
        self.done = threading.Event()
        self.trials: list[tuple[str, str, str]] = []
        """kind of interruption, remembered words, and words that were heard"""
        wave.speaker.tap(self._tap)
        self._plan = [(0.5, self._arrive)]

    def settled(self) -> bool:
        """Replaces the appliance's own method, so that facts can come between two steps of the line."""
        if not self._appliance.settled():
            return False
        if self._plan and self._line.position_s >= self._plan[0][0]:
            _, act = self._plan.pop(0)
            act()
            return False
        return True

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        self._plan.append((self._line.position_s + seconds, act))

    def _tell(self, fact: Fact) -> Callable[[], None]:
        return lambda: self._tell_now(fact)

    def _tell_now(self, fact: Fact) -> None:
        self._appliance.lines[ROOM].tell(fact)

    def _arrive(self) -> None:
        self._tell_now(SpeechStarted(self._line.position_s))
        self._ask()

    def _ask(self) -> None:
        now_s = self._line.position_s
        self._voice.said.clear()
        self._blocks.clear()
        self._sounding = False
        self._tell_now(TurnEnded(Transcript("go on", 1.0, "bench"), now_s, now_s))

    def _tap(self, samples: Samples, _position: int) -> None:
        if not self._sounding and not samples.any():
            return
        if not self._sounding:
            self._sounding = True
            self._interrupt_sometime()
        self._blocks.append(samples.copy())

    def _interrupt_sometime(self) -> None:
        length_s = sum(len(voiced.samples) for voiced in self._voice.said) / self._voice.rate_hz
        self._manner = str(self._random.choice(["at once", "ducked", "held"], p=[0.5, 0.25, 0.25]))
        at_s = self._line.position_s + float(self._random.uniform(_EARLIEST_S, max(_EARLIEST_S + 0.1, length_s - 1.0)))
        spoken = SpeechStarted(at_s)
        if self._manner == "ducked":
            self._plan.append((at_s, self._tell(SoundHeard(at_s))))
            at_s += float(self._random.uniform(0.1, SUSPICION_S + 0.8))
        elif self._manner == "held":
            lasts_s = float(self._random.uniform(0.2, 1.2))
            self._plan += [
                (at_s, self._tell(spoken)),
                (at_s + lasts_s, self._tell(SpeechPaused(at_s + lasts_s, at_s + lasts_s))),
                (at_s + lasts_s, self._tell(TurnEndPredicted(Transcript("", 0.0, "bench"), at_s + lasts_s))),
                (at_s + lasts_s + 0.1, self._tell(TurnEnded(Transcript("", 0.0, "bench"), at_s, at_s + lasts_s))),
            ]
            at_s += lasts_s + float(self._random.uniform(0.2, 0.8))
        self._plan += [
            (at_s, self._tell(SpeechStarted(at_s))),
            (at_s, self._tell(PartialTranscript("stop", at_s))),
            (at_s + 0.1, self._next_question),
        ]

    def _next_question(self) -> None:
        sound = np.concatenate([voiced.samples for voiced in self._voice.said])
        words, starts, start = [], [], 0
        for voiced in self._voice.said:
            starts.append(start)
            words += [(word.text, start + word.end) for word in voiced.words]
            start += len(voiced.samples)
        left = furthest_played(self._blocks, sound, starts)
        heard = " ".join(text for text, end in words if end <= left)
        manner = self._manner
        self._ask()
        self._after(0.0, lambda: self._compare(manner, heard))

    def _compare(self, manner: str, heard: str) -> None:
        last = self._reciter.history[-1] if self._reciter.history else Message("user", "")
        self.trials.append((manner, last.content if last.role == "assistant" else "", heard))
        self._left -= 1
        if not self._left:
            self.done.set()
            self._plan.clear()


def furthest_played(blocks: Sequence[Samples], sound: Samples, starts: Sequence[int]) -> int:
    """The number of samples of ``sound`` that were played in ``blocks``. They hold it at any gain, with silences, and
    after a silence again from one of ``starts`` on. A block that only fades away does not count."""
    position = furthest = 0
    for block in blocks:
        if not block.any():
            continue
        for candidate in (position, *(start for start in starts if start <= furthest)):
            part = sound[candidate : candidate + len(block)]
            if len(part) and _is_played(block[: len(part)], part):
                position = candidate + len(part)
                furthest = max(furthest, position)
                break
    return furthest


def _is_played(block: Samples, part: Samples) -> bool:
    there = np.flatnonzero(np.abs(part) > 1e-4)
    if not len(there):
        return bool(np.array_equal(block != 0, part != 0))
    gains = block[there] / part[there]
    steps = np.abs(np.diff(gains)) / np.diff(there)
    return bool(
        gains[-1] > 0
        and gains.min() >= -1e-3
        and gains.max() <= 1.001
        and (not len(steps) or float(steps.max()) <= _STEEPEST)
    )


def measure(settings: Settings, site: Site, count: int) -> Memory:
    """Interrupt ``count`` replies. Raises PortError."""
    voice = _RememberedVoice(PiperVoice(settings, site.language))
    facts = [fact.say for fact in site.facts]
    reciter = _Reciter([" ".join(facts[n : n + 2]) for n in range(min(_REPLIES, len(facts) - 1))])
    wave = WaveLine(voice.rate_hz, "fast", record=False)
    engines = Engines(DeafVad(), DeafEar(), voice, lambda *_: reciter, {})
    with running(settings, site, engines) as appliance:
        interrupter = _Interrupter(appliance, wave, voice, reciter, count)
        wave.settled = interrupter.settled
        appliance.open_line(wave.microphone, wave.speaker)
        while not interrupter.done.is_set():
            appliance.wait(timeout_s=0.1)
    trials = interrupter.trials
    lengths = [len(heard.split()) for _, _, heard in trials]
    return Memory(
        interruptions=len(trials),
        equal=sum(remembered == heard for _, remembered, heard in trials),
        with_nothing_heard=sum(not heard for _, _, heard in trials),
        ducked_before=sum(manner == "ducked" for manner, _, _ in trials),
        held_before=sum(manner == "held" for manner, _, _ in trials),
        words_heard=tuple(lengths),
        differences=tuple(
            f"  {manner}: remembered {remembered!r}, heard {heard!r}"
            for manner, remembered, heard in trials
            if remembered != heard
        ),
    )


def draw(path: Path, memory: Memory) -> str | None:
    """Draw how many words had been heard at each interruption. Returns the reason where matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.2), layout="constrained")
    most = int(max(memory.words_heard, default=0))
    axis.hist(memory.words_heard, bins=range(most + 2), color="#4c78a8")
    axis.set(xlabel="words heard before the interruption", ylabel="interruptions")
    axis.set_title(f"history equals the words heard in {memory.equal} of {memory.interruptions}", fontsize=10)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return None
