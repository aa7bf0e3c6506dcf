"""``cloister evaluate spoken``: measures how well spoken questions are answered.

Debian's flite says the held-out questions of ``evaluate brain`` in several voices and paces, in simulated rooms and
under seeded noise with the spectrum of ventilation (1/f) at ``SNR_DB``. The ears of the settings, which are opened for
each site as on the appliance, hear them, and the responder answers. When it asks to hear a question once more, the same
visitor says it again at another pace and in other noise. Their yes and no to what is asked back count as understood.

Recorded people would be better, because flite's voices are clear and alike, and tell little about accents or children.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from appliance.bench.markdown import Row, percent
from appliance.bench.questions import Answers, Engines, Rig, ask_all, open_engines, say_answers, share
from appliance.bench.workbench.brain import NOW, UNCLEAR, answer_rows, total
from appliance.bench.workbench.material import Half, drawn, read
from appliance.bench.workbench.record import Line, Room, reverberate, speech_bounds, synthesize
from appliance.bench.workbench.voice import word_distance
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, EarStream, PortError
from appliance.engines.asr.combined import open_ear
from appliance.language.words import plain_words

VOICES = ("slt", "rms", "awb", "kal16")
PACES = (0.85, 1.0, 1.15)
"""Durations relative to a voice's own pace."""
ROOMS = (Room(rt60_s=0.2, direct_db=15.0), Room(rt60_s=0.4, direct_db=10.0))
SNR_DB = 15.0
LEVEL_DBFS = -26.0
"""RMS of the speech, in dBFS."""

_BEFORE_S, _AFTER_S = 0.35, 0.6
"""Seconds that the appliance hears around speech: its pre-roll, and the silence that ends a turn."""
_BLOCK = SAMPLE_RATE_HZ // 10

Speak = Callable[[Line, float], Samples]


@dataclass(slots=True)
class HearingCounts:
    """Counts of how the ears heard the questions, those said again included."""

    questions: int = 0
    words: int = 0
    errors: int = 0
    """words that were inserted, left out or replaced"""
    garbled: int = 0
    """questions with a larger share of wrong words than ``UNCLEAR``"""
    garbled_unsure: int = 0
    """those of the garbled questions that the ears were not sure of"""
    unsure: int = 0
    """all questions that the ears were not sure of"""

    def note(self, said: str, heard: Transcript) -> None:
        """Count one more question."""
        words = plain_words(said)
        errors = word_distance(words, heard.text.split())
        garbled, unsure = errors > UNCLEAR * len(words), not heard.clear
        self.questions += 1
        self.words += len(words)
        self.errors += errors
        self.garbled += garbled
        self.garbled_unsure += garbled and unsure
        self.unsure += unsure

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        yield Row("word error rate", percent(self.errors, self.words), self.words)
        yield Row(
            f"questions with more than {UNCLEAR:.0%} of the words wrong: the ears were not sure",
            percent(self.garbled_unsure, self.garbled),
            self.garbled,
        )
        clear = self.questions - self.garbled
        yield Row("other questions: the ears were not sure", percent(self.unsure - self.garbled_unsure, clear), clear)

    def line(self) -> str:
        """The counts as a line for a reader."""
        clear = self.questions - self.garbled
        return (
            f"word error rate {share(self.errors, self.words)}; more than {UNCLEAR:.0%} of the words wrong "
            f"{share(self.garbled, self.questions)}; the ears not sure of "
            f"{share(self.garbled_unsure, self.garbled)} of these, and of "
            f"{share(self.unsure - self.garbled_unsure, clear)} of the others"
        )


_TUNED = ("hospital", "museum")
_NEWCOMERS = ("dental", "library")


@dataclass(frozen=True, slots=True)
class SpokenFigures:
    """All figures of spoken questions."""

    half: str
    snr_db: float
    answers: Answers
    """of the two sites that were tuned"""
    heard: HearingCounts
    newcomers: Mapping[str, Answers] = field(default_factory=dict)
    """of the sites of newcomers, with four or five ``ask`` lines a fact"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        yield from answer_rows(f"spoken by {len(VOICES)} voices, noise at {self.snr_db:g} dB", self.answers)
        for name, answers in self.newcomers.items():
            yield from answer_rows(f"{name}, a newcomer's site, spoken", answers)
        yield from self.heard.document()

    def table(self) -> str:
        """The figures as text for a reader."""
        a = self.answers
        return "\n".join(
            [
                f"spoken questions ({self.half} half), {len(VOICES)} voices, noise at {self.snr_db:g} dB: "
                f"{a.asked} the sites can answer, {a.absent} they cannot",
                f"right {share(a.right, a.asked)}, after asking back or once more "
                f"{share(a.right + a.asked_back, a.asked)}, refused when absent {share(a.absent_refused, a.absent)}, "
                f"confidently wrong {share(a.wrong + a.absent - a.absent_refused, a.asked + a.absent)}",
                f"asked to say it again {share(a.repeats, a.asked + a.absent)}; "
                f"wrong guesses per absent question {a.guesses / max(1, a.absent):.2f}",
                *(say_answers(f"{name}, a newcomer's site", answers) for name, answers in self.newcomers.items()),
                self.heard.line(),
            ]
        )


def evaluate(
    settings: Settings,
    site: Site | None,
    shared: Path,
    limit: int | None = None,
    half: Half = "test",
    engines: Engines | None = None,
    hears: Callable[[Settings, Site], Ear] = open_ear,
    speak: Speak = synthesize,
) -> SpokenFigures:
    """Ask ``limit`` questions of each site aloud, evenly drawn, or all of them, which takes a quarter of an hour.

    The questions come with their own sites and recordings are not needed, so ``site`` and ``shared`` play no part.
    Raises PortError.
    """
    del site, shared
    need_voices("spoken", speak)
    engines = engines or open_engines(settings)
    answers: dict[str, Answers] = {}
    heard = HearingCounts()
    with tempfile.TemporaryDirectory() as directory:
        for name in (*_TUNED, *_NEWCOMERS):
            sheet = read(name, half)
            asked = drawn(sheet.asked, limit)
            if not asked:
                continue
            rig = Rig.open(sheet.site, engines, Path(directory) / name, NOW)
            ear = hears(settings, sheet.site).stream()
            visitors = [SpokenVisitor(number, ear, heard, speak).says(a.text) for number, a in enumerate(asked)]
            answers[name] = ask_all(rig, asked, visitors)
    tuned = total([answers[name] for name in _TUNED if name in answers])
    return SpokenFigures(half, SNR_DB, tuned, heard, {name: a for name, a in answers.items() if name in _NEWCOMERS})


def need_voices(part: str, speak: Speak) -> None:
    """Raise PortError if the visitors of a part of ``cloister evaluate`` cannot speak."""
    if speak is synthesize and shutil.which("flite") is None:
        raise PortError(f"evaluate {part}: the visitors' voices need flite; install it: apt-get install flite")


class SpokenVisitor:
    """A visitor with one voice in one room. The ear hears what they say."""

    def __init__(self, seed: int, ear: EarStream, heard: HearingCounts, speak: Speak) -> None:
        self._ear = ear
        self._heard = heard
        self._speak = speak
        self._id = f"{seed}"
        self._chance = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._voice = self._chance.choice(VOICES)
        self._room = self._chance.choice(ROOMS)

    def says(self, text: str) -> Iterator[Transcript]:
        """The transcripts of a text, each time that it is said."""
        line = Line(id=self._id, voice=self._voice, says=text)
        while True:
            speech = self._speak(line, self._chance.choice(PACES))
            transcript = _hear(self._ear, in_noise(reverberate(speech, self._room, self._noise), SNR_DB, self._noise))
            self._heard.note(text, transcript)
            yield transcript


def in_noise(speech: Samples, snr_db: float, random: np.random.Generator) -> Samples:
    """Speech at ``LEVEL_DBFS`` with the appliance's margins, under noise of 1/f spectrum. The SNR is that of the speech
    alone."""
    start, end = speech_bounds(speech)
    speech = speech[start:end]
    speech = speech * (10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(speech.astype(np.float64) ** 2)))
    speech = np.pad(speech, (int(_BEFORE_S * SAMPLE_RATE_HZ), int(_AFTER_S * SAMPLE_RATE_HZ)))
    spectrum = np.fft.rfft(random.standard_normal(len(speech)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, len(speech))
    noise *= 10 ** ((LEVEL_DBFS - snr_db) / 20) / np.sqrt(np.mean(noise**2))
    mixed: Samples = np.clip(speech + noise, -1.0, 1.0).astype(np.float32)
    return mixed


def _hear(ear: EarStream, samples: Samples) -> Transcript:
    ear.start()
    for at in range(0, len(samples), _BLOCK):
        ear.accept(samples[at : at + _BLOCK])
    return ear.finish()
